//! Variables that are not set, told by the code that reads them.

use std::sync::LazyLock;

use regex::Regex;

use super::find;
use crate::diagnose::rank::Finding;
use crate::diagnose::reading::Reading;
use crate::diagnose::rule::{DECISIVE, HINT, LAST_RESORT, SAID};
use crate::log::traceback::Raised;

static READS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:getenv|environ(?:\.get|\[|\.pop)?|env(?:iron)?(?:\.str|\.int|\.bool|\.list|\.url|\.get)?|config|os\.getenv)\s*[(\[]\s*f?["'](\w+)["']"#).ok()
});
static KEY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^'([A-Z_][A-Z0-9_]*)'$").ok());
static SETTINGS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\d+ validation errors? for (\w*(?:[Ss]etting|[Cc]onfig|[Ee]nv|Secret|Credential|Param)\w*)").ok()
});
static MISSING_FIELD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(\w+(?: -> \w+)*)(?:\n| +)(?:Field required|field required|none is not an allowed value|Input should be .*input_value='')").ok()
});

/// What an exception says of something that is absent.
const OF_NOTHING: &[&str] = &[
    "NoneType",
    "None",
    "JSONDecodeError",
    "empty",
    "must be str",
    "Expecting value",
    "must be a string",
    "cannot be None",
    "required",
    "Invalid URL",
    "not a valid",
    "base 10: ''",
    "base 10: 'None'",
];

pub(super) fn read(reading: &Reading<'_>, found: &mut Vec<Finding>) {
    for raised in &reading.raised {
        if super::imports::is_building(raised) {
            continue;
        }
        if let Some((name, rank)) = variable(raised)
            && let Some(index) = find(found, rule_for(raised, &name), raised.at, rank)
        {
            found[index].subject = Some(name);
        }
    }
}

/// A developer's own words about a variable weigh as much as what they come with: an exception, an error, a mere warning.
pub(super) fn weigh(reading: &Reading<'_>, found: &mut [Finding]) {
    const GRAVE: &[&str] =
        &["error", "critical", "fatal", "❌", "must ", "required", "raise", "exit", "failed", "ошибка"];
    for finding in found.iter_mut().filter(|finding| finding.rule.id == "invalid-token") {
        if reading.text(finding.at).contains("rivileged") {
            finding.message = Some("the bot asks for privileged intents that its application does not have".to_owned());
            finding.advice = Some(
                "switch the intents on in Discord's developer portal (Bot, Privileged Gateway Intents), or leave them out of the code"
                    .to_owned(),
            );
        }
    }
    for finding in found.iter_mut().filter(|finding| finding.rule.id == "missing-env-var" && finding.rank == HINT) {
        let text = reading.text(finding.at).to_lowercase();
        if reading.raised_at(finding.at).is_some_and(|raised| raised.traced) {
            finding.rank = DECISIVE;
        } else if text.contains("warn") {
            finding.rank = LAST_RESORT;
        } else if GRAVE.iter().any(|word| text.contains(word)) {
            finding.rank = SAID;
        }
    }
}

fn rule_for(raised: &Raised, name: &str) -> &'static str {
    match name {
        "DISPLAY" => "no-display",
        "SECRET_KEY" | "DJANGO_SECRET_KEY" if raised.passes("settings") || raised.passes("/django/") => {
            "django-secret-key-missing"
        }
        _ => "missing-env-var",
    }
}

fn variable(raised: &Raised) -> Option<(String, u8)> {
    if raised.short() == "KeyError"
        && let Some(found) = KEY.as_ref()?.captures(raised.message.lines().next()?)
    {
        let by_os = raised.passes("/os.py")
            || raised.passes("<frozen os>")
            || raised.frames.iter().any(|frame| frame.code.contains("environ"));
        return Some((found[1].to_owned(), if by_os { DECISIVE } else { HINT }));
    }
    if let Some(settings) = SETTINGS.as_ref()?.captures(&raised.message) {
        let rest = &raised.message[settings.get(0)?.end()..];
        let field = rest.split('\n').zip(rest.split('\n').skip(1)).find_map(|(name, why)| {
            let pair = format!("{name}\n{why}");
            MISSING_FIELD
                .as_ref()?
                .captures(&pair)
                .map(|found| found[1].rsplit(" -> ").next().unwrap_or_default().to_owned())
        });
        return Some((field.map_or_else(|| settings[1].to_owned(), |name| name.to_uppercase()), DECISIVE));
    }
    let said = format!("{}: {}", raised.short(), raised.message);
    if !OF_NOTHING.iter().any(|word| said.contains(word)) {
        return None;
    }
    let code = raised.frames.iter().rev().filter(|frame| !frame.code.is_empty()).take(40).find_map(|frame| {
        (frame.home() == crate::log::traceback::Home::Project).then_some(())?;
        READS.as_ref()?.captures(&frame.code).map(|found| found[1].to_owned())
    })?;
    let of_none = raised.message.contains("None");
    Some((code, if of_none { DECISIVE } else { SAID }))
}
