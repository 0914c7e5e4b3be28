//! What pip is told in a container for the time of one command: to write down what it does.
//!
//! An image may have a pip.conf of its own. pip reads the one of `/etc/xdg` before it.

use anyhow::{Context, Result, ensure};

use super::container::Container;
use super::engine::{SOON, WORK};
use crate::sandbox::store::pip::{CONFIG, LOG, configuration, is_known_configuration};

const FIRST: &str = "etc/xdg/pip/pip.conf";
/// Prints the image's own configuration. Makes another with the folders that it needs; fails where it is there already.
/// Arguments: the configuration of the image, the other, its text.
const TELL: &str = r#"
[ ! -e "/$2" ] && [ ! -L "/$2" ] || exit 1
[ ! -e "/$1" ] || cat "/$1"
mkdir -p "/$(dirname "$2")" && printf %s "$3" > "/$2""#;
/// Prints the log, and takes away what was made for it. Arguments: the log, the configuration.
const ASK: &str = r#"
cat "/$1"
code=$?
rm -f "/$1" "/$2" || exit
cd / && rmdir -p --ignore-fail-on-non-empty "$(dirname "$2")"
exit $code"#;

/// Has pip keep a log.
pub(super) fn tell(container: &Container) -> Result<()> {
    let told = container.ask(TELL, &[CONFIG, FIRST, &configuration(None, true)], SOON)?;
    let is_known = is_known_configuration(&told.stdout);
    if told.success && !is_known {
        let _ = ask(container);
    }
    ensure!(told.success && is_known, "the image has a pip.conf of its own");
    Ok(())
}

/// The log. What told pip to keep it is gone then, and the log with it.
pub(super) fn ask(container: &Container) -> Result<String> {
    let answer = container.ask(ASK, &[LOG, FIRST], WORK)?;
    answer.success.then_some(answer.stdout).context("pip did not write down what it asked for")
}
