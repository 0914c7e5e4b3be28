//! Whether this machine lets an ordinary user build a sandbox, and what to type where it does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use super::bubblewrap::{bubblewrap, came_in_a_wheel, profiles_are_needed};
use super::confine;
use crate::fs::stamp;
use crate::sandbox::cache::Cache;
use crate::sandbox::elf::Libraries;
use crate::sandbox::remembered::Remembered;
use crate::sandbox::{MachineFailure, Unavailable};

/// The name under which it is remembered how one was made.
const KEPT: &str = "sandbox";
/// What lets programs make user namespaces, and the kernel's own number of this start.
const SETTINGS: &[&str] = &[
    "/proc/sys/kernel/random/boot_id",
    "/proc/sys/kernel/unprivileged_userns_clone",
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    "/proc/sys/user/max_user_namespaces",
    "/proc/self/attr/current",
];
/// Lines of a process' status.
const OF_THIS_PROCESS: &[&str] = &["Uid:", "Gid:", "CapEff:", "CapBnd:", "NoNewPrivs:", "Seccomp"];

/// The bubblewrap that has made one in this process.
static SHOWN: OnceLock<PathBuf> = OnceLock::new();
/// One asks at a time: the next may find the answer there.
static ASKING: Mutex<()> = Mutex::new(());

/// Begins to ask this machine what every sandbox wants to know, while the caller goes on.
pub fn ask_in_background() {
    thread::spawn(|| {
        let _ = usable();
        let _ = Libraries::of_this_machine();
    });
}

/// Fails unless a sandbox with every namespace can be made.
pub(in crate::sandbox) fn usable() -> Result<(), Unavailable> {
    if !cfg!(target_os = "linux") {
        let missing = "the host sandbox needs Linux".to_owned();
        return Err(Unavailable { missing, cures: vec![ELSEWHERE.to_owned()] });
    }
    let Some(bwrap) = bubblewrap() else {
        let missing = "bubblewrap (bwrap) is not installed".to_owned();
        return Err(Unavailable { missing, cures: install_commands("bubblewrap") });
    };
    let _alone = ASKING.lock().unwrap_or_else(PoisonError::into_inner);
    if SHOWN.get().is_some_and(|shown| *shown == bwrap) {
        return Ok(());
    }
    let cache = Cache::of_user().ok();
    let kept = cache.as_ref().map(|cache| Remembered::new(cache, KEPT));
    let key = conditions(&bwrap);
    if kept.as_ref().and_then(|kept| kept.get(&key)).is_some_and(|taken| confine::take(&taken)) {
        SHOWN.get_or_init(|| bwrap);
        return Ok(());
    }
    confine::find(|arguments| {
        let tried = Command::new(&bwrap)
            .args(["--unshare-user", "--uid", "0", "--gid", "0", "--unshare-pid", "--unshare-ipc", "--unshare-uts"])
            .args(arguments)
            .args(["--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--", "/bin/true"])
            .env_clear()
            .output();
        match tried {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(refused(&bwrap, &String::from_utf8_lossy(&output.stderr))),
            Err(error) => Err(refused(&bwrap, &error.to_string())),
        }
    })?;
    if let Some(kept) = kept {
        let _ = kept.set(&confine::arguments().join(" "), &key);
    }
    SHOWN.get_or_init(|| bwrap);
    Ok(())
}

/// The same by a new trial, whatever is remembered.
pub fn try_anew() {
    if let Ok(cache) = Cache::of_user() {
        Remembered::new(&cache, KEPT).forget();
    }
    let _ = usable();
}

/// What it hangs on whether bubblewrap can make a sandbox: the program, the kernel's settings since it was started, and what this process
/// itself may do.
fn conditions(bwrap: &Path) -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default().trim().to_owned();
    let settings = SETTINGS.iter().map(|file| format!("{file} {}", read(file)));
    let own = read("/proc/self/status");
    let own = own.lines().filter(|line| OF_THIS_PROCESS.iter().any(|name| line.starts_with(name)));
    let namespace = fs::read_link("/proc/self/ns/user").unwrap_or_default();
    let first = [stamp(bwrap), namespace.display().to_string()];
    first.into_iter().chain(settings).chain(own.map(str::to_owned)).collect::<Vec<_>>().join("\n")
}

fn refused(bwrap: &Path, said: &str) -> Unavailable {
    let said = said.lines().next().unwrap_or("no reason given").trim();
    let on = |file: &str, value: &str| fs::read_to_string(file).is_ok_and(|text| text.trim() == value);
    let mut cures: Vec<String> = Vec::new();
    if profiles_are_needed() {
        // A profile goes by path, and the system's has a path that only root writes to.
        if came_in_a_wheel(bwrap) {
            cures.extend(install_commands("bubblewrap"));
        }
        cures.extend(APPARMOR.iter().map(|cure| (*cure).to_owned()));
    }
    if on("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        cures.push("sudo sysctl -w kernel.unprivileged_userns_clone=1".to_owned());
    }
    if on("/proc/sys/user/max_user_namespaces", "0") {
        cures.push("sudo sysctl -w user.max_user_namespaces=15000".to_owned());
    }
    if cures.is_empty() {
        cures.push(
            "in a container: docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined …"
                .to_owned(),
        );
    }
    cures.push(ELSEWHERE.to_owned());
    Unavailable { missing: format!("this machine does not let bubblewrap make a sandbox: {said}"), cures }
}

