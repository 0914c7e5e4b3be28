//! What a name is in the project at hand, before anything is advised about it.

use std::path::{Path, PathBuf};

use super::case::Case;
use super::detect::variables::read_in;
use super::extra;
use super::fixes::nixpacks;
use super::hidden::hidden;
use super::table::Rule;
use super::table::database::{DB_MIGRATION_MISSING, INVALID_DATABASE_URL, MISSING_DATA_FILE};
use super::table::install::{EXTERNALLY_MANAGED, NO_MATCHING_DISTRIBUTION};
use super::table::modules::{DEPENDENCY_VERSION_INCOMPATIBLE, MISSING_LOCAL_MODULE, MISSING_PYTHON_MODULE};
use super::table::network::NETWORK_UNREACHABLE;
use super::table::platform::{INVALID_TOKEN, MISSING_ENV_VAR};
use super::table::python::CODE_ERROR;
use super::table::python::PYTHON_VERSION_TOO_OLD;
use super::table::start::START_PROGRAM_NOT_FOUND;
use super::unlocked;
use super::{own_credential, own_database, own_index, own_module, own_settings, own_tables};
use crate::builder::BuilderKind;
use crate::catalog::{changed, modules};
use crate::check;
use crate::finding::{Diagnosis, Edit, Evidence, Fix};
use crate::project::requirements::{Requirements, normalize};
use crate::project::{Project, Source};

/// The diagnosis with what the project shows of its subject: a script of its own, a sibling in the repository, a module or
/// file that is there and hidden, a requirement that is there already.
pub(super) fn amended(case: &Case<'_>, rule: &Rule, diagnosis: Diagnosis) -> Diagnosis {
    if rule == &EXTERNALLY_MANAGED {
        return from_elsewhere(case, diagnosis);
    }
    if rule == &NETWORK_UNREACHABLE {
        return own_index::amended(case.project, diagnosis);
    }
    if rule == &INVALID_TOKEN
        && let Some(project) = case.project
    {
        return own_credential::amended(project, diagnosis);
    }
    let (Some(project), Some(subject)) = (case.project, diagnosis.subject.clone()) else { return diagnosis };
    let is = |known: &Rule| rule == known;
    if is(&PYTHON_VERSION_TOO_OLD) {
        return by_file(project, diagnosis);
    }
    if subject.ends_with(']') && (is(&MISSING_PYTHON_MODULE) || is(&DEPENDENCY_VERSION_INCOMPATIBLE)) {
        return extra::amended(case, project, diagnosis);
    }
    if (is(&CODE_ERROR) || is(&INVALID_DATABASE_URL))
        && let Some(found) = unset(project, &diagnosis)
    {
        return found;
    }
    if let Some(found) = (is(&MISSING_LOCAL_MODULE) || is(&MISSING_PYTHON_MODULE))
        .then(|| another_release(project, &subject, &diagnosis))
        .flatten()
    {
        return found;
    }
    if is(&DB_MIGRATION_MISSING) {
        let found = own_database::amended(case, project, &subject, diagnosis);
        return own_tables::amended(project, found);
    }
    if is(&MISSING_DATA_FILE) || is(&MISSING_LOCAL_MODULE) {
        let found = hidden(project, case.builder_kind(), &subject, diagnosis.clone());
        let own = || own_module::amended(case, project, &subject, &diagnosis);
        let is_elsewhere = is(&MISSING_LOCAL_MODULE) && found == diagnosis;
        return is_elsewhere.then(own).flatten().unwrap_or(found);
    }
    if is(&MISSING_PYTHON_MODULE)
        && let Some(found) = kept_out(project, case.builder_kind(), &subject, &diagnosis)
    {
        return found;
    }
    let of_a_name = is(&MISSING_PYTHON_MODULE) || is(&START_PROGRAM_NOT_FOUND) || is(&NO_MATCHING_DISTRIBUTION);
    if !of_a_name {
        return diagnosis;
    }
    let name = subject.split(['=', '<', '>', '~', '!', '[', ' ', ';']).next().unwrap_or(&subject);
    let found = of_the_name(case, rule, project, name, diagnosis);
    if is(&MISSING_PYTHON_MODULE) { own_settings::amended(case, project, name, found) } else { found }
}

