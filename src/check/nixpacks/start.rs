//! Where the start command comes from, and what becomes of it on its way to the shell.

use crate::check::facts::Facts;
use crate::check::facts::start::Start;
use crate::check::finding::{Check, Finding, Findings, error, note, replace_line, set_key, warning};
use crate::finding::Severity;
use crate::project::Source;
use crate::project::procfile::{self, Process};
use std::path::Path;

const BACKSLASH: Check = error(
    "start-backslash",
    "Nixpacks writes the start command into the image without escaping backslashes, which makes the image's CMD invalid. The container \
     then ends at once, with exit code 0 and without a word.",
)
.decides();
const EXEC_FORM: Check = error(
    "start-exec-form",
    "A start command is a line for the shell, not a JSON list as in a Dockerfile's CMD. The shell takes the bracket for the name of \
     a program.",
);
const DISAGREE: Check = warning(
    "start-commands-disagree",
    "Several files say how the app starts. Railway's own file wins over nixpacks.toml, which wins over the Procfile, which wins over \
     what Nixpacks would choose.",
);
const RUN_IMAGE: Check = error(
    "run-image-loses-venv",
    "With start.runImage only /app is copied into that image. The virtual environment in /opt/venv and Python itself stay behind.",
)
.decides();
const USER: Check = warning(
    "start-user-loses-path",
    "With start.user the app starts in another user's login shell, which does not read the PATH that leads to /opt/venv and Nix' \
     Python.",
);
const PROCFILE_COMMENT: Check = warning(
    "procfile-comment",
    "Nixpacks reads a Procfile as YAML: what follows a blank and a # is a comment, and not part of the command.",
);
const PROCESSES: Check = note(
    "procfile-processes-ignored",
    "A deploy starts one process: web, else worker, else the first by name. The others need services of their own.",
);
const NO_COMMAND: Check = error(
    "procfile-command-empty",
    "The process that would be started has no command behind its name, so the container starts nothing and ends.",
);
const TWICE: Check = warning(
    "procfile-process-twice",
    "Two lines have the same name. A Procfile is YAML for Nixpacks, in which the later one silently takes the place of the first.",
);
const RELEASE: Check = warning(
    "release-runs-in-build",
    "Nixpacks runs a Procfile's release command while it builds the image, where no database and no private network is reachable. \
     Railway's deploy.preDeployCommand runs it in time.",
);

pub(super) const CHECKS: &[Check] =
    &[BACKSLASH, EXEC_FORM, DISAGREE, RUN_IMAGE, USER, PROCFILE_COMMENT, PROCESSES, NO_COMMAND, TWICE, RELEASE];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    of_procfile(facts, findings);
    if let Some(start) = Start::of(facts) {
        form(facts, &start, findings);
        disagree(facts, &start, findings);
    }
    image_and_user(facts, findings);
}

fn form(facts: &Facts<'_>, start: &Start<'_>, findings: &mut Findings) {
    let Start { command, source } = start;
    if command.contains('\\') {
        let finding = BACKSLASH.found("a backslash in the start command makes the container end at once, silently");
        let joined = command.replace("\\\n", " ");
        let edits = if joined.contains('\\') { Vec::new() } else { start.replaced_with(facts, &joined) };
        findings.push(
            finding
                .at((*source).clone(), command)
                .help("put the command into a script file and start that")
                .fix("join the lines", edits),
        );
    }
    if let Ok(words) = serde_json::from_str::<Vec<String>>(command.trim())
        && !words.is_empty()
    {
        let finding =
            EXEC_FORM.found("the start command is written as a JSON list, which the shell does not understand");
        let edits = start.replaced_with(facts, &words.join(" "));
        findings.push(finding.at((*source).clone(), command).fix("write it as one line", edits));
    }
}

fn disagree(facts: &Facts<'_>, start: &Start<'_>, findings: &mut Findings) {
    let mut said: Vec<(&str, Source)> = Vec::new();
    for (file, key) in [
        (facts.railway(), &["deploy", "startCommand"][..]),
        (facts.railway(), &["build", "nixpacksPlan", "start", "cmd"]),
        (facts.config(), &["start", "cmd"]),
    ] {
        said.extend(file.and_then(|file| Some((file.str(key)?, file.source(key)))));
    }
    let processes = processes(facts);
    let process = ["web", "worker"].into_iter().find_map(|name| processes.iter().find(|process| process.name == name));
    let process = process.filter(|_| !is_for_honcho(facts));
    said.extend(process.map(|process| (process.command.as_str(), process.source.clone())));
    let plain = |command: &str| command.split_whitespace().collect::<Vec<_>>().join(" ");
    let wins = plain(start.command);
    let others: Vec<_> =
        said.into_iter().filter(|(command, source)| source != start.source && plain(command) != wins).collect();
    if others.is_empty() {
        return;
    }
    let finding = DISAGREE.found(format!("several files say how the app starts; {} wins with `{wins}`", start.source));
    let finding = finding.at(start.source.clone(), start.command);
    findings.push(others.into_iter().fold(finding, |finding, (command, source)| finding.at(source, command)));
}

