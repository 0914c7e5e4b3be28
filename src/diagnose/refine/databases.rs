//! What a database said that was reached and let nobody in.

use super::hosts::of_a_broker;
use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;

/// Words of the line, what they mean, and what is to be done.
const REFUSALS: &[(&[&str], &str, &str)] = &[
    (
        &[
            "password authentication failed",
            "Access denied for user",
            "InvalidPasswordError",
            "no password supplied",
            "bad auth",
            "Authentication failed",
            // Redis, by redis-py 7.
            "AuthenticationError",
            "NOAUTH",
            "WRONGPASS",
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
        &["Tenant or user not found"],
        "Supabase's pooler was reached, and does not know the user",
        "take the pooler's address from the project's own page: its user is `postgres.PROJECT`, and its host names the project's region",
    ),
    (
        &["the database system is starting up", "CannotConnectNowError"],
        "the database was reached, and is still starting",
        "have the app try again for a while, or start it after the database",
    ),
];

/// What the server says that it has not, and its name.
static MISSING: Pattern = Pattern::new(r#"(database|role) ["'](\S+?)["'](?: does not exist|["')]*$)"#);
/// What the system says of an address that no route leads to.
const OUT_OF_REACH: &[&str] = &["Network is unreachable", "Cannot assign requested address", "No route to host"];

/// Tells brokers from databases, and those that refuse from those that do not answer.
pub(in crate::diagnose) fn answered(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at);
    let known = REFUSALS.iter().find(|(words, ..)| words.iter().any(|word| text.contains(word)));
    if let Some((_, message, help)) = known {
        finding.message = Some((*message).to_owned());
        finding.help = Some((*help).to_owned());
        return true;
    }
    let missing = MISSING.captures(text).map(|found| (found[1].to_owned(), found[2].to_owned()));
    if let Some((kind, name)) = missing {
        let thing = if kind == "role" { "user" } else { "database" };
        finding.message = Some(format!("the server was reached, and has no {thing} `{name}`"));
        finding.help = Some(format!("name a {thing} in the URL that the server has, or make it there first"));
        return true;
    }
    let host = finding.subject.as_deref().filter(|host| host.starts_with("db.") && host.ends_with(".supabase.co"));
    if let Some(host) = host.filter(|_| OUT_OF_REACH.iter().any(|words| text.contains(words))) {
        finding.message = Some(format!("`{host}` has an address of IPv6 alone, which cannot be reached from here"));
        finding.help = Some(
            "take the address of Supabase's session pooler (`…pooler.supabase.com`, port 5432), which has one of IPv4"
                .to_owned(),
        );
        return true;
    }
    of_a_broker(view, finding)
}
