//! Packages that need something which Nixpacks' image and the plan do not have.

use crate::catalog::base_commands::BASE_COMMANDS;
use crate::check::facts::Facts;
use crate::check::facts::start::Start;
use crate::check::finding::{Finding, Findings, add_item};
use crate::check::system_needs::{BROWSERS, HEADER, LIBRARY, PROGRAM, headless, needs_of};
use crate::project::requirements::Entry;

/// What one requirement lacks in Nixpacks' image.
pub(in crate::check) fn check(facts: &Facts<'_>, entry: &Entry, name: &str, findings: &mut Findings) {
    for (kind, attributes, apt) in needs_of(entry, name) {
        needs(facts, entry, kind, attributes, apt, findings);
    }
    if name == "playwright" {
        playwright(facts, entry, findings);
    }
}

fn needs(facts: &Facts<'_>, entry: &Entry, kind: &str, attributes: &str, apt: &[&str], findings: &mut Findings) {
    let (check, list) = match kind {
        "build" => (&HEADER, "nixPkgs"),
        "lib" => (&LIBRARY, "nixLibs"),
        _ => (&PROGRAM, "nixPkgs"),
    };
    let apt_there = facts
        .plan()
        .into_iter()
        .flat_map(|plan| plan.phases.iter().flatten())
        .any(|(_, phase)| phase.apt_pkgs.iter().any(|package| apt.contains(&package.as_str())));
    let has = |attribute: &&str| match kind {
        "lib" => facts.choices("phases.setup.nixLibs").any(|choice| base(&choice.value) == base(attribute)),
        _ => facts.plans(attribute),
    };
    let in_image = |program: &&str| kind == "program" && BASE_COMMANDS.contains(program);
    let missing: Vec<&str> =
        attributes.split(',').filter(|attribute| !has(attribute) && !in_image(attribute)).collect();
    // Debian's headers and programs are found; its libraries are not, by Nix' Python.
    if missing.is_empty() || apt_there && kind != "lib" {
        return;
    }
    let name = entry.requirement.name.as_deref().unwrap_or_default();
    let verb = match kind {
        "build" => "is built against",
        "lib" => "loads",
        _ => "calls",
    };
    let finding = check.found(format!("{name} {verb} {}, which the plan does not have", missing.join(" and ")));
    let finding = finding.about(missing[0]).at(entry.source(), &entry.written);
    // What is imported when the app starts ends it, however kind another machine is.
    let finding = if kind == "lib" && is_loaded(facts, name) { finding } else { finding.likely() };
    let finding = match headless(entry, name).filter(|_| kind == "lib") {
        Some((summary, edit)) => finding.fix(summary, vec![edit]),
        None => finding,
    };
    findings.push(add(facts, finding, list, &missing));
}

/// The attribute without its output: `glib` of `glib.out`, and `libxcb` of `xorg.libxcb`.
fn base(attribute: &str) -> &str {
    let name = attribute.strip_prefix("xorg.").unwrap_or(attribute);
    name.split('.').next().unwrap_or(name)
}

/// Packages that surely do not find a library which another one's brings along as a dependency of its own: weasyprint looks for it by name, and
/// opencv's libavdevice wants libxcb before libGL's libX11 has loaded it (the NEEDED entries of the wheels of 5.0.0.93).
const LOADERS: &[(&str, &str)] =
    &[("weasyprint", "weasyprint"), ("opencv-python", "cv2"), ("opencv-contrib-python", "cv2")];

/// Whether the start surely imports such a package, and nothing leads to libraries of another place.
fn is_loaded(facts: &Facts<'_>, name: &str) -> bool {
    let Some((_, module)) = LOADERS.iter().find(|(loader, _)| *loader == name) else { return false };
    let is_led = facts.variable("LD_LIBRARY_PATH").is_some()
        || Start::all(facts).iter().any(|start| start.command.contains("LD_LIBRARY_PATH="))
        || facts.script_text().contains("LD_LIBRARY_PATH=");
    !is_led
        && facts
            .foreign()
            .iter()
            .any(|import| import.is_certain && !import.is_caught && import.name.split('.').next() == Some(module))
}

/// The finding with what installs a program: an attribute of nixpkgs, else a package of Debian.
pub(in crate::check) fn with_program(facts: &Facts<'_>, finding: Finding, nix: Option<&str>, apt: &str) -> Finding {
    match nix {
        Some(attribute) => add(facts, finding, "nixPkgs", &[attribute]),
        None => finding.help(format!("write aptPkgs = [\"...\", \"{apt}\"] under [phases.setup] of nixpacks.toml")),
    }
}

/// The finding with what adds the attributes to a list of the configuration.
fn add(facts: &Facts<'_>, finding: Finding, list: &str, attributes: &[&str]) -> Finding {
    let path = facts.config_path();
    let key = ["phases", "setup", list];
    let is_there = facts.config().is_some_and(|file| file.get(&key).is_some());
    let keep = (!is_there).then(|| add_item(&path, &key, "...", true));
    let more = attributes.iter().map(|attribute| add_item(&path, &key, attribute, false));
    finding.fix(format!("add {} to {list}", attributes.join(" and ")), keep.into_iter().chain(more).collect())
}

fn playwright(facts: &Facts<'_>, entry: &Entry, findings: &mut Findings) {
    let choices = facts.derived().into_iter().flat_map(|derived| &derived.choices);
    let is_installed = choices.into_iter().any(|choice| choice.value.contains("playwright install"));
    if is_installed || facts.plans("playwright-driver") || facts.plans("chromium") {
        return;
    }
    let finding =
        BROWSERS.found("Playwright comes without browsers, and no command installs any").about("chromium").likely();
    findings.push(finding.at(entry.source(), &entry.written).help("use a Dockerfile from Playwright's image"));
}
