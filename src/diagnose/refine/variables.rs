//! Variables and tokens, in the words of those who ask for them.

use crate::check::variables::to_set;
use crate::diagnose::table::Finding;
use crate::diagnose::table::{DECISIVE, HINT, LAST_RESORT, SAID};
use crate::diagnose::view::LogView;

/// Variables that libraries read by themselves, by what they say without them.
const READ_BY_LIBRARIES: &[(&str, &[&str])] = &[
    ("Unable to locate credentials", &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]),
    ("You must specify a region", &["AWS_DEFAULT_REGION"]),
    ("supabase_url is required", &["SUPABASE_URL"]),
    // Of an account that was let in to the model.
    ("GatedRepoError", &["HF_TOKEN"]),
];

/// Names the variable of a library that does not name it itself.
fn of_a_library(text: &str, finding: &mut Finding) {
    if finding.subject.is_some() {
        return;
    }
    if text.contains("default credentials were not found") {
        finding.subject = Some("GOOGLE_APPLICATION_CREDENTIALS".to_owned());
        finding.help = Some("Google's libraries look for a file that GOOGLE_APPLICATION_CREDENTIALS names: set the key's JSON as a variable, and pass it (`Credentials.from_service_account_info(json.loads(…))`) or write the file from it at the start".to_owned());
    } else if let Some((_, names)) = READ_BY_LIBRARIES.iter().find(|(said, _)| text.contains(said)) {
        finding.subject = Some(names[0].to_owned());
        finding.help = Some(to_set(names, ""));
    }
}

/// A developer's own words about a variable weigh as much as what they come with: an exception, an error, a mere warning.
pub(in crate::diagnose) fn gravity(view: &LogView<'_>, finding: &mut Finding) -> bool {
    const GRAVE: &[&str] =
        &["error", "critical", "fatal", "❌", "must ", "required", "raise", "exit", "failed", "ошибка"];
    if finding.subject.as_deref() == Some("SQLALCHEMY_DATABASE_URI")
        && view.text(finding.at).contains("SQLALCHEMY_BINDS")
    {
        finding.message =
            Some("the app's config has no `SQLALCHEMY_DATABASE_URI`: what it is read from is not set".to_owned());
        finding.help = Some(
            "set the variable that the config takes it from (DATABASE_URL, mostly) in the platform's variables; where it is set, fill `app.config` before `SQLAlchemy(app)` and `init_app`"
                .to_owned(),
        );
    }
    // Where Java is, is asked because there is none.
    if finding.subject.as_deref() == Some("JAVA_HOME") {
        return false;
    }
    of_a_library(view.text(finding.at), finding);
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

/// A key in PEM has lines, and a variable mostly has `\n` in their place.
pub(in crate::diagnose) fn key(view: &LogView<'_>, finding: &mut Finding) -> bool {
    const OF_KEYS: &[&str] = &["PEM file", "key data", "No key could be detected", "InvalidKeyError"];
    if OF_KEYS.iter().any(|words| view.text(finding.at).contains(words)) {
        finding.message = Some("a key that the app is given is no PEM: a variable has `\\n` where its lines should end, or quotes around it".to_owned());
        finding.help = Some("put the lines back in the code (`.replace(\"\\\\n\", \"\\n\")` on the value), or set the variable with real line ends and without quotes".to_owned());
    }
    true
}

/// Discord refuses a token that is good where the application lacks the intents.
pub(in crate::diagnose) fn intents(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if view.text(finding.at).contains("SMTPAuthenticationError") {
        finding.message = Some("the mail server refuses the user and the password".to_owned());
        finding.help = Some(
            "set the user and a password that the server takes from programs: Gmail and others want an app password, and no longer the account's own"
                .to_owned(),
        );
    }
    if view.text(finding.at).contains("rivileged") {
        finding.message = Some("the bot asks for privileged intents that its application does not have".to_owned());
        finding.help = Some(
            "switch the intents on in Discord's developer portal (Bot, Privileged Gateway Intents), or leave them out of the code"
                .to_owned(),
        );
    }
    true
}