/// What a name is that something wants and nothing has.
fn of_the_name(case: &Case<'_>, rule: &Rule, project: &Project, name: &str, diagnosis: Diagnosis) -> Diagnosis {
    let is = |known: &Rule| rule == known;
    script(project, name, &diagnosis)
        .or_else(|| sibling(project, name, &diagnosis))
        .or_else(|| is(&MISSING_PYTHON_MODULE).then(|| own_module::amended(case, project, name, &diagnosis))?)
        .or_else(|| is(&MISSING_PYTHON_MODULE).then(|| declared(project, name, &diagnosis))?)
        .or_else(|| is(&MISSING_PYTHON_MODULE).then(|| unlocked::dependency(project, name, &diagnosis))?)
        .unwrap_or_else(|| {
            let manifest = format!("to {}", manifest(project));
            Diagnosis { help: diagnosis.help.map(|help| help.replace("to requirements.txt", &manifest)), ..diagnosis }
        })
}

/// What is None where the exception left the project, because the variable that it was read from is not set.
fn unset(project: &Project, diagnosis: &Diagnosis) -> Option<Diagnosis> {
    let of_none =
        ["NoneType", "got None"].iter().any(|word| diagnosis.evidence.iter().any(|line| line.text.contains(word)));
    let (path, number, code) =
        diagnosis.evidence.iter().filter(|_| of_none).find_map(|evidence| match &evidence.source {
            Source::File { path, line: Some(line), .. } => Some((path, *line, &evidence.text)),
            _ => None,
        })?;
    let text = project.read_text(path).ok()?;
    let names: Vec<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    // What has a default is never None.
    let has_default = |value: &str| value.contains(" or ") || value.contains(',') && !value.contains("None");
    let assigned = text.lines().enumerate().take(number).filter_map(|(index, line)| {
        let (name, value) = line.split_once('=')?;
        let name = name.split(':').next()?.trim();
        names.contains(&name).then(|| (index + 1, line, read_in(value).filter(|_| !has_default(value))))
    });
    let (line, shown, variable) = assigned.last()?;
    let variable = variable?;
    let mut evidence = diagnosis.evidence.clone();
    evidence.push(Evidence { source: project.line(path, Some(line)), text: shown.trim().to_owned() });
    Some(Diagnosis {
        rule: MISSING_ENV_VAR.id,
        message: format!("`{variable}` is not set"),
        help: Some(format!("set `{variable}` in the platform's variables (and for the build, if it is read there)")),
        subject: Some(variable),
        fixes: Vec::new(),
        evidence,
        ..diagnosis.clone()
    })
}

/// Where the project says what is to be installed: a requirements.txt beside another file would be installed in its place.
pub(crate) fn manifest(project: &Project) -> &'static str {
    let declares = |text: String| text.contains("[project]") || text.contains("[tool.poetry");
    match () {
        () if project.has_file("requirements.txt") => "requirements.txt",
        () if project.read_text("pyproject.toml").is_ok_and(declares) => "the dependencies in pyproject.toml",
        () if project.has_file("Pipfile") => "[packages] of the Pipfile",
        () => "requirements.txt",
    }
}

/// The Python that is too old, with the file that names it: both builders read `.python-version` before runtime.txt.
fn by_file(project: &Project, mut diagnosis: Diagnosis) -> Diagnosis {
    let named = [".python-version", "runtime.txt"].into_iter().find_map(|file| {
        let text = project.has_file(file).then(|| project.read_text(file).ok())??;
        let at = text.lines().position(|line| line.contains(|c: char| c.is_ascii_digit()))?;
        Some(Evidence { source: project.line(file, Some(at + 1)), text: text.lines().nth(at)?.trim().to_owned() })
    });
    diagnosis.evidence.extend(named);
    diagnosis
}

