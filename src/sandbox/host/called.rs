//! Programs that a script calls by their whole path: a distribution puts scripts in the place of programs that it diverts, as
//! Debian does with `pg_config`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::catalog::base_commands::BASE_COMMANDS;
use crate::sandbox::elf::is_elf;

/// No script that stands for a program is longer.
const LARGEST: u64 = 1 << 20;
/// A script may call another one.
const DEEPEST: usize = 3;

/// The text of a script; none for an ELF program or anything else.
pub(super) fn script(file: &Path) -> Option<String> {
    let text = (!is_elf(file)).then(|| crate::fs::read_text(file, LARGEST).ok())??;
    text.starts_with("#!").then_some(text)
}

/// The programs that a file and the scripts which it calls name by their whole paths: name to file. Those that the base image has
/// are left out, since they are in their places inside.
pub(super) fn called(file: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    add(file, DEEPEST, &mut found);
    found
}

fn add(file: &Path, depth: usize, found: &mut BTreeMap<String, PathBuf>) {
    let Some(text) = script(file).filter(|_| depth > 0) else { return };
    for path in paths(&text) {
        let Some(name) = Path::new(path).file_name().and_then(|name| name.to_str()) else { continue };
        if BASE_COMMANDS.contains(&name) || found.contains_key(path) || !is_program(Path::new(path)) {
            continue;
        }
        found.insert(path.to_owned(), PathBuf::from(path));
        add(Path::new(path), depth - 1, found);
    }
}

/// The words of a script that are paths below `/usr` or `/bin`.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "/._+-".contains(c);
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(move |line| line.split(move |c: char| !is_part(c)))
        .filter(|word| word.starts_with("/usr/") || word.starts_with("/bin/"))
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The script with each of the programs by the place that it has inside.
pub(super) fn rewritten(text: &str, places: &BTreeMap<String, String>) -> String {
    // The longest first: one path may begin another.
    let mut longest: Vec<_> = places.iter().collect();
    longest.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
    longest.into_iter().fold(text.to_owned(), |text, (path, place)| text.replace(path.as_str(), place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diverted_program_is_found_in_the_script_that_stands_for_it() {
        let text = "#!/bin/sh\n# not /usr/bin/env\nif [ -x /usr/bin/pg_config.libpq-dev ]; then\n  exec '/usr/bin/pg_config.libpq-dev' \"$@\"\nfi\nls /usr/lib/x*/y\n";
        let found: Vec<&str> = paths(text).collect();
        assert_eq!(found, ["/usr/bin/pg_config.libpq-dev", "/usr/bin/pg_config.libpq-dev", "/usr/lib/x"]);
        let places = BTreeMap::from([("/usr/bin/pg_config.libpq-dev".to_owned(), "/nix/store/x/called/p".to_owned())]);
        let inside = rewritten(text, &places);
        assert!(inside.contains("exec '/nix/store/x/called/p' \"$@\"") && !inside.contains("libpq-dev"), "{inside}");
    }

    #[test]
    fn scripts_are_told_from_programs_and_followed_to_what_they_call() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("wrapper");
        fs::write(&file, "#!/bin/sh\nexec /usr/bin/env true\n").unwrap();
        assert!(script(&file).is_some() && script(Path::new("/bin/sh")).is_none());
        assert!(called(&file).is_empty(), "what the base image has is there already");
    }
}
