//! Variables that are not set, told by the code that reads them.

use super::found::find;
use crate::check::variables::to_set;
use crate::diagnose::table::Finding;
use crate::diagnose::table::django::DJANGO_SECRET_KEY_MISSING;
use crate::diagnose::table::platform::{INVALID_ENV_VAR, MISSING_ENV_VAR, NO_DISPLAY};
use crate::diagnose::table::{DECISIVE, HINT, Rule, SAID};
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;
use crate::log::traceback::Raised;

static READS: Pattern = Pattern::new(
    r#"(?:getenv|environ(?:\.get|\[|\.pop)?|env(?:iron)?(?:\.str|\.int|\.bool|\.list|\.url|\.get)?|config|os\.getenv)\s*[(\[]\s*f?["'](\w+)["']"#,
);
static KEY: Pattern = Pattern::new(r"^'([A-Z_][A-Z0-9_]*)'$");
static SETTINGS: Pattern =
    Pattern::new(r"\d+ validation errors? for (\w*(?:[Ss]etting|[Cc]onfig|[Ee]nv|Secret|Credential|Param)\w*)");
static VALIDATED: Pattern = Pattern::new(r"\d+ validation errors? for (\w+)");
static MISSING_FIELD: Pattern = Pattern::new(
    r"^(\w+(?: -> \w+)*)(?:\n| +)(?:Field required|field required|none is not an allowed value|Input should be .*input_value='')",
);

