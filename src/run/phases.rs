//! Names of the phases that a run has beside the plan's.

/// The smoke run, as events name it.
pub const START: &str = "start";
/// The image that runs, where it takes less than all of what was built.
pub(super) const IMAGE: &str = "image";
/// Railway's `preDeployCommand`.
pub const PRE_DEPLOY: &str = "pre-deploy";
