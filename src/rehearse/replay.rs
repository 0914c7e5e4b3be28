//! A failure of the cloud held against a run here.

use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

use super::Rehearsal;
use crate::builder::nixpacks::render;
use crate::builder::railpack::{Printed, parse_box};
use crate::diagnose::replay::Failure;
use crate::finding::{Diagnosis, Fix};
use crate::log::Log;
use crate::log::pattern::Pattern;
use crate::plan::Plan;
use crate::run::{Status, Verdict};

/// Whether the cloud's failure happens here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Match {
    /// The same cause, or at least the same phase and exit code where no cause is known.
    Reproduced,
    /// It fails here too, elsewhere or for another cause.
    Differs,
    /// It works here.
    DoesNotHappen,
    /// The run here says nothing.
    CannotTell,
}

/// The cloud's failure beside the run here.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Comparison {
    /// Whether it happens here.
    pub outcome: Match,
    /// What failed here; none where nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub failed: Option<FailedHere>,
    /// What is different here and may explain another outcome, the likeliest first.
    pub differences: Vec<String>,
    /// Edits that should cure what happens here too; `shakedown fix` tries them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub fixes: Vec<Fix>,
}

/// The failure of the run here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailedHere {
    /// The phase that failed; `start` where all passed and the app did not.
    pub phase: String,
    /// The cause's rule; none where no cause is known.
    pub rule: Option<&'static str>,
    /// The cause, or the command that failed where none is known; empty where neither is.
    pub message: String,
    /// What to do, where the project says more of it than the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub help: Option<String>,
}

impl FailedHere {
    fn of(here: &Rehearsal) -> Self {
        let mut of_phases = here.outcome.phases.iter().flat_map(|phase| &phase.cmds);
        let failed = of_phases.rfind(|cmd| !matches!(cmd.status, Status::Passed | Status::Skipped));
        let command = failed.map(|cmd| cmd.cmd.clone()).or_else(|| Some(here.outcome.smoke.as_ref()?.cmd.clone()));
        let primary = here.primary();
        Self {
            phase: here.outcome.failing_phase().unwrap_or("start").to_owned(),
            rule: primary.map(|primary| primary.rule),
            message: primary.map(|primary| primary.message.clone()).or(command).unwrap_or_default(),
            help: primary.and_then(|primary| primary.help.clone()),
        }
    }
}

/// Distributions and their versions, as pip says that it installed them.
pub type Installed = BTreeMap<String, String>;

/// What pip says at the end of an installation: `Successfully installed flask-3.0.2 Jinja2-3.1.3`.
static INSTALLED: Pattern = Pattern::new(r"Successfully installed ((?:[A-Za-z0-9._-]+-[0-9][^\s-]*\s*)+)");
/// A file that pip fetches: `Downloading flask-3.0.2-py3-none-any.whl`.
static DOWNLOADING: Pattern =
    Pattern::new(r"Downloading ([A-Za-z0-9._]+)-([0-9][A-Za-z0-9.!+]*)(?:-[^\s]*\.whl|\.tar\.gz)");

/// What a line of pip's output says about installed versions, added to `installed`.
pub fn note_installed(line: &str, installed: &mut Installed) {
    let plain = |name: &str| name.to_ascii_lowercase().replace(['_', '.'], "-");
    for found in INSTALLED.regex().into_iter().flat_map(|pattern| pattern.captures_iter(line)) {
        for item in found[1].split_whitespace() {
            if let Some((name, version)) = item.rsplit_once('-') {
                installed.insert(plain(name), version.to_owned());
            }
        }
    }
    if let Some(found) = DOWNLOADING.captures(line) {
        installed.entry(plain(&found[1])).or_insert_with(|| found[2].to_owned());
    }
}

/// The versions that a log speaks of.
pub fn installed_in(log: &Log) -> Installed {
    let mut installed = Installed::new();
    for line in log.lines() {
        note_installed(&line.text, &mut installed);
    }
    installed
}

/// A failure that a log shows.
#[derive(Debug, Clone)]
pub struct Logged<'a> {
    /// The log itself.
    pub log: &'a Log,
    /// Where it failed.
    pub failure: &'a Failure,
    /// Why, as far as known.
    pub primary: Option<&'a Diagnosis>,
}

