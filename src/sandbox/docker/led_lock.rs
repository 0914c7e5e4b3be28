//! A lock of the project with a copy in its place while one command runs: in a container nothing can be shown over a file.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::container::Container;
use super::engine::WORK;
use super::stage::stage;

/// Where the copy is put first, beside the lock as this machine knows it, and the project's own lies meanwhile.
const ASIDE: &str = "/run/shakedown-lock";
/// Whether two plain files hold the same.
const IS_SAME: &str = r#"is_same() { [ -f "$1" ] && [ ! -L "$1" ] && [ "$(cat "$1"; echo .)" = "$(cat "$2"; echo .)" ]; }
lock="$1/$2"
"#;
/// Puts the copy `$3/lock` in the place of the lock `$1/$2`, which is laid beside it, unless a command has made that another than `$3/known`.
const SHOW: &str = r#"is_same "$lock" "$3/known" && mv -T "$lock" "$3/own" || { rm -rf "$3"; exit 1; }
cp -p "$3/lock" "$lock" || { mv -fT "$3/own" "$lock"; rm -rf "$3"; exit 1; }"#;
/// Puts the project's own back. Where a command has written to the copy, that stays, with the real addresses for those on the mirror at `$4`.
const PUT_BACK: &str = r#"
if is_same "$lock" "$3/lock"; then
  mv -fT "$3/own" "$lock" && echo same
elif [ ! -L "$lock" ] && [ -f "$lock" ]; then
  sed -i -E "s#$4/(https?)-([0-9]+)/([A-Za-z0-9.-]+)#\1://\3:\2#g; s#$4/(https?)/#\1://#g" "$lock"
fi
rm -rf "$3""#;

/// A lock that has a copy in its place.
#[derive(Debug)]
pub(super) struct LedLock {
    /// Its name in `/app`.
    name: String,
    /// `http://127.0.0.1:PORT`.
    mirror: String,
}

impl LedLock {
    /// Puts the file `copy` of this machine, with its permissions and time, in the place of the lock `place`, of which this machine has
    /// another in `app`.
    ///
    /// # Errors
    /// The container has no such lock, or does not answer.
    pub(super) fn show(container: &Container, copy: &Path, place: &str, app: &Path, mirror: String) -> Result<Self> {
        let name = place.strip_prefix("/app/").context("a lock that is not in /app")?.to_owned();
        let folder = stage()?;
        let staged = folder.path().join("lock");
        fs::copy(copy, &staged)?;
        fs::File::options().write(true).open(&staged)?.set_modified(copy.metadata()?.modified()?)?;
        fs::copy(app.join(&name), folder.path().join("known"))?;
        container.put(folder.path(), ASIDE)?;
        let lock = Self { name, mirror };
        match container.ask(&format!("{IS_SAME}{SHOW}"), &["/app", &lock.name, ASIDE], WORK) {
            Ok(shown) => {
                ensure!(shown.success, "{place} could not be led to the mirror");
                Ok(lock)
            }
            Err(error) => {
                // It may be there all the same.
                lock.put_back(container);
                Err(error)
            }
        }
    }

    /// Puts the project's own back; gives its name if the command has left it alone.
    pub(super) fn put_back(self, container: &Container) -> Option<String> {
        let arguments = ["/app", &self.name, ASIDE, &self.mirror];
        let script = format!("{IS_SAME}{PUT_BACK}");
        let put = || container.ask(&script, &arguments, WORK).ok();
        let is_same = put().or_else(put).is_some_and(|answer| answer.success && answer.stdout.trim() == "same");
        is_same.then_some(self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;
    use std::process::Command;

    use super::*;

    const MIRROR: &str = "http://127.0.0.1:4000";

    /// Runs `change` in a folder whose lock has a copy in its place; gives what is said of it, the lock's text afterwards, and whether it is
    /// the very file.
    fn led(own: &str, change: &str) -> (String, Option<String>, bool) {
        let (app, aside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let lock = app.path().join("Pipfile.lock");
        fs::write(&lock, own).unwrap();
        let inode = lock.metadata().unwrap().ino();
        fs::write(aside.path().join("lock"), format!("{MIRROR}/https/a.example/x")).unwrap();
        fs::write(aside.path().join("known"), "own\n").unwrap();
        let run = |script: &str| {
            let script = format!("{IS_SAME}{script}");
            let mut bash = Command::new("bash");
            bash.args(["-c", &script, "shakedown"]).arg(app.path()).arg("Pipfile.lock").arg(aside.path()).arg(MIRROR);
            let output = bash.output().unwrap();
            (output.status.success(), String::from_utf8(output.stdout).unwrap())
        };
        let (is_shown, mut said) = run(SHOW);
        if is_shown {
            assert!(fs::read_to_string(&lock).unwrap().starts_with(MIRROR));
            run(&format!("cd \"$1\"; {change}"));
            said = run(PUT_BACK).1;
        }
        assert!(!aside.path().exists());
        let is_own = lock.metadata().is_ok_and(|now| now.ino() == inode);
        (said, fs::read_to_string(&lock).ok(), is_own)
    }

    #[test]
    fn the_projects_own_comes_back_unless_the_command_has_written_another() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(led("own\n", "cat Pipfile.lock"), ("same\n".to_owned(), text("own\n"), true));
        let other = format!("echo {MIRROR}/https/b.example/y {MIRROR}/http-8080/b.example/z > Pipfile.lock");
        assert_eq!(led("own\n", &other), (String::new(), text("https://b.example/y http://b.example:8080/z\n"), false));
        assert_eq!(led("own\n", "rm Pipfile.lock"), (String::new(), None, false));
        // An earlier command has written another.
        assert_eq!(led("own", "exit 1"), (String::new(), text("own"), true));
    }
}
