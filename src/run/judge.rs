//! The platform's judgement of an app, from what is known of it at one moment.

use std::net::SocketAddr;
use std::time::Duration;

use super::outcome::{SmokeKind, SmokeResult, is_of_the_path};
use super::settings::{SmokeSettings, Window};
use crate::sandbox::process::Exit;
use crate::sandbox::{ProbeAnswer, Unanswered};

/// How long a wrong answer must last: servers bind, fork and warm up in steps.
const SETTLE: Duration = Duration::from_secs(2);
/// Ports of this machine alone by which supervisors are asked and tell: circus 0.19 (endpoint, pubsub_endpoint), supervisord.
const CONTROL_PORTS: &[u16] = &[5555, 5556, 9001];
/// How long an app has to be at rest until a port that no server takes by itself is taken for its server's.
const AT_REST: Duration = Duration::from_secs(10);
/// An app that has given the same answer for this long gives no other, where the path explains it.
const STEADY: Duration = Duration::from_secs(10);
/// An app that is at work for longer than this is not loading, but does what it is for.
const LOADING: Duration = Duration::from_secs(60);
/// Ports that development servers choose by themselves. Listening on one tells a web app from a program that opened
/// some socket for itself.
const SERVER_PORTS: &[u16] =
    &[80, 443, 3000, 4000, 5000, 5001, 7860, 8000, 8001, 8008, 8050, 8080, 8081, 8088, 8443, 8501, 8888, 9000];

/// What is known of the started app at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Sight {
    pub(super) elapsed: Duration,
    pub(super) exit: Option<Exit>,
    pub(super) printed: bool,
    pub(super) out_of_memory: bool,
    pub(super) answer: ProbeAnswer,
    /// How long it has been listening on anything.
    pub(super) listening_for: Duration,
    /// How long it has been giving the same HTTP status.
    pub(super) same_status_for: Duration,
    /// Whether it has not come to rest.
    pub(super) at_work: bool,
    /// Whether its interpreter said that its main thread has ended, so that it makes no thread any more.
    pub(super) shuts_down: bool,
}

impl Sight {
    /// Whether the window is over: one that is still at work has the longer one.
    fn is_late(&self, window: Window) -> bool {
        self.elapsed >= window.most || (self.elapsed >= window.least && !self.at_work)
    }

    /// Whether a bot has come to stay: it has lived long enough, and is past loading.
    fn has_stayed(&self, stay: Duration) -> bool {
        self.elapsed >= stay.max(LOADING) || (self.elapsed >= stay && !self.at_work)
    }
}

/// The platform's judgement of what is seen, or `None` while it is too early for one.
pub(super) fn judge(settings: &SmokeSettings, sight: &Sight) -> Option<SmokeResult> {
    if let Some(exit) = sight.exit {
        return Some(match settings.kind {
            _ if sight.out_of_memory => SmokeResult::OutOfMemory,
            _ if !exit.is_success() => SmokeResult::Crashed(exit),
            Some(SmokeKind::Exits) | None => SmokeResult::Exited,
            Some(SmokeKind::StaysUp | SmokeKind::Answers | SmokeKind::Listens) => {
                SmokeResult::ExitedEarly { silent: !sight.printed }
            }
        });
    }
    match settings.kind {
        Some(SmokeKind::Exits) => sight.is_late(settings.window).then_some(SmokeResult::StillRunning),
        Some(SmokeKind::StaysUp) => unreachable_webhook(settings, sight).or_else(|| stays(settings, sight)),
        Some(SmokeKind::Answers) => judge_server(settings, sight),
        Some(SmokeKind::Listens) => judge_listener(settings, sight),
        None if looks_like_a_server(settings, sight) => judge_server(settings, sight),
        None => stays(settings, sight),
    }
}

fn stays(settings: &SmokeSettings, sight: &Sight) -> Option<SmokeResult> {
    sight.has_stayed(settings.stay).then_some(SmokeResult::StayedUp)
}

