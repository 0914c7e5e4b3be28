//! Libraries whose package cannot be asked for.

use crate::catalog::libraries::{is_refused, library};
use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;

/// The program that the system's loader could not start, where it is none of Nix' nor of the virtual environment.
fn foreign_program(text: &str) -> Option<&str> {
    let (before, _) = text.split_once(": error while loading shared libraries")?;
    let program = before.rsplit(char::is_whitespace).next().unwrap_or(before).trim_start_matches(|c: char| c != '/');
    let known = ["/nix/", "/opt/venv/bin/python"].iter().any(|place| program.starts_with(place));
    (program.starts_with('/') && !known).then_some(program)
}

/// What a package looks for by a name that its message does not have. Of mysqlclient, `check` knows all that it is built against.
pub(in crate::diagnose) fn of_a_wrapper(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at);
    if text.contains("find valid pkg-config name") || text.contains("MYSQLCLIENT_") {
        finding.subject = Some("mysqlclient".to_owned());
        finding.is_unfixable = true;
    } else if finding.subject.is_none() && text.contains("libxml2") {
        finding.subject = Some("libxml2".to_owned());
    }
    true
}

/// Whether a line speaks of a browser that a package downloads.
pub(super) fn is_browser(text: &str) -> bool {
    [
        "ms-playwright",
        "playwright",
        "headless_shell",
        "chrome-linux",
        "puppeteer",
        "pyppeteer",
        ".cache/selenium",
        "camoufox",
        "missing dependencies to run browsers",
    ]
    .iter()
    .any(|word| text.to_lowercase().contains(word))
}

/// Words of what no package of the image's mends, what happened and what to do.
const OF_THEIR_OWN: [(&[&str], &str, &str); 3] = [
    (
        &["Chrome failed to start", "DevToolsActivePort"],
        "Chrome is there, and does not start as root in a container",
        "give it `--headless=new`, `--no-sandbox` and `--disable-dev-shm-usage` (`options.add_argument(…)`)",
    ),
    (
        &["BinaryNotFoundError"],
        "the query engine of Prisma is not in the image that runs",
        "run `prisma generate` while the image is built, with PRISMA_BINARY_CACHE_DIR=/app/.prisma among the variables, so that what it downloads lies beside the app",
    ),
    (
        &["Kaleido requires"],
        "Kaleido draws with Chrome, which the image does not have",
        "run `plotly_get_chrome -y` while the image is built, with Chrome's libraries by apt, or require `kaleido<1`, which brings its own",
    ),
];

/// The browser that a package asks for is downloaded, and its libraries come by apt: no package of Nix has either.
pub(in crate::diagnose) fn browser(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at);
    if finding.subject.is_none() && ["Java", "JAVA_HOME", "JVM"].iter().any(|word| text.contains(word)) {
        finding.subject = Some("java".to_owned());
    }
    let of_its_own = OF_THEIR_OWN.iter().find(|(words, ..)| words.iter().any(|word| text.contains(word)));
    if let Some((_, message, help)) = of_its_own {
        finding.message = Some((*message).to_owned());
        finding.help = Some((*help).to_owned());
        finding.is_unfixable = true;
        return true;
    }
    if text.contains("nable to obtain") {
        // Selenium's word for a browser that it found neither here nor on the network.
        let driver = if finding.subject.as_deref() == Some("firefox") { "geckodriver" } else { "chromedriver" };
        finding.subject = Some(driver.to_owned());
        finding.message = Some("the browser that Selenium drives is not in the image, nor is its driver".to_owned());
        return true;
    }
    if is_browser(text) {
        let lacks =
            if text.contains("dependencies") { "the browser's libraries are" } else { "the browser of Playwright is" };
        finding.message = Some(format!("{lacks} not in the image"));
        finding.help = Some("run `playwright install --with-deps chromium` while the image is built (PLAYWRIGHT_BROWSERS_PATH=0 keeps it beside the package), or use a Dockerfile from Playwright's image; the libraries come by apt".to_owned());
        finding.is_unfixable = true;
    }
    true
}

/// Adding a package that nixpkgs refuses to evaluate would only end the build earlier.
pub(in crate::diagnose) fn refused(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at);
    if text.contains("GLIBC_") && text.contains("version") {
        let needs = text.split('`').nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("a newer glibc");
        finding.message = Some(format!(
            "two glibcs meet: a program or library wants {needs}, and the C library that it is given is older"
        ));
        finding.help = Some("LD_LIBRARY_PATH leads programs of the base image to Nix' libraries: take both from one place (all of them from apt, or all from one nixpkgs archive), or start the program with LD_LIBRARY_PATH unset".to_owned());
        finding.is_unfixable = true;
        return true;
    }
    if text.contains("no pq wrapper available") || text.contains("libpq library not found") {
        finding.subject = Some("libpq.so.5".to_owned());
        finding.message = Some("psycopg 3 finds no libpq: alone it brings none".to_owned());
        finding.help = Some("require psycopg[binary] in place of psycopg, which brings its own libpq".to_owned());
        finding.is_unfixable = true;
        return true;
    }
    if text.contains("Oracle Client library") {
        finding.message = Some(
            "Oracle's own client library is not there, which no package of Python's or of the image's brings"
                .to_owned(),
        );
        finding.help = Some("take python-oracledb in place of cx_Oracle, without init_oracle_client(): it speaks to the database by itself (thin mode)".to_owned());
        finding.is_unfixable = true;
        return true;
    }
    if text.contains("[Driver Manager]") {
        let driver = finding.subject.as_deref().unwrap_or("the one that is named");
        finding.message = Some(format!("unixODBC has no driver `{driver}`, which no package of Python's brings"));
        finding.help = Some("take a client that brings its own driver (`pymssql`, `mssql-python`) in place of pyodbc, or build by a Dockerfile that installs it".to_owned());
        finding.is_unfixable = true;
        return true;
    }
    if let Some(program) = foreign_program(text) {
        finding.message = Some(format!(
            "{} is no program of Nix, and the system lacks a library of it",
            program.rsplit('/').next().unwrap_or(program)
        ));
        finding.help = Some(match is_browser(text) {
            true => "install the browser together with its libraries while the image is built: `playwright install --with-deps chromium` (by apt), or a Dockerfile from the browser's own image".to_owned(),
            false => "install the Debian package that has the library: the program looks where apt puts it".to_owned(),
        });
        finding.is_unfixable = true;
        return true;
    }
    let package = finding.subject.as_deref().and_then(library).map(|packages| packages.nix);
    match package {
        Some(refused) if is_refused(refused) => {
            finding.help = Some(format!(
                "take a release of the package that does not need it: nixpkgs refuses `{refused}`, which has it, as insecure"
            ));
        }
        Some(attribute) => {
            let headless = if view.mentions("/cv2/") {
                ", or require opencv-python-headless, which needs no screen's libraries"
            } else {
                ""
            };
            finding.help = Some(format!(
                "write nixLibs = [\"...\", \"{attribute}\"] under [phases.setup] of nixpacks.toml{headless}; aptPkgs do not reach a Nix Python"
            ));
        }
        None => {}
    }
    true
}
