//! What a start command names: a file, or a module and the app in it.

use crate::catalog::servers::takes_target;
use crate::check::facts::command::Invocation;
use crate::log::pattern::Pattern;

pub(in crate::check) static TARGET: Pattern =
    Pattern::new(r"^([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?::([A-Za-z_]\w*)(\(.*)?)?$");
static MADE: Pattern = Pattern::new(
    r"(?m)^([A-Za-z_]\w*)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?(?:Flask|FastAPI|Quart|Starlette|Litestar|Sanic|get_wsgi_application|get_asgi_application)\(",
);

/// The file that Python is to run, behind its own options.
pub(in crate::check) fn script<'c>(arguments: &[&'c str]) -> Option<&'c str> {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match *word {
            "-c" => return None,
            "-W" | "-X" => drop(words.next()),
            option if option.starts_with('-') => {}
            file => return Some(file).filter(|file| file.ends_with(".py")),
        }
    }
    None
}

/// The word that tells a server what to load: `module:name`, or the first that is no option's.
pub(in crate::check) fn target<'c>(invocation: &Invocation<'c>) -> Option<&'c str> {
    let pattern = TARGET.regex().filter(|_| takes_target(invocation.program))?;
    let is_target =
        |word: &&str| word.contains(':') && !word.starts_with('-') && pattern.is_match(word) && !is_class(word);
    let colon = invocation.arguments.iter().copied().find(is_target);
    colon.or_else(|| invocation.positional()).filter(|word| pattern.is_match(word))
}

/// A worker class or an address, as options take them.
fn is_class(word: &str) -> bool {
    word.starts_with("localhost:") || word.ends_with("Worker")
}

/// The names that a module binds to objects of a class.
pub(in crate::check) fn made_by(text: &str, class: &str) -> Vec<String> {
    let makes = |line: &str| {
        let (name, value) = line.split_once('=')?;
        let name = name.split(':').next()?.trim();
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let called = value.trim_start().split('(').next()?.rsplit('.').next()?;
        (is_name && called == class).then(|| name.to_owned())
    };
    text.lines().filter(|line| !line.starts_with([' ', '\t'])).filter_map(makes).take(16).collect()
}

/// The names of the web apps that a module makes.
pub(in crate::check) fn apps(text: &str) -> Vec<String> {
    let found = MADE.regex().map(|pattern| pattern.captures_iter(text).map(|found| found[1].to_owned()).collect());
    found.unwrap_or_default()
}
