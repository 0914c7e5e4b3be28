//! Libraries whose package cannot be asked for.

use crate::catalog::libraries::{is_refused, library};
use crate::diagnose::rank::Finding;
use crate::diagnose::reading::Reading;

/// Adding a package that nixpkgs refuses to evaluate would only end the build earlier.
pub(in crate::diagnose) fn refused(_: &Reading<'_>, finding: &mut Finding) -> bool {
    let package = finding.subject.as_deref().and_then(library).map(|packages| packages.nix);
    if let Some(refused) = package.filter(|attribute| is_refused(attribute)) {
        finding.help = Some(format!(
            "take a release of the package that does not need it: nixpkgs refuses `{refused}`, which has it, as insecure"
        ));
    }
    true
}