/// A worker that takes requests on `PORT` has to be reached like any server: a bot's webhook, for example.
fn unreachable_webhook(settings: &SmokeSettings, sight: &Sight) -> Option<SmokeResult> {
    let on_port: Vec<_> = sight.answer.listening.iter().filter(|address| address.port() == settings.port).collect();
    let hidden = on_port.iter().all(|address| address.ip().is_loopback()) && sight.listening_for >= SETTLE;
    on_port.first().filter(|_| hidden).map(|address| SmokeResult::LoopbackOnly(**address))
}

fn looks_like_a_server(settings: &SmokeSettings, sight: &Sight) -> bool {
    let serves = |address: &SocketAddr| address.port() == settings.port || SERVER_PORTS.contains(&address.port());
    sight.answer.listening.iter().any(serves)
}

/// What speaks another protocol than HTTP is asked for by a port of the user's choice.
fn judge_listener(settings: &SmokeSettings, sight: &Sight) -> Option<SmokeResult> {
    let listening = &sight.answer.listening;
    let is_open = listening.iter().any(|address| !address.ip().is_loopback());
    match listening.first() {
        _ if looks_like_a_server(settings, sight) => judge_server(settings, sight),
        Some(_) if is_open => stays(settings, sight),
        Some(hidden) => (sight.listening_for >= SETTLE).then_some(SmokeResult::LoopbackOnly(*hidden)),
        None => sight.is_late(settings.window).then_some(SmokeResult::NeverListened),
    }
}

/// Whether an answer that is no HTTP is a healthy one: where nothing says that the app speaks it.
fn may_speak_otherwise(settings: &SmokeSettings, why: &Unanswered) -> bool {
    let is_late = matches!(why, Unanswered::Late(_));
    match settings.kind {
        Some(SmokeKind::Listens) => settings.path.is_none(),
        None => settings.path.is_none() && !is_late,
        Some(_) => false,
    }
}

fn judge_server(settings: &SmokeSettings, sight: &Sight) -> Option<SmokeResult> {
    let late = sight.is_late(settings.window);
    let settled = sight.listening_for >= SETTLE;
    let listening = &sight.answer.listening;
    let on_port = |address: &&SocketAddr| address.port() == settings.port;
    let open = |address: &&SocketAddr| !address.ip().is_loopback();
    if listening.iter().any(|address| on_port(&address) && open(&address)) {
        return match &sight.answer.http {
            Some(Ok(status)) if is_healthy(settings, *status) => {
                // What answers our own requests is never at rest.
                let is_early = settings.has_parts && sight.elapsed < settings.stay;
                (!is_early).then_some(SmokeResult::Answered { status: *status })
            }
            Some(Ok(status)) => {
                // 400 is what a host gets that the app does not let in.
                let is_told = is_of_the_path(*status) || *status == 400;
                let is_final = !settings.window.is_fixed() && is_told && sight.same_status_for >= STEADY;
                (late || is_final || (settled && settings.path.is_none())).then_some(SmokeResult::BadStatus(*status))
            }
            Some(Err(why)) if settled && may_speak_otherwise(settings, why) => stays(settings, sight),
            Some(Err(why)) => {
                let is_final = settled && sight.shuts_down;
                (late || is_final).then(|| SmokeResult::NoAnswer(why.to_string()))
            }
            None => late.then(|| SmokeResult::NoAnswer("no answer in time".into())),
        };
    }
    if !settled && !late {
        return None;
    }
    if let Some(address) = listening.iter().find(on_port) {
        return Some(SmokeResult::LoopbackOnly(*address));
    }
    // A program may open a socket for itself before its server is there: a supervisor's own port, figures for Prometheus.
    let is_servers = |address: &&SocketAddr| SERVER_PORTS.contains(&address.port());
    let at_rest = !sight.at_work && sight.listening_for >= AT_REST;
    if !late && !at_rest && !listening.iter().any(|address| is_servers(&address)) {
        return None;
    }
    let hidden = listening.iter().find(|address| !CONTROL_PORTS.contains(&address.port()));
    match (listening.iter().find(open), hidden) {
        (Some(found), _) => Some(SmokeResult::WrongPort { found: *found, expected: settings.port }),
        // Both are wrong, and another port alone would not help.
        (None, Some(found)) => Some(SmokeResult::LoopbackOnly(*found)),
        (None, None) => late.then_some(SmokeResult::NeverListened),
    }
}

