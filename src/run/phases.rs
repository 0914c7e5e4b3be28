//! Names of the phases that a run has beside the plan's.

/// The smoke run, as events name it.
pub const START: &str = "start";
/// The making of the runtime image, where it is not the whole built one.
pub(super) const IMAGE: &str = "image";
/// Railway's `preDeployCommand`.
pub const PRE_DEPLOY: &str = "pre-deploy";