/// Holds the cloud's failure against the run here; `installed` are the versions that were installed here, `unset` the variables
/// that the code wants set and nobody gives.
pub fn compare(logged: &Logged<'_>, here: &Rehearsal, installed: &Installed, unset: &[String]) -> Comparison {
    let outcome = match here.verdict() {
        Verdict::Works => Match::DoesNotHappen,
        Verdict::CannotTell => Match::CannotTell,
        Verdict::Fails if is_same(logged, here) => Match::Reproduced,
        Verdict::Fails => Match::Differs,
    };
    let mut differences = Vec::new();
    if outcome != Match::Reproduced {
        differences.extend(plan_differences(logged.log, &here.plan));
        differences.extend(version_differences(&installed_in(logged.log), installed));
        differences.extend(here.unverified.iter().map(|unverified| format!("{}: {}", unverified.what, unverified.why)));
        if !unset.is_empty() {
            differences.push(format!(
                "variables that the platform may have and nothing sets here (--env sets them): {}",
                unset.join(", ")
            ));
        }
    }
    let mut failed = (here.verdict() == Verdict::Fails).then(|| FailedHere::of(here));
    if let Some(failed) = &mut failed {
        let said = logged.primary.and_then(|primary| primary.help.as_ref());
        failed.help.take_if(|help| Some(&*help) == said);
    }
    let primary = here.primary().filter(|_| outcome == Match::Reproduced);
    let fixes = primary.map(|primary| primary.fixes.clone()).unwrap_or_default();
    Comparison { outcome, failed, differences, fixes }
}

fn is_same(logged: &Logged<'_>, here: &Rehearsal) -> bool {
    match (logged.primary, here.primary()) {
        (Some(cloud), Some(own)) => {
            cloud.rule == own.rule && is_same_subject(cloud.subject.as_deref(), own.subject.as_deref())
        }
        (None, None) => logged.failure.phase.as_deref() == here.outcome.failing_phase(),
        _ => false,
    }
}

/// Whether two causes of one rule are about the same thing: another variable that is not set, or another module that is missing, is
/// another failure. What is no name (a sentence, a path of the machine) may be written otherwise here.
fn is_same_subject(cloud: Option<&str>, own: Option<&str>) -> bool {
    let plain = |subject: &str| {
        let subject = subject.strip_prefix("/app/").unwrap_or(subject);
        let is_name = !subject.contains(char::is_whitespace) && !subject.starts_with('/');
        // An exception and the file that it left, at whatever line that is by now.
        let named = if is_name || subject.contains(" at /app/") { subject } else { return None };
        let bare = named.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(':');
        let bare = if bare.len() < named.len() && named[bare.len()..].starts_with(':') { bare } else { named };
        Some(bare.split("==").next().unwrap_or(bare).to_lowercase().replace('_', "-"))
    };
    match (cloud.and_then(plain), own.and_then(plain)) {
        (Some(cloud), Some(own)) => {
            let is_part = |whole: &str, part: &str| {
                whole.ends_with(&format!("/{part}"))
                    || whole.strip_prefix(part).is_some_and(|rest| rest.starts_with(['.', '[']))
            };
            cloud == own || is_part(&cloud, &own) || is_part(&own, &cloud)
        }
        _ => true,
    }
}

