//! Whether this machine lets an ordinary user build a sandbox, and what to type where it does not.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::bubblewrap::{bubblewrap, came_in_a_wheel, profiles_are_needed};
use super::confine;
use crate::sandbox::Unavailable;

/// Fails unless a sandbox with every namespace can be made right now.
pub(in crate::sandbox) fn usable() -> Result<(), Unavailable> {
    if !cfg!(target_os = "linux") {
        return Err(refusal("the host sandbox needs Linux", &["shakedown run --backend docker"]));
    }
    let Some(bwrap) = bubblewrap() else {
        return Err(refusal("bubblewrap (bwrap) is not installed", install_commands(&release())));
    };
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
    })
}

fn refused(bwrap: &Path, said: &str) -> Unavailable {
    let said = said.lines().next().unwrap_or("no reason given").trim();
    let on = |file: &str, value: &str| fs::read_to_string(file).is_ok_and(|text| text.trim() == value);
    let mut cures: Vec<&str> = Vec::new();
    if profiles_are_needed() {
        // A profile goes by path, and the system's has a path that only root writes to.
        let system = if came_in_a_wheel(bwrap) { install_commands(&release()) } else { &[] };
        cures.extend(system.iter().chain(APPARMOR));
    }
    if on("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        cures.push("sudo sysctl -w kernel.unprivileged_userns_clone=1");
    }
    if on("/proc/sys/user/max_user_namespaces", "0") {
        cures.push("sudo sysctl -w user.max_user_namespaces=15000");
    }
    if cures.is_empty() {
        cures.push(
            "in a container: docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined …",
        );
    }
    cures.push("shakedown run --backend docker");
    refusal(&format!("this machine does not let bubblewrap make a sandbox: {said}"), &cures)
}

/// Ubuntu 24.04 forbids user namespaces to programs without a profile; a profile for bwrap is the narrow cure.
const APPARMOR: &[&str] = &[
    r"printf 'abi <abi/4.0>,\ninclude <tunables/global>\nprofile bwrap /usr/bin/bwrap flags=(unconfined) {\n  userns,\n}\n' | sudo tee /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap",
    "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
];

fn release() -> String {
    fs::read_to_string("/etc/os-release").unwrap_or_default()
}

/// By the `ID` and `ID_LIKE` of `os-release`.
const INSTALL: &[(&[&str], &str)] = &[
    (&["debian", "ubuntu"], "sudo apt-get install bubblewrap"),
    (&["fedora", "rhel", "centos"], "sudo dnf install bubblewrap"),
    (&["arch"], "sudo pacman -S bubblewrap"),
    (&["opensuse", "suse"], "sudo zypper install bubblewrap"),
    (&["alpine"], "sudo apk add bubblewrap"),
    (&["nixos"], "nix profile install nixpkgs#bubblewrap"),
];

fn install_commands(release: &str) -> &'static [&'static str] {
    const ALL: &[&str] = &[
        "sudo apt-get install bubblewrap",
        "sudo dnf install bubblewrap",
        "sudo pacman -S bubblewrap",
        "nix profile install nixpkgs#bubblewrap",
        "shakedown run --backend docker",
    ];
    let ids: Vec<&str> = release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split(' '))
        .collect();
    let known = INSTALL.iter().find(|(names, _)| names.iter().any(|name| ids.contains(name)));
    known.map_or(ALL, |(_, command)| std::slice::from_ref(command))
}

fn refusal(missing: &str, cures: &[&str]) -> Unavailable {
    Unavailable { missing: missing.to_owned(), cures: cures.iter().map(|cure| (*cure).to_owned()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_distribution_gets_its_own_command() {
        assert_eq!(install_commands("NAME=x\nID=ubuntu\nID_LIKE=debian\n"), ["sudo apt-get install bubblewrap"]);
        assert_eq!(install_commands("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"), ["sudo dnf install bubblewrap"]);
        assert_eq!(install_commands("ID=arch\n"), ["sudo pacman -S bubblewrap"]);
        assert_eq!(install_commands("ID=nixos\n"), ["nix profile install nixpkgs#bubblewrap"]);
        assert!(install_commands("ID=other\n").len() > 3);
    }

    #[test]
    fn a_refusal_repeats_what_bubblewrap_said() {
        let refusal = refused(Path::new("/usr/bin/bwrap"), "bwrap: setting up uid map: Permission denied\n");
        assert!(refusal.missing.ends_with("setting up uid map: Permission denied"), "{refusal}");
        assert!(refusal.cures.iter().any(|cure| cure.contains("docker")));
    }
}
