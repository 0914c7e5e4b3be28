//! Dependencies of a pyproject.toml that no index has: members of its workspace, and paths out of its folder.

use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::keyed::Keyed;
use crate::project::requirements::{Entry, normalize};
use crate::project::{KeyLines, MAX_FILE, Project, Source};

/// Folders above that may be the workspace's root.
const ABOVE: usize = 4;
/// Members that are looked at.
const MOST: usize = 200;

/// Where a relative path of a requirements file in a sub-folder leads as seen from that file, if it is a folder of the project. pip looks
/// from the folder that it runs in. Source: <https://pip.pypa.io/en/stable/reference/requirements-file-format/>.
pub(in crate::check) fn beside(app: &Project, entry: &Entry, path: &str) -> Option<PathBuf> {
    let folder =
        entry.path.strip_prefix(app.place("")).ok()?.parent().filter(|folder| !folder.as_os_str().is_empty())?;
    let mut found = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::ParentDir => drop(found.pop().then_some(())?),
            Component::Normal(name) => found.push(name),
            _ => {}
        }
    }
    (!found.as_os_str().is_empty() && app.has_folder(&found)).then_some(found)
}

/// Whether a relative path leads out of the folder that it begins in.
pub(in crate::check) fn leaves(path: &Path) -> bool {
    let mut depth = 0_i32;
    for part in path.components() {
        match part {
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            _ => {}
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

/// A dependency that lives beside the folder.
pub(crate) struct Sibling {
    pub(crate) name: String,
    pub(crate) is_member: bool,
    pub(crate) source: Source,
    pub(crate) text: String,
    /// Where it is, seen from the workspace's root.
    pub(crate) found: Option<PathBuf>,
}

/// What a pyproject.toml takes from beside its own folder.
pub(in crate::check) fn siblings(app: &Project, file: &Keyed) -> Vec<Sibling> {
    let mut found = Vec::new();
    // A root of a workspace has its members in reach.
    let is_root = file.get(&["tool", "uv", "workspace"]).is_some();
    for (name, value) in file.members(&["tool", "uv", "sources"]) {
        let key = ["tool", "uv", "sources", name];
        let is_member = value.get("workspace").and_then(Value::as_bool) == Some(true);
        let path = value.get("path").and_then(Value::as_str);
        let outside = path.is_some_and(|path| leaves(Path::new(path)));
        if is_member && !is_root || outside {
            let at = match path {
                Some(path) => Some(PathBuf::from(path)),
                None => member(app.root(), name),
            };
            found.push(Sibling {
                name: name.clone(),
                is_member,
                source: file.source(&key),
                text: file.line(&key).to_owned(),
                found: at,
            });
        }
    }
    for (name, value) in file.members(&["tool", "poetry", "dependencies"]) {
        let key = ["tool", "poetry", "dependencies", name];
        if let Some(path) = value.get("path").and_then(Value::as_str).filter(|path| leaves(Path::new(path))) {
            let found_at = Some(PathBuf::from(path));
            found.push(Sibling {
                name: name.clone(),
                is_member: false,
                source: file.source(&key),
                text: file.line(&key).to_owned(),
                found: found_at,
            });
        }
    }
    let direct = file.get(&["project", "dependencies"]).and_then(Value::as_array).into_iter().flatten();
    for (at, text) in direct.enumerate().filter_map(|(at, value)| Some((at, value.as_str()?))) {
        let Some((name, url)) = text.split_once('@') else { continue };
        let Some(path) = url.trim().strip_prefix("file:") else { continue };
        let path = path.trim_start_matches('/');
        let roots = ["${PROJECT_ROOT}/", "{root:uri}/"];
        let path = roots.iter().find_map(|root| path.strip_prefix(root)).unwrap_or(path);
        if leaves(Path::new(path)) {
            let place = at.to_string();
            let key = ["project", "dependencies", place.as_str()];
            found.push(Sibling {
                name: name.split('[').next().unwrap_or(name).trim().to_owned(),
                is_member: false,
                source: file.source(&key),
                text: text.to_owned(),
                found: Some(PathBuf::from(path)),
            });
        }
    }
    found
}

/// What a Pipfile takes from beside its own folder.
pub(in crate::check) fn of_pipfile(app: &Project) -> Vec<Sibling> {
    let text = app.has_file("Pipfile").then(|| app.read_text("Pipfile").ok()).flatten().unwrap_or_default();
    let value: Value = toml_edit::de::from_str(&text).unwrap_or_default();
    let lines = KeyLines::toml(&text);
    let packages = value.get("packages").and_then(Value::as_object).into_iter().flatten();
    let outside = packages.filter_map(|(name, value)| {
        let path = value.get("path")?.as_str().filter(|path| leaves(Path::new(path)))?;
        let line = lines.line(&["packages", name]);
        let written = line.and_then(|line| text.lines().nth(line - 1)).unwrap_or_default();
        Some(Sibling {
            name: name.clone(),
            is_member: false,
            source: app.line("Pipfile", line),
            text: written.to_owned(),
            found: Some(PathBuf::from(path)),
        })
    });
    outside.collect()
}

/// The siblings that a project's own pyproject.toml names.
pub(crate) fn of_project(project: &Project) -> Vec<Sibling> {
    let file = Keyed::read(project, Path::new("pyproject.toml"));
    file.map(|file| siblings(project, &file)).unwrap_or_default()
}

/// The folder of a workspace's member, seen from the workspace's root.
fn member(root: &Path, name: &str) -> Option<PathBuf> {
    let wanted = normalize(name);
    root.ancestors().skip(1).take(ABOVE).find_map(|above| {
        members(above).into_iter().find(|folder| {
            let text = crate::fs::read_text(&above.join(folder).join("pyproject.toml"), MAX_FILE).unwrap_or_default();
            text.lines().any(|line| {
                let value = line.strip_prefix("name").map(str::trim_start).and_then(|rest| rest.strip_prefix('='));
                value.is_some_and(|value| normalize(value.trim().trim_matches(['"', '\''])) == wanted)
            })
        })
    })
}

/// The folders that the root of a workspace of uv's names as its members, sorted.
pub(in crate::check) fn members(root: &Path) -> Vec<PathBuf> {
    let text = crate::fs::read_text(&root.join("pyproject.toml"), MAX_FILE).unwrap_or_default();
    let value: Value = toml_edit::de::from_str(&text).unwrap_or_default();
    let patterns = value.pointer("/tool/uv/workspace/members").and_then(Value::as_array).into_iter().flatten();
    let folders = |pattern: &str| match pattern.strip_suffix("/*") {
        Some(folder) => {
            let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten().take(MOST);
            entries.map(|entry| Path::new(folder).join(entry.file_name())).collect()
        }
        None => vec![PathBuf::from(pattern)],
    };
    let mut found: Vec<PathBuf> = patterns.filter_map(Value::as_str).take(MOST).flat_map(folders).collect();
    found.sort();
    found
}
