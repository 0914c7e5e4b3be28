//! What a pre-deploy command leaves behind, which the platform throws away with its container.

use std::time::Duration;

use crate::sandbox::process::Limits;

/// Notes the app's files.
pub(super) const LIST: &str = "cd /app && find . -xdev ! -type d -print0 | LC_ALL=C sort -z > /tmp/.before-pre-deploy";
/// Removes those that were not noted, and names them. Bytecode is nobody's loss.
pub(super) const REMOVE_NEW: &str = r"cd /app && new=/tmp/.new-after-pre-deploy &&
find . -xdev ! -type d -print0 | LC_ALL=C sort -z | LC_ALL=C comm -z -13 /tmp/.before-pre-deploy - > $new
xargs -0 -r rm -f -- < $new; tr '\0' '\n' < $new | grep -v __pycache__ | head -n 20; rm -f $new /tmp/.before-pre-deploy";
/// A look at the app's files takes no longer.
pub(super) const LIMITS: Limits = Limits { total: Duration::from_secs(60), silence: None };

/// What is said of the new files.
pub(super) fn told(made: &[String]) -> String {
    let names: Vec<&str> = made.iter().map(|name| name.trim_start_matches("./")).take(3).collect();
    let more = made.len() - names.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("(a container of its own made {}{more}: the app starts without)", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_names_are_told() {
        let made = ["./app.db", "./static/a.css", "./b", "./c"].map(str::to_owned);
        assert_eq!(
            told(&made),
            "(a container of its own made app.db, static/a.css, b and 1 more: the app starts without)"
        );
        assert_eq!(told(&made[..1]), "(a container of its own made app.db: the app starts without)");
    }
}