/// The failure of bubblewrap itself, by its only line: what it prints before it ends, and before any command of the project runs. What a
/// command that runs bubblewrap prints comes with lines of its own.
pub(super) fn never_began(line: &str) -> Option<MachineFailure> {
    let said = line.strip_prefix("bwrap: ").filter(|_| program_not_found(line).is_none())?;
    let what = format!("bubblewrap could not make the sandbox: {said}");
    Some(MachineFailure::for_good(what, format!("run `shakedown doctor`, or `{ELSEWHERE}`")))
}

/// A program of the plan that is not there, by what bubblewrap says of it once the sandbox is made: as runc would name it.
pub(super) fn program_not_found(line: &str) -> Option<String> {
    let program = line.strip_prefix("bwrap: execvp ")?.strip_suffix(": No such file or directory")?;
    Some(format!("unable to start container process: exec: \"{program}\": executable file not found in $PATH"))
}

/// Ubuntu 24.04 forbids user namespaces to programs without a profile; a profile for bwrap is the narrow cure.
const APPARMOR: &[&str] = &[
    r"printf 'abi <abi/4.0>,\ninclude <tunables/global>\nprofile bwrap /usr/bin/bwrap flags=(unconfined) {\n  userns,\n}\n' | sudo tee /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap",
    "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
];

/// The backend that needs none of this.
const ELSEWHERE: &str = "shakedown run --backend docker";

/// The package manager's words before a package's name, by the `ID` and `ID_LIKE` of `os-release`.
const INSTALL: &[(&[&str], &str)] = &[
    (&["debian", "ubuntu"], "sudo apt-get install "),
    (&["fedora", "rhel", "centos"], "sudo dnf install "),
    (&["arch"], "sudo pacman -S "),
    (&["opensuse", "suse"], "sudo zypper install "),
    (&["alpine"], "sudo apk add "),
    (&["nixos"], "nix profile install nixpkgs#"),
];

/// The package of `ip`, as most call it.
pub(in crate::sandbox) const IPROUTE: &str = "iproute2";

/// The commands that install a package: this distribution's, or where that is not known those of all, and another backend.
pub(in crate::sandbox) fn install_commands(package: &str) -> Vec<String> {
    install_on(&fs::read_to_string("/etc/os-release").unwrap_or_default(), package)
}

fn install_on(release: &str, package: &str) -> Vec<String> {
    let ids: Vec<&str> = release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split(' '))
        .collect();
    let command = |(names, words): &(&[&str], &str)| {
        let is_fedora = names.contains(&"fedora");
        format!("{words}{}", if package == IPROUTE && is_fedora { "iproute" } else { package })
    };
    match INSTALL.iter().find(|(names, _)| names.iter().any(|name| ids.contains(name))) {
        Some(known) => vec![command(known)],
        None => INSTALL.iter().map(command).chain([ELSEWHERE.to_owned()]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_distribution_gets_its_own_command() {
        let on = |release: &str| install_on(release, "bubblewrap");
        assert_eq!(on("NAME=x\nID=ubuntu\nID_LIKE=debian\n"), ["sudo apt-get install bubblewrap"]);
        assert_eq!(on("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"), ["sudo dnf install bubblewrap"]);
        assert_eq!(on("ID=arch\n"), ["sudo pacman -S bubblewrap"]);
        assert_eq!(on("ID=nixos\n"), ["nix profile install nixpkgs#bubblewrap"]);
        assert!(on("ID=other\n").len() > 3);
        assert_eq!(install_on("ID=fedora\n", IPROUTE), ["sudo dnf install iproute"]);
    }

    #[test]
    fn a_refusal_repeats_what_bubblewrap_said() {
        let refusal = refused(Path::new("/usr/bin/bwrap"), "bwrap: setting up uid map: Permission denied\n");
        assert!(refusal.missing.ends_with("setting up uid map: Permission denied"), "{refusal}");
        assert!(refusal.cures.iter().any(|cure| cure.contains("docker")));
    }

    #[test]
    fn what_bubblewrap_says_before_it_runs_anything_is_of_this_machine() {
        let failure = never_began("bwrap: Can't mount proc on /newroot/proc: Operation not permitted").unwrap();
        assert!(failure.what.ends_with("Can't mount proc on /newroot/proc: Operation not permitted"), "{failure:?}");
        assert!(failure.next.contains("shakedown doctor"), "{failure:?}");
        assert_eq!(never_began("bash: bwrap: command not found").map(|failure| failure.what), None);
    }

    #[test]
    fn a_program_that_is_not_there_is_the_projects_fault() {
        let line = "bwrap: execvp tidectl: No such file or directory";
        assert_eq!(never_began(line).map(|failure| failure.what), None);
        let said = "unable to start container process: exec: \"tidectl\": executable file not found in $PATH";
        assert_eq!(program_not_found(line).as_deref(), Some(said));
        assert_eq!(program_not_found("tidectl: No such file or directory"), None);
    }
}
