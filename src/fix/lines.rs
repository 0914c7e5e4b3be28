//! Edits of files by line. Line ends are those of the line itself or of its neighbour.

use super::cut;

/// Replaces (or with `None` removes) a line that must read `was`; lines count from 1.
pub(super) fn replace(text: &str, line: usize, was: &str, with: Option<&str>) -> Result<String, String> {
    let missing = || format!("has no line {line} any more");
    let index = line.checked_sub(1).ok_or_else(missing)?;
    let found = text.split_inclusive('\n').nth(index).ok_or_else(missing)?;
    let content = found.trim_end_matches('\n').trim_end_matches('\r');
    if content.trim_end() != was.trim_end() {
        return Err(format!("line {line} is not {was:?} any more"));
    }
    let start: usize = text.split_inclusive('\n').take(index).map(str::len).sum();
    Ok(cut::apply(
        text,
        vec![match with {
            Some(with) => (start..start + content.len(), one_line(with)?.to_owned()),
            None => (start..start + found.len(), String::new()),
        }],
    ))
}

/// Adds a line at the end, unless it stands somewhere already. A missing last line end stays missing.
pub(super) fn append(text: &str, line: &str) -> Result<String, String> {
    let line = one_line(line)?;
    if text.lines().any(|found| found.trim_end() == line.trim_end()) {
        return Ok(text.to_owned());
    }
    let eol = cut::eol(text, text.len());
    Ok(if text.is_empty() || text.ends_with('\n') {
        format!("{text}{line}{eol}")
    } else {
        format!("{text}{eol}{line}")
    })
}

fn one_line(text: &str) -> Result<&str, String> {
    if text.contains(['\n', '\r']) { Err("the edit's new line holds a line end".to_owned()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_line_keeps_its_line_end() {
        assert_eq!(replace("a\r\nb\r\nc\n", 2, "b", Some("x")).unwrap(), "a\r\nx\r\nc\n");
        assert_eq!(replace("a\nb", 2, "b", Some("x")).unwrap(), "a\nx");
    }

    #[test]
    fn a_removed_line_leaves_its_neighbours_alone() {
        assert_eq!(replace("a\r\nb\nc", 2, "b", None).unwrap(), "a\r\nc");
        assert_eq!(replace("a\nb", 2, "b", None).unwrap(), "a\n");
    }

    #[test]
    fn another_line_than_the_one_read_is_refused() {
        assert_eq!(replace("a\nc\n", 2, "b", None).unwrap_err(), "line 2 is not \"b\" any more");
        assert_eq!(replace("a\n", 2, "b", None).unwrap_err(), "has no line 2 any more");
        assert_eq!(replace("a\n", 0, "b", None).unwrap_err(), "has no line 0 any more");
    }

    #[test]
    fn an_appended_line_follows_the_files_habits() {
        assert_eq!(append("a\r\n", "b").unwrap(), "a\r\nb\r\n");
        assert_eq!(append("a", "b").unwrap(), "a\nb");
        assert_eq!(append("", "b").unwrap(), "b\n");
        assert_eq!(append("b \na\n", "b").unwrap(), "b \na\n");
    }

    #[test]
    fn a_new_line_cannot_smuggle_in_others() {
        assert!(append("", "a\nb").is_err());
        assert!(replace("a\n", 1, "a", Some("b\rc")).is_err());
    }
}
