//! What a repository holds that a platform could deploy, each folder as a service of its own.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::Request;
use crate::builder::nixpacks::PlanError;
use crate::builder::{BuilderKind, Planned};
use crate::check::Facts;
use crate::check::entry::MODULE;
use crate::finding::Severity;
use crate::plan::Choice;
use crate::project::{InputError, Project, Repository, Source};

/// Files any one of which makes a folder a service, as a builder's configuration does: what builders go by.
const SIGNS: &[&str] = &[
    "requirements.txt",
    "pyproject.toml",
    "Pipfile",
    "main.py",
    "Dockerfile",
    "Procfile",
    "package.json",
    "deno.json",
    "deno.jsonc",
    "go.mod",
    "Cargo.toml",
    "Gemfile",
    "composer.json",
    "mix.exs",
    "pom.xml",
    "gradlew",
    "Staticfile",
    "index.html",
];

/// A folder that could be deployed alone.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Service {
    /// From the root of the repository; `.` is the root itself.
    pub folder: PathBuf,
    /// What builds it.
    pub builder: String,
    /// What says so.
    pub builder_because: Source,
    /// The languages that it is taken for, in the builder's words.
    pub providers: Vec<String>,
    /// The start command.
    pub start: Option<String>,
    /// What says so.
    pub start_because: Option<Source>,
    /// Why it would not be built, in a line.
    pub problem: Option<String>,
    /// Whether it would be built and nothing in it starts: a library, or what the platform's own settings start.
    #[schemars(default)]
    pub is_library: bool,
}

/// The services in the request's folder, which is taken for the root of a repository: the root itself where it is one, and the
/// folders of three levels below.
///
/// # Errors
/// The folder cannot be opened.
pub fn services(request: &Request) -> Result<Vec<Service>, InputError> {
    let root = Project::open(&request.path)?;
    let is_service = |folder: &Path| is_service(&root, folder);
    let mut below = root.folders_below(is_service);
    // What a link leads to is listed where it is, or is none of the repository's.
    below.retain(|folder| root.root().join(folder).canonicalize().is_ok_and(|real| real == root.root().join(folder)));
    let own = Some(PathBuf::new()).filter(|own| is_service(own));
    Ok(own.into_iter().chain(below).map(|folder| service(request, &root, folder)).collect())
}

/// Whether a folder of the repository holds what builders go by.
pub fn is_service(root: &Project, folder: &Path) -> bool {
    SIGNS.iter().copied().chain(BuilderKind::all_config_files()).any(|sign| root.has_file(folder.join(sign)))
}

fn service(request: &Request, root: &Project, folder: PathBuf) -> Service {
    let path = root.root().join(&folder);
    let repository = Repository::given(root.root(), &path);
    let request = Request { path, repository, ..request.clone() };
    let is_root = folder.as_os_str().is_empty();
    let empty = Service {
        folder: if is_root { PathBuf::from(".") } else { folder },
        builder: "unknown".to_owned(),
        builder_because: Source::Default("nothing can be read"),
        providers: Vec::new(),
        start: None,
        start_because: None,
        problem: None,
        is_library: false,
    };
    read(&request, empty.clone())
        .unwrap_or_else(|error: anyhow::Error| Service { problem: Some(format!("{error:#}")), ..empty })
}

fn read(request: &Request, empty: Service) -> anyhow::Result<Service> {
    let project = request.project()?;
    let Some(detected) = request.detected(&project) else {
        // Whatever cannot be read is told by the planner.
        let problem = request.plan(&project)?.buildable().err().map(|error| error.to_string());
        return Ok(Service { problem, ..empty });
    };
    let found = Service { builder: detected.builder.to_string(), builder_because: detected.because.clone(), ..empty };
    if detected.builder.kind().is_none() {
        return Ok(found);
    }
    let planned = request.plan_for(&project, Some(&detected))?;
    let problem = match planned.buildable() {
        Ok(Ok(_)) => None,
        Ok(Err(refused)) => refused.lines.iter().find(|line| !line.trim().is_empty()).cloned(),
        Err(error) => Some(error.to_string()),
    };
    Ok(match &planned {
        Planned::Nixpacks(Ok(derived)) => Service {
            providers: derived.providers.clone(),
            start: derived.plan.start_cmd().map(str::to_owned),
            start_because: because(&derived.choices, BuilderKind::Nixpacks.start_choice()),
            is_library: problem.is_none() && is_started_by_name_alone(request, &project, &planned, &derived.choices),
            problem,
            ..found
        },
        // Another language is planned by the builder, and not here.
        Planned::Nixpacks(Err(PlanError::OtherProvider { names, .. })) => Service { providers: names.clone(), ..found },
        Planned::Nixpacks(Err(_)) => Service { problem, ..found },
        Planned::Railpack(answer) => {
            let plan = answer.planned.plan.as_ref();
            let start = plan.map(|plan| plan.deploy.start_command.clone()).filter(|start| !start.is_empty());
            let is_foreign = answer.planned.provider.is_some_and(|name| name != "python");
            Service {
                providers: answer.planned.provider.map(str::to_owned).into_iter().collect(),
                start_because: start
                    .as_ref()
                    .and_then(|_| because(&answer.planned.choices, BuilderKind::Railpack.start_choice())),
                is_library: !is_foreign && problem.is_none() && start.is_none(),
                start,
                problem: problem.filter(|_| !is_foreign),
                ..found
            }
        }
    })
}