/// Railway's health check wants 200; without one the platform asks for nothing but an answer.
fn is_healthy(settings: &SmokeSettings, status: u16) -> bool {
    match settings.path {
        Some(_) => status == 200,
        None => status < 500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(kind: Option<SmokeKind>, path: Option<&str>) -> SmokeSettings {
        SmokeSettings { kind, path: path.map(str::to_owned), window: WINDOW, ..SmokeSettings::default() }
    }

    fn seconds(elapsed: u64) -> Sight {
        let elapsed = Duration::from_secs(elapsed);
        Sight { elapsed, printed: true, ..Sight::default() }
    }

    fn serving(elapsed: u64, addresses: &[&str], http: Option<Result<u16, Unanswered>>) -> Sight {
        let listening = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let answer = ProbeAnswer { listening, http, ..ProbeAnswer::default() };
        Sight { answer, listening_for: Duration::from_secs(elapsed), ..seconds(elapsed) }
    }

    fn ended(code: i32) -> Sight {
        Sight { exit: Some(Exit::Code(code)), ..seconds(1) }
    }

    const WINDOW: Window = Window { least: Duration::from_secs(30), most: Duration::from_secs(300), is_asked: false };
    const WEB: Option<SmokeKind> = Some(SmokeKind::Answers);
    const BOT: Option<SmokeKind> = Some(SmokeKind::StaysUp);
    const SCRIPT: Option<SmokeKind> = Some(SmokeKind::Exits);

    #[test]
    fn a_script_should_end_and_a_bot_should_not() {
        assert_eq!(judge(&settings(SCRIPT, None), &ended(0)), Some(SmokeResult::Exited));
        assert_eq!(judge(&settings(BOT, None), &ended(0)), Some(SmokeResult::ExitedEarly { silent: false }));
        assert_eq!(judge(&settings(SCRIPT, None), &seconds(29)), None);
        assert_eq!(judge(&settings(SCRIPT, None), &seconds(30)), Some(SmokeResult::StillRunning));
        assert_eq!(judge(&settings(BOT, None), &seconds(9)), None);
        assert_eq!(judge(&settings(BOT, None), &seconds(10)), Some(SmokeResult::StayedUp));
    }

    #[test]
    fn a_server_with_programs_in_the_background_is_watched_as_long_as_a_bot() {
        let beside = SmokeSettings { has_parts: true, ..settings(WEB, None) };
        assert_eq!(judge(&beside, &serving(9, &["0.0.0.0:8080"], Some(Ok(200)))), None);
        let busy = Sight { at_work: true, ..serving(10, &["0.0.0.0:8080"], Some(Ok(200))) };
        assert_eq!(judge(&beside, &busy), Some(SmokeResult::Answered { status: 200 }));
        let alone = serving(1, &["0.0.0.0:8080"], Some(Ok(200)));
        assert_eq!(judge(&settings(WEB, None), &alone), Some(SmokeResult::Answered { status: 200 }));
    }

    #[test]
    fn an_app_that_is_still_at_work_has_the_longer_window() {
        let busy = |elapsed| Sight { at_work: true, ..seconds(elapsed) };
        assert_eq!(judge(&settings(WEB, None), &busy(120)), None);
        assert_eq!(judge(&settings(WEB, None), &busy(300)), Some(SmokeResult::NeverListened));
        assert_eq!(judge(&settings(SCRIPT, None), &busy(120)), None);
        assert_eq!(judge(&settings(BOT, None), &busy(11)), None);
        assert_eq!(judge(&settings(BOT, None), &busy(60)), Some(SmokeResult::StayedUp));
    }

    #[test]
    fn a_worker_that_takes_requests_has_to_be_reached() {
        let address = "127.0.0.1:8080".parse().unwrap();
        let bot = settings(BOT, None);
        assert_eq!(judge(&bot, &serving(3, &["127.0.0.1:8080"], None)), Some(SmokeResult::LoopbackOnly(address)));
        assert_eq!(judge(&bot, &serving(10, &["0.0.0.0:8080"], None)), Some(SmokeResult::StayedUp));
        assert_eq!(judge(&bot, &serving(10, &["127.0.0.1:9100"], None)), Some(SmokeResult::StayedUp));
    }

    #[test]
    fn silence_is_told_from_an_early_end_with_words() {
        let silent = Sight { printed: false, ..ended(0) };
        assert_eq!(judge(&settings(WEB, None), &silent), Some(SmokeResult::ExitedEarly { silent: true }));
    }

    #[test]
    fn any_other_exit_is_a_crash_or_a_kill_for_memory() {
        assert_eq!(judge(&settings(None, None), &ended(3)), Some(SmokeResult::Crashed(Exit::Code(3))));
        let killed = Sight { out_of_memory: true, ..ended(137) };
        assert_eq!(judge(&settings(None, None), &killed), Some(SmokeResult::OutOfMemory));
    }

    #[test]
    fn the_health_check_wants_200_and_waits_for_it() {
        let web = settings(WEB, Some("/health"));
        let all = &["0.0.0.0:8080"];
        assert_eq!(judge(&web, &serving(1, all, Some(Ok(200)))), Some(SmokeResult::Answered { status: 200 }));
        assert_eq!(judge(&web, &serving(5, all, Some(Ok(503)))), None);
        assert_eq!(judge(&web, &serving(30, all, Some(Ok(404)))), Some(SmokeResult::BadStatus(404)));
        let same = |status, kind: &SmokeSettings| {
            let at_work = Sight { at_work: true, same_status_for: STEADY, ..serving(12, all, Some(Ok(status))) };
            judge(kind, &at_work)
        };
        assert_eq!(same(404, &web), Some(SmokeResult::BadStatus(404)));
        assert_eq!(same(400, &web), Some(SmokeResult::BadStatus(400)));
        // An app that is not ready yet may say so for as long as the platform waits, or the user.
        assert_eq!(same(503, &web), None);
        let asked = SmokeSettings { window: Window::asked(Duration::from_secs(60)), ..web.clone() };
        assert_eq!(same(404, &asked), None);
        assert_eq!(
            judge(&web, &serving(30, all, Some(Err(Unanswered::Closed)))),
            Some(SmokeResult::NoAnswer(Unanswered::Closed.to_string()))
        );
    }

    #[test]
    fn a_server_whose_main_thread_has_ended_is_not_waited_for() {
        let web = settings(WEB, None);
        let closed = Some(Err(Unanswered::Closed));
        let sight = Sight { at_work: true, ..serving(3, &["0.0.0.0:8080"], closed) };
        assert_eq!(judge(&web, &sight), None);
        let over = Sight { shuts_down: true, ..sight };
        assert_eq!(judge(&web, &over), Some(SmokeResult::NoAnswer(Unanswered::Closed.to_string())));
    }

    #[test]
    fn without_a_health_check_any_answer_but_a_server_error_will_do() {
        let web = settings(WEB, None);
        let all = &["[::]:8080"];
        assert_eq!(judge(&web, &serving(1, all, Some(Ok(404)))), Some(SmokeResult::Answered { status: 404 }));
        assert_eq!(judge(&web, &serving(1, all, Some(Ok(500)))), None);
        assert_eq!(judge(&web, &serving(3, all, Some(Ok(500)))), Some(SmokeResult::BadStatus(500)));
    }

    #[test]
    fn the_three_listening_mistakes_are_told_apart() {
        let web = settings(WEB, None);
        let loopback = "127.0.0.1:8080".parse().unwrap();
        assert_eq!(judge(&web, &serving(1, &["127.0.0.1:8080"], None)), None);
        assert_eq!(judge(&web, &serving(3, &["127.0.0.1:8080"], None)), Some(SmokeResult::LoopbackOnly(loopback)));
        let found = "0.0.0.0:8000".parse().unwrap();
        let wrong = SmokeResult::WrongPort { found, expected: 8080 };
        assert_eq!(judge(&web, &serving(3, &["0.0.0.0:8000"], None)), Some(wrong));
        assert_eq!(judge(&web, &seconds(29)), None);
        assert_eq!(judge(&web, &seconds(30)), Some(SmokeResult::NeverListened));
    }

    #[test]
    fn a_socket_that_opens_before_the_server_is_not_taken_for_it() {
        let web = settings(WEB, None);
        let metrics = &["0.0.0.0:9090"];
        let busy = |elapsed| Sight { at_work: true, ..serving(elapsed, metrics, None) };
        assert_eq!((judge(&web, &serving(3, metrics, None)), judge(&web, &busy(20))), (None, None));
        let wrong = SmokeResult::WrongPort { found: "0.0.0.0:9090".parse().unwrap(), expected: 8080 };
        assert_eq!(judge(&web, &serving(10, metrics, None)), Some(wrong));
        let circus = &["127.0.0.1:5555", "127.0.0.1:5556"];
        assert_eq!(judge(&web, &serving(3, circus, None)), None);
        assert_eq!(judge(&web, &serving(30, circus, None)), Some(SmokeResult::NeverListened));
        let own = "127.0.0.1:12345".parse().unwrap();
        let all = &["127.0.0.1:5555", "127.0.0.1:12345"];
        assert_eq!(judge(&web, &serving(10, all, None)), Some(SmokeResult::LoopbackOnly(own)));
    }

    #[test]
    fn a_server_of_another_protocol_listens_where_it_is_reached_and_need_not_speak_http() {
        let rpc = settings(Some(SmokeKind::Listens), None);
        let odd = Some(Err(Unanswered::NotHttp("SSH-2.0".into())));
        assert_eq!(judge(&rpc, &serving(10, &["0.0.0.0:50051"], None)), Some(SmokeResult::StayedUp));
        assert_eq!(judge(&rpc, &serving(10, &["0.0.0.0:8080"], odd.clone())), Some(SmokeResult::StayedUp));
        assert_eq!(judge(&rpc, &serving(3, &["0.0.0.0:8080"], Some(Ok(500)))), Some(SmokeResult::BadStatus(500)));
        let hidden = "127.0.0.1:50051".parse().unwrap();
        assert_eq!(judge(&rpc, &serving(3, &["127.0.0.1:50051"], None)), Some(SmokeResult::LoopbackOnly(hidden)));
        assert_eq!(judge(&rpc, &seconds(30)), Some(SmokeResult::NeverListened));
        assert_eq!(judge(&rpc, &ended(0)), Some(SmokeResult::ExitedEarly { silent: false }));
        let web = settings(WEB, None);
        assert!(matches!(judge(&web, &serving(30, &["0.0.0.0:8080"], odd)), Some(SmokeResult::NoAnswer(_))));
    }

    #[test]
    fn an_app_of_unknown_kind_is_judged_by_what_it_does() {
        let any = settings(None, None);
        assert_eq!(judge(&any, &ended(0)), Some(SmokeResult::Exited));
        assert_eq!(judge(&any, &seconds(10)), Some(SmokeResult::StayedUp));
        assert_eq!(judge(&any, &serving(3, &["127.0.0.1:39121"], None)), None);
        let dev = "127.0.0.1:5000".parse().unwrap();
        assert_eq!(judge(&any, &serving(3, &["127.0.0.1:5000"], None)), Some(SmokeResult::LoopbackOnly(dev)));
    }
}
