//! What a command in a container does to the project's files: a watcher beside it is told by the kernel.
//!
//! Times of access are no help here: fuse-overlayfs mounts with `noatime`. inotify is told of an open by the kernel whatever the storage
//! driver (seen on fuse-overlayfs), and perl, which asks for it, is in every image that is made from Debian or Ubuntu.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result, ensure};

use super::container::Container;
use super::engine::{SOON, own_group};
use crate::sandbox::store::tree::{Kind, Tree};

const SCRIPT: &str = include_str!("watch.pl");
const APP: &str = "/app";
/// Bits of inotify's masks: a change of content, attributes or name, of whatever kind.
const CHANGED: u32 = 0x2 | 0x4 | 0x40 | 0x80 | 0x100 | 0x200;
/// A look into it: at its content, or a folder's.
const LOOKED_AT: u32 = 0x1 | 0x20;
const IS_FOLDER: u32 = 0x4000_0000;
/// The most bytes of an answer: a path for each file of a large project.
const MOST: u64 = 64 << 20;

/// A watcher at work. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Watch {
    child: Child,
    answers: Option<BufReader<ChildStdout>>,
}

/// What it saw, by path in `/app`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) opened: BTreeSet<PathBuf>,
    pub(super) changed: BTreeSet<PathBuf>,
}

impl Watch {
    /// Begins to watch what was copied in.
    pub(super) fn begin(container: &Container, copied: &Tree) -> Result<Self> {
        let engine = container.engine();
        let mut command = Command::new(engine.program());
        command.args(["exec", "--interactive", "--user", "0", container.name(), "perl", "-e", SCRIPT]);
        command.env_clear().envs(engine.vars());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        own_group(&mut command)?;
        let mut child = command.spawn().with_context(|| format!("cannot run {}", engine.program().display()))?;
        let answers = child.stdout.take().map(BufReader::new);
        let mut watch = Self { child, answers };
        let folders = copied.iter().filter(|(_, entry)| entry.kind == Kind::Folder).map(|(path, _)| path.as_path());
        let mut text = Vec::new();
        for folder in std::iter::once(Path::new("")).chain(folders) {
            text.extend_from_slice(APP.as_bytes());
            if folder != Path::new("") {
                text.push(b'/');
                text.extend_from_slice(folder.as_os_str().as_bytes());
            }
            text.push(0);
        }
        text.push(0);
        let stdin = watch.child.stdin.as_mut().context("a watcher without input")?;
        let told = stdin.write_all(&text);
        let line = watch.answer(|answers| {
            let mut line = String::new();
            answers.by_ref().take(64).read_line(&mut line)?;
            Ok(line)
        })?;
        ensure!(told.is_ok() && line == "ready\n", "nobody in the container can watch what is read (perl does)");
        Ok(watch)
    }

    /// Ends it; gives what it saw.
    pub(super) fn end(mut self) -> Result<Seen> {
        drop(self.child.stdin.take());
        let answer = self.answer(|answers| {
            let mut answer = Vec::new();
            answers.by_ref().take(MOST).read_to_end(&mut answer)?;
            Ok(answer)
        })?;
        read(&answer).context("what it read of the project is not known")
    }

    /// Reads from the watcher, which may have died or hang.
    fn answer<T: Send + 'static>(
        &mut self,
        read: impl FnOnce(&mut BufReader<ChildStdout>) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let mut answers = self.answers.take().context("a watcher that is gone")?;
        let (said, inbox) = mpsc::channel();
        thread::spawn(move || {
            let answer = read(&mut answers);
            let _ = said.send((answer, answers));
        });
        let (answer, answers) = inbox.recv_timeout(SOON).context("the watcher does not answer")?;
        self.answers = Some(answers);
        Ok(answer?)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The answer as [`SCRIPT`] gives it; none where its end is missing.
fn read(answer: &[u8]) -> Option<Seen> {
    let mut seen = Seen::default();
    let mut parts: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
    parts.pop().filter(|end| *end == b"whole")?;
    for part in parts {
        let blank = part.iter().position(|byte| *byte == b' ')?;
        let mask: u32 = std::str::from_utf8(&part[..blank]).ok()?.parse().ok()?;
        let path = PathBuf::from(std::ffi::OsString::from_vec(part[blank + 1..].to_vec()));
        let path = path.strip_prefix(APP).ok()?.to_owned();
        if mask & CHANGED != 0 {
            seen.changed.insert(path.clone());
        }
        if mask & LOOKED_AT != 0 && mask & IS_FOLDER == 0 {
            seen.opened.insert(path);
        }
    }
    Some(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opened_files_are_told_from_folders_and_from_changed_ones() {
        let answer = b"33 /app/requirements.txt\x001073741857 /app/sub/\x0034 /app/a b\x00256 /app/made\x00whole";
        let seen = read(answer).unwrap();
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<BTreeSet<_>>();
        assert_eq!(seen.opened, paths(&["requirements.txt", "a b"]));
        assert_eq!(seen.changed, paths(&["a b", "made"]));
    }

    #[test]
    fn an_answer_that_was_cut_short_is_none() {
        assert_eq!(read(b"33 /app/requirements.txt\0"), None);
        assert_eq!(read(b""), None);
        assert_eq!(read(b"whole"), Some(Seen::default()));
    }
}
