//! Settings of Django's that are made for the developer's own machine, and that a deploy takes by default.

use std::iter;
use std::path::Path;

use super::case::Case;
use super::fixes::variables;
use crate::check::facts::started::settings_module;
use crate::finding::{Diagnosis, Evidence};
use crate::project::Project;

/// What people call the settings of their own machine, and those of the deploy.
const OWN: &[&str] = &["local", "dev", "develop", "development", "debug"];
const DEPLOYED: &[&str] = &["production", "prod", "live", "deploy", "railway"];
/// Files that name the settings, the server's own first.
const NAMING: &[&str] = &["wsgi.py", "asgi.py"];

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
    let folders = project.folders();
    let places = folders.iter().flat_map(|folder| NAMING.iter().map(move |name| folder.join(name)));
    let mut texts = places.chain([Path::new("manage.py").to_owned()]).filter_map(|file| project.read_text(file).ok());
    let settings = texts.find_map(|text| settings_module(&text))?;
    let (package, name) = settings.rsplit_once('.').filter(|(_, name)| OWN.contains(name))?;
    let folder = package.replace('.', "/");
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
        let found = |settings: &str| {
            let wsgi = naming(settings);
            let files = [
                ("config/wsgi.py", wsgi.as_str()),
                ("config/settings/local.py", "from .base import *\nINSTALLED_APPS += ['debug_toolbar']\n"),
                ("config/settings/production.py", "from .base import *\n"),
            ];
            let dir = folder(&files);
            let project = Project::open(dir.path()).unwrap();
            diagnose(&Case { project: Some(&project), ..Case::of_log(&log) }).remove(0)
        };
        let own = found("config.settings.local");
        assert!(own.help.unwrap().contains("DJANGO_SETTINGS_MODULE=config.settings.production"));
        assert_eq!(own.fixes[0].summary, "start with the settings of the deploy, config.settings.production");
        assert!(own.evidence.iter().any(|seen| seen.source.to_string() == "config/settings/local.py:2"));
        assert!(!found("config.settings.production").help.unwrap().contains("DJANGO_SETTINGS_MODULE"));
    }
}
