//! An app that refuses a request for the name of the host it was sent to.

use crate::sandbox::{Probe, Sandbox};

use super::outcome::SmokeResult;
use super::settings::SmokeSettings;

/// Statuses of such a refusal: Django, Starlette, Flask and Litestar answer 400, servers of the Model Context Protocol 421.
const REFUSALS: [u16; 2] = [400, 421];
/// What Django, and Starlette and its kin, write on the page then.
const PAGES: [&str; 2] = ["Bad Request (400)", "nvalid host header"];
/// Asked for where the project names no host: every framework lets the developer's own machine in.
const LOCAL: &str = "localhost";

/// What became of the question with another host.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    /// The judgement that the platform would come to.
    pub(super) result: SmokeResult,
    /// Whether the host is what was refused.
    pub(super) is_refusal: bool,
    /// The host that it answers, if any.
    pub(super) host: Option<String>,
}

/// Asks once more, with a host that the project allows, where the answer may be a refusal of the health check's. `said` is
/// whether the app's own output names the host as the cause.
pub(super) fn ask_again(
    result: SmokeResult,
    said: bool,
    settings: &SmokeSettings,
    probe: &Probe<'_>,
    sandbox: &dyn Sandbox,
) -> Asked {
    let (SmokeResult::Answered { status } | SmokeResult::BadStatus(status)) = result else {
        return Asked { result, is_refusal: false, host: None };
    };
    if !REFUSALS.contains(&status) {
        return Asked { result, is_refusal: false, host: None };
    }
    let by_page = || sandbox.page(probe).is_some_and(|page| PAGES.iter().any(|words| page.contains(words)));
    let said = said || by_page();
    let public = settings.allowed_host.as_deref();
    let mut answers = public.into_iter().chain([LOCAL]).filter_map(|host| {
        let status = sandbox.probe(&Probe { host, ..*probe }).http?.ok()?;
        (!REFUSALS.contains(&status)).then_some((host, status))
    });
    judge(result, status, said, settings.path.is_some(), answers.next(), public)
}

fn judge(
    result: SmokeResult,
    refused: u16,
    said: bool,
    is_checked: bool,
    answer: Option<(&str, u16)>,
    public: Option<&str>,
) -> Asked {
    let is_refusal = said || answer.is_some();
    let host = answer.map(|(host, _)| host.to_owned());
    let result = match answer {
        _ if !is_refusal => result,
        // What is behind the refusal is what the visitors of an allowed host get.
        Some((_, status)) if status >= 500 => SmokeResult::BadStatus(status),
        Some((host, status)) if !is_checked && Some(host) == public => SmokeResult::Answered { status },
        _ => SmokeResult::BadStatus(refused),
    };
    Asked { result, is_refusal, host }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: SmokeResult = SmokeResult::Answered { status: 400 };

    #[test]
    fn an_app_that_answers_its_developers_machine_alone_is_out_of_reach() {
        let asked = judge(OPEN, 400, false, false, Some(("localhost", 200)), None);
        assert_eq!((asked.result, asked.is_refusal), (SmokeResult::BadStatus(400), true));
    }

    #[test]
    fn an_app_that_answers_a_domain_of_its_own_needs_no_other_unless_it_is_checked() {
        let own = Some("tides.example");
        let answer = Some(("tides.example", 200));
        assert_eq!(judge(OPEN, 400, false, false, answer, own).result, SmokeResult::Answered { status: 200 });
        let bad = SmokeResult::BadStatus(400);
        assert_eq!(judge(bad.clone(), 400, false, true, answer, own).result, bad);
        let dead = Some(("tides.example", 500));
        assert_eq!(judge(OPEN, 400, false, false, dead, own).result, SmokeResult::BadStatus(500));
    }

    #[test]
    fn a_400_that_is_about_something_else_stays_an_answer() {
        assert_eq!(judge(OPEN, 400, false, false, None, None).result, OPEN);
        assert_eq!(judge(OPEN, 400, true, false, None, None).result, SmokeResult::BadStatus(400));
    }
}
