//! Addresses of databases that no driver takes, by what is wrong with them.

use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;

static OPTION: Pattern = Pattern::new(
    r#"unexpected keyword argument '(\w[\w-]*)'|invalid (?:connection option|URI query parameter:?) "(\w+)""#,
);

/// An option of the URL that its driver does not take: each platform writes those of the clients that it has in mind.
fn of_an_option(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let Some(found) = OPTION.captures(view.text(finding.at)) else { return false };
    let option = found.iter().skip(1).flatten().next().map(|group| group.as_str().to_owned()).unwrap_or_default();
    let help = match option.as_str() {
        "sslmode" => {
            "take `sslmode` out of the URL: asyncpg's own word is `ssl=require` (psycopg is the driver that takes `sslmode`)".to_owned()
        }
        "ssl-mode" | "ssl_mode" | "sslaccept" => {
            format!("take `{option}` out of the URL: PyMySQL and its kin are given TLS by `connect_args={{\"ssl\": {{}}}}`")
        }
        _ => format!("take `{option}` out of the URL (in the platform's variables, or in the code that makes the engine)"),
    };
    finding.message = Some(format!("the database URL has the option `{option}`, which its driver does not take"));
    finding.help = Some(help);
    finding.subject = Some(option);
    true
}

/// What an async engine wants in the place of a driver that blocks.
fn of_a_blocking_driver(finding: &mut Finding) {
    let driver = finding.subject.as_deref().unwrap_or("the driver");
    let scheme = match driver {
        "pysqlite" => "sqlite+aiosqlite",
        "mysqldb" | "pymysql" | "mysqlconnector" => "mysql+aiomysql",
        _ => "postgresql+asyncpg",
    };
    finding.message = Some(format!("the async engine is given a URL of `{driver}`, which is not async"));
    finding.help = Some(format!(
        "begin the URL with `{scheme}://`, and require `{}`; a platform's own variable says `postgresql://`, so put the scheme in its place in the code",
        scheme.rsplit('+').next().unwrap_or_default()
    ));
}

/// What is wrong with a URL, where it is anything but `postgres://`.
pub(in crate::diagnose) fn what_is_wrong(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at).trim_end();
    if of_an_option(view, finding) {
        return true;
    }
    if text.contains("is not async") {
        of_a_blocking_driver(finding);
        return true;
    }
    let with_a_driver =
        finding.subject.as_deref().and_then(|url| url.split_once("://")).map(|(scheme, _)| scheme.to_owned());
    if let Some(scheme) = with_a_driver.filter(|scheme| scheme.contains('+')) {
        // The rest of the URL has a password in it.
        finding.subject = Some(scheme);
    }
    let ends = |words: &[&str]| words.iter().any(|word| text.ends_with(word));
    let is_nothing = text.contains("'NoneType'")
        || text.contains("No support for ''")
        || ends(&["got None", "string ''", "URL string", "from string"]);
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
    } else if text.contains("rediss:// URL must have") {
        (
            "Celery is given a `rediss://` URL that does not say how the server's certificate is to be checked",
            "append `?ssl_cert_reqs=CERT_REQUIRED` to the URL (CERT_NONE where the server signs its certificate itself, as Heroku's does), or take `redis://` within the platform's private network",
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
    } else if text.contains("scheme is expected to be either") || text.contains("missing \"=\" after \"postgresql+") {
        (
            "the driver takes a plain `postgresql://`, and the URL names a driver besides",
            "give it the URL without `+asyncpg` (or another driver): that is for SQLAlchemy's create_engine and create_async_engine",
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
