//! Files, folders and modules that are in the project and that an ignore file keeps out of the deploy.

use std::path::{Path, PathBuf};

use super::left_out::left_out;
use super::refine::files::{in_place_of, is_of_what_is_written};
use crate::builder::BuilderKind;
use crate::check::facts::ignored::{excluding, hiding};
use crate::finding::{Diagnosis, Edit, Evidence, Fix};
use crate::project::{Project, Source};

/// The diagnosis with the ignore file that keeps its subject out, where one does.
pub(super) fn hidden(project: &Project, builder: BuilderKind, subject: &str, diagnosis: Diagnosis) -> Diagnosis {
    // What the app makes by itself is missed by nobody.
    if is_of_what_is_written(&diagnosis.message) {
        return diagnosis;
    }
    let path = subject.strip_prefix("/app/").unwrap_or(subject).trim_start_matches("./").trim_end_matches('/');
    let module = path.replace('.', "/");
    let is_inside = |name: &str| !name.starts_with('/') && !name.contains("..");
    let is_template = |evidence: &Evidence| TEMPLATES.iter().any(|words| evidence.text.contains(words));
    if is_inside(path) && diagnosis.evidence.iter().any(is_template) {
        return template(project, path, diagnosis);
    }
    let names = [path.to_owned(), format!("{module}.py"), format!("{module}/__init__.py")];
    let Some(file) = names.iter().find(|name| is_inside(name) && project.has_file(name)) else {
        let is_folder = is_inside(path) && !path.is_empty() && project.root().join(path).is_dir();
        return if is_folder { folder(project, path, diagnosis) } else { diagnosis };
    };
    let Some((source, rule)) = hiding(project, file).or_else(|| excluding(project, file)) else {
        let is_data = file == path;
        if let Some(told) = left_out(project, builder, file, &diagnosis) {
            return told;
        }
        let help = is_data.then(|| format!("{file} is in the project: build its path from `__file__`, not from the folder that the command starts in"));
        return Diagnosis { help: help.or(diagnosis.help), ..diagnosis };
    };
    let help = in_place_of(file).unwrap_or_else(|| format!("take the line out, or except the file from it: `!{file}`"));
    Diagnosis { help: Some(help), ..kept_out(file, &source, &rule, diagnosis) }
}

/// How Jinja and Django tell of a template that they do not find.
const TEMPLATES: &[&str] = &["TemplateNotFound", "TemplateDoesNotExist"];

/// A template, which goes by its place within a folder of templates.
fn template(project: &Project, name: &str, diagnosis: Diagnosis) -> Diagnosis {
    let place = |folder: &Path| folder.join("templates").join(name);
    let has = |folder: &Path| project.has_file(place(folder));
    let folder = if has(Path::new("")) { Some(PathBuf::new()) } else { project.folders_below(has).into_iter().next() };
    let Some(file) = folder.and_then(|folder| place(&folder).to_str().map(str::to_owned)) else { return diagnosis };
    let Some((source, rule)) = hiding(project, &file).or_else(|| excluding(project, &file)) else {
        let help = format!(
            "{file} is in the project: let the app look for its templates there, by a path built from `__file__`"
        );
        return Diagnosis { help: Some(help), ..diagnosis };
    };
    // What git ignores has to be committed first.
    let line = match &source {
        Source::File { path, line: Some(line) } if path.ends_with(".railwayignore") => Some((path.clone(), *line)),
        _ => None,
    };
    let fix = line.map(|(path, line)| Fix {
        summary: format!("take {rule} out of {}", path.display()),
        edits: vec![Edit::RemoveLine { path, line, was: rule.clone() }],
    });
    let help = "take the line out: the app's pages are among what it keeps out".to_owned();
    Diagnosis { help: Some(help), fixes: fix.into_iter().collect(), ..kept_out(&file, &source, &rule, diagnosis) }
}

/// What an ignore file's rule keeps out of the deploy.
fn kept_out(what: &str, source: &Source, rule: &str, diagnosis: Diagnosis) -> Diagnosis {
    let mut evidence = diagnosis.evidence.clone();
    evidence.push(Evidence { source: source.clone(), text: rule.to_owned() });
    Diagnosis {
        message: format!("{what} is in the project, and `{rule}` of {source} keeps it out of the deploy"),
        evidence,
        ..diagnosis
    }
}

