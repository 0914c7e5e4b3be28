//! Django's own preparations.

use super::rule::{Rule, by, decisive, hint, said};
use crate::check;
use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;

pub(crate) static DJANGO_ALLOWED_HOSTS: Rule = Rule {
    id: check::django::HOSTS.id,
    phases: &["start"],
    message: "{the host of the request} is not in Django's ALLOWED_HOSTS",
    about: check::django::HOSTS.about,
    help: "add {the host} to ALLOWED_HOSTS (and healthcheck.railway.app, if the platform probes the app)",
    example: "django.core.exceptions.DisallowedHost: Invalid HTTP_HOST header: 'harbour.example'. You may need to add 'harbour.example' to ALLOWED_HOSTS.",
    link: Some("https://docs.djangoproject.com/en/stable/ref/settings/#allowed-hosts"),
    signatures: &[decisive(
        r"Invalid HTTP_HOST header: '(?P<s>[^']+)'|DisallowedHost|You must set settings\.ALLOWED_HOSTS if DEBUG is False",
    )],
    ..Rule::BLANK
};

pub(crate) static DJANGO_CSRF_ORIGIN: Rule = Rule {
    id: check::django::ORIGINS.id,
    phases: &["build", "start"],
    message: "CSRF_TRUSTED_ORIGINS names {an origin} without its scheme",
    about: check::django::ORIGINS.about,
    help: "write `https://` before {the origin} in CSRF_TRUSTED_ORIGINS",
    example: "?: (4_0.E001) As of Django 4.0, the values in the CSRF_TRUSTED_ORIGINS setting must start with a scheme (usually http:// or https://) but found harbour.example. See the release notes for details.",
    signatures: &[
        decisive(r"\(4_0\.E001\).*CSRF_TRUSTED_ORIGINS(?:.* but found (?P<s>\S+?)\. )?"),
        said(r"Origin checking failed - (?P<s>https?://\S+) does not match any trusted origins"),
    ],
    refine: Some(untrusted),
    ..Rule::BLANK
};

/// A form's origin that the list does not have, whatever the list's own form is.
fn untrusted(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if view.text(finding.at).contains("Origin checking failed")
        && let Some(origin) = &finding.subject
    {
        finding.message = Some(format!("CSRF_TRUSTED_ORIGINS does not have `{origin}`, so Django refuses its forms"));
        finding.help = Some(format!("add `{origin}` to CSRF_TRUSTED_ORIGINS, and keep the scheme"));
    }
    true
}

pub(crate) static DJANGO_CHECK_FAILED: Rule = Rule {
    id: "django-check-failed",
    phases: &["build", "start"],
    message: "Django's own system checks refuse the project{}",
    about: "Before a command of manage.py does anything, Django checks settings and models, and ends where one of its checks is an error. The line with \
            the check's number says what is wrong.",
    help: "correct what the check {of that number} says; `python manage.py check --deploy` tells all of them before a deploy",
    example: "SystemCheckError: System check identified some issues:\n\nERRORS:\nshop.Order.berth: (fields.E300) Field defines a relation with model 'Berth', which is either not installed, or is abstract.",
    link: Some("https://docs.djangoproject.com/en/stable/ref/checks/"),
    signatures: &[said(r"^(?:<class '[^']+'>|\S+): \((?P<s>\w+\.E\d{3})\) ")],
    ..Rule::BLANK
};

pub(crate) static DJANGO_SECRET_KEY_MISSING: Rule = Rule {
    id: "django-secret-key-missing",
    phases: &["build", "start"],
    message: "Django's SECRET_KEY is empty{}",
    about: "settings.py takes SECRET_KEY from a variable that is not set here (builds often have other variables than the running app).",
    help: "set SECRET_KEY (or the variable that settings.py reads) for the service, at build time as well if collectstatic runs there",
    example: "django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.",
    signatures: &[
        decisive(r"The SECRET_KEY setting must not be empty|SECRET_KEY must be at least \d+"),
        decisive(r"(?:Set the (?P<s>\w*SECRET_KEY\w*) environment variable)"),
        decisive(r"(?:^|: )(?P<s>(?:DJANGO_)?SECRET_KEY) not found\. Declare it as envvar"),
        decisive(r"KeyError: '(?P<s>DJANGO_SECRET_KEY|DJANGO_SECRET)'"),
    ],
    refine: Some(is_of_django),
    ..Rule::BLANK
};

