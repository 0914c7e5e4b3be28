//! Files that nobody but their owner may read.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::Serialize;

/// Makes a file anew that its owner alone may read and write. What was there before is removed, so neither its permissions nor
/// where a link led count any longer.
///
/// # Errors
/// Those of removing what is there and of making the file.
pub fn create_private(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Writes a value as JSON into such a file.
///
/// # Errors
/// Those of [`create_private`] and of writing.
pub fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    Ok(serde_json::to_writer(create_private(path)?, value)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn nobody_else_may_read_it_whatever_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let (own, other) = (folder.path().join("own"), folder.path().join("other"));
        fs::write(&other, "theirs").unwrap();
        for _ in 0..2 {
            write_json(&own, &[1, 2]).unwrap();
            assert_eq!(fs::metadata(&own).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::read_to_string(&own).unwrap(), "[1,2]");
            fs::set_permissions(&own, fs::Permissions::from_mode(0o644)).unwrap();
        }
        fs::remove_file(&own).unwrap();
        symlink(&other, &own).unwrap();
        write_json(&own, &1).unwrap();
        assert_eq!(fs::read_to_string(&other).unwrap(), "theirs");
    }
}