static NAME: Pattern = Pattern::new(r#"^["'`]?([A-Z][A-Z0-9]*_[A-Z0-9_]+)["'`]?$"#);
/// Parts of the names that people give to exceptions about variables.
const OWN_WORDS: &[&str] =
    &["Missing", "NotSet", "Unset", "NotFound", "Required", "Config", "Env", "Setting", "Credential"];

/// What an exception says of something that is absent.
const OF_NOTHING: &[&str] = &[
    "NoneType",
    "None",
    "JSONDecodeError",
    "empty",
    "must be str",
    "Expecting value",
    "must be a string",
    "must be passed",
    "must pass the token",
    "cannot be None",
    "required",
    "Invalid URL",
    "not a valid",
    "base 10: ''",
    "base 10: 'None'",
];

/// The variable that a line of code reads.
pub(in crate::diagnose) fn read_in(code: &str) -> Option<String> {
    READS.captures(code).map(|found| found[1].to_owned())
}

pub(super) fn detect(view: &LogView<'_>, found: &mut Vec<Finding>) {
    for raised in &view.raised {
        if super::imports::is_building(raised) {
            continue;
        }
        if let Some((field, why)) = unreadable(raised) {
            let finding = find(found, &INVALID_ENV_VAR, raised.at, DECISIVE);
            finding.message = Some(format!("`{field}` is set to something that the code cannot read: {why}"));
            finding.subject = Some(field);
            continue;
        }
        if let Some((name, why)) = of_another_form(raised) {
            let finding = find(found, &INVALID_ENV_VAR, raised.at, DECISIVE);
            finding.message = Some(format!("`{name}` is set to something that the code cannot read: {why}"));
            finding.subject = Some(name);
            continue;
        }
        if let Some((name, why)) = no_json(raised) {
            let finding = find(found, &INVALID_ENV_VAR, raised.at, DECISIVE);
            finding.message = Some(format!("`{name}` is set to something that is no JSON: {why}"));
            finding.help = Some(format!(
                "set {name} to the whole of the JSON, on one line, with double quotes and with none around it; where it holds the path of a file, open that file"
            ));
            finding.subject = Some(name);
            continue;
        }
        if let Some((name, other)) = taken_for_a_name(raised) {
            let finding = find(found, &INVALID_ENV_VAR, raised.at, DECISIVE);
            finding.message = Some(format!(
                "the value of `{name}` is `${other}`, and django-environ takes that for the name of another variable"
            ));
            finding.help = Some(format!(
                "give {name} a value that does not begin with `$`, or write `\\$` and set `env.escape_proxy = True`"
            ));
            finding.subject = Some(name);
            continue;
        }
        if let Some((name, rank)) = variable(raised) {
            let rule = rule_for(raised, &name);
            let finding = find(found, rule, raised.at, rank);
            finding.subject = Some(name);
            // One rehearsal for all of them, not one for each.
            if let Some(all) = Some(fields(raised)).filter(|all| all.len() > 1) {
                finding.message = Some(format!(
                    "{} are not set",
                    all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                ));
                finding.help = Some(to_set(&all.iter().map(String::as_str).collect::<Vec<_>>(), ""));
            }
        }
    }
}

/// What pydantic says of a value that is there and of another form than the settings class wants.
static OTHER_FORM: Pattern = Pattern::new(
    r"(?m)^(\w+(?:\.\w+)*)\n *((?:Input should be|Value error,|Extra inputs are not permitted|value is not a valid)[^\n\[]*)",
);

/// The name of the settings class whose fields are refused, and what is said of them. A class of any name is one where it is
/// pydantic's base class of settings that reads it.
fn settings(raised: &Raised) -> Option<(&str, &str)> {
    let by_name = SETTINGS.captures(&raised.message);
    let is_read = || raised.passes("/pydantic_settings/") || raised.passes("pydantic/env_settings.py");
    let found = by_name.or_else(|| VALIDATED.captures(&raised.message).filter(|_| is_read()))?;
    Some((found.get(1)?.as_str(), &raised.message[found.get(0)?.end()..]))
}

/// The first field of a settings class whose value cannot be read, and why; none where a value is missing.
fn unreadable(raised: &Raised) -> Option<(String, String)> {
    let (_, rest) = settings(raised)?;
    if !fields(raised).is_empty()
        || rest.contains("Field required")
        || rest.contains("input_value=''")
        || rest.contains("field required")
    {
        return None;
    }
    let found = OTHER_FORM.captures(rest)?;
    Some((found[1].to_uppercase(), found[2].trim().trim_end_matches(',').to_owned()))
}

/// The variable that a line of the project's own reads as a number or a boolean, and whose text is none.
fn of_another_form(raised: &Raised) -> Option<(String, String)> {
    const FORMS: &[&str] = &[
        "invalid literal for int() with base",
        "could not convert string to float:",
        "Not a boolean:",
        "Invalid truth value:",
        "Fernet key must be",
        "Incorrect padding",
        "Invalid base64-encoded string",
    ];
    let said = raised.message.lines().next().filter(|said| FORMS.iter().any(|form| said.starts_with(form)))?;
    let value = said.rsplit(": ").next().unwrap_or_default().trim_matches(['\'', '"']);
    let frame = raised.own_frame().filter(|_| {
        // binascii's own is named Error.
        matches!(raised.short(), "ValueError" | "Error") && !matches!(value, "" | "None")
    })?;
    Some((READS.captures(&frame.code)?[1].to_owned(), said.to_owned()))
}

/// The variable that a line of the project's own reads as JSON, and whose text is none. Nothing at all fails at its first character, too, where
/// the code has a default for it.
fn no_json(raised: &Raised) -> Option<(String, String)> {
    let said = raised.message.lines().next().filter(|_| raised.short() == "JSONDecodeError")?;
    let code = &raised.own_frame()?.code;
    let is_set = !said.ends_with("(char 0)") || code.contains("environ[");
    Some((READS.captures(code).filter(|_| is_set)?[1].to_owned(), said.to_owned()))
}

static ABSENT: Pattern = Pattern::new(r"^Set the (\w+) environment variable$");

/// The variable that code reads by django-environ, and the one that its value names: that begins with `$` (django-environ 0.14.0).
fn taken_for_a_name(raised: &Raised) -> Option<(String, String)> {
    let absent = ABSENT.captures(raised.message.lines().next()?.trim_end())?[1].to_owned();
    let frame = raised.own_frame().filter(|_| raised.short() == "ImproperlyConfigured")?;
    let names = READS.regex()?.captures_iter(&frame.code);
    let read: Vec<String> = names.map(|found| found[1].to_owned()).collect();
    match &read[..] {
        [only] if *only != absent => Some((only.clone(), absent)),
        _ => None,
    }
}

/// Every field that a settings class misses.
fn fields(raised: &Raised) -> Vec<String> {
    if settings(raised).is_none() {
        return Vec::new();
    }
    let lines = raised.message.split('\n').zip(raised.message.split('\n').skip(1));
    let field = |(name, why): (&str, &str)| {
        let found = MISSING_FIELD.captures(&format!("{name}\n{why}"))?[1].to_uppercase();
        found.rsplit(" -> ").next().map(str::to_owned)
    };
    lines.filter_map(field).take(50).collect()
}

fn rule_for(raised: &Raised, name: &str) -> &'static Rule {
    match name {
        "DISPLAY" => &NO_DISPLAY,
        "SECRET_KEY" | "DJANGO_SECRET_KEY"
            if raised.passes("/django/")
                || raised.passes("settings.py")
                    && !raised.passes("pydantic")
                    && !raised.message.contains("validation error") =>
        {
            &DJANGO_SECRET_KEY_MISSING
        }
        _ => &MISSING_ENV_VAR,
    }
}

