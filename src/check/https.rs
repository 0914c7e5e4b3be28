//! Apps that send plain HTTP on to HTTPS. The platform's edge speaks HTTPS with visitors and plain HTTP with the app.

use super::django::settings;
use super::facts::Facts;
use super::facts::command::invocations;
use super::facts::start::Start;
use super::finding::{Check, Finding, Findings, append_line, error};
use crate::finding::Severity;
use crate::log::pattern::Pattern;

pub(crate) const SENT_BACK: Check = error(
    "https-sent-back",
    "The platform's edge speaks HTTPS with visitors and plain HTTP with the app, and says so by `X-Forwarded-Proto`. An app that sends plain \
     HTTP on to HTTPS and does not look at that header sends every visitor back to where he is, without end. The health check asks over \
     plain HTTP alone and wants 200, so that such an app has to let its path be.",
);

pub(super) const CHECKS: &[Check] = &[SENT_BACK];

/// Whose `X-Forwarded-Proto` uvicorn believes; loopback's alone unless it is told (uvicorn 0.50, `--forwarded-allow-ips`).
const TRUSTED: (&str, &str) = ("--forwarded-allow-ips", "FORWARDED_ALLOW_IPS");
static MIDDLEWARE: Pattern = Pattern::new(r"\bHTTPSRedirectMiddleware\b");

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    django(facts, findings);
    starlette(facts, findings);
}

fn django(facts: &Facts<'_>, findings: &mut Findings) {
    let Some((path, text)) = settings(facts) else { return };
    let lines = || text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let set = |name: &str| lines().find(|(_, line)| line.trim_start().starts_with(name) && line.contains('='));
    let Some((number, line)) = set("SECURE_SSL_REDIRECT") else { return };
    let value = line.split_once('=').map_or("", |(_, value)| value.split('#').next().unwrap_or_default().trim());
    if value == "False" {
        return;
    }
    let place = facts.app.place(&path);
    let sure = |finding: Finding| match value == "True" && !line.starts_with([' ', '\t']) {
        true => finding,
        false => finding.severity(Severity::Warning).likely(),
    };
    let at =
        |finding: Finding| sure(finding).about("SECURE_SSL_REDIRECT").at(facts.app.line(&path, Some(number)), line);
    let checked = facts.deploy().and_then(|deploy| deploy.healthcheck_path.as_ref());
    if set("SECURE_PROXY_SSL_HEADER").is_none() {
        let told = "SECURE_PROXY_SSL_HEADER = (\"HTTP_X_FORWARDED_PROTO\", \"https\")";
        let finding = at(SENT_BACK.found("SECURE_SSL_REDIRECT sends every visitor back to where he is: nothing tells Django that the edge was asked over HTTPS"));
        findings.push(finding.fix("tell it by SECURE_PROXY_SSL_HEADER", vec![append_line(&place, told)]));
    }
    if let Some(path) = checked.filter(|_| set("SECURE_REDIRECT_EXEMPT").is_none()) {
        let exempt = format!("SECURE_REDIRECT_EXEMPT = [r\"^{}\"]", path.value.trim_start_matches('/'));
        let finding = at(SENT_BACK.found(format!(
            "SECURE_SSL_REDIRECT answers the health check at {} with a redirect, which is no 200",
            path.value
        )));
        let finding = finding.at(path.source.clone(), &path.value);
        findings.push(finding.fix("leave its path out of the redirect", vec![append_line(&place, exempt)]));
    }
}

fn starlette(facts: &Facts<'_>, findings: &mut Findings) {
    let uses = facts.reached().iter().find_map(|module| {
        let used = |text: &str| MIDDLEWARE.is_match(text) && !text.contains("import ");
        let statement = module.code.statements.iter().find(|statement| used(&statement.text))?;
        Some((facts.app.line(&module.path, Some(statement.line)), &statement.text))
    });
    let Some((place, text)) = uses.filter(|_| facts.variable(TRUSTED.1).is_none()) else { return };
    for start in Start::all(facts) {
        let invocations = invocations(start.command);
        let server = invocations.iter().find(|found| matches!(found.program, "uvicorn" | "gunicorn" | "fastapi"));
        let Some(server) = server.filter(|server| server.option(&[TRUSTED.0]).is_none()) else { continue };
        let better = start.command.replacen(server.text, &format!("{} {}='*'", server.text, TRUSTED.0), 1);
        let finding = SENT_BACK
            .found(format!("HTTPSRedirectMiddleware sends every visitor back to where he is: {} believes no one but this machine that the edge was asked over HTTPS", server.program))
            .about("HTTPSRedirectMiddleware")
            .at(place.clone(), text)
            .at(start.source.clone(), start.command);
        findings.push(
            finding.fix(format!("have {} believe the edge", server.program), start.replaced_with(facts, &better)),
        );
    }
}
