//! What nixpkgs does not have.

/// Names that people take from apt, pip or the shell, and that are no attributes of nixpkgs.
const NOT_IN_NIXPKGS: &[&str] = &[
    "pip",
    "pip3",
    "python-pip",
    "python3-pip",
    "python3-dev",
    "python-dev",
    "python3-venv",
    "venv",
    "build-essential",
    "libgl1",
    "libgl1-mesa-glx",
    "libglib2",
    "libpq-dev",
    "libpq5",
    "libssl-dev",
    "libffi-dev",
    "zlib1g-dev",
    "libsm6",
    "libxext6",
    "libxrender1",
    "default-libmysqlclient-dev",
    "tesseract-ocr",
    "poppler-utils",
    "libmagic1",
    "libsndfile1",
    "portaudio19-dev",
    "setuptools",
    "wheel",
    "numpy",
    "requests",
    "libcairo2-dev",
    "python3Packages",
    "libglvnd0",
];

/// Nix' message for an attribute that nixpkgs is known not to have.
///
/// An attribute is a variable, and parts of it after dots. A dash may be inside of it, a digit may not begin it.
pub fn is_known_to_be_missing(name: &str) -> Option<String> {
    let first = name.split('.').next().unwrap_or(name);
    if NOT_IN_NIXPKGS.contains(&name) || NOT_IN_NIXPKGS.contains(&first) {
        return Some(format!("error: undefined variable '{first}'"));
    }
    // Nix reads the rest of `python3.11` as a number of its own.
    let rest = name.strip_prefix("python")?;
    let (major, minor) = rest.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(major) && digits(minor)).then(|| format!("error: cannot coerce a float to a string: 0.{minor}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_with_a_dot_is_a_number_to_nix() {
        assert!(is_known_to_be_missing("python3.11").unwrap().contains("cannot coerce a float"));
    }

    #[test]
    fn parts_after_a_dot_are_of_the_attribute_before_it() {
        assert!(is_known_to_be_missing("pip.dev").unwrap().contains("undefined variable 'pip'"));
        assert_eq!(is_known_to_be_missing("python311Packages.pip"), None);
    }
}