fn variable(raised: &Raised) -> Option<(String, u8)> {
    if raised.short() == "KeyError"
        && let Some(found) = KEY.captures(raised.message.lines().next()?)
    {
        let by_os = raised.passes("/os.py")
            || raised.passes("<frozen os>")
            || raised.frames.iter().any(|frame| frame.code.contains("environ"));
        return Some((found[1].to_owned(), if by_os { DECISIVE } else { HINT }));
    }
    if let Some((class, rest)) = settings(raised) {
        let field = rest.split('\n').zip(rest.split('\n').skip(1)).find_map(|(name, why)| {
            let pair = format!("{name}\n{why}");
            MISSING_FIELD.captures(&pair).map(|found| found[1].rsplit(" -> ").next().unwrap_or_default().to_owned())
        });
        return Some((field.map_or_else(|| class.to_owned(), |name| name.to_uppercase()), DECISIVE));
    }
    let asserted = raised.own_frame().filter(|frame| frame.code.trim_start().starts_with("assert "));
    if raised.short() == "AssertionError"
        && let Some(found) = asserted.and_then(|frame| READS.captures(&frame.code))
    {
        return Some((found[1].to_owned(), DECISIVE));
    }
    // An exception of the app's own that says no more than the name.
    let is_told = OWN_WORDS.iter().any(|word| raised.short().contains(word));
    if is_told && let Some(found) = NAME.captures(raised.message.lines().next().unwrap_or_default().trim()) {
        return Some((found[1].to_owned(), SAID));
    }
    let said = format!("{}: {}", raised.short(), raised.message);
    if !OF_NOTHING.iter().any(|word| said.contains(word)) {
        return None;
    }
    let read = raised.frames.iter().rev().filter(|frame| !frame.code.is_empty()).take(40).find_map(|frame| {
        (frame.home() == crate::log::traceback::Home::Project).then_some(())?;
        READS.captures(&frame.code).map(|found| found[1].to_owned())
    });
    let of_none = raised.message.contains("None");
    match read {
        Some(name) => Some((name, if of_none { DECISIVE } else { SAID })),
        None => constant(raised).map(|name| (name, SAID)),
    }
}

static NO_METHOD: Pattern = Pattern::new(
    r"^'NoneType' object has no attribute '(startswith|endswith|split|rsplit|strip|rstrip|lstrip|replace|lower|upper|encode|format|removeprefix|removesuffix)'$",
);

/// The constant of the project that is taken for a text and is None. What is written in capitals and may be None was read from the
/// environment, by the name that it has.
fn constant(raised: &Raised) -> Option<String> {
    let method = NO_METHOD.captures(raised.message.lines().next()?.trim_end())?[1].to_owned();
    let code = &raised.own_frame()?.code;
    let before = &code[..code.find(&format!(".{method}("))?];
    let name = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()?;
    let is_constant = name.len() > 2
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && !name.contains(|c: char| c.is_ascii_lowercase());
    is_constant.then(|| name.to_owned())
}
