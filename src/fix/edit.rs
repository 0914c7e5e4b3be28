//! One edit of one file's content.

use std::path::{Path, PathBuf};

use super::change::Change;
use super::keyed;
use super::lines;
use super::tree::Dialect;
use crate::builder::railpack;
use crate::finding::Edit;

/// An edit that cannot be made as it was meant; nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct Refused {
    /// The file, as the edit names it.
    pub path: PathBuf,
    /// Why, as a lower-case fragment.
    pub why: String,
}

impl Refused {
    pub(super) fn new(path: &Path, why: impl Into<String>) -> Self {
        Self { path: path.to_owned(), why: why.into() }
    }
}

const BOM: &str = "\u{feff}";

/// The content after the edit, `None` for a file that is not (or no longer) there.
pub(super) fn change(edit: &Edit, content: Option<&[u8]>) -> Result<Option<Vec<u8>>, String> {
    match edit {
        Edit::WriteFile { text, .. } => return Ok(Some(text.clone().into_bytes())),
        Edit::RemoveFile { .. } => return content.map(|_| None).ok_or_else(missing),
        _ => {}
    }
    let makes_files = matches!(edit, Edit::AppendLine { .. } | Edit::SetKey { .. } | Edit::AddItem { .. });
    let empty: &[u8] = if is_json(edit.path()) { b"{}\n" } else { b"" };
    let bytes = content.or(makes_files.then_some(empty)).ok_or_else(missing)?;
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8: write it as UTF-8 first".to_owned())?;
    let (bom, text) = text.strip_prefix(BOM).map_or(("", text), |rest| (BOM, rest));
    let changed = match edit {
        Edit::RemoveKey { path, key } => keyed::change(text, dialect(path)?, key, Change::Remove),
        Edit::SetKey { path, key, value } => keyed::change(text, dialect(path)?, key, Change::Set(value)),
        Edit::RemoveItem { path, key, item } => keyed::change(text, dialect(path)?, key, Change::RemoveItem(item)),
        Edit::AddItem { path, key, item, first } => {
            keyed::change(text, dialect(path)?, key, Change::AddItem { item, first: *first })
        }
        Edit::ReplaceLine { line, was, text: new, .. } => lines::replace(text, *line, was, Some(new)),
        Edit::RemoveLine { line, was, .. } => lines::replace(text, *line, was, None),
        Edit::AppendLine { text: new, .. } => lines::append(text, new),
        Edit::WriteFile { .. } | Edit::RemoveFile { .. } => Ok(text.to_owned()),
    }?;
    Ok(Some(format!("{bom}{changed}").into_bytes()))
}

fn missing() -> String {
    "is not there any more".to_owned()
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

/// The format of a file that is edited by key. Pipfile and the lock files of poetry, pdm and uv are TOML as well.
fn dialect(path: &Path) -> Result<Dialect, String> {
    const TOML_BY_NAME: &[&str] = &["Pipfile", "poetry.lock", "pdm.lock", "uv.lock"];
    let is_toml = path.extension().is_some_and(|extension| extension == "toml")
        || path.file_name().is_some_and(|name| TOML_BY_NAME.iter().any(|known| name == *known));
    match (is_toml, is_json(path)) {
        (true, _) => Ok(Dialect::Toml),
        (_, true) if path.ends_with(railpack::CONFIG_FILE) => Ok(Dialect::CommentedJson),
        (_, true) => Ok(Dialect::Json),
        _ => Err("is neither TOML nor JSON and has no keys to edit".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(before: &str, edit: &Edit) -> String {
        String::from_utf8(change(edit, Some(before.as_bytes())).unwrap().unwrap()).unwrap()
    }

    #[test]
    fn comments_of_railpacks_file_stay_where_they_are() {
        let before = "{ // ours\n  \"deploy\": {\n    // \"quotes\", commas\n    \"aptPackages\": [\"ffmpeg\", /* more */],\n  },\n}\n";
        let path = || "railpack.json".into();
        let key = |name: &str| vec!["deploy".to_owned(), name.to_owned()];
        let add = Edit::AddItem { path: path(), key: key("aptPackages"), item: "...".to_owned(), first: true };
        assert_eq!(edited(before, &add), before.replace("[\"ffmpeg\"", "[\"...\", \"ffmpeg\""));
        let set = Edit::SetKey { path: path(), key: key("startCommand"), value: "python bot.py".into() };
        let after = edited(before, &set);
        assert!(after.contains("\"startCommand\": \"python bot.py\"") && after.contains("/* more */"), "{after}");
        let inputs =
            "{ \"deploy\": { \"inputs\": [\n  // tools\n  \"$a\",\n  { \"include\": [\"x\",], }, // files\n] } }\n";
        let numbered = |index: &str| [key("inputs"), vec![index.to_owned(), "include".to_owned()]].concat();
        let add = |index| Edit::AddItem { path: path(), key: numbered(index), item: "y".to_owned(), first: false };
        assert_eq!(edited(inputs, &add("1")), inputs.replace("\"x\",", "\"x\", \"y\","));
        assert!(
            change(&add("2"), Some(inputs.as_bytes())).is_err() && change(&add("0"), Some(inputs.as_bytes())).is_err()
        );
        let remove = Edit::RemoveItem { path: path(), key: key("aptPackages"), item: "ffmpeg".to_owned() };
        let after = edited(before, &remove);
        assert!(after.contains("// ours") && after.contains("// \"quotes\"") && !after.contains("ffmpeg"), "{after}");
    }
}
