//! Which Python the plan takes.

use super::inputs::Inputs;
use crate::catalog::python::ARCHIVE;

/// The minor version that the plan's packages bring.
pub(in crate::check) fn planned(inputs: &Inputs<'_>) -> Option<String> {
    if let Some(python) = inputs.mise_python() {
        let mut parts = python.split('.');
        return Some(format!("{}.{}", parts.next()?, parts.next()?));
    }
    let setup = inputs.phase("setup")?;
    setup.nix_pkgs.iter().find_map(|package| {
        let digits = package.strip_prefix("python")?.trim_end_matches("Full");
        match digits {
            "3" if setup.nixpkgs_archive.as_deref().is_some_and(|archive| archive == ARCHIVE) => {
                Some("3.12".to_owned())
            }
            _ if digits.len() >= 2 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(format!("{}.{}", &digits[..1], &digits[1..]))
            }
            _ => None,
        }
    })
}
