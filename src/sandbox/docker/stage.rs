//! Folders of this machine whose files go into a container.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::Result;
use tempfile::TempDir;

use crate::fs::temporary;

/// A folder to copy from, readable by everyone as what lies in it becomes a folder of the container.
pub(super) fn stage() -> Result<TempDir> {
    let stage = temporary::folder()?;
    fs::set_permissions(stage.path(), fs::Permissions::from_mode(0o755))?;
    Ok(stage)
}
