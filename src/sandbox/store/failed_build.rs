//! What a build printed before it failed. pip prints it itself, unless it keeps a log: then it is there, among all that pip says to the log alone.

use std::collections::BTreeSet;

/// What a pip that installs what a build requires prints of its own accord.
const OF_PIP: &[&str] = &["Looking in ", "Collecting ", "Processing ", "Downloading ", "Using cached ", "WARNING: "];
/// Where that pip begins to write for the log alone how its error came about.
const FOR_THE_LOG: &str = "Exception information:";

/// The lines that a log's failed build printed; none where none failed.
pub(super) fn of_a_failed_build(log: &str) -> Vec<String> {
    let lines: Vec<&str> = log.lines().map(|line| line.split_once(' ').map_or(line, |(_, text)| text)).collect();
    let ends = |line: &&str| line.contains("ERROR: [present-rich]") || line.ends_with("finished with status 'error'");
    let Some(end) = lines.iter().position(ends) else { return Vec::new() };
    let begins = |line: &&str| line.trim_start().starts_with("Running command ");
    let Some(begin) = lines[..end].iter().rposition(begins) else { return Vec::new() };
    let printed = &lines[begin + 1..end];
    // `pip subprocess to install build dependencies`, and since pip 26 `installing build dependencies`.
    match lines[begin].contains(" install") && lines[begin].ends_with(" dependencies") {
        true => of_pip(printed),
        false => printed.iter().map(|&line| line.to_owned()).collect(),
    }
}

/// What another pip would have printed. It writes to the same log by itself, and tells pip more than it would print
/// (`findings/pip-log-has-two-writers.sh`).
fn of_pip(lines: &[&str]) -> Vec<String> {
    let is_error = |line: &str| line.trim_start().starts_with("ERROR: ");
    let error = lines.iter().position(|line| is_error(line)).unwrap_or(lines.len());
    let (before, after) = lines.split_at(error);
    let printed = before.iter().filter(|line| OF_PIP.iter().any(|words| line.trim_start().starts_with(words)));
    let told = after.iter().take_while(|line| line.trim() != FOR_THE_LOG);
    let mut seen = BTreeSet::new();
    let new = printed.chain(told).filter(|line| seen.insert(line.trim()));
    new.map(|line| format!("  {}", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failed_build_printed_is_in_the_log() {
        let log = "2026-11-28T15:24:31,364   Running command pip subprocess to install build dependencies\n2026-11-28T15:24:40,930   Running command Getting requirements to build wheel\n2026-11-28T15:24:41,391   Traceback (most recent call last):\n2026-11-28T15:24:41,401   ModuleNotFoundError: No module named 'pkg_resources'\n2026-11-28T15:24:41,460   ERROR: [present-rich] Getting requirements to build wheel exited with 1\n2026-11-28T15:24:41,467 Traceback (most recent call last):\n";
        assert_eq!(
            of_a_failed_build(log),
            ["  Traceback (most recent call last):", "  ModuleNotFoundError: No module named 'pkg_resources'"]
        );
        assert!(of_a_failed_build("2026-11-28T15:24:31,364 Collecting rich\n").is_empty());
    }

    /// Of pip 23.2.1 and 26.3, shortened.
    #[test]
    fn of_a_pip_that_installs_what_a_build_requires_only_what_it_prints_is_told() {
        let log = |running: &str, also: &str| {
            format!(
                "T   Installing build dependencies: started\nT   Running command {running}\nT Using pip 26.3 from /opt/venv\nT   Using pip 26.3 from /opt/venv\n\
                 T Looking in links: /opt/wheels\nT   Looking in links: /opt/wheels\nT Getting page https://a.example/simple/ebb/\n{also}\
                 T Collecting setuptools\nT   Collecting setuptools\n\
                 T ERROR: Could not find a version that satisfies the requirement ebb (from versions: none)\nT ERROR: No matching distribution found for ebb\n\
                 T   ERROR: Could not find a version that satisfies the requirement ebb (from versions: none)\nT   ERROR: No matching distribution found for ebb\n\
                 T Exception information:\nT Traceback (most recent call last):\nT     raise ResolutionImpossible(e.criterion.information)\n\
                 T   ERROR: [present-rich] pip subprocess to install build dependencies exited with 1\n"
            )
        };
        let of_26 = "T   Getting page https://a.example/simple/ebb/\nT   Exception information:\nT   Traceback (most recent call last):\n";
        for log in [
            log("pip subprocess to install build dependencies", ""),
            log("installing build dependencies", of_26),
            log("installing backend dependencies", ""),
        ] {
            assert_eq!(
                of_a_failed_build(&log),
                [
                    "  Looking in links: /opt/wheels",
                    "  Collecting setuptools",
                    "  ERROR: Could not find a version that satisfies the requirement ebb (from versions: none)",
                    "  ERROR: No matching distribution found for ebb",
                ],
                "{log}"
            );
        }
    }
}
