//! Addresses of databases that no driver takes, by what is wrong with them.

use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;

/// What is wrong with a URL, where it is anything but `postgres://`.
pub(in crate::diagnose) fn what_is_wrong(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at).trim_end();
    let ends = |words: &[&str]| words.iter().any(|word| text.ends_with(word));
    let is_nothing = text.contains("'NoneType'") || ends(&["got None", "string ''", "URL string", "from string"]);
    let (message, help) = if is_nothing {
        (
            "the database URL is empty: the variable that it is read from is not set",
            "set the variable that the code takes the URL from (DATABASE_URL, mostly) in the platform's variables, and for the build if it is read there",
        )
    } else if text.contains("${{") {
        (
            "the database URL is a reference that the platform did not fill in",
            "write the reference among the platform's own variables, with the exact name of the service in it: in code, in .env and in commands nothing fills it in",
        )
    } else if text.contains("Scheme '://' is unknown") {
        (
            "the database URL has no scheme: something else stands in the variable",
            "begin it with `postgresql://`; a reference to another service (`${{…}}`) is filled in among the platform's own variables alone",
        )
    } else if text.contains("urllib.parse.quote()'ed") {
        (
            "the database URL has characters that belong to no URL",
            "write a password with `#`, `/`, `?`, `[` or `@` in it percent-encoded (`#` is `%23`)",
        )
    } else if text.contains("sslmode") {
        (
            "the URL's `sslmode` has a value that asyncpg does not know",
            "write one of those that the message names (`require`, `disable` …), or leave `sslmode` out of the URL",
        )
    } else if text.contains("Redis URL") {
        (
            "the Redis URL has no scheme that the client knows",
            "begin it with `redis://` (or `rediss://` with TLS), and check that the variable is filled in",
        )
    } else if text.contains("DATABASES is improperly configured") || text.contains("Please supply the") {
        (
            "Django's DATABASES has no engine: it was made from nothing",
            "set DATABASE_URL (or the variables that settings.py makes DATABASES from) for the service, and for the build if a command there asks the database",
        )
    } else if text.contains("scheme is expected to be either") {
        (
            "asyncpg takes a plain `postgresql://`, and the URL names a driver besides",
            "give asyncpg the URL without `+asyncpg` (or another driver): that is for SQLAlchemy's create_async_engine",
        )
    } else if text.contains("invalid literal for int()")
        || text.contains("Port could not be cast")
        || text.contains("invalid port number")
    {
        (
            "the port in the URL is no number",
            "fill the URL in: what stands between the last `:` and `/` has to be the port (a password with `:`, `/`, `@` or `#` in it is written percent-encoded)",
        )
    } else {
        return true;
    };
    finding.message = Some(message.to_owned());
    finding.help = Some(help.to_owned());
    true
}
