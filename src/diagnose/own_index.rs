//! An index that the project names, where one could not be reached.

use super::places::text_of;
use crate::finding::{Diagnosis, Evidence};
use crate::log::pattern::Pattern;
use crate::project::{Project, Source};

/// Files in which an index is named.
const FILES: &[&str] =
    &["requirements.txt", "Pipfile", "pyproject.toml", "nixpacks.toml", "uv.toml", "poetry.toml", "pip.conf"];
/// Hosts that are the index of everybody.
pub(super) const PUBLIC: &[&str] = &["pypi.org", "pypi.python.org", "files.pythonhosted.org"];

static NAMED: Pattern = Pattern::new(
    r#"(?:--(?:extra-)?index-url|^-i|--find-links|^-f|INDEX_URL|^\s*url|index-url)[\s=:"']+https?://(?:[^@/\s"']*@)?([\w.-]+)"#,
);
/// How pip, uv and requests name the host of a failed request.
static HOST: Pattern = Pattern::new(r"(?:host='|resolve '|https?://(?:[^@/\s]*@)?)([\w-]+(?:\.[\w-]+)+)");

/// The diagnosis with the index of the project's own: pip does not say which of several it could not reach, and a private one may be
/// within reach of nobody but its owner.
pub(super) fn amended(project: Option<&Project>, diagnosis: Diagnosis) -> Diagnosis {
    let is_of_an_index = diagnosis.message.contains("index");
    let Some((host, seen)) = project.filter(|_| is_of_an_index).and_then(named) else { return diagnosis };
    let asked = diagnosis.evidence.iter().find_map(|evidence| Some(HOST.captures(&evidence.text)?[1].to_owned()));
    if asked.is_some_and(|asked| asked != host) {
        return diagnosis;
    }
    let mut evidence = diagnosis.evidence.clone();
    evidence.insert(0, seen);
    Diagnosis {
        message: format!(
            "an index cannot be reached from the machine that builds, and the project asks one of its own: `{host}`"
        ),
        help: Some(format!(
            "whether `{host}` answers where the deploy is built is not known here: it has to be within reach from there, with its credentials among the build's variables; else check the network of this machine"
        )),
        subject: Some(host),
        evidence,
        ..diagnosis
    }
}

/// The first index that a file of the project names and that is not everybody's: its host and its place.
fn named(project: &Project) -> Option<(String, Evidence)> {
    FILES.iter().find_map(|name| {
        let text = text_of(project.root(), name)?;
        text.lines().enumerate().find_map(|(index, line)| {
            let host = NAMED.captures(line)?[1].to_owned();
            let evidence = Evidence { source: Source::line(*name, index + 1), text: host.clone() };
            (!PUBLIC.contains(&host.as_str())).then_some((host, evidence))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{Case, diagnose};
    use crate::folder::folder;
    use crate::log::Log;

    #[test]
    fn an_index_of_the_projects_own_is_named_with_its_line() {
        let told = |line: &str, error: &str| {
            let dir = folder(&[("requirements.txt", &format!("flask\n{line}\n"))]);
            let project = Project::open(dir.path()).unwrap();
            let log = Log::from(&*format!(
                "WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after connection broken by '{error}': /simple/flask/\n"
            ));
            let found = diagnose(&Case { project: Some(&project), ..Case::of_log(&log) }).remove(0);
            (found.subject, found.evidence[0].source.to_string())
        };
        let silent = "NewConnectionError(<HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno -2] Name or service not known)";
        let own = "--extra-index-url https://me:secret@pypi.harbour.example/simple";
        assert_eq!(told(own, silent), (Some("pypi.harbour.example".to_owned()), "requirements.txt:2".to_owned()));
        let other = "NameResolutionError(\"Failed to resolve 'pypi.org'\")";
        assert_eq!(told(own, other).0, None);
        assert_eq!(told("--extra-index-url https://pypi.org/simple", silent).0, None);
    }
}