/// What the box in the log says that the plan here does not.
fn plan_differences(log: &Log, plan: &Plan) -> Vec<String> {
    let lines = || log.lines().iter().map(|line| line.text.as_str());
    if let (Some(cloud), Some(own)) = (parse_box(lines()), parse_box(plan.printed.lines())) {
        return railpack_differences(&cloud, &own);
    }
    let text: String = log.lines().iter().map(|line| format!("{}\n", line.text)).collect();
    let (Some(cloud), Some(own)) = (render::parse_box(&text), render::parse_box(&plan.printed)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if cloud.version != own.version {
        found.push(format!("the cloud built with Nixpacks {}, this plan is that of {}", cloud.version, own.version));
    }
    let own_phases: BTreeMap<_, _> = own.phases.iter().cloned().collect();
    for (name, text) in &cloud.phases {
        match own_phases.get(name) {
            Some(own) if own == text => {}
            Some(own) => found.push(format!(
                "the cloud's {name} was `{text}`, here it is `{own}` (an override of the dashboard, or a stale commit)"
            )),
            None => found.push(format!("the cloud had a phase {name} (`{text}`) that this plan lacks")),
        }
    }
    if cloud.start != own.start {
        found.push(format!(
            "the cloud's start command was `{}`, here it is `{}`",
            cloud.start.unwrap_or_default(),
            own.start.unwrap_or_default()
        ));
    }
    found
}

/// The same of two of Railpack's boxes.
fn railpack_differences(cloud: &Printed, own: &Printed) -> Vec<String> {
    let mut found = Vec::new();
    if cloud.version != own.version {
        found.push(format!("the cloud built with Railpack {}, this plan is that of {}", cloud.version, own.version));
    }
    for (name, version) in &cloud.packages {
        match own.packages.iter().find(|(own, _)| own == name) {
            Some((_, own)) if own == version => {}
            Some((_, own)) => found.push(format!("the cloud took {name} {version}, here it is {own}")),
            None => found.push(format!("the cloud installed {name} {version}, which this plan lacks")),
        }
    }
    for (name, commands) in &cloud.steps {
        let here = own.steps.iter().find(|(own, _)| own == name).map(|(_, commands)| commands);
        if here != Some(commands) {
            let here = here.map_or("nothing".to_owned(), |commands| format!("`{}`", commands.join("; ")));
            found.push(format!("the cloud's {name} was `{}`, here it is {here}", commands.join("; ")));
        }
    }
    if cloud.start != own.start {
        let text = |start: &Option<String>| start.clone().unwrap_or_default();
        found.push(format!(
            "the cloud's start command was `{}`, here it is `{}`",
            text(&cloud.start),
            text(&own.start)
        ));
    }
    found
}

fn version_differences(cloud: &Installed, here: &Installed) -> Vec<String> {
    let moved = |(name, version): (&String, &String)| {
        let own = here.get(name).filter(|own| *own != version)?;
        Some(format!(
            "{name} was {version} in the cloud and is {own} here (--pin-from-log installs the log's versions)"
        ))
    };
    cloud.iter().filter_map(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Outcome, Smoke, SmokeResult};
    use crate::sandbox::process::Exit;

    #[test]
    fn versions_are_read_from_pips_last_line() {
        let mut installed = Installed::new();
        note_installed(
            "#9 12.3 Successfully installed Flask-3.0.2 python-dateutil-2.9.0.post0 zope.event-5.0",
            &mut installed,
        );
        let expected = [("flask", "3.0.2"), ("python-dateutil", "2.9.0.post0"), ("zope-event", "5.0")];
        assert_eq!(installed, expected.map(|(name, version)| (name.to_owned(), version.to_owned())).into());
    }

    #[test]
    fn versions_are_read_from_downloads_of_an_installation_that_failed() {
        let mut installed = Installed::new();
        note_installed("  Downloading numpy-2.1.0-cp312-cp312-manylinux_2_17_x86_64.whl (16.0 MB)", &mut installed);
        note_installed("  Downloading mysqlclient-2.2.4.tar.gz (90 kB)", &mut installed);
        assert_eq!(installed["numpy"], "2.1.0");
        assert_eq!(installed["mysqlclient"], "2.2.4");
    }

    #[test]
    fn another_failure_is_named_and_variables_only_where_some_are_missing() {
        let smoke = Smoke::of(SmokeResult::Crashed(Exit::Code(1)));
        let outcome = Outcome { smoke: Some(smoke), ..Outcome::default() };
        let here = Rehearsal { outcome, ..Rehearsal::default() };
        let log = Log::read(&b"build failed\n"[..]).unwrap();
        let failure = Failure::of(&log, None);
        let failure = Failure { phase: Some("install".into()), ..failure };
        let logged = Logged { log: &log, failure: &failure, primary: None };
        let comparison = compare(&logged, &here, &Installed::new(), &[]);
        assert_eq!(comparison.outcome, Match::Differs);
        let expected = FailedHere { phase: "start".into(), rule: None, message: "python main.py".into(), help: None };
        assert_eq!(comparison.failed, Some(expected));
        assert!(comparison.differences.is_empty(), "{:?}", comparison.differences);
        let told = compare(&logged, &here, &Installed::new(), &["TOKEN".to_owned()]).differences;
        assert!(told[0].ends_with(": TOKEN"), "{told:?}");
    }

    #[test]
    fn another_variable_or_module_is_another_failure() {
        let same = |cloud: &str, own: &str| is_same_subject(Some(cloud), Some(own));
        for (cloud, own) in [
            ("TOKEN", "TOKEN"),
            ("pandas==1.3.5", "pandas"),
            ("127.0.0.1:5432", "127.0.0.1"),
            ("127.0.0.1:8080", "127.0.0.1:41003"),
            ("KeyError at /app/main.py:5", "KeyError at /app/main.py:9"),
            ("/app/tides.json", "tides.json"),
            ("python_dotenv", "python-dotenv"),
            ("app.services.mailer", "app"),
            ("/root/.cache/ms-playwright/chromium-1187/chrome", "chrome"),
        ] {
            assert!(same(cloud, own), "{cloud} {own}");
        }
        for (cloud, own) in [
            ("STRIPE_KEY", "DATABASE_URL"),
            ("TOKEN", "BOT_TOKEN"),
            ("boto3", "stripe"),
            ("KeyError at /app/main.py:5", "ValueError at /app/main.py:5"),
            ("tides.json", "berths.json"),
        ] {
            assert!(!same(cloud, own), "{cloud} {own}");
        }
        assert!(is_same_subject(None, Some("TOKEN")));
    }

    #[test]
    fn only_versions_that_moved_are_told() {
        let of = |version: &str| Installed::from([("flask".to_owned(), version.to_owned())]);
        assert!(version_differences(&of("3.0"), &of("3.0")).is_empty());
        assert!(
            version_differences(&of("3.0"), &of("3.1"))[0].starts_with("flask was 3.0 in the cloud and is 3.1 here")
        );
    }
}
