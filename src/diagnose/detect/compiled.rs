//! Modules of Python itself that a Python lacks because of what it was compiled without.

use crate::catalog::libraries;
use crate::diagnose::table::Finding;

/// The header without which CPython is compiled without this module of its own.
pub(super) fn header_of(module: &str) -> Option<&'static str> {
    Some(match module {
        "_ctypes" => "ffi.h",
        "_ssl" | "_hashlib" => "openssl/ssl.h",
        "_sqlite3" => "sqlite3.h",
        "_bz2" => "bzlib.h",
        "_lzma" => "lzma.h",
        "readline" => "readline/readline.h",
        "_curses" => "ncurses.h",
        _ => return None,
    })
}

/// Says which header was not there when this Python was compiled.
pub(super) fn explain(finding: &mut Finding, module: &str) {
    let Some(header) = header_of(module) else { return };
    let apt = libraries::header(header).map_or(header, |packages| packages.apt);
    finding.message = Some(format!("this Python was compiled without `{module}`: {header} was not there"));
    finding.help = Some(format!(
        "take a version of Python that has a ready-made build (X.Y, or a newer patch) in place of one that is compiled, or have Debian's `{apt}` there before it is"
    ));
}
