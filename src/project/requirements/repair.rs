//! What was meant by a line that pip refuses, where that is plain.

/// Commands that people paste in place of names.
const COMMANDS: [&str; 5] =
    ["pip install ", "pip3 install ", "python -m pip install ", "$ pip install ", "!pip install "];
use crate::log::pattern::Pattern;

/// `name=1.2` and, as `conda list --export` has it, `name=1.2=build`; `=>` and `=<` as well.
static EQUALS: Pattern =
    Pattern::new(r"^([A-Za-z0-9][\w.-]*(?:\[[\w., -]*\])?)\s*(==?|=>|=<)\s*([\w.+!*]+)(?:=[\w.]+)?$");

/// The line, or the lines, that pip would take.
///
/// ```
/// use shakedown::project::requirements::repaired;
///
/// assert_eq!(repaired("numpy=1.26.4=py312h").as_deref(), Some("numpy==1.26.4"));
/// assert_eq!(repaired("pip install -U flask").as_deref(), Some("flask"));
/// assert_eq!(repaired("thank you"), None);
/// ```
pub fn repaired(line: &str) -> Option<String> {
    let line = line.trim();
    if let Some(names) = COMMANDS.iter().find_map(|command| line.strip_prefix(command)) {
        let names: Vec<&str> =
            names.split_whitespace().filter(|word| !matches!(*word, "-U" | "--upgrade" | "-q")).collect();
        return (!names.is_empty() && names.iter().all(|name| !name.starts_with('-'))).then(|| names.join("\n"));
    }
    let found = EQUALS.captures(line)?;
    let operator = match &found[2] {
        "=>" => ">=",
        "=<" => "<=",
        _ => "==",
    };
    Some(format!("{}{operator}{}", &found[1], &found[3])).filter(|repaired| repaired != line)
}
