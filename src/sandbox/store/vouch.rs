//! What must not be among the things that a command read: anything that may have done more than pip's log tells of.

use std::path::Path;

use anyhow::{Result, ensure};

use super::pip::names_far_requirements;

/// Files that pip reads and does not run. A command that read any other of the project's may have done anything.
const DATA: &[&str] = &["txt", "in", "pip", "lock", "toml", "whl"];
/// The same by their names.
const NAMED_DATA: &[&str] = &[".python-version", ".python-versions"];
/// Files that setuptools and uv put where they run, and that do nothing of this kind.
const OWN_CODE: &[&str] = &["distutils-precedence.pth", "_virtualenv.pth"];

/// Makes sure of a file of the project that was read: it is no code of the project's, and no list that names other lists by address.
///
/// # Errors
/// It may be either.
pub(in crate::sandbox) fn is_data(app: &Path, read: &Path) -> Result<()> {
    let is_data = read.extension().is_some_and(|extension| DATA.iter().any(|data| extension == *data))
        || NAMED_DATA.iter().any(|name| read == Path::new(name));
    ensure!(is_data, "it read {}, and may have run it", read.display());
    let text = crate::fs::read(&app.join(read), 4 << 20).unwrap_or_default();
    let names = names_far_requirements(&String::from_utf8_lossy(&text));
    ensure!(!names, "{} names requirements by their address", read.display());
    Ok(())
}

/// Makes sure that none of these files, which an earlier command installed, runs whenever a Python starts.
///
/// # Errors
/// One may.
pub(in crate::sandbox) fn holds_no_code<'p>(mut paths: impl Iterator<Item = &'p Path>) -> Result<()> {
    let is_code = |path: &&Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_installed = path.iter().any(|part| part == "site-packages");
        is_installed && name.ends_with(".pth") && !OWN_CODE.contains(&&*name) || name == "usercustomize.py"
    };
    let found = paths.find(is_code);
    ensure!(found.is_none(), "{} may have run with it", found.map_or("".into(), |path| path.display().to_string()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_starts_with_python_is_told_from_what_setuptools_put_there() {
        let holds = |path: &str| holds_no_code(std::iter::once(Path::new(path))).is_err();
        assert!(holds("opt/venv/lib/python3.12/site-packages/own.pth") && holds("root/usercustomize.py"));
        assert!(!holds("opt/venv/lib/python3.12/site-packages/distutils-precedence.pth") && !holds("app/own.pth"));
    }

    #[test]
    fn the_projects_own_code_is_no_data() {
        let app = tempfile::tempdir().unwrap();
        std::fs::write(app.path().join("a.txt"), "-r https://a.example/r.txt\n").unwrap();
        std::fs::write(app.path().join("b.txt"), "tide\n").unwrap();
        let is_data = |name: &str| is_data(app.path(), Path::new(name)).is_ok();
        assert_eq!(["a.txt", "b.txt", "setup.py", ".python-version"].map(is_data), [false, true, false, true]);
    }
}
