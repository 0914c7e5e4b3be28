//! Reading what anyone may have put there: never waits for a pipe, never takes more than is asked for.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
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

/// More than any list of patterns that people write.
const MOST_PATTERNS: u64 = 1 << 20;
const LONGEST_PATTERN: usize = 4096;
/// Alternatives within alternatives; what makes them into an expression goes as deep as they do.
const DEEPEST_PATTERN: usize = 20;

/// The first line (from 1) of an ignore file that is no pattern to be made into an expression, and why.
pub fn pattern_fault(text: &str) -> Option<(usize, &'static str)> {
    let fault = |line: &str| {
        let (mut depth, mut deepest) = (0usize, 0);
        for byte in line.bytes() {
            match byte {
                b'{' => depth += 1,
                b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(depth);
        }
        match line.len() > LONGEST_PATTERN {
            true => Some("is longer than 4096 bytes"),
            false => (deepest > DEEPEST_PATTERN).then_some("is nested deeper than 20 levels"),
        }
    };
    text.lines().enumerate().find_map(|(index, line)| Some((index + 1, fault(line)?)))
}

/// The text of an ignore file whose patterns may be read.
///
/// # Errors
/// Those of [`read`], and `InvalidData` for a pattern that is too long or too deep.
pub fn read_patterns(path: &Path) -> io::Result<String> {
    let text = String::from_utf8_lossy(&read(path, MOST_PATTERNS)?).into_owned();
    match pattern_fault(&text) {
        None => Ok(text),
        Some((line, why)) => Err(io::Error::new(io::ErrorKind::InvalidData, format!("line {line} {why}"))),
    }
}

/// Whether a walk may enter a folder: one whose ignore files are pipes or devices would be waited for, and patterns without end
/// would be made into expressions without end.
pub fn can_be_walked(folder: &Path) -> bool {
    let is_harmless = |name: &&str| match fs::symlink_metadata(folder.join(name)) {
        Err(_) => true,
        Ok(meta) => meta.is_dir() || read_patterns(&folder.join(name)).is_ok() || !folder.join(name).exists(),
    };
    IGNORE_FILES.iter().all(is_harmless)
}

/// Copies the content of a plain file to a new one, by shared blocks where the file system can, with holes where it has holes.
///
/// # Errors
/// Those of [`open`] and of writing.
pub fn copy_sparse(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = open(from)?;
    let meta = source.metadata()?;
    let mut target = OpenOptions::new().write(true).create_new(true).open(to)?;
    target.set_permissions(meta.permissions())?;
    if rustix::fs::ioctl_ficlone(&target, &source).is_ok() {
        return Ok(());
    }
    // Blocks are of 512 bytes, whatever the file system's are (stat(2)).
    if meta.blocks().saturating_mul(512) >= meta.len() {
        return io::copy(&mut source, &mut target).map(drop);
    }
    target.set_len(meta.len())?;
    let mut at = 0;
    while let Ok(data) = rustix::fs::seek(&source, rustix::fs::SeekFrom::Data(at)) {
        let hole = rustix::fs::seek(&source, rustix::fs::SeekFrom::Hole(data))?;
        source.seek(io::SeekFrom::Start(data))?;
        target.seek(io::SeekFrom::Start(data))?;
        io::copy(&mut (&mut source).take(hole - data), &mut target)?;
        at = hole;
    }
    Ok(())
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
    fn patterns_that_are_too_long_or_too_deep_keep_a_folder_from_being_walked() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".gitignore");
        fs::write(&file, format!("*.pyc\n{}\n", "{".repeat(DEEPEST_PATTERN + 1))).unwrap();
        assert!(!can_be_walked(folder.path()));
        assert_eq!(read_patterns(&file).unwrap_err().to_string(), "line 2 is nested deeper than 20 levels");
        fs::write(&file, "x".repeat(LONGEST_PATTERN + 1)).unwrap();
        assert!(!can_be_walked(folder.path()));
        fs::write(&file, "*.{py[co],so}\n!keep\n").unwrap();
        assert!(can_be_walked(folder.path()));
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("nowhere", &file).unwrap();
        assert!(can_be_walked(folder.path()));
    }

    #[test]
    fn a_file_of_holes_is_copied_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        let mut file = File::create(&from).unwrap();
        file.set_len(3 << 30).unwrap();
        file.seek(io::SeekFrom::Start(1 << 30)).unwrap();
        io::Write::write_all(&mut file, b"tide").unwrap();
        copy_sparse(&from, &to).unwrap();
        let meta = fs::metadata(&to).unwrap();
        assert_eq!(meta.len(), 3 << 30);
        assert!(meta.blocks() * 512 < 1 << 20, "{} blocks", meta.blocks());
        let mut copy = File::open(&to).unwrap();
        copy.seek(io::SeekFrom::Start(1 << 30)).unwrap();
        let mut word = [0; 4];
        copy.read_exact(&mut word).unwrap();
        assert_eq!(&word, b"tide");
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
