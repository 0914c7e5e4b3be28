//! Folders on the suite's command line: of scenarios, or projects that must work.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;
use clap::Parser;

use crate::cli::args::Rehearsing;
use crate::cli::exit::UsageError;
use crate::rehearse::Request;
use crate::scenario::{Broken, Collection, FILE, Scenario, SuiteError, discover};

/// What `shakedown run` takes, to read a project's settings as it does.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Run {
    #[command(flatten)]
    rehearsing: Rehearsing,
}

/// All the words, where they name folders; none where those after the first choose from the scenarios in it.
pub(super) fn folders(first: &Path, words: &[String]) -> Result<Option<Vec<PathBuf>>, UsageError> {
    let mut all = std::iter::once(first).chain(words.iter().map(Path::new));
    let is_pattern = |path: &&Path| !path.exists() && path.to_string_lossy().contains(['*', '?', '[']);
    if let Some(pattern) = all.find(is_pattern) {
        let pattern = pattern.display();
        let why = format!(
            "no shell has put folders in the place of {pattern}: nothing matches it, or quotes stand around it"
        );
        return Err(UsageError(why));
    }
    if words.is_empty() {
        return Ok(None);
    }
    let all: Vec<PathBuf> = std::iter::once(first.to_owned()).chain(words.iter().map(PathBuf::from)).collect();
    // No name of a scenario has a slash.
    let are_paths = words.iter().any(|word| word.contains('/'));
    if let Some(other) = all.iter().find(|path| !path.is_dir()) {
        return match are_paths {
            true => {
                Err(UsageError(format!("{} is no folder; folders alone: shakedown suite apps/*/", other.display())))
            }
            false => Ok(None),
        };
    }
    let are_names = || {
        let found = discover(first).unwrap_or_default();
        let broken = found.broken.iter().map(|broken| &broken.name);
        let names: Vec<&String> = found.scenarios.iter().map(|scenario| &scenario.name).chain(broken).collect();
        words.iter().any(|word| names.iter().any(|name| name.contains(word.as_str())))
    };
    Ok((are_paths || is_project(first) || !are_names()).then_some(all))
}

/// Whether a folder is a project rather than one of scenarios: it holds files of its own that are not about it.
pub(super) fn is_project(folder: &Path) -> bool {
    let is_about = |path: &Path| {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        hidden || path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md"))
    };
    let mut entries = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    !folder.join(FILE).is_file() && entries.any(|path| path.is_file() && !is_about(&path))
}

/// A project, or the scenarios in a folder. What cannot be used fails alone.
pub(super) fn collect(folder: &Path) -> Result<Collection, SuiteError> {
    let broken = |message: String| {
        let place = folder.display().to_string();
        Ok(Collection { broken: vec![Broken { name: name(folder), place, message }], ..Collection::default() })
    };
    if !is_project(folder) {
        return match discover(folder) {
            Err(SuiteError::Empty { .. }) => broken("there is no file of a project in it, and no scenario".to_owned()),
            found => found,
        };
    }
    match request(folder) {
        Ok(request) => {
            let scenarios = vec![Scenario::of_project(name(folder), request)];
            Ok(Collection { scenarios, ..Collection::default() })
        }
        Err(error) => broken(format!("{error:#}")),
    }
}

/// What `shakedown run FOLDER` rehearses, by the project's own shakedown.toml.
fn request(folder: &Path) -> Result<Request> {
    let (_, request) = Run::try_parse_from([Path::new("--"), folder])?.rehearsing.request()?;
    Ok(request)
}

/// The folder as it was named, so that `shop/api` and `bank/api` are told apart.
fn name(folder: &Path) -> String {
    let named: PathBuf = folder.components().filter(|part| *part != Component::CurDir).collect();
    let whole = folder.canonicalize().unwrap_or_default();
    match (named.file_name(), whole.file_name()) {
        (None, Some(own)) => own.to_string_lossy().into_owned(),
        _ => named.to_string_lossy().into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::folder;

    const SCENARIO: &str = "about = \"x\"\n[expect]\nverdict = \"works\"\n";

    fn both() -> tempfile::TempDir {
        folder(&[
            ("suite/works-here/scenario.toml", SCENARIO),
            ("suite/works-here/app/main.py", ""),
            ("suite/README.md", ""),
            ("works/main.py", ""),
            ("shop/main.py", ""),
        ])
    }

    #[test]
    fn a_word_that_is_part_of_a_scenarios_name_chooses_it_and_others_are_folders() {
        let all = both();
        let at = |word: &str| all.path().join(word).display().to_string();
        let suite = all.path().join("suite");
        assert_eq!(folders(&suite, &[]).unwrap(), None);
        assert_eq!(folders(&suite, &["works".into()]).unwrap(), None, "no folder here, so a name");
        assert_eq!(folders(&suite, &[at("works")]).unwrap().unwrap().len(), 2, "a path is a folder");
        assert_eq!(folders(&all.path().join("shop"), &[at("works")]).unwrap().unwrap().len(), 2);
        let missing = folders(&suite, &[at("no")]).unwrap_err().to_string();
        assert!(missing.contains("/no is no folder"), "{missing}");
        let quoted = folders(Path::new("apps/*/"), &[]).unwrap_err().to_string();
        assert!(quoted.contains("no shell has put folders in the place of apps/*/"), "{quoted}");
    }

    #[test]
    fn a_folder_of_scenarios_may_be_described_and_an_empty_one_is_named() {
        let all = both();
        let collected = |word: &str| collect(&all.path().join(word)).unwrap();
        assert_eq!(collected("suite").scenarios[0].name, "works-here");
        assert!(collected("shop").scenarios[0].project.is_some());
        std::fs::create_dir(all.path().join("empty")).unwrap();
        assert!(collected("empty").broken[0].message.contains("no file of a project"));
    }

    #[test]
    fn a_projects_own_settings_count_and_wrong_ones_are_its_own_affair() {
        let right = folder(&[("main.py", ""), ("shakedown.toml", "timeout = \"5m\"\nenv = { A = \"b\" }\n")]);
        let request = request(right.path()).unwrap();
        assert_eq!((request.settings.limits.total.as_secs(), &request.deploy.env[..]), (300, &["A=b".to_owned()][..]));
        let wrong = folder(&[("main.py", ""), ("shakedown.toml", "timout = 1\n")]);
        let broken = collect(wrong.path()).unwrap().broken;
        assert!(broken[0].message.contains("did you mean `timeout`?"), "{broken:?}");
    }

    #[test]
    fn a_project_is_called_as_it_was_named() {
        assert_eq!(["apps/shop/", "./apps/shop"].map(|folder| name(Path::new(folder))), ["apps/shop"; 2]);
        assert_eq!(name(Path::new(".")), std::env::current_dir().unwrap().file_name().unwrap().to_str().unwrap());
    }
}
