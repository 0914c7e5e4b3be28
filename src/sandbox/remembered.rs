//! What was tried on this machine once, and holds as long as nothing that it hangs on changes.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use super::cache::Cache;

/// The most bytes of an outcome and its key.
const MOST: u64 = 1 << 16;

/// One outcome in a cache, by its name.
#[derive(Debug)]
pub(super) struct Remembered<'a> {
    cache: &'a Cache,
    name: &'static str,
}

impl<'a> Remembered<'a> {
    pub(super) fn new(cache: &'a Cache, name: &'static str) -> Self {
        Self { cache, name }
    }

    fn place(&self) -> PathBuf {
        self.cache.root().join(self.name)
    }

    /// The outcome, a line, of a trial under the same conditions; `key` has all that it hangs on.
    pub(super) fn get(&self, key: &str) -> Option<String> {
        let text = crate::fs::read_text(&self.place(), MOST).ok()?;
        let (outcome, written) = text.split_once('\n')?;
        (written == key).then(|| outcome.to_owned())
    }

    /// Has it tried again.
    pub(super) fn forget(&self) {
        let _ = fs::remove_file(self.place());
    }

    /// Whether it is from a trial that is not as long ago as that.
    pub(super) fn is_recent(&self, within: Duration) -> bool {
        let written = fs::metadata(self.place()).and_then(|meta| meta.modified());
        written.is_ok_and(|written| written.elapsed().is_ok_and(|age| age < within))
    }

    /// Keeps an outcome, whole or not at all, whoever else does.
    ///
    /// # Errors
    /// The disk's: whoever cannot keep it tries again.
    pub(super) fn set(&self, outcome: &str, key: &str) -> io::Result<()> {
        fs::create_dir_all(self.cache.root())?;
        let mut file = tempfile::NamedTempFile::new_in(self.cache.root())?;
        write!(file, "{}\n{key}", outcome.replace('\n', " "))?;
        file.persist(self.place()).map(drop).map_err(|error| error.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_holds_until_something_changes() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("cache"));
        let kept = Remembered::new(&cache, "trial");
        assert!(kept.get("a\nb").is_none() && !kept.is_recent(Duration::from_secs(60)));
        kept.set("it\nworks", "a\nb").unwrap();
        assert_eq!((kept.get("a\nb").as_deref(), kept.get("a")), (Some("it works"), None));
        assert!(kept.is_recent(Duration::from_secs(60)));
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(61);
        fs::File::options().append(true).open(kept.place()).unwrap().set_modified(long_ago).unwrap();
        assert!(!kept.is_recent(Duration::from_secs(60)));
        kept.forget();
        assert!(kept.get("a\nb").is_none());
    }
}
