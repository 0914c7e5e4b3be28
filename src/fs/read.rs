//! Reading what anyone may have put there: never waits for a pipe, never takes more than is asked for.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Ignore files that a walk of a project reads in every folder.
const IGNORE_FILES: &[&str] = &[".gitignore", ".ignore", ".railwayignore"];

/// Opens a plain file, or a link to one.
///
/// # Errors
/// Those of opening, and `InvalidInput` for a pipe, a socket or a device, which is not waited for.
pub fn open(path: &Path) -> io::Result<File> {
    // Without the flag, opening a pipe waits for somebody to write to it.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    let file = OpenOptions::new().read(true).custom_flags(i32::try_from(flags).unwrap_or_default()).open(path)?;
    let meta = file.metadata()?;
    // Reading a folder is an error by itself, in the system's own words.
    match meta.is_file() || meta.is_dir() {
        true => Ok(file),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "is no plain file")),
    }
}

/// The content of a plain file of at most `most` bytes.
///
/// # Errors
/// Those of [`open`] and of reading, and `FileTooLarge`.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let expected = file.metadata()?.len().min(most);
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or_default() + 1);
    file.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {}", size(most)))),
        false => Ok(bytes),
    }
}

fn size(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{} KiB", bytes >> 10),
        whole => format!("{whole} MiB"),
    }
}

/// The same as text.
///
/// # Errors
/// Those of [`read`], and `InvalidData` where it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Whether a walk may enter a folder: one whose ignore files are pipes or devices would be waited for.
pub fn can_be_walked(folder: &Path) -> bool {
    IGNORE_FILES.iter().all(|name| fs::metadata(folder.join(name)).map_or(true, |meta| meta.is_file() || meta.is_dir()))
}

/// Whether a walk may begin at a folder: it reads the ignore files of the folders above, too.
pub fn can_be_walked_from(root: &Path) -> bool {
    root.ancestors().all(can_be_walked)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn pipe(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    #[test]
    fn a_plain_file_is_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        fs::write(&file, "tide").unwrap();
        assert_eq!(read(&file, 4).unwrap(), b"tide");
        assert_eq!(read(&file, 3).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read_text(&file, 9).unwrap(), "tide");
    }

    #[test]
    fn what_is_no_plain_file_is_told_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pipe");
        pipe(&file);
        assert_eq!(read(&file, 9).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(read(Path::new("/dev/zero"), 9).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert!(read(folder.path(), 9).is_err());
    }

    #[test]
    fn a_folder_with_a_pipe_for_an_ignore_file_is_not_walked() {
        let folder = tempfile::tempdir().unwrap();
        assert!(can_be_walked(folder.path()));
        fs::write(folder.path().join(".gitignore"), "x\n").unwrap();
        assert!(can_be_walked(folder.path()));
        pipe(&folder.path().join(".railwayignore"));
        assert!(!can_be_walked(folder.path()));
    }
}
