//! The base image that Nixpacks builds on, as far as a step can see it.

use super::merge::UBUNTU_IMAGE;
use crate::plan::{Image, Installs, Shell};

/// Where `nix-env` installs to.
const NIX_PROFILE: &str = "/root/.nix-profile";

/// The certificates that the image trusts.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The image's variables beside `PATH`; the tildes and empty elements are really in it.
const VARIABLES: &[(&str, &str)] = &[
    ("ENV", "/etc/profile"),
    ("USER", "root"),
    ("HOME", "/root"),
    ("LD_LIBRARY_PATH", "/usr/lib"),
    ("GIT_SSL_CAINFO", CERTIFICATES),
    ("NIX_SSL_CERT_FILE", CERTIFICATES),
    ("NIX_PATH", "/nix/var/nix/profiles/per-user/root/channels"),
    ("NIXPKGS_ALLOW_BROKEN", "1"),
    ("NIXPKGS_ALLOW_UNFREE", "1"),
    ("NIXPKGS_ALLOW_INSECURE", "1"),
    ("CPATH", "~/.nix-profile/include:"),
    ("LIBRARY_PATH", "~/.nix-profile/lib:"),
    ("QTDIR", "~/.nix-profile:"),
];

/// The image's `PATH`.
const PATH: &str = "/nix/var/nix/profiles/default/bin:/nix/var/nix/profiles/default/sbin:/bin:/sbin:/usr/bin:/usr/sbin";

/// `/root/.profile` of the image, word for word.
const PROFILE: &str = "if [ -d $HOME/.nix-profile/etc/profile.d ]; then\n for i in $HOME/.nix-profile/etc/profile.d/*.sh; do\n if [ -r $i ]; then\n . $i\n fi\n done\n fi\nPATH=$NIXPACKS_PATH:$PATH";

/// The shell of the image's `RUN` lines.
pub(super) fn build_shell() -> Shell {
    Shell::new(&["/bin/bash", "-ol", "pipefail", "-c"])
}

/// The image of a plan that names `name`, or the usual one.
pub fn image(name: Option<&str>) -> Image {
    Image {
        name: name.unwrap_or(UBUNTU_IMAGE).to_owned(),
        variables: VARIABLES.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        // Nix' own profile script puts the profile in front for every login shell.
        login_path: format!("{NIX_PROFILE}/bin:/nix/var/nix/profiles/default/bin:{PATH}"),
        path: PATH.to_owned(),
        profile: PROFILE.to_owned(),
        entrypoint: Shell::new(&["/bin/bash", "-l", "-c"]),
        installs: Installs::Nix,
        libraries: &[],
    }
}
