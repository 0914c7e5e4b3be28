//! Variables that the start gives its programs by itself: `NAME=value program`, `export NAME=value`.

use super::command::Invocation;
use super::inputs::Inputs;
use super::start::Start;
use crate::log::pattern::Pattern;

static ASSIGNED: Pattern = Pattern::ascii(r#"(?:^|[\s;&|])([A-Za-z_]\w*)=("(?u:[^"]*)"|'(?u:[^']*)'|(?u:[^\s;&|]*))"#);
static EXPORTED: Pattern = Pattern::ascii(r#"(?:^|[;&|\n])\s*(?:export|env)\s((?u:[^;&|\n])*)"#);
static EXPANDED: Pattern = Pattern::ascii(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?-((?u:[^{}$])*))?\})");

/// What a program of the start finds in a variable: the start's own value, else that of the deploy. The last that is said counts.
pub(in crate::check) fn told(
    inputs: &Inputs<'_>,
    start: &Start<'_>,
    invocation: &Invocation<'_>,
    name: &str,
) -> Option<String> {
    let own = || value(invocation.before(), name);
    let written = || by_start(inputs, start, invocation, name, true);
    let value = own().or_else(written).or_else(|| inputs.variable(name).map(str::to_owned))?;
    Some(expanded(inputs, start, invocation, &value))
}

/// A word of a command as the program is given it, as far as it is known: `${HOST:-127.0.0.1}`. PORT is the platform's.
pub(in crate::check) fn expanded(
    inputs: &Inputs<'_>,
    start: &Start<'_>,
    invocation: &Invocation<'_>,
    word: &str,
) -> String {
    let of_deploy = |name: &str| inputs.variable(name).map(str::to_owned);
    put_in(word, |name| {
        // `HOST=${HOST:-127.0.0.1}` is followed so far.
        let set = by_start(inputs, start, invocation, name, false).map(|value| put_in(&value, of_deploy));
        set.or_else(|| of_deploy(name)).filter(|value| !value.contains('$'))
    })
}

/// A text with the values of its variables in it, or what stands for those that have none.
fn put_in(word: &str, value_of: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::new();
    let mut from = 0;
    for found in EXPANDED.captures_iter(word) {
        let (Some(whole), Some(name)) = (found.get(0), found.get(1).or(found.get(2))) else { continue };
        let value = || value_of(name.as_str()).or_else(|| Some(found.get(3)?.as_str().to_owned()));
        if let Some(value) = (name.as_str() != "PORT").then(value).flatten() {
            text.push_str(&word[from..whole.start()]);
            text.push_str(&value);
            from = whole.end();
        }
    }
    text + &word[from..]
}

/// The value that the commands before an invocation give a variable: those of its line, of its script, and of what calls that.
fn by_start(
    inputs: &Inputs<'_>,
    start: &Start<'_>,
    invocation: &Invocation<'_>,
    name: &str,
    is_exported: bool,
) -> Option<String> {
    let at = (invocation.text.as_ptr() as usize).checked_sub(start.command.as_ptr() as usize);
    let line = at.and_then(|at| start.command.get(..at)).unwrap_or_default();
    let script = inputs.script_text();
    let script = script.split_once(start.command).map_or("", |(before, _)| before);
    let caller = Start::of(inputs).filter(|first| first.source != start.source);
    let of = |text: &str| match is_exported {
        true => EXPORTED.captures_iter(text).filter_map(|found| value(&found[1], name)).last(),
        false => value(text, name),
    };
    // What stands before the shell that runs the script is the script's.
    let by_caller = || caller.and_then(|caller| value(caller.command, name));
    of(line).or_else(|| of(script)).or_else(by_caller)
}

/// The last value that a text gives a variable.
fn value(text: &str, name: &str) -> Option<String> {
    let found = ASSIGNED.captures_iter(text).filter(|found| &found[1] == name).last()?;
    Some(found[2].trim_matches(['"', '\'']).to_owned())
}
