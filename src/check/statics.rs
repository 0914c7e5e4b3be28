//! Django's static files, which a server in a container shows only once they are collected.

use pep440_rs::Version;

use super::facts::Facts;
use super::facts::python;
use super::facts::start::Start;
use super::finding::{Check, Findings, warning};
use crate::finding::Severity;
use crate::project::Source;
use crate::project::requirements::Entry;

pub(crate) const UNCOLLECTED: Check = warning(
    "static-files-not-collected",
    "Outside of runserver Django serves no static files by itself. WhiteNoise serves what `collectstatic` has copied to STATIC_ROOT, and with a \
     manifest storage every page that names a static file fails until it was run.",
)
.decides();

pub(crate) const UNSERVED: Check = warning(
    "page-without-its-files",
    "The page answers, and stylesheets or scripts that it names answer 404: visitors see it without them. A development server finds such \
     files by itself; in a container something has to collect, build or copy them, and something has to serve them.",
);

pub(super) const CHECKS: &[Check] = &[UNCOLLECTED, UNSERVED];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() || !facts.app.has_file("manage.py") {
        return;
    }
    let settings = || facts.reached().iter().filter(|module| module.path.to_string_lossy().contains("settings"));
    let any = |word: &str| settings().any(|module| module.text.contains(word));
    let pages = any("django.contrib.staticfiles");
    // Files that some other service keeps.
    let elsewhere = ["storages.backends", "cloudinary", "s3boto", "GoogleCloudStorage", "AzureStorage"]
        .iter()
        .any(|word| any(word));
    let Some(start) = Start::of(facts).filter(|start| pages && !elsewhere && !start.command.contains("runserver"))
    else {
        return;
    };
    let scripts = facts.app.files().into_iter().filter(|name| name.ends_with(".sh")).take(8);
    let by_script = scripts
        .filter(|name| start.command.contains(name.as_str()))
        .any(|name| facts.app.read_text(&name).unwrap_or_default().contains("collectstatic"));
    let collects = facts.commands().iter().any(|command| command.contains("collectstatic") || command.contains(".sh"));
    let before = facts.railway().is_some_and(|file| file.text.contains("collectstatic"));
    if collects || by_script || before || start.command.contains("collectstatic") {
        return;
    }
    let place = |word: &str| {
        settings().find_map(|module| {
            let line =
                module.text.lines().position(|line| line.contains(word) && !line.trim_start().starts_with('#'))?;
            let text = module.text.lines().nth(line)?.to_owned();
            Some((Source::line(facts.app.place(&module.path), line + 1), text))
        })
    };
    let manifest = place("ManifestStaticFilesStorage");
    let unread =
        manifest.clone().filter(|(_, text)| text.contains("STATICFILES_STORAGE") && reads_storages_alone(facts));
    let manifest = manifest.filter(|_| unread.is_none());
    let whitenoise = place("whitenoise");
    let (severity, what, shown) = match (manifest, unread.or(whitenoise)) {
        (None, Some(shown)) if shown.1.contains("STATICFILES_STORAGE") => (
            Severity::Warning,
            "Django reads STORAGES since 5.1, and no STATICFILES_STORAGE, and there is nothing to serve",
            shown,
        ),
        (Some(shown), _) if is_named_by_a_page(facts) => {
            (Severity::Error, "a manifest storage is set, so every page that names a static file answers 500", shown)
        }
        (Some(shown), _) => {
            (Severity::Warning, "a manifest storage is set, so pages that name a static file answer 500", shown)
        }
        (None, Some(shown)) => {
            (Severity::Warning, "WhiteNoise has nothing to serve, so pages come without their styles", shown)
        }
        (None, None) => match place("django.contrib.staticfiles") {
            Some(shown) => {
                (Severity::Note, "nothing serves them: pages come without their styles, the admin's among them", shown)
            }
            None => return,
        },
    };
    let finding =
        UNCOLLECTED.found(format!("no command runs collectstatic: {what}")).about("collectstatic").severity(severity);
    let finding = finding.at(shown.0, shown.1);
    let command = format!("python manage.py collectstatic --noinput && {}", start.command.trim());
    let edits = start.replaced_with(facts, &command);
    let edits = if edits.is_empty() && !start.is_written(facts) { vec![facts.start_with(&command)] } else { edits };
    let root = any("STATIC_ROOT");
    findings.push(match severity {
        Severity::Note => {
            finding.help("add WhiteNoise and run `python manage.py collectstatic --noinput` before the start")
        }
        _ if root => finding.fix("run collectstatic before the start", edits),
        _ => finding.help("set STATIC_ROOT and run `python manage.py collectstatic --noinput` before the start"),
    });
}

/// Whether the Django that is installed takes no notice of STATICFILES_STORAGE, which 5.1 removed.
/// Source: <https://docs.djangoproject.com/en/5.1/releases/5.1/#features-removed-in-5-1>.
fn reads_storages_alone(facts: &Facts<'_>) -> bool {
    // Django 5 wants Python 3.10.
    let is_old = python::planned(facts).is_some_and(|python| ["3.8", "3.9"].contains(&&*python));
    let newest = [[5, 1, 99], [5, 2, 99], [6, 0, 99]].map(Version::new);
    let is_new = |entry: &Entry| match entry.requirement.pinned() {
        Some(pinned) => *pinned >= Version::new([5, 1]),
        None => newest.iter().any(|version| entry.requirement.specifiers.contains(version)),
    };
    !is_old && facts.requirements().of("django").all(is_new)
}

/// Whether a template of the project's own names a static file.
fn is_named_by_a_page(facts: &Facts<'_>) -> bool {
    const MOST: usize = 100;
    let app = &facts.app;
    let folders =
        std::iter::once("templates".into()).chain(app.folders().into_iter().map(|folder| folder.join("templates")));
    let mut left = MOST;
    folders.take(MOST).any(|folder: std::path::PathBuf| {
        let Ok(inner) = app.enter(&app.root().join(&folder)) else { return false };
        let deeper = inner.folders().into_iter().flat_map(|name| {
            let below = inner.enter(&inner.root().join(&name)).map(|below| below.files()).unwrap_or_default();
            below.into_iter().map(move |file| name.join(file))
        });
        let files = inner.files().into_iter().map(std::path::PathBuf::from).chain(deeper);
        let pages: Vec<_> = files.filter(|file| file.extension().is_some_and(|end| end == "html")).take(left).collect();
        left -= pages.len();
        pages.iter().any(|page| inner.read_text(page).unwrap_or_default().contains("{% static"))
    })
}
