//! What Railpack looks for in the project's Python files, found in one pass over them.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use regex::bytes::Regex as BytesRegex;

use crate::builder::regex;
use crate::project::{Source, line_at};

static WSGI: LazyLock<Regex> = LazyLock::new(|| regex(r#"WSGI_APPLICATION = ["'](.*).application["']"#));
static POSTGRES: LazyLock<BytesRegex> = LazyLock::new(|| bytes_regex("django.db.backends.postgresql"));
static MYSQL: LazyLock<BytesRegex> = LazyLock::new(|| bytes_regex("django.db.backends.mysql"));

fn bytes_regex(pattern: &str) -> BytesRegex {
    #[expect(clippy::unwrap_used, reason = "patterns are literals, each used by a test")]
    BytesRegex::new(pattern).unwrap()
}

/// The first place of each, in the order of the files.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// The module of Django's WSGI application.
    pub(super) wsgi: Option<(String, Source)>,
    pub(super) postgres: Option<Source>,
    pub(super) mysql: Option<Source>,
}

impl Signs {
    /// `read` gives the text of a file, `place` a line of it.
    pub(super) fn of(
        files: &[PathBuf],
        read: impl Fn(&Path) -> Option<Vec<u8>>,
        place: impl Fn(&Path, usize) -> Source,
    ) -> Self {
        let mut signs = Self::default();
        for path in files {
            let Some(bytes) = read(path) else { continue };
            if signs.wsgi.is_none() && memchr::memmem::find(&bytes, b"WSGI_APPLICATION = ").is_some() {
                let text = String::from_utf8_lossy(&bytes);
                signs.wsgi = WSGI.captures(&text).and_then(|found| {
                    let line = line_at(&text, found.get(0)?.start());
                    Some((found[1].to_owned(), place(path, line)))
                });
            }
            if memchr::memmem::find(&bytes, b"django").is_none() {
                continue;
            }
            for (pattern, sign) in [(&POSTGRES, &mut signs.postgres), (&MYSQL, &mut signs.mysql)] {
                let found = sign.is_none().then(|| pattern.find(&bytes)).flatten();
                if let Some(found) = found {
                    let line = 1 + memchr::memchr_iter(b'\n', &bytes[..found.start()]).count();
                    *sign = Some(place(path, line));
                }
            }
        }
        signs
    }
}
