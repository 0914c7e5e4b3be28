//! Variables and tokens, in the words of those who ask for them.

use crate::diagnose::table::Finding;
use crate::diagnose::table::{DECISIVE, HINT, LAST_RESORT, SAID};
use crate::diagnose::view::LogView;

/// A developer's own words about a variable weigh as much as what they come with: an exception, an error, a mere warning.
pub(in crate::diagnose) fn gravity(view: &LogView<'_>, finding: &mut Finding) -> bool {
    const GRAVE: &[&str] =
        &["error", "critical", "fatal", "❌", "must ", "required", "raise", "exit", "failed", "ошибка"];
    if finding.rank != HINT {
        return true;
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

/// Django says the same of a project that has no database at all, which is no URL of the wrong form.
pub(in crate::diagnose) fn no_database(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if view.text(finding.at).contains("settings.DATABASES is improperly configured") {
        finding.message = Some("Django's DATABASES names no database".to_owned());
        finding.help = Some(
            "set the variable that DATABASES is made of (DATABASE_URL, as a rule) among the service's, and for the build where a command of it asks the database"
                .to_owned(),
        );
    }
    true
}
