//! Django settings that a deploy trips over.

use std::path::{Path, PathBuf};

use super::facts::Facts;
use super::finding::{Check, Findings, append_line, error, replace_line, warning};
use crate::finding::Severity;
use crate::log::pattern::Pattern;
use crate::project::Source;

pub(crate) const HOSTS: Check = warning(
    "django-allowed-hosts",
    "Django answers 400 to hosts that ALLOWED_HOSTS does not name, and the deploy never becomes healthy. Railway's health \
     check asks with the host name healthcheck.railway.app.",
);
pub(crate) const STATIC: Check = error(
    "collectstatic-failed",
    "Django's collectstatic found no STATIC_ROOT, or a static file refers to one that is not there.",
);
pub(crate) const ORIGINS: Check = error(
    "django-csrf-origin",
    "Since Django 4.0 every item of CSRF_TRUSTED_ORIGINS begins with its scheme (`https://`). Without one Django's system checks end every \
     manage.py command, migrate above all (4_0.E001).",
);

pub(super) const CHECKS: &[Check] = &[HOSTS, STATIC, ORIGINS];

const HEALTHCHECK: &str = "healthcheck.railway.app";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    let Some((path, text)) = settings(facts) else { return };
    allowed_hosts(facts, &path, &text, findings);
    origins(facts, &path, &text, findings);
    let collects = facts.commands().iter().any(|command| command.contains("collectstatic"));
    let opaque = text.contains("import *");
    // A storage of somebody else's may want no folder; those of Django and WhiteNoise do.
    let is_elsewhere =
        text.contains("STORAGES") && !["whitenoise", "StaticFilesStorage"].iter().any(|own| text.contains(own));
    if collects && !opaque && !text.contains("STATIC_ROOT") && !is_elsewhere {
        let finding =
            STATIC.found("collectstatic runs in the build, and the settings have no STATIC_ROOT").about("STATIC_ROOT");
        // Django asks for STATIC_ROOT only when there is a file to put there.
        let finding = match has_static_files(facts, &text) {
            true => finding,
            false => finding.severity(Severity::Warning).likely(),
        };
        let finding = finding.at(facts.app.file(&path), "");
        let finding = finding.help("add STATIC_ROOT = BASE_DIR / \"staticfiles\" to the settings");
        let edit = root_of(&text).map(|line| append_line(facts.app.place(&path), line));
        findings.push(finding.fix("collect static files into staticfiles", edit.into_iter().collect()));
    }
}

