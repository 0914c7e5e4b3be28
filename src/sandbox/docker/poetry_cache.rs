//! Poetry's own cache in a container, with the archives in it that earlier runs downloaded.

use std::fs::{self, File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};

use super::engine::WORK;
use super::listing;
use super::live::Live;
use super::stage::stage;
use crate::plan::Vars;
use crate::sandbox::mirror::route::Shown;
use crate::sandbox::reuse::Upcoming;
use crate::sandbox::store::artifacts::{Artifacts, PLACE};
use crate::sandbox::store::pip::Installs;

/// Begins to watch which of the files in the folder `$1` are read.
const FORGET: &str = r#"find "$1" -type f -exec touch -a -c -d @0 -- {} +"#;
/// Whether no link leads to the folder `$1` or away from it.
const IS_OWN: &str = r#"[ "$(realpath -m -- "$1")" = "$1" ]"#;
/// Takes away what of the folder `$1` nobody has read of all the files after it, and folders that held nothing else. Prints of each file that
/// is there then its permissions, its size in bytes and its place, each ended by a zero.
const LEAVE: &str = r#"[ "$(realpath -m -- "$1")" = "$1" ] && cd "$1" 2> /dev/null || exit 0
for file in "${@:2}"; do
  [ "$(stat -c %X -- "$file")" != 0 ] || { rm -f -- "$file" && rmdir -p --ignore-fail-on-non-empty -- "${file%/*}"; }
done 2> /dev/null
find . -mindepth 5 -maxdepth 5 -type f -printf '%m\0%s\0%P\0' | head -c 16777216"#;
/// Prints files of the folder `$1`, one after the other.
const PRINT: &str = r#"cd "$1" && shift && exec cat -- "$@""#;
/// So many files are printed at once: a command line has room for them.
const AT_ONCE: usize = 500;

/// A file of the cache, as the container tells of it.
struct InCache<'t> {
    mode: u32,
    bytes: u64,
    place: &'t str,
}

impl Live {
    /// Puts what the lock names into the cache of a Poetry that is about to run. What cannot be put there is downloaded.
    pub(super) fn show_artifacts(&mut self, upcoming: &Upcoming<'_>, vars: &Vars, installs: Installs) -> Result<()> {
        let caches = upcoming.step.caches;
        let Some(artifacts) = self.front.artifacts(self.app.folder(), vars, caches, installs) else { return Ok(()) };
        let (folder, mut places) = (stage()?, Vec::new());
        for mut artifact in artifacts.known() {
            let path = folder.path().join(&artifact.place);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            let mut put = File::create(&path)?;
            io::copy(&mut artifact.file, &mut put)?;
            put.set_permissions(Permissions::from_mode(artifact.mode))?;
            places.push(artifact.place);
        }
        if !places.is_empty() {
            let container = self.container()?;
            // What Poetry does not take of it has to go again.
            ensure!(listing::traces(container), "what is read in the container leaves no trace");
            ensure!(container.ask(IS_OWN, &[&in_container()], WORK)?.success, "Poetry's cache is somewhere else");
            container.put(folder.path(), &in_container())?;
            ensure!(container.ask(FORGET, &[&in_container()], WORK)?.success, "Poetry's cache could not be watched");
        }
        self.front.show(Shown { artifacts, places });
        Ok(())
    }

    /// Keeps what Poetry has downloaded, and takes away what it was shown and did not take.
    pub(super) fn keep_artifacts(&mut self, interrupted: &AtomicBool) -> Result<()> {
        let Some(Shown { artifacts, places }) = self.front.shown_artifacts() else { return Ok(()) };
        let folder = in_container();
        let arguments: Vec<&str> = std::iter::once(folder.as_str()).chain(places.iter().map(String::as_str)).collect();
        let told = self.container()?.ask(LEAVE, &arguments, WORK)?.stdout;
        let files = read(&told);
        let wanted = artifacts.wanted(files.iter().map(|file| file.place), &self.history.past.client, interrupted);
        let wanted: Vec<&InCache<'_>> = files.iter().filter(|file| wanted.contains(&file.place)).collect();
        for files in wanted.chunks(AT_ONCE).take_while(|_| !interrupted.load(Ordering::Relaxed)) {
            self.keep_files(&artifacts, files)?;
        }
        artifacts.end();
        Ok(())
    }

    fn keep_files(&self, artifacts: &Artifacts, files: &[&InCache<'_>]) -> Result<()> {
        let folder = in_container();
        let arguments: Vec<&str> =
            std::iter::once(folder.as_str()).chain(files.iter().map(|file| file.place)).collect();
        let total = files.iter().fold(0_u64, |total, file| total.saturating_add(file.bytes));
        artifacts.has_room(total)?;
        let printed = self.container()?.print(PRINT, &arguments, total)?;
        for file in files {
            artifacts.keep(file.place, file.mode, (&printed).take(file.bytes));
        }
        Ok(())
    }
}

fn in_container() -> String {
    format!("/{PLACE}")
}

fn read(told: &str) -> Vec<InCache<'_>> {
    let fields: Vec<&str> = told.split('\0').collect();
    let file = |fields: &[&'_ str]| -> Result<(u32, u64)> {
        Ok((u32::from_str_radix(fields[0], 8).context("no permissions")?, fields[1].parse()?))
    };
    let files = fields.chunks_exact(3).filter_map(|fields| {
        let (mode, bytes) = file(fields).ok()?;
        Some(InCache { mode, bytes, place: fields[2] })
    });
    files.collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn run(script: &str, arguments: &[&str]) -> String {
        let output = Command::new("bash").args(["-c", script, "shakedown"]).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn what_poetry_did_not_take_goes_with_its_folders() {
        let cache = tempfile::tempdir().unwrap();
        let top = cache.path().to_str().unwrap();
        let [taken, left, own] = ["a", "b", "c"].map(|folder| format!("{folder}/1/2/3/tide-1.0.whl"));
        for place in [&taken, &left, &own] {
            fs::create_dir_all(cache.path().join(place).parent().unwrap()).unwrap();
        }
        fs::write(cache.path().join(&taken), "one").unwrap();
        fs::write(cache.path().join(&left), "two").unwrap();
        run(FORGET, &[top]);
        fs::write(cache.path().join(&own), "three").unwrap();
        fs::read(cache.path().join(&taken)).unwrap();
        let told = run(LEAVE, &[top, &taken, &left]);
        let mut files: Vec<_> = read(&told).iter().map(|file| (file.place.to_owned(), file.bytes, file.mode)).collect();
        files.sort();
        assert_eq!(files, [(taken.clone(), 3, 0o644), (own.clone(), 5, 0o644)]);
        assert!(!cache.path().join("b").exists());
        assert_eq!(run(PRINT, &[top, &own, &taken]), "threeone");
        assert_eq!(run(LEAVE, &["/nowhere"]), "");
        // A command may have put a link there.
        let link = cache.path().join("link");
        std::os::unix::fs::symlink(cache.path(), &link).unwrap();
        fs::create_dir(cache.path().join("empty")).unwrap();
        assert_eq!(run(LEAVE, &[link.to_str().unwrap(), &taken]), "");
        run(LEAVE, &[top, &own]);
        assert!(cache.path().join("empty").exists());
    }
}
