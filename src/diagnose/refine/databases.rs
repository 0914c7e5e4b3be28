//! Databases that give no connection: one that nobody hears, and one that answers and refuses.

use super::hosts;
use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;

/// What is said where a database answers and refuses, what that means, and what to do. By PostgreSQL 17, MySQL 9, MongoDB Atlas and Supabase.
const REFUSALS: &[(&[&str], &str, &str)] = &[
    (
        &[
            "password authentication failed",
            "InvalidPasswordError",
            "Access denied for user",
            "bad auth",
            "Authentication failed",
        ],
        "the database answers, and refuses the user or the password",
        "set the database's URL anew from the platform's own reference to it; a password with `@`, `:`, `/` or `#` in it is written percent-encoded",
    ),
    (
        &["Tenant or user not found"],
        "Supabase's pooler answers, and does not know the user",
        "take the pooler's address from the project's own page, whose user is `postgres.PROJECT` and whose host names the project's region",
    ),
    (
        &["too many clients", "TooManyConnectionsError", "remaining connection slots", "max_connections"],
        "the database answers, and has no connection left",
        "have fewer workers, or a smaller pool in each (`pool_size`, `max_overflow`, CONN_MAX_AGE), or put a pooler before the database",
    ),
    (
        &["does not exist", "InvalidCatalogNameError", "Unknown database"],
        "the database server answers, and has no database or role of that name",
        "take the name from the platform's own URL of the database, or create it there first",
    ),
    (
        &["no pg_hba.conf entry"],
        "the database answers, and lets nobody in from here in this way",
        "ask for TLS (`sslmode=require`), or take the user, database and address that the provider gives",
    ),
    (
        &["TLSV1_ALERT_INTERNAL_ERROR", "tlsv1 alert internal error"],
        "MongoDB Atlas closes the connection, as it does to addresses that are not on its list",
        "let the platform's addresses in, in Atlas under Network Access (0.0.0.0/0 where the platform has no fixed one)",
    ),
];

/// What kind of refusal it is, and whose host has no address that is within reach.
pub(in crate::diagnose) fn what_it_says(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at);
    let is_refused = |words: &&str| text.contains(*words);
    if let Some((_, message, help)) = REFUSALS.iter().find(|(words, ..)| words.iter().any(|word| is_refused(&word))) {
        finding.message = Some((*message).to_owned());
        finding.help = Some((*help).to_owned());
        return true;
    }
    let unreachable = ["Network is unreachable", "Cannot assign requested address", "No route to host"];
    let host = finding.subject.clone().filter(|host| host.starts_with("db.") && host.ends_with(".supabase.co"));
    if let Some(host) = host.filter(|_| unreachable.iter().any(|words| text.contains(words))) {
        finding.message = Some(format!("`{host}` has an address of IPv6 alone, which cannot be reached from here"));
        finding.help = Some(
            "take the address of Supabase's session pooler (`…pooler.supabase.com`, port 5432), which has one of IPv4"
                .to_owned(),
        );
        return true;
    }
    hosts::of_a_broker(view, finding)
}
