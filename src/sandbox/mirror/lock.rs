//! A lock with what it names led through the mirror: for installers that ask no page of an index, or one that their lock names.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use super::address::{name, path};

/// A lock as its installer is to see it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct Lock {
    pub(in crate::sandbox) text: String,
    /// The sha256 of each file that may be asked of the mirror, by the name of its real address.
    pub(super) files: BTreeMap<String, Option<String>>,
    /// The projects whose pages will be asked for.
    pub(super) projects: Vec<String>,
}

/// An archive as uv writes it down. The address of a requirement by its address has no hash behind it, and is installed with its name.
static ARCHIVE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(\burl = ")(https?://[^"\\]+)(", hash = "sha256:)([0-9a-f]{64})""#;
    Regex::new(pattern).unwrap_or_else(|error| unreachable!("a pattern of this file: {error}"))
});

/// A `uv.lock`, whose archives are asked for without a look at any page; none where it names none.
pub(super) fn of_uv(text: &str, origin: &str) -> Option<Lock> {
    let mut files = BTreeMap::new();
    let led = ARCHIVE.replace_all(text, |found: &Captures<'_>| {
        let Some(on_mirror) = path(&found[2]) else { return found[0].to_owned() };
        files.insert(name(&found[2]), Some(found[4].to_owned()));
        format!("{}{origin}{on_mirror}{}{}\"", &found[1], &found[3], &found[4])
    });
    match led {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some(Lock { text, files, projects: Vec::new() }),
    }
}

/// A `Pipfile.lock`, whose indexes pipenv names to its pip; none where `index` is not among them.
pub(super) fn of_pipenv(text: &str, index: &str, led: &str) -> Option<Lock> {
    let mut lock: Value = serde_json::from_str(text).ok()?;
    let mut is_led = false;
    for source in lock.pointer_mut("/_meta/sources")?.as_array_mut()? {
        let url = source.get_mut("url").filter(|url| url.as_str().is_some_and(|url| is_same(url, index)));
        if let Some(url) = url {
            *url = Value::String(led.to_owned());
            is_led = true;
        }
    }
    let projects = lock.get("default").and_then(Value::as_object).map(|all| all.keys().cloned().collect());
    is_led.then(|| Lock { text: lock.to_string(), projects: projects.unwrap_or_default(), ..Lock::default() })
}

fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "http://127.0.0.1:4000";

    #[test]
    fn archives_of_a_lock_are_led_through_and_nothing_else_is() {
        let sha = "a".repeat(64);
        let text = format!(
            "[[package]]\nname = \"tide\"\nsource = {{ registry = \"https://index.example/simple\" }}\n\
             sdist = {{ url = \"https://f.example/tide-1.tar.gz\", hash = \"sha256:{sha}\", size = 3 }}\n\
             wheels = [\n    {{ url = \"https://f.example/tide-1%2Bx.whl\", hash = \"sha256:{sha}\", size = 3 }},\n]\n\
             [[package]]\nname = \"ebb\"\nsource = {{ url = \"https://f.example/ebb-1.whl\" }}\n\
             wheels = [{{ url = \"https://u:p@f.example/ebb-1.whl\", hash = \"sha256:{sha}\" }}, {{ path = \"c.whl\" }}]\n"
        );
        let lock = of_uv(&text, ORIGIN).unwrap();
        let expected = text
            .replace("https://f.example/tide-1.tar.gz", "http://127.0.0.1:4000/https/f.example/tide-1.tar.gz")
            .replace("https://f.example/tide-1%2Bx.whl", "http://127.0.0.1:4000/https/f.example/tide-1%2Bx.whl");
        assert_eq!(lock.text, expected);
        let files = ["https://f.example/tide-1+x.whl", "https://f.example/tide-1.tar.gz"];
        assert_eq!(lock.files, files.map(|name| (name.to_owned(), Some(sha.clone()))).into());
        assert_eq!(of_uv("version = 1\n", ORIGIN), None);
    }

    #[test]
    fn the_index_of_a_pipfile_lock_is_led_through_and_its_hash_stays() {
        let text = r#"{"_meta":{"hash":{"sha256":"0"},"sources":[{"name":"pypi","url":"https://pypi.org/simple","verify_ssl":true},{"name":"b","url":"https://b.example/simple"}]},"default":{"tide":{"hashes":["sha256:1"],"index":"pypi","version":"==1.0"}}}"#;
        let led = "http://127.0.0.1:4000/https/pypi.org/simple";
        let lock = of_pipenv(text, "https://pypi.org/simple/", led).unwrap();
        let expected: Value = serde_json::from_str(&text.replace("https://pypi.org/simple", led)).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&lock.text).unwrap(), expected);
        assert_eq!(lock.projects, ["tide"]);
        assert_eq!(of_pipenv(text, "https://other.example/simple", led), None);
        assert_eq!(of_pipenv("{}", "https://pypi.org/simple", led), None);
    }
}