/// An install command that no phase of the configuration says: a variable's, an option's, or the plan's in railway.*.
fn from_elsewhere(case: &Case<'_>, diagnosis: Diagnosis) -> Diagnosis {
    let Some(project) = case.project.filter(|_| diagnosis.fixes.is_empty()) else { return diagnosis };
    let help = match case.builder_kind() {
        BuilderKind::Nixpacks => nixpacks::install_said_elsewhere(project).map(str::to_owned),
        BuilderKind::Railpack => None,
    };
    Diagnosis { help: help.or_else(|| diagnosis.help.clone()), ..diagnosis }
}

/// A console script that only installing the project brings.
fn script(project: &Project, name: &str, diagnosis: &Diagnosis) -> Option<Diagnosis> {
    let script = check::facts::scripts::own(project, name)?;
    let command = script.command(project);
    let requirements = project.has_file("requirements.txt");
    let edit = Edit::AppendLine { path: PathBuf::from("requirements.txt"), text: ".".to_owned() };
    let fix = Fix { summary: "install the project itself: `.` in requirements.txt".to_owned(), edits: vec![edit] };
    let mut evidence = diagnosis.evidence.clone();
    evidence
        .push(Evidence { source: project.line(script.file, script.line), text: format!("{name} = {}", script.target) });
    Some(Diagnosis {
        message: format!("`{name}` is a console script of the project itself, which nothing installs"),
        help: Some(match requirements {
            true => format!("install the project itself (`.` in requirements.txt), or start it with `{command}`"),
            false => format!(
                "have the project itself installed (a build-system in pyproject.toml, and a new lock), or start it with `{command}`"
            ),
        }),
        fixes: if requirements { vec![fix] } else { Vec::new() },
        evidence,
        ..diagnosis.clone()
    })
}

/// A member of the repository's workspace, or a path beside the folder.
fn sibling(project: &Project, name: &str, diagnosis: &Diagnosis) -> Option<Diagnosis> {
    let found = check::facts::siblings::of_project(project);
    let wanted = normalize(name);
    let sibling = found.into_iter().find(|sibling| normalize(&sibling.name) == wanted)?;
    let mut evidence = diagnosis.evidence.clone();
    evidence.push(Evidence { source: sibling.source, text: sibling.text });
    Some(Diagnosis {
        message: format!("`{}` is a sibling in the repository's workspace, which a deploy of this folder alone does not have", sibling.name),
        help: Some("deploy the workspace's root folder with a start command for this member; the name on the package index, if there is one, is a stranger's".to_owned()),
        fixes: Vec::new(),
        evidence,
        ..diagnosis.clone()
    })
}

/// A part of a declared package that its release does not have. Python names the whole of `a.b` only where `a` is there.
fn another_release(project: &Project, module: &str, diagnosis: &Diagnosis) -> Option<Diagnosis> {
    let (package, _) = module.split_once('.').filter(|_| !modules::is_namespace(module))?;
    let is_own = project.has_file(format!("{package}.py")) || project.root().join(package).is_dir();
    let install = normalize(&modules::to_install(module));
    let requirements = Requirements::read(project, Path::new("requirements.txt"));
    let entry = requirements.of(&install).find(|entry| !entry.is_constraint && !is_own)?;
    let mut evidence = diagnosis.evidence.clone();
    evidence.push(Evidence { source: entry.source(), text: entry.written.trim().to_owned() });
    let changed = changed::by_message(&format!("No module named '{module}'"));
    let held = changed.and_then(|changed| changed.hold).map(|hold| Fix {
        summary: format!("require {hold}"),
        edits: vec![Edit::ReplaceLine {
            path: entry.path.clone(),
            line: *entry.lines.start(),
            was: entry.written.clone(),
            text: hold.to_owned(),
        }],
    });
    Some(Diagnosis {
        rule: DEPENDENCY_VERSION_INCOMPATIBLE.id,
        message: format!("{package} is installed, in a release that has no `{module}`"),
        subject: Some(package.to_owned()),
        help: Some(changed.map_or_else(
            || format!("pin {install} to the release that the code was written for, or adapt the code to the one that is installed"),
            |changed| changed.help.to_owned(),
        )),
        fixes: held.into_iter().filter(|_| entry.lines.start() == entry.lines.end()).collect(),
        evidence,
        ..diagnosis.clone()
    })
}

