//! What the client's complaints mean, and what to do about them.

use crate::sandbox::MachineFailure;

/// A kind of complaint.
struct Fault {
    /// Any of these in the client's words, lower case.
    signs: &'static [&'static str],
    /// `{engine}` and `{detail}` are filled in.
    what: &'static str,
    next: &'static str,
    transient: bool,
}

/// The first that fits decides, so the particular stand before the general.
const FAULTS: &[Fault] = &[
    Fault {
        signs: &["no space left on device", "disk quota exceeded"],
        what: "the disk of the {engine} engine is full",
        next: "free some with `{engine} system prune`",
        transient: false,
    },
    Fault {
        signs: &["permission denied while trying to connect", "connect: permission denied", "got permission denied"],
        what: "this user may not talk to the {engine} engine",
        next: "add the user to the engine's group (`sudo usermod -aG docker $USER`, then log in again), or use podman",
        transient: false,
    },
    Fault {
        signs: &[
            "cannot connect to the docker daemon",
            "is the docker daemon running",
            "error during connect",
            "failed to connect to the docker api",
            "unable to connect to podman",
            "cannot connect to podman",
            "connection reset by peer",
            "unexpected eof",
            "error waiting for container: eof",
        ],
        what: "the {engine} engine is not running, or not where the client looks for it",
        next: "start it (`sudo systemctl start docker`), or set DOCKER_HOST or a context to where it is",
        transient: false,
    },
    Fault {
        signs: &["no such container", "no container with name or id", "is not running", "container state improper"],
        what: "the container was removed or killed from outside while it was in use",
        next: "run again",
        transient: true,
    },
    Fault {
        signs: &[
            "exec: \"/bin/bash\"",
            "exec /bin/bash",
            "/bin/bash: no such file",
            "stat /bin/bash",
            "executable file `/bin/bash` not found",
        ],
        what: "the base image has no /bin/bash, which every command of a plan is run with",
        next: "choose another with --base-image, or mend buildImage",
        transient: false,
    },
    Fault {
        signs: &["container-init binary not found"],
        what: "podman has no program to run containers with --init",
        next: "install it (`sudo apt-get install catatonit`)",
        transient: false,
    },
    Fault {
        signs: &[": cannot open: file exists"],
        what: "a command made a folder, with something in it, where the project has a file, and a build puts none in its place ({detail})",
        next: "remove the folder in the command, or leave the file out of the project",
        transient: false,
    },
    Fault {
        signs: &["exec format error", "does not match the detected host platform", "no matching manifest"],
        what: "the base image is not made for this machine's processor",
        next: "choose another with --base-image, or use an engine of the right kind through DOCKER_HOST",
        transient: false,
    },
    Fault {
        signs: &["toomanyrequests", "too many requests", "rate limit"],
        what: "the image registry refuses more downloads for now",
        next: "try again later, or log in with `{engine} login`",
        transient: true,
    },
    Fault {
        signs: &[
            "manifest unknown",
            "pull access denied",
            "repository does not exist",
            "not found: manifest",
            "denied: ",
            "unauthorized",
        ],
        what: "the base image is not to be had: {detail}",
        next: "check its name (buildImage, --base-image), log in with `{engine} login`, or load it with `{engine} load`",
        transient: false,
    },
    Fault {
        signs: &[
            "no such host",
            "i/o timeout",
            "tls handshake timeout",
            "context deadline exceeded",
            "connection refused",
            "network is unreachable",
            "temporary failure in name resolution",
            "service unavailable",
            "bad gateway",
            "client.timeout exceeded",
            "server misbehaving",
            "certificate signed by unknown authority",
            "connection timed out",
        ],
        what: "the image registry cannot be reached: {detail}",
        next: "check the network, or load the image with `{engine} load` and use --pull never",
        transient: true,
    },
    Fault {
        signs: &["no such image", "unable to find image", "image not known"],
        what: "the base image is not here: {detail}",
        next: "pull it, or allow that with --pull missing",
        transient: false,
    },
];

/// What a client's complaint means, where it is known.
pub(super) fn explain(engine: &str, stderr: &str) -> Option<MachineFailure> {
    let lower = stderr.to_lowercase();
    let fault = FAULTS.iter().find(|fault| fault.signs.iter().any(|sign| lower.contains(sign)))?;
    let filled = |text: &str| text.replace("{engine}", engine).replace("{detail}", &first_line(stderr));
    Some(MachineFailure { what: filled(fault.what), next: filled(fault.next), transient: fault.transient })
}

/// The line that says most, without the client's own prefix, and not longer than a terminal or two.
pub(super) fn first_line(stderr: &str) -> String {
    // tar's last line says no more than that there was one.
    let says_something = |line: &&str| !line.is_empty() && !line.contains("Exiting with failure status");
    let lines = || stderr.lines().map(str::trim).filter(says_something);
    let line = lines()
        .find(|line| line.to_lowercase().contains("error"))
        .or_else(|| lines().next_back())
        .unwrap_or("no reason given");
    let line = ["docker: ", "Error response from daemon: ", "Error: "]
        .iter()
        .fold(line, |line, prefix| line.trim_start_matches(prefix));
    let cut = line.char_indices().nth(200).map_or(line.len(), |(at, _)| at);
    line[..cut].trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(stderr: &str) -> (String, bool) {
        let lost = explain("docker", stderr).unwrap();
        (lost.what, lost.transient)
    }

    #[test]
    fn a_file_that_finds_a_full_folder_in_its_place_is_named() {
        let stderr = "tar: ./data: Cannot open: File exists\ntar: Exiting with failure status due to previous errors\n";
        let (what, _) = says(stderr);
        assert!(
            what.starts_with("a command made a folder") && what.ends_with("(tar: ./data: Cannot open: File exists)")
        );
    }

    #[test]
    fn an_engine_that_does_not_run_is_told_from_one_that_refuses() {
        let (what, _) =
            says("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?");
        assert!(what.contains("not running"), "{what}");
        let denied = "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: \
                      dial unix /var/run/docker.sock: connect: permission denied";
        assert!(says(denied).0.contains("may not talk"));
    }

    #[test]
    fn a_registry_that_is_out_of_reach_is_passing_and_a_wrong_name_is_not() {
        let unreachable = "Error response from daemon: Get \"https://registry.example/v2/\": dial tcp: lookup registry.example: no such host";
        assert!(says(unreachable).1);
        assert!(!says("Error response from daemon: manifest for a/b:c not found: manifest unknown: nope").1);
    }

    #[test]
    fn an_image_without_bash_is_named() {
        let stderr = "docker: Error response from daemon: failed to create task for container: runc create failed: exec: \"/bin/bash\": stat /bin/bash: no such file or directory: unknown.";
        assert!(says(stderr).0.contains("no /bin/bash"));
    }

    #[test]
    fn what_is_not_known_is_quoted_shortly() {
        assert!(explain("docker", "something new").is_none());
        assert_eq!(first_line("WARNING: x\ndocker: Error response from daemon: odd thing.\n"), "odd thing");
        assert!(first_line(&"é".repeat(5000)).chars().count() <= 200);
    }
}
