//! Edits of the platform's own file: what it asks of the app.

use std::path::{Component, Path, PathBuf};

use super::context::FixContext;
use crate::check::facts::ignored::{excluding, hiding};
use crate::diagnose::case::Case;
use crate::finding::{Edit, Fix};
use crate::log::pattern::Pattern;
use crate::project::{Project, Source};
use crate::run::{Hints, Smoke, SmokeKind, SmokeResult, Window, expectation};

static ROUTE: Pattern = Pattern::ascii(
    r#"["'](/?(?:[\w-]+/)*(?:health|healthz|healthcheck|health-check|health_check|ping|status|ready|readyz|live|livez|alive|up|heartbeat)/?)["']"#,
);
static PREFIX: Pattern = Pattern::ascii(r#"prefix\s*=\s*["'](/[\w/-]*\w)["']"#);

/// How long Railway waits where its file says nothing, in seconds.
pub(in crate::diagnose) const OWN_WINDOW: u64 = Window::PLATFORM.as_secs();

/// Routes are looked for in no more files, and no more of them are proposed.
const MOST_FILES: usize = 200;
const MOST_PATHS: usize = 4;

/// What cures a health check that an app does not pass: another path where that one answers otherwise, the platform's own window where
/// one was too short.
pub(in crate::diagnose) fn healthcheck(context: &FixContext<'_>) -> Vec<Fix> {
    let (Some(project), Some(deploy)) = (context.case.project, context.case.deploy) else { return Vec::new() };
    let smoke = context.case.outcome.and_then(|outcome| outcome.smoke.as_ref());
    // What listens and does not answer may hang for another reason than a short window.
    let is_late = |smoke: &Smoke| {
        deploy.healthcheck_timeout.as_ref().is_some_and(|window| smoke.took.as_secs().abs_diff(window.value) <= 1)
    };
    let is_late = smoke.is_some_and(is_late);
    match smoke.map(|smoke| &smoke.result) {
        Some(SmokeResult::NoAnswer(_)) if !is_late => Vec::new(),
        Some(SmokeResult::NeverListened) if is_worker(context.case) => {
            let keys = [
                deploy.healthcheck_path.as_ref().and_then(|path| key(&path.source, "healthcheckPath")),
                deploy.healthcheck_timeout.as_ref().and_then(|window| key(&window.source, "healthcheckTimeout")),
            ];
            let edits: Vec<Edit> =
                keys.into_iter().flatten().map(|(path, key)| Edit::RemoveKey { path, key }).collect();
            let fix = Fix { summary: "leave the health check out, which a worker cannot answer".to_owned(), edits };
            Some(fix).filter(|fix| !fix.edits.is_empty()).into_iter().collect()
        }
        Some(SmokeResult::NeverListened | SmokeResult::NoAnswer(_)) => {
            let window = deploy.healthcheck_timeout.as_ref().filter(|window| window.value < OWN_WINDOW);
            let edit = window.and_then(|window| Some((window, key(&window.source, "healthcheckTimeout")?)));
            let fix = edit.map(|(window, (path, key))| Fix {
                summary: format!("wait as long as Railway does by itself ({OWN_WINDOW} s), not {} s", window.value),
                edits: vec![Edit::RemoveKey { path, key }],
            });
            fix.into_iter().collect()
        }
        Some(SmokeResult::BadStatus(300..=405)) => {
            let Some(asked) = &deploy.healthcheck_path else { return Vec::new() };
            let Some((path, key)) = key(&asked.source, "healthcheckPath") else { return Vec::new() };
            let fix = |other: String| Fix {
                summary: format!("let healthcheckPath be {other}"),
                edits: vec![Edit::SetKey { path: path.clone(), key: key.clone(), value: other.into() }],
            };
            other_paths(project, &asked.value).into_iter().map(fix).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the platform's file has a health check made of an app that shows nothing of a server.
pub(in crate::diagnose) fn is_worker(case: &Case<'_>) -> bool {
    let checks = case.deploy.is_some_and(|deploy| deploy.healthcheck_path.is_some());
    let start = case.outcome.and_then(|outcome| outcome.smoke.as_ref()).map(|smoke| smoke.cmd.as_str());
    let (Some(project), Some(start), true) = (case.project, start, checks) else { return false };
    matches!(expectation(project, &Hints { start, ..Hints::default() }).0, None | Some(SmokeKind::StaysUp))
}

/// A file in a folder that is empty here, without which git does not hold it.
pub(in crate::diagnose) fn kept_folder(context: &FixContext<'_>) -> Vec<Fix> {
    let (Some(project), Some(subject)) = (context.case.project, context.subject) else { return Vec::new() };
    let path = Path::new(subject.strip_prefix("/app/").unwrap_or(subject));
    let is_empty = |folder: &&Path| {
        let mut inside = std::fs::read_dir(project.root().join(folder)).into_iter().flatten();
        project.root().join(folder).is_dir() && inside.next().is_none()
    };
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    let mut folders = path.ancestors().take(2).filter(|folder| folder.components().all(is_plain));
    let Some(folder) = folders.find(|folder| !folder.as_os_str().is_empty() && is_empty(folder)) else {
        return Vec::new();
    };
    let kept = folder.join(".gitkeep");
    if kept.to_str().is_none_or(|kept| hiding(project, kept).or_else(|| excluding(project, kept)).is_some()) {
        return Vec::new();
    }
    vec![Fix {
        summary: format!("commit a file in {}", folder.display()),
        edits: vec![Edit::AppendLine { path: kept, text: "# git holds no empty folder".to_owned() }],
    }]
}

/// The file and key of a value of Railway's file.
fn key(source: &Source, name: &str) -> Option<(PathBuf, Vec<String>)> {
    let Source::File { path, .. } = source else { return None };
    let is_railways = path.ends_with("railway.toml") || path.ends_with("railway.json");
    is_railways.then(|| (path.clone(), vec!["deploy".to_owned(), name.to_owned()]))
}

/// Paths like the one that was asked for which the code seems to have: it with or without the last slash, behind a prefix of a
/// router's, and others by the names that such paths have.
fn other_paths(project: &Project, asked: &str) -> Vec<String> {
    let mut routes = Vec::new();
    let mut prefixes = Vec::new();
    for file in project.search().glob("**/*.py").unwrap_or_default().into_iter().take(MOST_FILES) {
        let inside = file.strip_prefix(project.root()).unwrap_or(file);
        let name = inside.to_string_lossy();
        let Ok(text) = project.read_text(inside) else { continue };
        if name.contains("test") || name.contains("site-packages") {
            continue;
        }
        routes.extend(ROUTE.captures_iter(&text).map(|found| format!("/{}", found[1].trim_start_matches('/'))));
        prefixes.extend(PREFIX.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    let plain = asked.trim_end_matches('/');
    let slashed = if asked.ends_with('/') { plain.to_owned() } else { format!("{asked}/") };
    let has = |path: &str| routes.iter().any(|route| route == path);
    let own = Some(slashed).filter(|path| has(path));
    let prefixed = prefixes.iter().flat_map(|prefix| {
        let behind = routes.iter().filter(|route| route.trim_end_matches('/') == plain);
        behind.map(move |route| format!("{prefix}{route}"))
    });
    let mut found: Vec<String> = Vec::new();
    for path in own.into_iter().chain(prefixed).chain(routes.iter().cloned()) {
        if path != asked && !found.contains(&path) && found.len() < MOST_PATHS {
            found.push(path);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::folder;

    #[test]
    fn a_path_is_looked_for_behind_the_prefixes_of_routers_and_by_its_usual_names() {
        let paths = |code: &str, asked: &str| {
            let dir = folder(&[("api/main.py", code), ("tests/test_api.py", "client.get('/status')\n")]);
            other_paths(&Project::open(dir.path()).unwrap(), asked)
        };
        let router = "router = APIRouter(prefix='/api/v1')\n\n@router.get('/health')\ndef health():\n    pass\n";
        assert_eq!(paths(router, "/health"), ["/api/v1/health"]);
        assert_eq!(paths(router, "/healthz"), ["/health"]);
        assert_eq!(paths("urlpatterns = [path('health/', health)]\n", "/health"), ["/health/"]);
        assert!(paths("@app.get('/health')\n", "/health").is_empty());
    }

    #[test]
    fn a_folder_that_is_empty_here_is_kept_by_a_file() {
        let fixed = |files: &[(&str, &str)], missing: &str| {
            let dir = folder(files);
            std::fs::create_dir_all(dir.path().join("tides")).unwrap();
            let project = Project::open(dir.path()).unwrap();
            let log = crate::log::Log::from(missing);
            let case = crate::diagnose::Case { project: Some(&project), ..crate::diagnose::Case::of_log(&log) };
            let found = crate::diagnose::diagnose(&case);
            found[0].fixes.iter().map(|fix| fix.summary.clone()).collect::<Vec<_>>()
        };
        let listed = "RuntimeError: Directory 'tides' does not exist\n";
        let written = "Traceback (most recent call last):\n  File \"/app/main.py\", line 2, in <module>\n    open(\"tides/today.log\", \"a\")\nFileNotFoundError: [Errno 2] No such file or directory: 'tides/today.log'\n";
        for log in [listed, written] {
            assert_eq!(fixed(&[("main.py", "")], log), ["commit a file in tides"]);
            assert!(fixed(&[("main.py", ""), (".dockerignore", "tides\n")], log).is_empty());
            assert!(fixed(&[("tides/berths.csv", "")], log).is_empty());
        }
    }
}
