//! What stands in the project and Railpack never reads or runs.

use super::start::chosen;
use crate::builder::{BuilderKind, RailpackAnswer};
use crate::check::Check;
use crate::check::finding::{Findings, error, replace_line, warning};
use crate::project::{Project, Source};

pub(crate) const CONFIG: Check = warning(
    "railpack-ignores-nixpacks",
    "Railpack reads railpack.json and variables that begin with RAILPACK_. What nixpacks.toml and NIXPACKS_ variables say is lost without a word.",
);
pub(crate) const RELEASE: Check = warning(
    "railpack-release-not-run",
    "Railpack takes the start command from a Procfile and runs nothing else of it. Nixpacks ran `release` in the build.",
);

const RELEASE_STARTS: Check = error(
    "railpack-release-starts",
    "Railpack starts web, else worker, else any other process of a Procfile. With a release command alone that one is the app: it ends, and the \
     server is never started.",
)
.decides();
pub(super) const CHECKS: &[Check] = &[CONFIG, RELEASE, RELEASE_STARTS];

pub(super) fn check(project: &Project, answer: &RailpackAnswer, findings: &mut Findings) {
    for &name in BuilderKind::Nixpacks.config_files().iter().filter(|name| project.has_file(name)) {
        findings.push(
            CONFIG
                .found(format!("Railpack does not read {name}"))
                .about(name)
                .at(project.file(name), "")
                .help("say the same in railpack.json, or have the platform build with Nixpacks"),
        );
    }
    let (old, new) = (BuilderKind::Nixpacks.prefix(), BuilderKind::Railpack.prefix());
    for name in answer.variables.keys().filter(|name| name.starts_with(old)) {
        findings.push(
            CONFIG
                .found(format!("Railpack does not read {name}"))
                .about(name.clone())
                .at(Source::Variable(name.clone()), "")
                .help(format!("set {} where Railpack has it", name.replacen(old, new, 1))),
        );
    }
    procfile(project, answer, findings);
}

fn procfile(project: &Project, answer: &RailpackAnswer, findings: &mut Findings) {
    let Ok(text) = project.read_text("Procfile") else { return };
    let is_of = |line: &str, process: &str| line.split_once(':').is_some_and(|(name, _)| name.trim() == process);
    let starts = text.lines().any(|line| is_of(line, "web") || is_of(line, "worker"));
    let Some((at, line)) = text.lines().enumerate().find(|(_, line)| is_of(line, "release")) else { return };
    let source = project.line("Procfile", Some(at + 1));
    if starts {
        let release = line.split_once(':').map_or("", |(_, command)| command.trim());
        let started = text.lines().enumerate().find(|(_, line)| is_of(line, "web"));
        let started = started.or_else(|| text.lines().enumerate().find(|(_, line)| is_of(line, "worker")));
        if release.is_empty() || started.is_some_and(|(_, line)| line.contains(&format!("{release} &&"))) {
            return;
        }
        let finding = RELEASE
            .found("the Procfile's release command is never run")
            .at(source, line)
            .help("run it before the start (`web: COMMAND && …`), or as the platform's pre-deploy command");
        let before = started.and_then(|(at, line)| {
            let (name, command) = line.split_once(':')?;
            let better = format!("{name}: {release} && {}", command.trim());
            Some(replace_line(&project.place("Procfile"), at + 1, line, better))
        });
        findings.push(finding.fix("run it before the start", before.into_iter().collect()));
    } else if chosen(answer).is_some_and(|choice| choice.because == source) {
        findings.push(
            RELEASE_STARTS
                .found("the Procfile's release command is what starts the app, and nothing else does")
                .at(source, line)
                .help("name the server: `web: COMMAND`; run the release command before it (`web: COMMAND && …`), or as the platform's pre-deploy command"),
        );
    }
}