/// Whether all that starts a folder is the name in its pyproject.toml, of a package that cannot be run.
fn is_started_by_name_alone(request: &Request, project: &Project, planned: &Planned, choices: &[Choice]) -> bool {
    let source = because(choices, BuilderKind::Nixpacks.start_choice());
    let by_name = matches!(source, Some(Source::File { path, .. }) if path == Path::new("pyproject.toml"));
    let findings = || Facts::new(project, &request.deploy, planned).findings();
    by_name && findings().iter().any(|found| found.rule == MODULE.id && found.severity == Severity::Error)
}

fn because(choices: &[Choice], what: &str) -> Option<Source> {
    choices.iter().rfind(|choice| choice.what == what).map(|choice| choice.because.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(files: &[(&str, &str)]) -> Vec<Service> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        services(&Request::new(dir.path())).unwrap()
    }

    #[test]
    fn every_folder_of_three_levels_that_a_builder_would_take_is_a_service() {
        let found = listed(&[
            ("services/api/main.py", ""),
            ("services/api/requirements.txt", ""),
            ("web/package.json", "{}"),
            ("worker/requirements.txt", ""),
            ("worker/Procfile", "worker: python w.py\n"),
            ("docs/readme.md", ""),
            ("a/b/c/d/main.py", ""),
            ("node_modules/x/package.json", "{}"),
        ]);
        let seen: Vec<_> = found
            .iter()
            .map(|service| (service.folder.to_str().unwrap(), service.providers.join(","), service.start.as_deref()))
            .collect();
        assert_eq!(
            seen,
            [
                ("web", "node".to_owned(), None),
                ("worker", "python".to_owned(), Some("python w.py")),
                ("services/api", "python".to_owned(), Some("python main.py")),
            ]
        );
        assert!(found.iter().all(|service| service.problem.is_none()), "{found:?}");
    }

    #[test]
    fn a_link_is_no_service_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let api = dir.path().join("services/api");
        std::fs::create_dir_all(&api).unwrap();
        std::fs::write(api.join("main.py"), "").unwrap();
        for (target, link) in [(".", "loop"), ("services/api", "current"), ("../..", "services/up")] {
            std::os::unix::fs::symlink(target, dir.path().join(link)).unwrap();
        }
        let found = services(&Request::new(dir.path())).unwrap();
        let folders: Vec<_> = found.iter().map(|service| service.folder.to_str().unwrap()).collect();
        assert_eq!(folders, ["services/api"]);
    }

    #[test]
    fn the_roots_railway_file_counts_for_each() {
        let found = listed(&[
            ("railway.json", r#"{"build": {"builder": "NIXPACKS"}, "deploy": {"startCommand": "python x.py"}}"#),
            ("api/requirements.txt", ""),
            ("bot/Dockerfile", ""),
        ]);
        assert_eq!((found[0].builder.as_str(), found[0].start.as_deref()), ("Nixpacks", Some("python x.py")));
        assert_eq!(found[0].builder_because.to_string(), "../railway.json:1");
        assert_eq!((found[1].builder.as_str(), found[1].start.as_deref()), ("a Dockerfile", None));
    }

    #[test]
    fn a_folder_that_nothing_starts_is_a_library() {
        let library = ("libs/common/pyproject.toml", "[project]\nname = \"common\"\nversion = \"1\"\n");
        let found = listed(&[library, ("libs/common/common/__init__.py", ""), ("services/api/main.py", "")]);
        let seen: Vec<_> = found.iter().map(|service| (service.folder.to_str().unwrap(), service.is_library)).collect();
        assert_eq!(seen, [("libs/common", true), ("services/api", false)]);
        // Railway has Railpack fail where nothing says how the app starts.
        let railway = ("railway.json", r#"{"build": {"builder": "RAILPACK"}}"#);
        let found = listed(&[railway, library, ("libs/common/common/__init__.py", "")]);
        assert!(!found[0].is_library && found[0].problem.is_some(), "{found:?}");
    }

    #[test]
    fn what_would_not_be_built_says_why() {
        let found = listed(&[("lib/pyproject.toml", "[tool.x]\n"), ("bad/nixpacks.toml", "[[\n"), ("bad/main.py", "")]);
        assert!(found.iter().all(|service| service.problem.is_some()), "{found:?}");
    }
}