fn image_and_user(facts: &Facts<'_>, findings: &mut Findings) {
    let place = |what| facts.choices(what).last();
    if let Some(image) = place("start.runImage") {
        let finding = RUN_IMAGE
            .found(format!("the app runs in {}, without the virtual environment and without Nix' Python", image.value));
        let edits = facts
            .keyed(&image.because)
            .map(|file| crate::check::finding::remove_key(&file.path, &["start", "runImage"]));
        let edits = edits.into_iter().collect();
        findings.push(
            finding
                .about(&image.value)
                .at(image.because.clone(), facts.line(&image.because))
                .fix("run in the image that was built", edits),
        );
    }
    if let Some(user) = place("start.user") {
        let named = Start::of(facts).is_some_and(|start| start.command.contains("/opt/venv/bin"));
        if !named {
            let finding =
                USER.found(format!("{} has a login shell of its own, without /opt/venv/bin on PATH", user.value));
            let finding = finding.about(&user.value).at(user.because.clone(), facts.line(&user.because));
            findings.push(
                finding.likely().help("start programs by their full path, /opt/venv/bin/…, or leave start.user out"),
            );
        }
    }
}

/// A line of a Procfile, and its place.
struct Placed {
    process: Process,
    source: Source,
}

impl std::ops::Deref for Placed {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

fn processes(facts: &Facts<'_>) -> Vec<Placed> {
    let text = if facts.app.has_file("Procfile") {
        facts.app.read_text("Procfile").unwrap_or_default()
    } else {
        return Vec::new();
    };
    let place = |process: Process| Placed { source: facts.app.line("Procfile", Some(process.number)), process };
    procfile::processes(&text).into_iter().map(place).collect()
}

/// Whether honcho starts the Procfile's processes, whatever the builder takes of them.
fn is_for_honcho(facts: &Facts<'_>) -> bool {
    let told = Start::all(facts).iter().find_map(|start| procfile::honcho(start.command));
    told.is_some_and(|told| told.file == Path::new("Procfile"))
}

fn of_procfile(facts: &Facts<'_>, findings: &mut Findings) {
    let processes = processes(facts);
    for process in &processes {
        let value = process.line.split_once(':').map_or("", |(_, value)| value.trim());
        if !value.starts_with(['"', '\''])
            && let Some((kept, dropped)) = value.split_once(" #")
            && !kept.trim().is_empty()
        {
            let finding = PROCFILE_COMMENT.found(format!(
                "`#{}` in the command of {} is dropped as a comment",
                dropped.trim_end(),
                process.name
            ));
            let quoted = format!("{}: '{}'", process.name, value.replace('\'', "''"));
            let Source::File { path, line: Some(line) } = &process.source else { continue };
            let edit = replace_line(path, *line, &process.line, quoted);
            // A remark behind a command reads as one: `web: run # the server`.
            let remark = dropped.starts_with(' ');
            let finding =
                if remark { finding.severity(Severity::Note) } else { finding.fix("quote the command", vec![edit]) };
            findings.push(finding.at(process.source.clone(), &process.line));
        }
    }
    release(facts, &processes, findings);
    let waiting: Vec<&Placed> = processes.iter().filter(|process| process.name != "release").collect();
    let chosen = ["web", "worker"].into_iter().find(|name| waiting.iter().any(|process| process.name == *name));
    let last = chosen.and_then(|chosen| waiting.iter().rev().find(|process| process.name == chosen));
    if let Some(process) = last.filter(|process| process.command.is_empty()) {
        let finding = NO_COMMAND.found(format!("{} has no command", process.name)).about(&process.name);
        findings.push(finding.at(process.source.clone(), &process.line));
    }
    for (index, process) in processes.iter().enumerate() {
        let earlier = processes[..index].iter().find(|earlier| earlier.name == process.name);
        if let Some(earlier) = earlier.filter(|earlier| earlier.command != process.command) {
            let finding = TWICE.found(format!("{} is there twice, and the later line counts", process.name));
            let finding = finding.about(&process.name).at(process.source.clone(), &process.line);
            findings.push(finding.at(earlier.source.clone(), &earlier.line));
        }
    }
    if let (Some(chosen), true) = (chosen, waiting.len() > 1 && !is_for_honcho(facts)) {
        let idle: Vec<&&Placed> = waiting.iter().filter(|process| process.name != chosen).collect();
        // The same name twice: the later one is meant.
        if idle.is_empty() {
            return;
        }
        let names = idle.iter().map(|process| process.name.as_str()).collect::<Vec<_>>().join(", ");
        let finding = PROCESSES.found(format!("only {chosen} is started: {names} of the Procfile is not"));
        findings.push(idle.iter().fold(finding, |finding, process| finding.at(process.source.clone(), &process.line)));
    }
}

fn release(facts: &Facts<'_>, processes: &[Placed], findings: &mut Findings) {
    const DATABASE: [&str; 8] =
        ["migrate", "alembic", "db upgrade", "loaddata", "createsuperuser", "seed", "create_all", "flask db"];
    let Some(release) = processes.iter().find(|process| process.name == "release") else { return };
    let touches = DATABASE.iter().any(|word| release.command.contains(word));
    let finding = RELEASE.found(match touches {
        true => format!("`{}` runs while the image is built, without a database", release.command),
        false => format!("`{}` runs while the image is built, not before each start", release.command),
    });
    let finding = finding.severity(if touches { Severity::Warning } else { Severity::Note });
    findings.push(before_deploy(facts, finding.at(release.source.clone(), &release.line), release));
}

fn before_deploy(facts: &Facts<'_>, finding: Finding, release: &Placed) -> Finding {
    let (Source::File { path, line: Some(line) }, Some(railway)) = (&release.source, facts.railway()) else {
        return finding.help("run it as the first part of the start command, or as Railway's pre-deploy command");
    };
    if railway.get(&["deploy", "preDeployCommand"]).is_some() {
        return finding.help("Railway's preDeployCommand is there already: remove the release line");
    }
    let edits = vec![
        crate::check::finding::remove_line(path, *line, &release.line),
        set_key(&railway.path, &["deploy", "preDeployCommand"], serde_json::json!([release.command])),
    ];
    finding.fix("run it before the deploy", edits)
}