/// decouple reads the variables of any framework, and mostly Django's.
fn is_of_django(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let mentions = |words: &[&str]| words.iter().any(|word| view.mentions(word));
    !view.text(finding.at).contains("SECRET_KEY not found. Declare it")
        || mentions(&["django", "DJANGO", "manage.py"])
        || !mentions(&["flask", "Flask", "fastapi", "FastAPI", "starlette", "quart", "sanic", "aiohttp"])
}

pub(crate) static DJANGO_SETTINGS_MODULE_MISSING: Rule = Rule {
    id: "django-settings-module-missing",
    phases: &["build", "start"],
    message: "Django's settings module {in DJANGO_SETTINGS_MODULE} is not set or cannot be found",
    about: "DJANGO_SETTINGS_MODULE is unset, or names a module that cannot be imported from the folder in which the app starts.",
    help: "set DJANGO_SETTINGS_MODULE to the dotted path of the settings, and start in the folder of manage.py",
    example: "django.core.exceptions.ImproperlyConfigured: Requested setting INSTALLED_APPS, but settings are not configured. You must either define the environment variable DJANGO_SETTINGS_MODULE or call settings.configure() before accessing settings.",
    signatures: &[
        decisive(r"settings are not configured\. You must either define the environment variable"),
        decisive(r"Could not import settings '(?P<s>[^']+)'"),
        decisive(r"DJANGO_SETTINGS_MODULE.*(?:not set|undefined|is not defined)"),
    ],
    ..Rule::BLANK
};

/// A command that Django does not know is of an app that is not installed, or the settings did not load. A file that the manifest lacks fails the page that
/// names it, and no command.
fn in_its_words(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if view.text(finding.at).contains("staticfiles manifest entry") {
        let file = finding.subject.as_deref().unwrap_or("the file");
        finding.message = Some(format!("`{file}` is not among the files that were collected"));
        finding.help = Some("run `python manage.py collectstatic --noinput` before the app starts, with the settings that it starts with; where that runs already, no app and no folder of STATICFILES_DIRS has the file: commit it, or correct the name in the template".to_owned());
    }
    if view.text(finding.at).contains("Unknown command") {
        finding.help = Some("add `django.contrib.staticfiles` to INSTALLED_APPS; where it is there, DJANGO_SETTINGS_MODULE names other settings, or an error in them hides the commands of apps".to_owned());
    }
    true
}

pub(crate) static COLLECTSTATIC_FAILED: Rule = Rule {
    id: check::django::STATIC.id,
    phases: &["build", "start"],
    message: "collectstatic failed{}",
    about: check::django::STATIC.about,
    help: "set STATIC_ROOT in settings.py where the message asks for it; otherwise commit the file or folder that it names (git keeps no empty folder), or correct the reference to it",
    example: "django.core.exceptions.ImproperlyConfigured: You're using the staticfiles app without having set the STATIC_ROOT setting to a filesystem path.",
    signatures: &[
        decisive(r"without having set the STATIC_ROOT setting|using the staticfiles app without having"),
        decisive(r"Collectstatic configuration error"),
        decisive(r"Missing staticfiles manifest entry for '(?P<s>[^']+)'"),
        decisive(r"MissingFileError: The file '(?P<s>[^']+)'"),
        decisive(r"The file '(?P<s>[^']+)' could not be found with"),
        said(r"Post-processing '(?P<s>[^']+)' failed"),
        said(r"(?P<s>Unknown command: 'collectstatic')"),
        hint(r"Error while running '\$ python manage\.py collectstatic"),
        hint(r"collectstatic.*(?:failed|did not complete|exit code: 1)"),
        hint(r"The STATICFILES_DIRS setting should (?:not contain|be)"),
    ],
    refine: Some(in_its_words),
    explained_by: &[by(&check::django::STATIC)],
    ..Rule::BLANK
};

#[cfg(test)]
mod tests {
    use crate::diagnose::{Case, diagnose};
    use crate::log::Log;

    #[test]
    fn a_file_that_the_manifest_lacks_was_not_collected() {
        let log = Log::from("ValueError: Missing staticfiles manifest entry for 'css/tide.css'\n");
        let found = &diagnose(&Case::of_log(&log))[0];
        assert_eq!(found.message, "`css/tide.css` is not among the files that were collected");
        assert!(found.help.as_deref().unwrap_or_default().starts_with("run `python manage.py collectstatic"));
    }
}