/// A requirement that is declared: what runs is not what was installed.
fn declared(project: &Project, module: &str, diagnosis: &Diagnosis) -> Option<Diagnosis> {
    let install = normalize(&modules::to_install(module));
    let requirements = Requirements::read(project, Path::new("requirements.txt"));
    let entry = requirements.of(&install).find(|entry| !entry.is_constraint)?;
    let mut evidence = diagnosis.evidence.clone();
    evidence.push(Evidence { source: entry.source(), text: entry.written.trim().to_owned() });
    Some(Diagnosis {
        message: format!("`{module}` is required, and not found: nothing installed it, or another Python or environment runs than the one it was installed into"),
        help: Some("see that the plan installs the requirements, and start with the plain `python` of /opt/venv, without `poetry run`, `pipenv run`, `uv run` or a path to another Python".to_owned()),
        fixes: Vec::new(),
        evidence,
        ..diagnosis.clone()
    })
}

/// A module of the project that an ignore file keeps out of the deploy: in the root folder, in src, or beside what imports it.
fn kept_out(project: &Project, builder: BuilderKind, module: &str, diagnosis: &Diagnosis) -> Option<Diagnosis> {
    let beside = diagnosis.evidence.iter().filter_map(|evidence| match &evidence.source {
        Source::File { path, .. } => path.parent(),
        _ => None,
    });
    let top = module.split('.').next().unwrap_or(module);
    let bases = [Path::new(""), Path::new("src")].into_iter().chain(beside);
    let inside = |base: &&Path| base.is_relative() && !base.starts_with("..");
    bases.filter(inside).filter_map(|base| project.module_at(base.join(top))).find_map(|file| {
        let file = file.to_str()?;
        check::facts::ignored::hiding(project, file).or_else(|| check::facts::ignored::excluding(project, file))?;
        let diagnosis = Diagnosis { rule: MISSING_LOCAL_MODULE.id, fixes: Vec::new(), ..diagnosis.clone() };
        Some(hidden(project, builder, file, diagnosis))
    })
}

#[cfg(test)]
mod tests {
    use crate::diagnose::{Case, diagnose};
    use crate::log::Log;
    use crate::project::Project;

