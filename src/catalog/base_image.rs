//! What the image has before anything is installed.

/// Debian packages that the base image has already.
pub const IN_BASE_IMAGE: &[&str] = &[
    "bash",
    "bzip2",
    "ca-certificates",
    "coreutils",
    "curl",
    "dash",
    "diffutils",
    "findutils",
    "git",
    "grep",
    "gzip",
    "hostname",
    "locales",
    "make",
    "mawk",
    "openssl",
    "perl-base",
    "pkg-config",
    "sed",
    "sudo",
    "tar",
    "tzdata",
    "util-linux",
    "xz-utils",
];
