//! What older releases of Railpack take otherwise, and releases of Python that nobody knows.

use super::{MAIN, found_by};
use crate::builder::railpack;
use crate::finding::{Certainty, Diagnosis, Edit};

#[test]
fn older_releases_know_less_of_railpacks_file() {
    let config =
        r#"{"buildAptPackages": ["...", "cowsay"], "exclude": ["x"], "deploy": {"base": {"image": "debian:12"}}}"#;
    let found = |version| {
        let found = found_by(version, &[MAIN, ("requirements.txt", ""), ("railpack.json", config)]);
        found.into_iter().filter(|found| found.rule.starts_with("railpack-")).collect::<Vec<_>>()
    };
    let old: Vec<(&str, String)> =
        found(railpack::Version::COOLIFY).into_iter().map(|found| (found.rule, found.subject.unwrap())).collect();
    let wanted = [
        ("railpack-build-dots-are-a-package", "..."),
        ("railpack-unknown-key", "exclude"),
        ("railpack-unknown-key", "deploy.base"),
    ];
    assert_eq!(old, wanted.map(|(rule, subject)| (rule, subject.to_owned())));
    let dots = found(railpack::Version::COOLIFY).remove(0);
    assert!(matches!(&dots.fixes[0].edits[..], [Edit::RemoveItem { item, .. }] if item == "..."), "{dots:?}");
    assert_eq!(found(railpack::Version::NEWEST_KNOWN), []);
}

#[test]
fn a_python_that_no_table_knows_is_doubted() {
    let found = |version: &str| {
        let found = found_by(railpack::Version::NEWEST_KNOWN, &[MAIN, (".python-version", version)]);
        let of_python = |found: &Diagnosis| found.rule.starts_with("railpack-python");
        found.into_iter().find(of_python).map(|found| (found.rule, found.certainty))
    };
    for unknown in ["3.13.99", "3.14.99", "3.99", "4"] {
        assert_eq!(found(unknown), Some(("railpack-python-unknown", Certainty::Likely)), "{unknown}");
    }
    assert_eq!(found("3.11.0").map(|(rule, _)| rule), Some("railpack-python-not-prebuilt"));
    for known in ["3.13.18", "3.14", "3", "pypy3.10"] {
        assert_eq!(found(known), None, "{known}");
    }
}
