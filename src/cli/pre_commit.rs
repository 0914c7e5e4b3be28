//! The hooks of pre-commit, with `shakedown check` at the end of their list.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::exit::UsageError;
use crate::fs::read_text;
use crate::project::MAX_FILE;
use crate::sandbox::quoted;

/// Where pre-commit has them.
pub(super) const FILE: &str = ".pre-commit-config.yaml";
/// What a file that names the tool has somewhere.
const NAME: &str = "shakedown";

/// What becomes of the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Hooks {
    /// This is its text, comments and order as they were.
    Written(String),
    /// It names the tool and every folder.
    ThereAlready,
    /// Its owner has to add this.
    ByHand(String),
}

/// The file of a repository with a hook for each folder below its root that it does not name yet.
pub(super) fn hooks(root: &Path, belows: &[&Path]) -> Result<Hooks> {
    let path = root.join(FILE);
    if !path.exists() {
        return Ok(Hooks::Written(format!("repos:\n{}", hook(belows, "  "))));
    }
    let text = read_text(&path, MAX_FILE).map_err(|error| UsageError(format!("{FILE}: {error}")))?;
    let missing: Vec<&Path> = belows.iter().filter(|below| !names(&text, below)).copied().collect();
    if missing.is_empty() {
        return Ok(Hooks::ThereAlready);
    }
    Ok(appended(&text, &missing).map_or_else(|| Hooks::ByHand(hook(&missing, "  ")), Hooks::Written))
}

/// Whether a file names the tool, and the folder below the root where it is not the root itself.
pub(super) fn names(text: &str, below: &Path) -> bool {
    let between = |c: char| c.is_whitespace() || "'\"[],".contains(c);
    let is_word = || text.split(between).any(|word| Path::new(word) == below);
    text.contains(NAME) && (below.as_os_str().is_empty() || is_word() || text.contains(&command("check", below)))
}

/// Only where what pre-commit reads is what it read before and ours at its end.
fn appended(text: &str, belows: &[&Path]) -> Option<String> {
    let is_plain = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let list = 1 + lines.iter().position(|line| line.trim_end() == "repos:")?;
    let is_item = |line: &&&str| !is_plain(line) || line.starts_with([' ', '-']);
    let rest = lines[list..].iter().take_while(is_item).collect::<Vec<_>>();
    let end = list + rest.iter().rposition(|line| is_plain(line))? + 1;
    let item = rest.iter().find(|line| is_plain(line))?;
    let indent = &item[..item.len() - item.trim_start().len()];

    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let before = lines[..end].concat();
    let gap = if before.ends_with('\n') { "" } else { newline };
    let written = before + gap + &hook(belows, indent).replace('\n', newline) + &lines[end..].concat();
    let repos = |text: &str| -> Option<(Value, Vec<Value>)> {
        let mut read: Value = serde_yaml_ng::from_str(text).ok()?;
        let repos = read.as_object_mut()?.remove("repos")?.as_array()?.clone();
        Some((read, repos))
    };
    let ((other, mut had), (still, has)) = (repos(text)?, repos(&written)?);
    had.extend(repos(&format!("repos:\n{}", hook(belows, "")))?.1);
    (other == still && had == has).then_some(written)
}

fn hook(belows: &[&Path], indent: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let of = |below: &&Path| {
        let text = |text: String| Value::String(text);
        [
            "    - id: shakedown-check".to_owned(),
            format!(
                "      name: {}",
                if below.as_os_str().is_empty() {
                    "shakedown check".to_owned()
                } else {
                    text(format!("shakedown check {}", below.display())).to_string()
                }
            ),
            format!("      entry: {}", text(command("check", below))),
            "      language: python".to_owned(),
            format!("      additional_dependencies: [shakedown-cli=={version}]"),
            "      pass_filenames: false".to_owned(),
            "      always_run: true".to_owned(),
        ]
    };
    let head = ["- repo: local", "  hooks:"].map(str::to_owned);
    head.into_iter().chain(belows.iter().flat_map(of)).map(|line| format!("{indent}{line}\n")).collect()
}

/// The command for the project below the root.
pub(super) fn command(name: &str, below: &Path) -> String {
    match below.as_os_str().is_empty() {
        true => format!("shakedown {name}"),
        false => format!("shakedown {name} {}", quoted(below)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_ours(text: &str) -> Option<String> {
        appended(text, &[Path::new("")])
    }

    #[test]
    fn the_hook_goes_to_the_end_of_the_list_and_comments_stay() {
        for indent in ["", "  ", "    "] {
            let text = format!(
                "# ours\nrepos:\n{indent}- repo: https://example.com/x\n{indent}  rev: v1 # pinned\n{indent}  hooks: [{{id: x}}]\n"
            );
            let written = with_ours(&text).unwrap();
            assert!(written.starts_with(&text), "{written}");
            assert!(written.contains(&format!("\n{indent}- repo: local\n")), "{written}");
            let unended = with_ours(text.trim_end()).unwrap();
            assert_eq!(unended, written);
        }
    }

    #[test]
    fn what_comes_after_the_list_stays_after_it() {
        let list = "repos:\n- repo: x\n  hooks: []\n";
        let rest = "\n# of the service\nci:\n  autofix_prs: false\n";
        let written = with_ours(&format!("{list}{rest}")).unwrap();
        assert!(written.starts_with(&format!("{list}- repo: local\n")) && written.ends_with(rest), "{written}");
    }

    #[test]
    fn a_file_of_windows_keeps_its_line_ends() {
        let written = with_ours("repos:\r\n- repo: x\r\n  hooks: []\r\n").unwrap();
        assert_eq!(written.matches('\n').count(), written.matches("\r\n").count(), "{written:?}");
    }

    #[test]
    fn a_file_of_another_shape_is_left_to_its_owner() {
        for text in [
            "repos: []\n",
            "repos:\n",
            "fail_fast: true\n",
            "repos: [{repo: local}]\n",
            "repos:\n  x: 1\n",
            "repos:\n- repo: x\n  hooks:\n  - id: y\n    entry: |\n      # a line of it\n",
        ] {
            assert_eq!(with_ours(text), None, "{text}");
        }
    }

    #[test]
    fn a_folder_that_the_file_names_is_there_already() {
        let text = "- id: shakedown-check\n  args: [services/api]\n";
        assert!(names(text, Path::new("")) && names(text, Path::new("services/api")));
        assert!(!names(text, Path::new("services")) && !names("args: [services/api]\n", Path::new("")));
        assert!(names(&hook(&[Path::new("my bot")], ""), Path::new("my bot")));
    }

    #[test]
    fn a_project_below_the_root_is_named_in_the_hook() {
        assert!(hook(&[Path::new("services/my bot")], "").contains("entry: \"shakedown check 'services/my bot'\"\n"));
    }
}
