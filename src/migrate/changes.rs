//! What is otherwise with another builder, matter by matter.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::builder::{Buildable, Planned};
use crate::catalog::python::by_attribute;
use crate::finding::Evidence;
use crate::plan::{Installs, Plan, Step, Vars};
use crate::project::{Project, Source};

/// A matter that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// What it is about, for example `Python`.
    pub matter: &'static str,
    /// As it is today.
    pub from: String,
    /// As it will be.
    pub to: String,
    /// What that may break.
    pub note: &'static str,
    /// Where today's comes from, where a file says it.
    pub places: Vec<Evidence>,
}

/// Stands for a value that one side does not have.
const NOTHING: &str = "–";

/// The matter of commands that run once a deploy.
const RELEASE: &str = "release";

impl Change {
    /// Whether a release command is run no more: an app may start without it and miss what it does.
    pub fn loses_release(&self) -> bool {
        self.matter == RELEASE && self.to == NOTHING
    }
}

/// Every matter in which two plans of a project differ. Of a side that has no plan there is nothing to compare.
pub fn changes(project: &Project, from: &Planned, to: &Planned) -> Vec<Change> {
    let plans = |planned: &Planned| planned.buildable().ok().and_then(Result::ok);
    let (old, new) = (plans(from), plans(to));
    let mut found = Vec::new();
    let is_whole = old.is_some() && new.is_some();
    let (old_plan, new_plan) = (old.as_ref().map(|side| &side.plan), new.as_ref().map(|side| &side.plan));
    let mut matter = |matter, from: Option<String>, to: Option<String>, note, places: Vec<Evidence>| {
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
        let shown = |text: String| if text.is_empty() { NOTHING.to_owned() } else { text };
        // Where one side has no plan at all, that is the difference.
        if from != to && is_whole {
            found.push(Change { matter, from: shown(from), to: shown(to), note, places });
        }
    };
    let of = |read: &dyn Fn(&Plan) -> String| (old_plan.map(read), new_plan.map(read));
    let (one, other) = of(&python);
    matter(
        "Python",
        one,
        other,
        "a pin may have no ready-made build, and code may need the other release",
        chosen(&old, "phases.setup.nixpkgsArchive"),
    );
    let (one, other) = of(&packages);
    matter(
        "system packages",
        one,
        other,
        "libraries and programs that nobody names are not there",
        chosen(&old, "phases.setup.nixPkgs"),
    );
    let (one, other) = of(&|plan| commands(plan, "install"));
    matter(
        "install",
        one,
        other,
        "files that are not copied first, a lock that is wanted, the project itself",
        chosen(&old, "phases.install.cmds"),
    );
    let (one, other) = of(&|plan| commands(plan, "build"));
    matter("build", one, other, "", chosen(&old, "phases.build.cmds"));
    let (one, other) = of(&|plan| commands(plan, "release"));
    matter(RELEASE, one, other, "migrations are not run", chosen(&old, "phases.release.cmds"));
    let (one, other) = of(&|plan| plan.start_command().unwrap_or_default().to_owned());
    matter("start", one, other, "", chosen(&old, "start.cmd"));
    let (one, other) = of(&|plan| plan.venv.display().to_string());
    matter("virtual environment", one, other, "commands with its path", Vec::new());
    let (one, other) = of(&|plan| path(plan));
    matter("PATH", one, other, "programs outside these folders", Vec::new());
    let (one, other) = variables(old_plan, new_plan);
    matter("variables of the image", Some(one), Some(other), "code that reads them", Vec::new());
    let (one, other) = of(&kept);
    matter(
        "files at start",
        one,
        other,
        "what the build writes elsewhere is lost: caches of models, browsers, corpora",
        Vec::new(),
    );
    found.extend(railway(project));
    found
}

/// Where a choice of today's plan was written, if it was.
fn chosen(side: &Option<Buildable>, what: &str) -> Vec<Evidence> {
    let choices = side.iter().flat_map(|side| &side.choices).filter(|choice| choice.what == what);
    let written = choices.filter(|choice| matches!(choice.because, Source::File { .. } | Source::Variable(_)));
    let mut places: Vec<Evidence> =
        written.map(|choice| Evidence { source: choice.because.clone(), text: choice.value.clone() }).collect();
    places.dedup_by(|one, other| one.source == other.source);
    places.truncate(3);
    places
}

fn python(plan: &Plan) -> String {
    let tools = plan.steps.iter().flat_map(|step| &step.packages.mise);
    if let Some(tool) = tools.into_iter().find(|tool| tool.name == "python") {
        return tool.version.clone();
    }
    let packages = plan.nix_packages();
    let known = packages.names.iter().find_map(|name| by_attribute(name.split('.').next().unwrap_or(name)));
    known.map_or(String::new(), |python| python.release.to_owned())
}

/// Everything that is installed beside Python, sorted.
fn packages(plan: &Plan) -> String {
    let libraries = plan.nix_libraries();
    let apt = plan.apt_packages();
    let names: BTreeSet<&str> = plan
        .steps
        .iter()
        .flat_map(|step| step.packages.names())
        .chain(libraries.names.iter().map(String::as_str))
        .chain(apt.names.iter().map(String::as_str))
        .filter(|name| !name.starts_with("python"))
        .collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

fn commands(plan: &Plan, step: &str) -> String {
    let steps = plan.steps.iter().filter(|known| known.name == step);
    steps.flat_map(Step::commands).map(|command| command.shown.as_str()).collect::<Vec<_>>().join("; ")
}

/// The folders of programs that a builder adds.
fn path(plan: &Plan) -> String {
    match plan.image.installs {
        Installs::Nix => "/opt/venv/bin, root's Nix profile".to_owned(),
        Installs::Mise => {
            let start = plan.start.as_ref().and_then(|start| start.variables.get("PATH"));
            let own =
                start.map(|path| path.split(':').take_while(|folder| !folder.starts_with("/usr")).collect::<Vec<_>>());
            own.unwrap_or_default().join(", ")
        }
    }
}

/// The variables that only one side sets, by name.
fn variables(old: Option<&Plan>, new: Option<&Plan>) -> (String, String) {
    let all = |plan: Option<&Plan>| -> Vars {
        let plan = plan.cloned().unwrap_or_default();
        let mut all = plan.variables;
        all.extend(plan.start.map(|start| start.variables).unwrap_or_default());
        all.remove("PATH");
        all
    };
    let (old, new) = (all(old), all(new));
    let only = |one: &Vars, other: &Vars| {
        one.keys().filter(|name| !other.contains_key(*name)).map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    (only(&old, &new), only(&new, &old))
}

fn kept(plan: &Plan) -> String {
    let Some(takes) = plan.start.as_ref().and_then(|start| start.files.as_ref()) else {
        return "everything that the build has written".to_owned();
    };
    let paths = takes.iter().flat_map(|taken| &taken.include);
    let mut paths: Vec<&str> = paths.map(|path| if path == "." { "/app" } else { path }).collect();
    paths.dedup();
    format!("only {}", paths.join(", "))
}

/// Railway's own file, which nobody reads from 1 December 2026 on (docs.railway.com, config as code).
fn railway(project: &Project) -> Option<Change> {
    let name = ["railway.toml", "railway.json"].into_iter().find(|name| project.has_file(name))?;
    Some(Change {
        matter: "railway's file",
        from: format!("{name}, which Railway reads until 2026-12-01"),
        to: "the service's own settings, or .railway/".to_owned(),
        note: "builder, start command, pre-deploy command and schedule that stand only in the file do not count from 2026-12-01 on",
        places: vec![Evidence { source: project.file(name), text: String::new() }],
    })
}