/// The same of a folder. One that npm makes is no source: the deploy has to make it.
fn folder(project: &Project, path: &str, diagnosis: Diagnosis) -> Diagnosis {
    let within = format!("{path}/index.html");
    let Some((source, rule)) = hiding(project, &within).or_else(|| excluding(project, &within)) else {
        return diagnosis;
    };
    let around = Path::new(path).parent().unwrap_or(Path::new(""));
    let is_built = project.has_file(around.join("package.json"));
    let help = match is_built {
        true => format!(
            "npm makes {path} from the package.json beside it, and nothing runs npm in the build of a Python app: commit the folder (take the line out), or have the build make it"
        ),
        false => {
            "take the line out and commit the folder, or make it at start (`os.makedirs(…, exist_ok=True)`)".to_owned()
        }
    };
    Diagnosis { help: Some(help), ..kept_out(&format!("the folder {path}"), &source, &rule, diagnosis) }
}

#[cfg(test)]
mod tests {
    use crate::diagnose::{Case, diagnose};
    use crate::folder::folder;
    use crate::log::Log;
    use crate::project::Project;

    fn told(files: &[(&str, &str)], log: &str) -> (String, String) {
        let dir = folder(files);
        let project = Project::open(dir.path()).unwrap();
        let log = Log::from(log);
        let found = diagnose(&Case { project: Some(&project), ..Case::of_log(&log) }).remove(0);
        (found.message, found.help.unwrap())
    }

    #[test]
    fn a_folder_that_npm_makes_is_told_from_one_that_is_merely_ignored() {
        let log = "RuntimeError: Directory 'web/dist' does not exist\n";
        let files = [(".gitignore", "dist/\n"), ("web/dist/index.html", ""), ("web/package.json", "{}")];
        let (message, help) = told(&files, log);
        assert!(message.contains("`dist/` of .gitignore:1 keeps it out"), "{message}");
        assert!(help.contains("npm"), "{help}");
        let (_, help) = told(&files[..2], log);
        assert!(!help.contains("npm") && help.contains("commit the folder"), "{help}");
    }

    #[test]
    fn a_file_of_secrets_is_not_let_through() {
        let log = "Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    KEY = open(NAME)\nFileNotFoundError: [Errno 2] No such file or directory: 'service-account.json'\n";
        let (message, help) = told(&[(".gitignore", "*.json\n"), ("service-account.json", "{}")], log);
        assert!(message.contains("keeps it out") && help.contains("out of git"), "{message} {help}");
    }

    #[test]
    fn a_template_is_looked_for_where_templates_lie() {
        let log = "Traceback (most recent call last):\n  File \"/app/shop/web.py\", line 8, in index\n    return render_template('mail/home.html')\njinja2.exceptions.TemplateNotFound: mail/home.html\n";
        let files = [("shop/templates/mail/home.html", ""), (".railwayignore", "docs/\ntemplates/\n")];
        let (message, help) = told(&files, log);
        assert!(
            message.contains("shop/templates/mail/home.html is in the project, and `templates/` of .railwayignore:2"),
            "{message}"
        );
        assert!(!help.contains("commit"), "{help}");
        let (_, help) = told(&files[..1], log);
        assert!(help.starts_with("shop/templates/mail/home.html is in the project"), "{help}");
    }

    #[test]
    fn a_log_of_the_app_wants_its_folder_and_not_to_be_committed() {
        let files = [(".gitignore", "*.log\n"), ("logs/tide.log", "")];
        let log = "Traceback (most recent call last):\n  File \"/app/main.py\", line 2, in <module>\n    setup()\n  File \"/root/.nix-profile/lib/python3.12/logging/__init__.py\", line 1263, in _open\n    return open_func(self.baseFilename, self.mode,\nFileNotFoundError: [Errno 2] No such file or directory: '/app/logs/tide.log'\n";
        let (message, help) = told(&files, log);
        assert!(message.contains("its folder `/app/logs` was not deployed"), "{message}");
        assert!(help.contains("os.makedirs"), "{help}");
    }
}
