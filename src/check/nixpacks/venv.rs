//! A virtual environment that is made where there is one.

use crate::check::facts::Facts;
use crate::check::finding::{Check, Findings, error, remove_key, set_key};
use crate::finding::Severity;

pub(crate) const TWICE: Check = error(
    "venv-made-twice",
    "The install phase makes /opt/venv, and its Python is the first on PATH. A later command that makes it again copies that Python onto \
     itself: `are the same file`, or `Text file busy` where it runs.",
);

pub(super) const CHECKS: &[Check] = &[TWICE];

fn makes(command: &str) -> bool {
    ["-m venv", "virtualenv ", "uv venv"].iter().any(|maker| command.contains(maker)) && command.contains("/opt/venv")
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(plan) = facts.plan().filter(|_| facts.is_python()) else { return };
    let phases = || plan.phases.iter().flatten();
    let makers = phases().flat_map(|(name, phase)| phase.cmds.iter().map(move |command| (name.as_str(), command)));
    let all: Vec<_> = makers.filter(|(_, command)| makes(command)).collect();
    let first_installs = all.first().is_some_and(|_| all.iter().any(|(name, _)| *name == "install"));
    for (phase, command) in
        all.iter().filter(|(name, command)| first_installs && *name != "install" && !command.contains("--clear"))
    {
        let what = format!("phases.{phase}.cmds");
        let choice = facts
            .derived()
            .into_iter()
            .flat_map(|derived| &derived.choices)
            .find(|choice| choice.what == what && choice.value == **command);
        let finding = TWICE
            .found(format!("the {phase} phase makes /opt/venv again, which the install phase has made"))
            .about("/opt/venv");
        let copies = command.contains("--copies");
        let finding = if copies { finding } else { finding.severity(Severity::Warning).likely() };
        let source = choice.map(|choice| choice.because.clone());
        let finding = match &source {
            Some(source) => finding.at(source.clone(), command),
            None => finding,
        };
        let installed =
            |part: &str| facts.manager() == Some("requirements") && part == "pip install -r requirements.txt";
        let left: Vec<&str> = command
            .split("&&")
            .map(str::trim)
            .filter(|part| !makes(part) && !part.contains("bin/activate") && !installed(part))
            .collect();
        let railway = facts.railway().filter(|file| file.str(&["build", "buildCommand"]) == Some(command.as_str()));
        findings.push(match railway {
            Some(file) if left.is_empty() => finding.fix(
                "leave buildCommand out: all of it is done by then",
                vec![remove_key(&file.path, &["build", "buildCommand"])],
            ),
            Some(file) => finding
                .fix("make no environment", vec![set_key(&file.path, &["build", "buildCommand"], left.join(" && "))]),
            None => finding.help("leave the environment out of this command: it is made and active by then"),
        });
    }
}
