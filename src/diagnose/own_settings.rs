//! Settings of Django's that are made for the developer's own machine, and that a deploy takes by default.

use std::iter;
use std::path::{Path, PathBuf};

use super::case::Case;
use super::fixes::variables;
use crate::check::facts::started::settings_module;
use crate::finding::{Diagnosis, Evidence};
use crate::project::Project;

/// What people call the settings of their own machine, and those of the deploy.
const OWN: &[&str] = &["local", "dev", "develop", "development", "debug"];
const DEPLOYED: &[&str] = &["production", "prod", "live", "deploy", "railway"];
/// Files that name the settings, the server's own first.
const NAMING: [&[&str]; 2] = [&["wsgi.py", "asgi.py"], &["manage.py"]];

/// The diagnosis of a module that only the developer's settings ask for, with those of the deploy as its cure.
pub(super) fn amended(case: &Case<'_>, project: &Project, module: &str, diagnosis: Diagnosis) -> Diagnosis {
    let Some((file, line, text, deployed)) = named(project, module) else { return diagnosis };
    let mut evidence = diagnosis.evidence.clone();
    evidence.push(Evidence { source: project.line(&file, Some(line)), text });
    let variable = "DJANGO_SETTINGS_MODULE";
    let summary = format!("start with the settings of the deploy, {deployed}");
    let own = variables::set(case, summary, &[(variable, &deployed)]);
    let fixes = iter::once(own).chain(diagnosis.fixes).collect();
    Diagnosis {
        help: Some(format!(
            "set {variable}={deployed} among the service's variables: {file} is made for the developer's machine, and asks for `{module}`"
        )),
        evidence,
        fixes,
        ..diagnosis
    }
}

/// The developer's settings that Django is told to take and that name a module: their file, the line and its text, and the settings of
/// the deploy beside them.
fn named(project: &Project, module: &str) -> Option<(String, usize, String, String)> {
    let places_of = |names: &'static [&'static str]| {
        let has_one = |folder: &Path| names.iter().any(|name| project.has_file(folder.join(name)));
        let folders = project.folders_below(has_one).into_iter().chain([PathBuf::new()]);
        folders.flat_map(move |folder| names.iter().map(move |name| folder.join(name)))
    };
    let mut places = NAMING.into_iter().flat_map(places_of);
    let (file, settings) = places.find_map(|file| {
        let text = project.read_text(&file).ok()?;
        Some((file, settings_module(&text)?))
    })?;
    let (package, name) = settings.rsplit_once('.').filter(|(_, name)| OWN.contains(name))?;
    // The code may lie in a folder of the project, from which the name is counted.
    let folder = package.replace('.', "/");
    let base = file.ancestors().skip(1).find(|base| project.has_file(base.join(format!("{folder}/{name}.py"))))?;
    let folder = base.join(folder).display().to_string();
    let deployed = DEPLOYED.iter().find(|other| project.has_file(format!("{folder}/{other}.py")))?;
    let file = format!("{folder}/{name}.py");
    let text = project.read_text(&file).ok()?;
    let quoted = [format!("'{module}'"), format!("\"{module}\""), format!("import {module}")];
    let (index, line) = text.lines().enumerate().find(|(_, line)| quoted.iter().any(|name| line.contains(name)))?;
    Some((file, index + 1, line.trim().to_owned(), format!("{package}.{deployed}")))
}

#[cfg(test)]
mod tests {
    use crate::diagnose::{Case, diagnose};
    use crate::folder::folder;
    use crate::log::Log;
    use crate::project::Project;

    #[test]
    fn a_module_of_the_developers_settings_is_no_requirement_of_the_deploy() {
        let log = Log::from(
            "Traceback (most recent call last):\n  File \"/app/config/wsgi.py\", line 5, in <module>\n    application = get_wsgi_application()\n  File \"/opt/venv/lib/python3.12/site-packages/django/apps/config.py\", line 193, in create\n    import_module(entry)\nModuleNotFoundError: No module named 'debug_toolbar'\n",
        );
        let naming = |settings: &str| format!("os.environ.setdefault('DJANGO_SETTINGS_MODULE', '{settings}')\n");
        let found_in = |base: &str, settings: &str| {
            let files = [
                ("config/wsgi.py", naming(settings)),
                ("config/settings/local.py", "from .base import *\nINSTALLED_APPS += ['debug_toolbar']\n".to_owned()),
                ("config/settings/production.py", "from .base import *\n".to_owned()),
            ];
            let files = files.map(|(name, text)| (format!("{base}{name}"), text));
            let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            let dir = folder(&files);
            let project = Project::open(dir.path()).unwrap();
            diagnose(&Case { project: Some(&project), ..Case::of_log(&log) }).remove(0)
        };
        let found = |settings: &str| found_in("", settings);
        let below = found_in("src/", "config.settings.local");
        assert!(below.evidence.iter().any(|seen| seen.source.to_string() == "src/config/settings/local.py:2"));
        let own = found("config.settings.local");
        assert!(own.help.unwrap().contains("DJANGO_SETTINGS_MODULE=config.settings.production"));
        assert_eq!(own.fixes[0].summary, "start with the settings of the deploy, config.settings.production");
        assert!(own.evidence.iter().any(|seen| seen.source.to_string() == "config/settings/local.py:2"));
        assert!(!found("config.settings.production").help.unwrap().contains("DJANGO_SETTINGS_MODULE"));
    }
}
