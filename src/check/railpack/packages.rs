//! Packages that need something which Railpack's images do not have.

use crate::builder::RailpackAnswer;
use crate::builder::railpack::Version;
use crate::catalog::base_commands::{BASE_COMMANDS, NOT_SLIM};
use crate::catalog::base_image::IN_RAILPACK_BUILDER;
use crate::check::facts::Facts;
use crate::check::finding::{Finding, Findings, add_item};
use crate::check::system_needs::{BROWSERS, HEADER, LIBRARY, PROGRAM, headless, needs_of};
use crate::check::variables::listed;
use crate::project::requirements::Entry;

/// What Railpack adds by the requirement's name.
const ADDED: &str = "libcairo2-dev";

/// Names that Debian 13 does not have: those of Ubuntu, and of older releases.
const ELSEWHERE: &[&str] =
    &["libgl1-mesa-glx", "chromium-browser", "google-chrome-stable", "openjdk-17-jre", "ocrmypdf", "wkhtmltopdf"];

/// What one requirement lacks in Railpack's images.
pub(in crate::check) fn check(
    facts: &Facts<'_>,
    answer: &RailpackAnswer,
    entry: &Entry,
    name: &str,
    findings: &mut Findings,
) {
    for need in needs_of(entry, name) {
        needs(facts, answer.planned.version, entry, need, findings);
    }
    if name == "playwright" {
        playwright(facts, entry, findings);
    }
}

fn needs(
    facts: &Facts<'_>,
    version: Version,
    entry: &Entry,
    (kind, attributes, apt): (&str, &str, &[&str]),
    findings: &mut Findings,
) {
    let (check, list, verb) = match kind {
        "build" => (&HEADER, "buildAptPackages", "is built against"),
        "lib" => (&LIBRARY, "deploy.aptPackages", "loads"),
        _ => (&PROGRAM, "deploy.aptPackages", "calls"),
    };
    let in_image = |program: &&str| BASE_COMMANDS.contains(program) && !NOT_SLIM.contains(program);
    let debian: Vec<&str> = apt.iter().copied().filter(|name| !ELSEWHERE.contains(name)).collect();
    let is_there = match kind {
        // The first is what it is built against, the others are other names of it.
        "build" => debian.iter().any(|name| IN_RAILPACK_BUILDER.contains(name) || *name == ADDED || facts.plans(name)),
        "lib" => debian.iter().all(|name| facts.plans(name)),
        _ => debian.iter().any(|name| facts.plans(name)) || attributes.split(',').all(|program| in_image(&program)),
    };
    let Some(first) = debian.first().copied().filter(|_| !is_there) else { return };
    let wanted: Vec<&str> = if kind == "lib" { debian } else { vec![first] };
    let name = entry.requirement.name.as_deref().unwrap_or_default();
    let bring = if wanted.len() == 1 { "brings" } else { "bring" };
    let finding = check
        .found(format!("{name} {verb} what {} {bring}, and Railpack's image does not have it", listed(&wanted)))
        .about(first)
        .at(entry.source(), &entry.written)
        .likely();
    let finding = match headless(entry, name).filter(|_| kind == "lib") {
        Some((summary, edit)) => finding.fix(summary, vec![edit]),
        None => finding,
    };
    let key: Vec<&str> = list.split('.').collect();
    let path = facts.config_path();
    let has_list = facts.config().is_some_and(|file| file.get(&key).is_some());
    // Without the dots Railpack's own list is lost; where the list is added to it, they may be a name like another.
    let is_kept = list == "buildAptPackages" && !version.takes_all_of_config();
    let keep = (!has_list && !is_kept).then(|| add_item(&path, &key, "...", true));
    let more = wanted.iter().map(|package| add_item(&path, &key, package, false));
    findings.push(finding.fix(format!("add {} to {list}", listed(&wanted)), keep.into_iter().chain(more).collect()));
}

fn playwright(facts: &Facts<'_>, entry: &Entry, findings: &mut Findings) {
    let asked =
        facts.variable("RAILPACK_PYTHON_PLAYWRIGHT_INSTALL").is_some_and(|value| value == "1" || value == "true");
    if asked || facts.commands().iter().any(|command| command.contains("playwright install")) || facts.plans("chromium")
    {
        return;
    }
    let finding =
        BROWSERS.found("Playwright comes without browsers, and no command installs any").about("chromium").likely();
    findings.push(
        finding
            .at(entry.source(), &entry.written)
            .help("set RAILPACK_PYTHON_PLAYWRIGHT_INSTALL=1 among the service's variables: Railpack then installs the browser and its libraries"),
    );
}

/// The finding with what installs a program.
pub(in crate::check) fn with_program(finding: Finding, program: &str, apt: &str) -> Finding {
    finding.help(match program {
        "node" | "npm" | "npx" => "write \"packages\": {\"node\": \"22\"} in railpack.json".to_owned(),
        _ => format!("write \"aptPackages\": [\"...\", \"{apt}\"] under \"deploy\" in railpack.json"),
    })
}
