//! Whose host it was that did not answer, and how large an image.

use crate::diagnose::own_index::PUBLIC;
use crate::diagnose::table::Finding;
use crate::diagnose::view::{LogView, Stage};
use crate::log::pattern::Pattern;
use crate::log::traceback::Raised;

static HOST: Pattern = Pattern::new(r"(?:host='|https?://|connect to host |connect to )([\w-]+(?:\.[\w-]+)+)");

/// A host that the app asks when it runs is not the package index, and neither is the place uv downloads Pythons from.
pub(in crate::diagnose) fn whose(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let near = finding.at.saturating_sub(3)..(finding.at + 2).min(view.lines.len());
    if near.clone().any(|at| is_python_download(view.text(at))) {
        finding.message = Some("uv wanted to download a CPython of its own, and could not".to_owned());
        finding.help = Some(
            "let uv take the Python that is there: UV_PYTHON_DOWNLOADS=never and a requires-python (and .python-version) that this Python meets"
                .to_owned(),
        );
        finding.is_unfixable = true;
        return true;
    }
    let line = view.lines.get(finding.at);
    let runs = line.is_some_and(|line| line.phase.as_deref() == Some("start"))
        || view.stage_at(finding.at) == Stage::Start
        || view.raised_at(finding.at).is_some_and(|raised| raised.own_frame().is_some() || is_of_the_app(raised))
        || is_no_index(view.text(finding.at));
    if runs {
        let host = HOST.captures(view.text(finding.at)).map(|found| found[1].to_owned());
        let host = finding.subject.clone().or(host);
        if view
            .raised_at(finding.at)
            .is_some_and(|raised| raised.passes("/smtplib.py") || raised.passes("/aiosmtplib/"))
        {
            finding.message =
                Some("the mail server cannot be reached: mail ports (25, 465, 587) are closed from here".to_owned());
            // Source: <https://docs.railway.com/networking/outbound-networking#email-delivery>.
            finding.help = Some(
                "send mail by a service's HTTPS interface (Resend, SendGrid, Mailgun, Postmark): Railway lets SMTP out on its Pro plan alone, and other hosts close port 25"
                    .to_owned(),
            );
            return true;
        }
        finding.message = Some(match &host {
            Some(host) => format!("`{host}`, which the app asks, cannot be reached from here"),
            None => "a host that the app asks cannot be reached from here".to_owned(),
        });
        finding.help = Some(
            "check the address in the app's settings, and whether the host answers the place that the app runs in"
                .to_owned(),
        );
        finding.subject = host;
    }
    true
}

/// Whether urllib3 names a host, and nothing that an installer asks of one.
fn is_no_index(text: &str) -> bool {
    const OF_INSTALLERS: &[&str] = &["/simple/", "pip._vendor", "/packages/", "Retry(", ".whl", ".tar.gz"];
    let is_of_an_installer = PUBLIC.iter().chain(OF_INSTALLERS).any(|word| text.contains(word));
    text.contains("ConnectionPool(host=") && !is_of_an_installer
}

/// Kafka and RabbitMQ are no databases, and are told where they are otherwise.
pub(super) fn of_a_broker(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at);
    let broker = match () {
        () if text.contains("kafka.errors.") => "Kafka",
        () if text.contains("AMQPConnectionError") || text.contains("amqp.") => "RabbitMQ",
        () => return true,
    };
    finding.message = Some(format!("{broker}, which the app asks, does not answer from here"));
    finding.help = Some(format!(
        "take the address of {broker} from a variable, and set it to that of the platform's own or a hosted one, never localhost"
    ));
    true
}

/// Whether what was raised came through packages, none of which installs others.
fn is_of_the_app(raised: &Raised) -> bool {
    const INSTALLERS: &[&str] = &["/pip/_", "/poetry/", "/pipenv/", "/pdm/", "/uv/", "/pip-"];
    raised.passes("-packages/") && !INSTALLERS.iter().any(|part| raised.passes(part))
}

fn is_python_download(text: &str) -> bool {
    text.contains("python-build-standalone") || text.contains("ownload") && text.contains("cpython-3")
}

/// An image above the platform's limit is no full disk.
pub(in crate::diagnose) fn image_size(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at);
    if text.contains("xceeded") && (text.contains("mage of size") || text.contains("image size")) {
        finding.message = Some("the image is larger than the platform's plan allows".to_owned());
        finding.help = Some(
            "leave out what fills it: torch for CPUs alone (its own index has +cpu wheels), headless variants, development requirements; and keep data, models and .git out with .dockerignore"
                .to_owned(),
        );
    }
    true
}

/// What the health check's status tells of its reason.
pub(in crate::diagnose) fn status(_: &LogView<'_>, finding: &mut Finding) -> bool {
    let status = finding.subject.as_deref().and_then(|subject| subject.strip_prefix("status "));
    let help = status.and_then(|status| status.parse().ok()).and_then(help_for_status);
    finding.help = help.map(str::to_owned);
    true
}

/// What to do about the status that a health check is answered with.
pub(in crate::diagnose) fn help_for_status(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => {
            "the app answers, and refuses the host that the health check asks by: add healthcheck.railway.app to ALLOWED_HOSTS (Django; TrustedHostMiddleware's allowed_hosts elsewhere)"
        }
        300..=399 => {
            "the app answers with a redirect, which is no 200: write healthcheckPath as the route is written (frameworks redirect between /health and /health/), and let it answer over plain HTTP (SECURE_SSL_REDIRECT and the like leave it out) and without a login"
        }
        401 | 403 => "the app answers, and wants a login: give healthcheckPath one that is open to anybody",
        404 | 405 => "the app answers, and has no such path for GET: let healthcheckPath name one that it has",
        500..=599 => {
            "the app answers with an error of its own: its traceback is in the deploy log, not in the build log"
        }
        _ => return None,
    })
}

/// An image that was not handed over in time is no command of the project that hangs.
pub(in crate::diagnose) fn export(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at).to_lowercase();
    // Where the platform says no more than that time ran out, the step before says in what.
    let mut before = (0..finding.at).rev().take(3);
    let was_exporting = !text.contains("run ") && before.any(|at| view.text(at).contains("exporting "));
    let is_export = was_exporting || ["push", "export", "copy", "importing"].iter().any(|word| text.contains(word));
    if is_export && !text.contains("run ") {
        finding.message = Some("the image was not handed over in the time there is".to_owned());
        finding.help = Some("deploy again, since the registry may have been busy; if it comes back, make the image smaller: torch for CPUs alone, headless variants, no development requirements, data and models kept out with .dockerignore".to_owned());
    }
    true
}
