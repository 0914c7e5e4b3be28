//! What a database said that was reached and let nobody in.

use super::hosts::of_a_broker;
use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;

/// Words of the line, what they mean, and what is to be done.
const REFUSALS: &[(&[&str], &str, &str)] = &[
    (
        &[
            "password authentication failed",
            "Access denied for user",
            "InvalidPasswordError",
            "no password supplied",
            "bad auth",
        ],
        "the database was reached, and refuses the user or the password",
        "set the user and the password that the database has now, best by the platform's reference to its variable; in a URL a password with `@`, `/`, `:` or `#` in it is written percent-encoded",
    ),
    (
        &[
            "too many clients",
            "remaining connection slots",
            "TooManyConnectionsError",
            "max_user_connections",
            "Too many connections",
        ],
        "the database was reached, and has no connection left",
        "hold fewer: a smaller pool per process, fewer workers, no second copy of the app beside this one, or a pooler (PgBouncer) in front of it",
    ),
    (
        &["no pg_hba.conf entry", "SSL connection is required", "SSL off", "require_secure_transport"],
        "the database was reached, and takes no connection of this kind",
        "ask for TLS (`?sslmode=require` in the URL; `ssl=require` with asyncpg), and see that it lets this user in from outside",
    ),
    (
        &["TLSV1_ALERT_INTERNAL_ERROR", "tlsv1 alert internal error"],
        "MongoDB Atlas ends the connection of an address that it does not know",
        "let the platform's outgoing addresses in under Network Access of the cluster (0.0.0.0/0 where they change)",
    ),
    (
        &["the database system is starting up", "CannotConnectNowError"],
        "the database was reached, and is still starting",
        "have the app try again for a while, or start it after the database",
    ),
];

/// Tells brokers from databases, and those that refuse from those that do not answer.
pub(in crate::diagnose) fn answered(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at);
    let known = REFUSALS.iter().find(|(words, ..)| words.iter().any(|word| text.contains(word)));
    if let Some((_, message, help)) = known {
        finding.message = Some((*message).to_owned());
        finding.help = Some((*help).to_owned());
        return true;
    }
    let is_of_the_server = text.contains("does not exist") || text.contains("Unknown database");
    if let Some(name) = finding.subject.as_ref().filter(|_| is_of_the_server) {
        let thing = if text.contains("role \"") { "user" } else { "database" };
        finding.message = Some(format!("the server was reached, and has no {thing} `{name}`"));
        finding.help = Some(format!("name a {thing} in the URL that the server has, or make it there first"));
        return true;
    }
    of_a_broker(view, finding)
}
