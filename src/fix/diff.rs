//! A change of a file as git shows it, so that `git apply` takes it.

use std::fmt::Write as _;
use std::path::Path;

use similar::TextDiff;

/// One side of a change; `None` where the file is not there.
pub(super) struct Side<'a> {
    pub(super) content: Option<&'a [u8]>,
    pub(super) executable: bool,
}

/// The unified diff of one file; empty when nothing changed.
pub(super) fn file(path: &Path, before: &Side<'_>, after: &Side<'_>) -> String {
    if before.content == after.content {
        return String::new();
    }
    let shown = path.to_string_lossy();
    let (old, new) = (quoted(&format!("a/{shown}")), quoted(&format!("b/{shown}")));
    let mut diff = format!("diff --git {old} {new}\n");
    let mode = |side: &Side<'_>| if side.executable { "100755" } else { "100644" };
    if before.content.is_none() {
        let _ = writeln!(diff, "new file mode {}", mode(after));
    } else if after.content.is_none() {
        let _ = writeln!(diff, "deleted file mode {}", mode(before));
    }
    let old = if before.content.is_none() { "/dev/null" } else { &old };
    let new = if after.content.is_none() { "/dev/null" } else { &new };
    let text = |side: &Side<'_>| std::str::from_utf8(side.content.unwrap_or_default()).map(str::to_owned);
    let (Ok(from), Ok(to)) = (text(before), text(after)) else {
        let _ = writeln!(diff, "Binary files {old} and {new} differ");
        return diff;
    };
    // Lines end at `\n` alone, as they do for git; a lone `\r` ends none.
    let from: Vec<&str> = from.split_inclusive('\n').collect();
    let to: Vec<&str> = to.split_inclusive('\n').collect();
    let changes = TextDiff::configure().newline_terminated(true).diff_slices(&from, &to);
    if from != to {
        diff.push_str(&changes.unified_diff().context_radius(3).header(old, new).to_string());
    }
    diff
}

/// A name as git writes it in a header: quoted where it would not read back as it is.
fn quoted(name: &str) -> String {
    if !name.chars().any(|c| c.is_control() || c == '"' || c == '\\') {
        return name.to_owned();
    }
    let mut quoted = String::from("\"");
    for byte in name.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            0x20..0x7f => quoted.push(char::from(byte)),
            _ => {
                let _ = write!(quoted, "\\{byte:03o}");
            }
        }
    }
    quoted.push('"');
    quoted
}
