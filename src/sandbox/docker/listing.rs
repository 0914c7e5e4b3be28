//! What is in `/app` of a container, as its own `find` lists it, and what its network has sent until then.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use super::container::Container;
use super::engine::WORK;
use super::outward;
use crate::sandbox::netns::sent::Sent;
use crate::sandbox::store::tree::{Entry, Kind, Tree};

/// The most bytes of a listing: a million files have less.
const MOST: usize = 128 << 20;
/// Nine fields for each file, all ended by a zero.
const LIST: &str = r"find . -mindepth 1 -printf '%y\0%m\0%s\0%T@\0%C@\0%A@\0%i\0%l\0%P\0'";
const FIELDS: usize = 9;
/// Whether a file that was read tells so: its time of access lies before its last change.
const TRACES: &str = r#"
file=$(mktemp /app/.shakedown.XXXXXX) && echo x > "$file" && touch -a -d @0 "$file" && cat "$file" > /dev/null
seen=$(stat -c %X "$file")
rm -f "$file"
[ "$seen" != 0 ]"#;
/// Sets the time of access of each file that the list names, ended by zeros, to the beginning of time, and removes the list with its folder.
const FORGET: &str = r#"cd /app && xargs -0 -r touch -a -c -h -d @0 -- < "$1" && rm -rf -- "${1%/*}""#;

/// Everything below `/app`, by its path there, and what had been sent before it was listed.
///
/// # Errors
/// Something that is no file, folder or link, a name that is no text or has several lines, or more than [`MOST`].
pub(super) fn list(container: &Container) -> Result<(Tree, Result<Sent>)> {
    // The argument of `head` is one more than may come.
    let script = format!("cd /app && {{ {}\n{LIST}; }} | head -c \"$1\"", outward::SCRIPT);
    let answer = container.ask(&script, &[&(MOST + 1).to_string()], WORK)?;
    if !answer.success {
        return Err(container.engine().lost("list the files of /app", &answer.stderr).into());
    }
    ensure!(answer.stdout.len() <= MOST, "/app holds too many files");
    let (sent, listed) = answer.stdout.split_once(outward::END).context("the files of /app were not listed")?;
    Ok((read(listed)?, outward::read(sent)))
}

fn read(listed: &str) -> Result<Tree> {
    let fields: Vec<&str> = listed.split('\0').collect();
    let mut tree = Tree::new();
    for fields in fields.chunks_exact(FIELDS) {
        let [kind, mode, size, modified, changed, accessed, inode, target, path] = fields else { continue };
        let is_plain = |text: &str| !text.contains(['\n', char::REPLACEMENT_CHARACTER]);
        ensure!(is_plain(path) && is_plain(target), "a file of /app has a name that is no line of text");
        let kind = match *kind {
            "d" => Kind::Folder,
            "f" => Kind::File,
            "l" => Kind::Link(PathBuf::from(target)),
            _ => bail!("{path} is a pipe, a socket or a device"),
        };
        let entry = Entry {
            mode: u32::from_str_radix(mode, 8)?,
            size: if kind == Kind::File { size.parse()? } else { 0 },
            modified: time(modified)?,
            changed: time(changed)?,
            accessed: time(accessed)?,
            inode: inode.parse()?,
            kind,
        };
        tree.insert(PathBuf::from(path), entry);
    }
    Ok(tree)
}

/// Seconds and nanoseconds: `find` gives ten digits of these.
fn time(text: &str) -> Result<(i64, i64)> {
    let (seconds, rest) = text.split_once('.').unwrap_or((text, "0"));
    let digits: String = rest.chars().chain("000000000".chars()).take(9).collect();
    let nanoseconds = digits.parse().with_context(|| format!("{text} is no time"))?;
    Ok((seconds.parse()?, nanoseconds))
}

/// Whether reading leaves a trace in `/app`.
pub(super) fn traces(container: &Container) -> bool {
    container.ask(TRACES, &[], WORK).is_ok_and(|answer| answer.success)
}

/// Begins to watch which of the files are read that `list`, a file of the container, names.
pub(super) fn forget(container: &Container, list: &str) -> Result<()> {
    let answer = container.ask(FORGET, &[list], WORK)?;
    ensure!(answer.success, "the files of /app could not be watched");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_sees_the_list_of_what_is_watched() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["app", "lists"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        std::fs::write(at("app/two\nlines"), "").unwrap();
        std::fs::write(at("lists/list"), "two\nlines\0").unwrap();
        let script = FORGET.replace("/app", &at("app").to_string_lossy());
        let mut forget = std::process::Command::new("bash");
        let done = forget.args(["-c", &script, "shakedown"]).arg(at("lists/list")).status().unwrap();
        let accessed = std::os::unix::fs::MetadataExt::atime(&at("app/two\nlines").metadata().unwrap());
        assert_eq!((done.success(), accessed, at("lists").exists()), (true, 0, false));
    }

    #[test]
    fn each_file_is_listed_with_its_times() {
        let listed = "f\x00644\x0012\x001700000000.1234567890\x001.5\x000.0000000000\x007\x00\x00main.py\0l\x00777\x003\x001.0\x001.0\x001.0\x008\x00main.py\x00run.py\0";
        let tree = read(listed).unwrap();
        let main = &tree[&PathBuf::from("main.py")];
        assert_eq!((main.mode, main.size, main.inode), (0o644, 12, 7));
        assert_eq!(
            (main.modified, main.changed, main.accessed),
            ((1_700_000_000, 123_456_789), (1, 500_000_000), (0, 0))
        );
        assert_eq!(tree[&PathBuf::from("run.py")].kind, Kind::Link("main.py".into()));
    }

    #[test]
    fn what_is_no_plain_file_is_refused() {
        let of =
            |kind: &str, name: &str| read(&format!("{kind}\x00644\x000\x001.0\x001.0\x001.0\x001\x00\x00{name}\0"));
        assert!(of("f", "a").is_ok());
        assert_eq!(of("p", "a").unwrap_err().to_string(), "a is a pipe, a socket or a device");
        assert!(of("f", "two\nlines").is_err() && of("f", "\u{fffd}").is_err());
    }
}