    #[test]
    fn what_is_missing_goes_where_the_project_declares_it() {
        let help = |name: &str, text: &str| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(name), text).unwrap();
            std::fs::write(folder.path().join("main.py"), "import yaml\n").unwrap();
            let project = Project::open(folder.path()).unwrap();
            let log = Log::from(
                "Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    import yaml\nModuleNotFoundError: No module named 'yaml'\n",
            );
            diagnose(&Case { project: Some(&project), ..Case::of_log(&log) })[0].help.clone().unwrap()
        };
        assert_eq!(
            help("pyproject.toml", "[project]\nname = \"a\"\n"),
            "add `PyYAML` to the dependencies in pyproject.toml"
        );
        assert_eq!(help("pyproject.toml", "[tool.black]\n"), "add `PyYAML` to requirements.txt");
        assert_eq!(help("Pipfile", "[packages]\n"), "add `PyYAML` to [packages] of the Pipfile");
    }

    #[test]
    fn a_module_that_an_ignore_file_hides_is_no_missing_requirement() {
        let log = Log::from(
            "Traceback (most recent call last):\n  File \"/app/bot/main.py\", line 1, in <module>\n    import harbour_keys\nModuleNotFoundError: No module named 'harbour_keys'\n",
        );
        for (file, list, place) in [
            ("harbour_keys.py", ".gitignore", ".gitignore:2"),
            ("bot/harbour_keys.py", "bot/.gitignore", "bot/.gitignore:2"),
            ("src/harbour_keys/__init__.py", ".railwayignore", ".railwayignore:2"),
        ] {
            let main = ("bot/main.py", "import harbour_keys\n");
            let folder = crate::folder::folder(&[main, (file, ""), (list, "*.log\nharbour_keys*\n")]);
            let project = Project::open(folder.path()).unwrap();
            let found = diagnose(&Case { project: Some(&project), ..Case::of_log(&log) });
            assert_eq!(found[0].rule, "missing-local-module");
            assert_eq!(
                found[0].message,
                format!("{file} is in the project, and `harbour_keys*` of {place} keeps it out of the deploy")
            );
            assert!(found[0].evidence.iter().any(|evidence| evidence.source.to_string() == place), "{found:#?}");
            assert!(found[0].fixes.is_empty());
        }
    }

    #[test]
    fn a_python_that_is_too_old_is_told_with_the_line_that_names_it() {
        let files = [("main.py", "from compression import zstd\n"), ("runtime.txt", "python-3.11.9\n")];
        let folder = crate::folder::folder(&files);
        let project = Project::open(folder.path()).unwrap();
        // `compression` came with Python 3.14 (PEP 784).
        let log = Log::from(
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    from compression import zstd\nModuleNotFoundError: No module named 'compression'\n",
        );
        let found = diagnose(&Case { project: Some(&project), ..Case::of_log(&log) });
        assert_eq!(found[0].rule, "python-version-too-old", "{found:#?}");
        assert!(found[0].evidence.iter().any(|evidence| evidence.source.to_string() == "runtime.txt:1"), "{found:#?}");
        assert!(found[0].help.as_deref().is_some_and(|help| help.contains("3.14")), "{found:#?}");
    }

    #[test]
    fn what_is_none_leads_to_the_variable_that_it_was_read_from() {
        let log = Log::from(
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    if url.startswith('postgres://'):\nAttributeError: 'NoneType' object has no attribute 'startswith'\n",
        );
        let found = |code: &str| {
            let folder = crate::folder::folder(&[("main.py", code)]);
            let project = Project::open(folder.path()).unwrap();
            diagnose(&Case { project: Some(&project), ..Case::of_log(&log) }).remove(0)
        };
        let unset = found("import os\nurl = os.getenv('TIDE_DATABASE')\nif url.startswith('postgres://'):\n    pass\n");
        assert_eq!((unset.rule, unset.message.as_str()), ("missing-env-var", "`TIDE_DATABASE` is not set"));
        assert!(unset.evidence.iter().any(|evidence| evidence.source.to_string() == "main.py:2"), "{unset:#?}");
        for assigned in ["first(os.environ)", "os.getenv('TIDE_DATABASE', '')", "os.getenv('TIDE_DATABASE') or find()"]
        {
            let code = format!("import os\nurl = {assigned}\nif url.startswith('postgres://'):\n    pass\n");
            assert_eq!(found(&code).rule, "code-error", "{assigned}");
        }
    }

    /// As mcp 2.0 says of what was `mcp.server.fastmcp` up to 1.26.
    #[test]
    fn a_part_that_an_installed_package_lacks_is_no_missing_requirement() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("requirements.txt"), "mcp\n").unwrap();
        std::fs::write(folder.path().join("main.py"), "from mcp.server.fastmcp import FastMCP\n").unwrap();
        let project = Project::open(folder.path()).unwrap();
        let log = Log::from(
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    from mcp.server.fastmcp import FastMCP\nModuleNotFoundError: No module named 'mcp.server.fastmcp'\n",
        );
        let found = diagnose(&Case { project: Some(&project), ..Case::of_log(&log) });
        assert_eq!(found[0].rule, "dependency-version-incompatible");
        assert!(found[0].message.contains("in a release that has no `mcp.server.fastmcp`"), "{found:#?}");
        assert_eq!(found[0].fixes[0].summary, "require mcp<2");
    }
}
