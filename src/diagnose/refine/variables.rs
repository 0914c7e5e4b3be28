//! Variables and tokens, in the words of those who ask for them.

use crate::check::variables::to_set;
use crate::diagnose::table::Finding;
use crate::diagnose::table::{DECISIVE, HINT, LAST_RESORT, SAID};
use crate::diagnose::view::LogView;

/// A developer's own words about a variable weigh as much as what they come with: an exception, an error, a mere warning.
pub(in crate::diagnose) fn gravity(view: &LogView<'_>, finding: &mut Finding) -> bool {
    const GRAVE: &[&str] =
        &["error", "critical", "fatal", "❌", "must ", "required", "raise", "exit", "failed", "ошибка"];
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if let (None, Some(name)) = (&finding.help, finding.subject.as_deref().filter(is_name)) {
        finding.help = Some(to_set(&[name], ""));
    }
    if finding.rank != HINT {
        // What a shell says of a program of that name, or of a file.
        const NO_VARIABLE: &[&str] = &["not found", "No such file", "ermission denied", "bad substitution", "readonly"];
        let text = view.text(finding.at);
        return finding.rank != SAID || !NO_VARIABLE.iter().any(|words| text.ends_with(words));
    }
    let text = view.text(finding.at).to_lowercase();
    if view.raised_at(finding.at).is_some_and(|raised| raised.traced) {
        finding.rank = DECISIVE;
    } else if text.contains("warn") {
        finding.rank = LAST_RESORT;
    } else if GRAVE.iter().any(|word| text.contains(word)) {
        finding.rank = SAID;
    }
    true
}

/// Discord refuses a token that is good where the application lacks the intents.
pub(in crate::diagnose) fn intents(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if view.text(finding.at).contains("rivileged") {
        finding.message = Some("the bot asks for privileged intents that its application does not have".to_owned());
        finding.help = Some(
            "switch the intents on in Discord's developer portal (Bot, Privileged Gateway Intents), or leave them out of the code"
                .to_owned(),
        );
    }
    true
}