/// The setting in the manner of the file's own BASE_DIR.
fn root_of(settings: &str) -> Option<&'static str> {
    let base = settings.lines().find_map(|line| line.strip_prefix("BASE_DIR")?.trim_start().strip_prefix('='))?;
    let ways = [
        ("Path(", r#"STATIC_ROOT = BASE_DIR / "staticfiles""#),
        ("os.path.", r#"STATIC_ROOT = os.path.join(BASE_DIR, "staticfiles")"#),
    ];
    ways.into_iter().find(|(way, _)| base.contains(way)).map(|(_, line)| line)
}

/// Apps that bring static files.
const WITH_FILES: &[&str] = &["django.contrib.admin", "rest_framework", "debug_toolbar"];

/// Whether some static file would be found: of the settings' own folders, of the project's apps, or of a package that is an app.
/// Where nothing installs staticfiles, there is no such command at all.
fn has_static_files(facts: &Facts<'_>, settings: &str) -> bool {
    let mut lines = settings.lines().filter(|line| !line.trim_start().starts_with('#'));
    let brings = |line: &str| line.contains("STATICFILES_DIRS") || WITH_FILES.iter().any(|app| line.contains(app));
    let has_files = |folder: &Path| {
        let entries = std::fs::read_dir(facts.app.root().join(folder).join("static"));
        entries.is_ok_and(|mut entries| entries.next().is_some())
    };
    lines.any(brings)
        || !settings.contains("django.contrib.staticfiles")
        || !facts.app.folders_below(has_files).is_empty()
}

/// The project's only settings.py, beside the file that names its WSGI application.
pub(super) fn settings(facts: &Facts<'_>) -> Option<(PathBuf, String)> {
    const MOST: usize = 50;
    if !facts.app.has_file("manage.py") {
        return None;
    }
    let places = facts.app.folders().into_iter().take(MOST).map(|folder| folder.join("settings.py"));
    let mut found = places.filter(|path| facts.app.has_file(path));
    let path = found.next().filter(|_| found.next().is_none())?;
    let text = facts.app.read_text(&path).ok()?;
    Some((path, text))
}

static TEXT: Pattern = Pattern::new(r#"["']([^"']+)["']"#);

/// Origins without their scheme, in lists of one line.
fn origins(facts: &Facts<'_>, path: &Path, text: &str, findings: &mut Findings) {
    let old = facts.requirements().of("django").filter_map(|entry| entry.requirement.pinned());
    if old.into_iter().any(|version| *version < pep440_rs::Version::new([4, 0])) {
        return;
    }
    let lines = text.lines().enumerate().filter(|(_, line)| line.starts_with("CSRF_TRUSTED_ORIGINS"));
    for (index, line) in lines {
        let Some(list) = line.split_once('=').map(|(_, list)| list.trim()).filter(|list| list.starts_with(['[', '(']))
        else {
            continue;
        };
        let items =
            TEXT.regex().into_iter().flat_map(|pattern| pattern.captures_iter(list)).filter_map(|found| found.get(1));
        let bare: Vec<&str> =
            items.map(|item| item.as_str()).filter(|item| !item.contains("://") && item.contains('.')).collect();
        let Some(first) = bare.first().filter(|_| !list.contains("+ ") && !list.contains("f\"")) else { continue };
        let better = bare.iter().fold(line.to_owned(), |line, item| {
            ['"', '\''].iter().fold(line, |line, quote| {
                line.replace(&format!("{quote}{item}{quote}"), &format!("{quote}https://{item}{quote}"))
            })
        });
        let place = facts.app.place(path);
        let finding = ORIGINS
            .found(format!("CSRF_TRUSTED_ORIGINS names {first} without its scheme, and Django's checks refuse that"))
            .about(*first)
            .at(Source::line(&place, index + 1), line);
        findings.push(finding.fix("write https:// before it", vec![replace_line(&place, index + 1, line, better)]));
    }
}

fn allowed_hosts(facts: &Facts<'_>, path: &Path, text: &str, findings: &mut Findings) {
    let checked = facts.deploy().is_some_and(|deploy| deploy.healthcheck_path.is_some());
    let lines: Vec<(usize, &str)> =
        text.lines().enumerate().filter(|(_, line)| line.starts_with("ALLOWED_HOSTS")).collect();
    // Anything but one literal list may well name the host.
    let [(index, line)] = lines[..] else { return };
    let Some(list) = line.split_once('=').map(|(_, list)| list.split('#').next().unwrap_or_default().trim()) else {
        return;
    };
    let literal = list.starts_with('[')
        && list.ends_with(']')
        && !list.contains('(')
        && !list.contains("*\"")
        && !list.contains("*'");
    let items = list.trim_matches(['[', ']']).trim();
    let is_off = text
        .lines()
        .any(|line| line.split('#').next().unwrap_or_default().replace(' ', "").trim_end() == "DEBUG=False");
    // With DEBUG on, an empty list lets this machine in, and nobody else.
    let local = |item: &str| {
        ["", "localhost", "127.0.0.1", "[::1]", "0.0.0.0"].contains(&item.trim().trim_matches(['"', '\'']))
    };
    let only_local = is_off && items.split(',').all(local);
    let plain = items.split(',').all(|item| item.trim().is_empty() || item.trim().starts_with(['"', '\'']));
    if !checked && !only_local
        || !literal
        || !plain
        || list.contains(HEALTHCHECK)
        || list.contains("\".railway.app")
        || list.contains("'.railway.app")
    {
        return;
    }
    let place = facts.app.place(path);
    let comma = if items.is_empty() || items.ends_with(',') { "" } else { ", " };
    let allow = if only_local { ".railway.app" } else { HEALTHCHECK };
    let better = line.replacen(list, &format!("[{items}{comma}\"{allow}\"]"), 1);
    let message = match only_local {
        true => "ALLOWED_HOSTS names no host of the platform, so every request gets 400".to_owned(),
        false => format!("ALLOWED_HOSTS does not name {HEALTHCHECK}, so the health check gets 400"),
    };
    let finding = HOSTS.found(message).about("ALLOWED_HOSTS").at(Source::line(&place, index + 1), line);
    findings.push(finding.fix(format!("allow {allow}"), vec![replace_line(&place, index + 1, line, better)]));
}

static ALLOWED: Pattern = Pattern::new(r"(?i)\b(?:allowed|trusted)_hosts\s*[=:]\s*[\[(]([^\])]*)[\])]");

/// The first public host of a list of hosts that Django, Starlette, Litestar or Flask lets in.
pub(super) fn allowed_host(facts: &Facts<'_>) -> Option<String> {
    let settings = settings(facts).map(|(_, text)| text);
    let texts = facts.reached().iter().map(|module| module.text.as_str()).chain(settings.as_deref());
    let is_public = |host: &&str| host.contains('.') && host.chars().any(char::is_alphabetic) && !host.contains('/');
    texts.flat_map(str::lines).filter(|line| !line.trim_start().starts_with('#')).find_map(|line| {
        let found = ALLOWED.captures(line)?;
        let items: Vec<String> = found[1].split(['"', '\'']).skip(1).step_by(2).map(str::to_owned).collect();
        let public = items.iter().map(|item| item.trim_start_matches("*.").trim_start_matches('.')).find(is_public)?;
        Some(if items.iter().any(|item| item == &format!("*.{public}")) {
            format!("www.{public}")
        } else {
            public.to_owned()
        })
    })
}
