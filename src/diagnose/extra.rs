//! A requirement that lacks an extra.

use std::path::Path;

use super::case::Case;
use crate::catalog::extras;
use crate::finding::{Diagnosis, Edit, Evidence, Fix};
use crate::log::pattern::Pattern;
use crate::project::Project;
use crate::project::requirements::{Entry, Requirements, normalize};

/// The least release of the library that the failing part asks for, in kombu's words.
static FLOOR: Pattern = Pattern::new(r"requires ([\w.-]+?)(?:-py)? versions? (\d[\w.]*) or later");

/// The diagnosis of something that `name[extra]` brings, with the lines that should ask for it and the edits that make them.
pub(super) fn amended(case: &Case<'_>, project: &Project, diagnosis: Diagnosis) -> Diagnosis {
    let Some(wanted) = diagnosis.subject.clone() else { return diagnosis };
    let Some((name, extra)) = wanted.strip_suffix(']').and_then(|rest| rest.split_once('[')) else { return diagnosis };
    let requirements = Requirements::read(project, Path::new("requirements.txt"));
    let entries: Vec<&Entry> = requirements.packages.iter().filter(|entry| !entry.is_constraint).collect();
    let library = extras::of_requirement(&wanted).map(|extra| normalize(extra.library));
    let of = |name: &str| entries.iter().copied().find(|entry| entry.requirement.name.as_deref() == Some(name));
    let asking = of(&normalize(name));
    // Any release but the newest is one that somebody has chosen; the extra chooses better.
    let held = library.as_deref().and_then(of).filter(|entry| !entry.requirement.specifiers.is_empty());
    let mut edits: Vec<Option<Edit>> = match asking {
        Some(entry) if entry.requirement.extras.iter().any(|asked| asked == extra) => Vec::new(),
        Some(entry) => vec![edit(entry, |line| Some(with_extra(line, extra)))],
        None if requirements.files.is_empty() => Vec::new(),
        None => vec![Some(Edit::AppendLine { path: "requirements.txt".into(), text: wanted.clone() })],
    };
    edits.extend(held.map(|entry| edit(entry, |_| Some(format!("{}{}", library.as_deref()?, floor(case))))));
    // Half of it would only move the failure.
    let edits = edits.into_iter().collect::<Option<Vec<Edit>>>().unwrap_or_default();
    let mut evidence = diagnosis.evidence.clone();
    for entry in asking.into_iter().chain(held) {
        let place = Evidence { source: entry.source(), text: entry.written.trim().to_owned() };
        if evidence.iter().all(|known| known.source != place.source) {
            evidence.push(place);
        }
    }
    let summary = edits.iter().filter_map(now).collect::<Vec<_>>().join(" and ");
    let fixes = if edits.is_empty() { Vec::new() } else { vec![Fix { summary: format!("require {summary}"), edits }] };
    Diagnosis { evidence, fixes, ..diagnosis }
}

fn now(edit: &Edit) -> Option<&str> {
    match edit {
        Edit::ReplaceLine { text, .. } | Edit::AppendLine { text, .. } => Some(text),
        _ => None,
    }
}

/// `>=6.1.0` where the log says so.
fn floor(case: &Case<'_>) -> String {
    let said = case.log.lines().iter().find_map(|line| Some(format!(">={}", &FLOOR.captures(&line.text)?[2])));
    said.unwrap_or_default()
}

/// A line of its own in another form; none of one with hashes, which go with one release.
fn edit(entry: &Entry, text: impl FnOnce(&str) -> Option<String>) -> Option<Edit> {
    let (first, last) = (*entry.lines.start(), *entry.lines.end());
    let is_plain = first == last && entry.requirement.hashes.is_empty();
    let text = is_plain.then(|| text(&entry.written)).flatten()?;
    Some(Edit::ReplaceLine { path: entry.path.clone(), line: first, was: entry.written.clone(), text })
}

/// `celery[sqs]==5.6.3` and `redis` make `celery[sqs,redis]==5.6.3`.
fn with_extra(line: &str, extra: &str) -> String {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    match rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((extras, rest)) => format!("{name}[{},{extra}]{rest}", extras.trim()),
        None => format!("{name}[{extra}]{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::diagnose;
    use crate::folder::folder;
    use crate::log::Log;

    fn found(requirements: &str, raised: &str) -> Diagnosis {
        let log = Log::from(
            format!("Traceback (most recent call last):\n  File \"/opt/venv/lib/python3.12/site-packages/kombu/transport/redis.py\", line 119, in <module>\n{raised}\n").as_str(),
        );
        let folder = folder(&[("requirements.txt", requirements)]);
        let project = Project::open(folder.path()).unwrap();
        diagnose(&Case { project: Some(&project), ..Case::of_log(&log) }).remove(0)
    }

    /// By celery 5.6.3, kombu 5.7.0 and redis 5.0.1, whose extra wants redis>=6.4.0,<9.0.0 and packaging.
    #[test]
    fn a_library_that_is_too_old_is_let_go_and_the_extra_asked_for() {
        const OLD: &str = "    raise VersionMismatch(\nkombu.exceptions.VersionMismatch: Redis transport requires redis-py versions 6.1.0 or later. You have 5.0.1";
        let found = found("flask\ncelery==5.6.3\nredis==5.0.1\n", OLD);
        assert_eq!(found.rule, "dependency-version-incompatible");
        assert_eq!(found.fixes[0].summary, "require celery[redis]==5.6.3 and redis>=6.1.0");
        let places: Vec<String> = found.evidence.iter().map(|evidence| evidence.source.to_string()).collect();
        assert!(places.contains(&"requirements.txt:3".to_owned()), "{places:?}");
    }

    #[test]
    fn what_the_part_misses_first_is_not_what_to_require() {
        const MISSED: &str =
            "    from packaging.version import Version\nModuleNotFoundError: No module named 'packaging'";
        for (requirements, summary) in [
            ("celery\n", "require celery[redis]"),
            ("Celery[sqs]>=5 # queue\n", "require Celery[sqs,redis]>=5 # queue"),
            ("celery\nredis\n", "require celery[redis]"),
            ("celery\nredis<5\n", "require celery[redis] and redis"),
            ("flower\n", "require celery[redis]"),
        ] {
            let found = found(requirements, MISSED);
            assert_eq!((found.rule, found.subject.as_deref()), ("missing-python-module", Some("celery[redis]")));
            assert_eq!(found.fixes[0].summary, summary);
        }
    }

    #[test]
    fn lines_with_hashes_are_left_to_the_tool_that_writes_them() {
        let hashed = format!("celery==5.6.3 --hash=sha256:{}\n", "0".repeat(64));
        let missed = "    class PrefixedStrictRedis(GlobalKeyPrefixMixin, redis.Redis):\nAttributeError: 'NoneType' object has no attribute 'Redis'";
        let found = found(&hashed, missed);
        assert_eq!((found.rule, found.fixes.len()), ("missing-python-module", 0));
    }
}
