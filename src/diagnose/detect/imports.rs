//! Imports that fail, syntax that does not parse, and exceptions of the app's own.

use super::compiled;
use super::found::{find, shows};
use super::handled::is_handled;
use crate::catalog::{changed, modules, servers};
use crate::diagnose::table::Finding;
use crate::diagnose::table::compile::{LEGACY_SETUP_PY, SETUPTOOLS_PKG_RESOURCES_MISSING};
use crate::diagnose::table::django::DJANGO_SETTINGS_MODULE_MISSING;
use crate::diagnose::table::install::PIP_NOT_FOUND;
use crate::diagnose::table::managers::TOOL_VERSION_INCOMPATIBLE;
use crate::diagnose::table::modules::{
    CIRCULAR_IMPORT, DEPENDENCY_VERSION_INCOMPATIBLE, IMPORT_NAME_ERROR, MISSING_LOCAL_MODULE, MISSING_PYTHON_MODULE,
    MISSING_SHARED_LIBRARY, NUMPY_ABI_MISMATCH, RELATIVE_IMPORT_ERROR, REMOVED_STDLIB_MODULE,
};
use crate::diagnose::table::platform::NO_DISPLAY;
use crate::diagnose::table::python::PYTHON_VERSION_TOO_OLD;
use crate::diagnose::table::start::WRONG_START_MODULE;
use crate::diagnose::table::{DECISIVE, HINT, Rule, SAID};
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;
use crate::log::traceback::{Frame, Home, Raised};

static MODULE: Pattern = Pattern::new(r"No module named '?([\w.]+)'?");
static NAME: Pattern = Pattern::new(r"cannot import name '?(\w+)'?(?: from '([\w.]+)')?(?: \(([^)]*)\))?");
static RUN: Pattern = Pattern::ascii(
    r"(?:^|[/\\\s])python[\d.]*(?:\.exe)?: (?:No module named ([\w.-]+)|Error while finding module specification for '([\w.-]+)')",
);

/// Missing modules and names.
pub(super) fn detect(view: &LogView<'_>, found: &mut Vec<Finding>) {
    for (index, raised) in view.raised.iter().enumerate() {
        if !raised.short().ends_with("ImportError")
            && raised.short() != "ModuleNotFoundError"
            && !raised.message.starts_with("No module named")
        {
            continue;
        }
        if is_handled(raised, view.raised.get(index + 1)) {
            continue;
        }
        // psycopg lists the modules that it tried, and lacks none of them: it lacks libpq.
        if raised.message.starts_with("no pq wrapper available") {
            continue;
        }
        // What `python -m` says is a word on the command.
        if !raised.traced && RUN.is_match(view.text(raised.at)) {
            continue;
        }
        if let Some(captures) = MODULE.captures(&raised.message) {
            missing_module(view, raised, &captures[1], found);
        } else if let Some(captures) = NAME.captures(&raised.message) {
            let from = captures.get(2).map(|group| group.as_str());
            missing_name(view, raised, &captures[1], from, captures.get(3).map(|group| group.as_str()), found);
        }
    }
}

/// What `python -m` says, without a traceback.
pub(super) fn detect_interpreter(view: &LogView<'_>, found: &mut Vec<Finding>) {
    for (at, line) in view.lines.iter().enumerate() {
        let Some(captures) = RUN.captures(&line.text) else { continue };
        let Some(module) = captures.get(1).or(captures.get(2)).map(|group| group.as_str()) else { continue };
        let top = module.split('.').next().unwrap_or(module);
        if matches!(top, "pip" | "ensurepip" | "venv") || found.iter().any(|known| known.at == at) {
            continue;
        }
        let rule = if modules::distribution(module).is_some() { &MISSING_PYTHON_MODULE } else { &WRONG_START_MODULE };
        find(found, rule, at, SAID).subject = Some(module.to_owned());
    }
}

fn missing_module(view: &LogView<'_>, raised: &Raised, module: &str, found: &mut Vec<Finding>) {
    let top = module.split('.').next().unwrap_or(module);
    let building = is_building(raised);
    if top == "pip" && building {
        // A setup.py that imports pip, which build environments have none of.
        found.retain(|known| known.rule != &PIP_NOT_FOUND || known.at != raised.at);
    } else if matches!(top, "pip" | "pkg_resources") {
        return;
    }
    let mut rank = if raised.traced { DECISIVE } else { SAID };
    let rule = if is_tool(raised) {
        &TOOL_VERSION_INCOMPATIBLE
    } else if raised.message.contains("'__main__' is not a package") {
        &RELATIVE_IMPORT_ERROR
    } else if top == "setuptools" {
        &SETUPTOOLS_PKG_RESOURCES_MISSING
    } else if shows(found, raised.at, &[&PYTHON_VERSION_TOO_OLD]) {
        return;
    } else if modules::removed_from_stdlib(module).is_some() {
        if building { &LEGACY_SETUP_PY } else { &REMOVED_STDLIB_MODULE }
    } else if matches!(top, "tkinter" | "_tkinter" | "turtle" | "turtledemo") {
        &NO_DISPLAY
    } else if compiled::header_of(top).is_some() {
        &MISSING_SHARED_LIBRARY
    } else if building {
        rank = SAID;
        &LEGACY_SETUP_PY
    } else {
        start_module_rule(view, raised, module)
    };
    let finding = find(found, rule, raised.at, rank);
    // What is too old is the package that imports it, which is looked for later.
    finding.subject = (*rule != LEGACY_SETUP_PY).then(|| module.to_owned());
    explain_missing_module(finding, raised, module);
}

/// Says what installs a missing module, or where it went.
fn explain_missing_module(finding: &mut Finding, raised: &Raised, module: &str) {
    let top = module.split('.').next().unwrap_or(module);
    let rule = finding.rule;
    compiled::explain(finding, top);
    if *rule == MISSING_PYTHON_MODULE {
        let install = modules::to_install(module);
        let whom = raised.importer().map(|frame| format!(" (imported at {})", frame.place())).unwrap_or_default();
        let is_anybodys = modules::distribution(module).is_none() && raised.importer().is_none();
        finding.message = Some(if is_anybodys {
            format!("no requirement installs `{install}`; or it is the project's own, and not where Python looks")
        } else if install.eq_ignore_ascii_case(&top.replace('_', "-")) {
            format!("no requirement installs `{install}`{whom}")
        } else {
            format!("no requirement installs `{top}`, which the distribution `{install}` brings{whom}")
        });
        finding.help = Some(match modules::distribution(module) {
            Some(_) if install == "psycopg" && raised.passes("/sqlalchemy/ext/asyncio/") => {
                "an async engine takes psycopg for `postgresql://`: add `psycopg[binary]` to requirements.txt, or, where asyncpg is there, write the URL with `postgresql+asyncpg://`".to_owned()
            }
            // A URL that begins with postgresql:// is what chose it.
            Some(_) if install == "psycopg" && raised.passes("/sqlalchemy/dialects/postgresql/psycopg") => {
                "SQLAlchemy takes psycopg for `postgresql://` since 2.1: add `psycopg[binary]` to requirements.txt, or stay with psycopg2 by `sqlalchemy<2.1` or a URL that begins with `postgresql+psycopg2://`".to_owned()
            }
            _ if raised.passes("/gunicorn/workers/ggevent") && top == "packaging" => {
                "require `gunicorn[gevent]`, which brings it: since gunicorn 26.1.0 the extra alone does".to_owned()
            }
            Some(_) => format!("add `{}` to requirements.txt", modules::to_require(module)),
            None => format!(
                "add the package that brings `{top}` to requirements.txt; that the index's `{install}` is that package is not verified"
            ),
        });
    } else if *rule == DEPENDENCY_VERSION_INCOMPATIBLE {
        let install = modules::to_install(module);
        finding.message = Some(format!("{top} is installed, in a release that has no `{module}`"));
        let changed = changed::by_message(&raised.message).map(|changed| changed.help.to_owned());
        finding.help = Some(changed.unwrap_or_else(|| {
            format!(
                "pin `{install}` to the release that the code was written for, or adapt the code to the one that is installed"
            )
        }));
        finding.subject = Some(install);
    } else if *rule == LEGACY_SETUP_PY && modules::removed_from_stdlib(module).is_none() {
        finding.message = Some(format!("a setup.py imports `{module}`, which the environment of its build has not"));
        finding.help = Some(format!(
            "take a newer release of the package that is built, or one with a wheel; where it is this project, name `{}` under `requires` of [build-system] in pyproject.toml",
            modules::to_install(module)
        ));
    } else if *rule == REMOVED_STDLIB_MODULE
        && let Some((since, instead)) = modules::removed_from_stdlib(module)
    {
        finding.message = Some(format!("the standard library has no `{module}` since Python {since}"));
        // Its next failure is another, which no package mends: aioredis 2.0.1 on Python 3.11 and newer.
        let dead_end = raised.passes("/aioredis/").then_some("duplicate base class TimeoutError");
        let dead_end = dead_end.and_then(changed::by_message);
        finding.is_unfixable |= dead_end.is_some();
        finding.help = Some(match instead {
            _ if dead_end.is_some() => dead_end.map(|changed| changed.help.to_owned()).unwrap_or_default(),
            "" => format!("take a newer release of the package that imports `{module}`, or a Python before {since}"),
            _ => format!("add `{instead}` to requirements.txt, or choose a Python before {since}"),
        });
    } else if *rule == NO_DISPLAY {
        let top = top.trim_start_matches('_');
        finding.message = Some(format!(
            "`{top}` is a part of Tk, which opens windows: this Python has none of it, and a container has no screen"
        ));
        finding.help =
            Some(format!("take what imports `{top}` out of what the server runs; no package of the image helps"));
    } else if *rule == MISSING_LOCAL_MODULE
        && let Some(frame) = raised.own_frame()
    {
        finding.message =
            Some(format!("the project's own module `{module}` is not found (imported at {})", frame.place()));
    }
}

fn start_module_rule(view: &LogView<'_>, raised: &Raised, module: &str) -> &'static Rule {
    let importer = raised.importer();
    let importer_file = importer.map(|frame| frame.file.replace('\\', "/")).unwrap_or_default();
    // What a class of workers wants of its own; the app is loaded by other files.
    if importer_file.contains("/gunicorn/workers/g") {
        return &MISSING_PYTHON_MODULE;
    }
    let by_server = servers::loaders().any(|loader| importer_file.contains(loader));
    if by_server && modules::distribution(module).is_none() {
        return &WRONG_START_MODULE;
    }
    if raised.frames.is_empty()
        && modules::distribution(module).is_none()
        && view.mentions("unable to load app 0 (mountpoint")
    {
        return &WRONG_START_MODULE;
    }
    if importer.is_none()
        && !raised.frames.is_empty()
        && modules::distribution(module).is_none()
        && view.mentions("Worker failed to boot")
    {
        return &WRONG_START_MODULE;
    }
    if importer_file.contains("django/conf/") {
        return &DJANGO_SETTINGS_MODULE_MISSING;
    }
    // Without a frame between the server and the failure, the module is what the start command names.
    let servers_own =
        |loader: &str| loader.split('/').next().is_some_and(|top| importer_file.contains(&format!("/{top}/")));
    if raised.frames.iter().all(|frame| frame.home() != Home::Project)
        && servers::loaders().any(|loader| raised.passes(loader))
        && servers::loaders().any(servers_own)
        && !importer_file.contains("/kombu/")
        && modules::distribution(module).is_none()
    {
        return &WRONG_START_MODULE;
    }
    // `runserver` and the like load WSGI_APPLICATION themselves.
    if raised.passes("django/core/servers/basehttp") && importer_file.contains("django/utils/module_loading") {
        return &WRONG_START_MODULE;
    }
    if importer_file.contains("django/urls/") {
        return &MISSING_LOCAL_MODULE;
    }
    if raised.message.contains("is not a package") {
        return &MISSING_LOCAL_MODULE;
    }
    if is_own(view, raised, module) {
        return &MISSING_LOCAL_MODULE;
    }
    // `a.b` is missed by name only when `a` is there: another release of it.
    if module.contains('.')
        && modules::distribution(module).is_some()
        && !modules::is_namespace(module)
        && importer.is_some()
    {
        return &DEPENDENCY_VERSION_INCOMPATIBLE;
    }
    &MISSING_PYTHON_MODULE
}

/// Whether a module is the project's own, as far as the log shows.
fn is_own(view: &LogView<'_>, raised: &Raised, module: &str) -> bool {
    let top = module.split('.').next().unwrap_or(module);
    if modules::distribution(module).is_some() {
        return false;
    }
    if raised.importer().is_some_and(|frame| frame.home() == Home::Package && !frame.file.contains("django")) {
        return false;
    }
    if raised.own_frame().is_some_and(|frame| frame.code.trim_start().starts_with("from .")) || module.contains('.') {
        return true;
    }
    let folders = |frame: &Frame| {
        frame.home() == Home::Project
            && frame
                .file
                .replace('\\', "/")
                .split('/')
                .rev()
                .take(5)
                .any(|part| part == top || part.strip_suffix(".py") == Some(top))
    };
    modules::sounds_own(top) || view.raised.iter().flat_map(|raised| &raised.frames).any(folders)
}

/// Names that the standard library had once.
const GONE_NAMES: &[&str] = &[
    "Mapping",
    "MutableMapping",
    "MutableSet",
    "MutableSequence",
    "Sequence",
    "Iterable",
    "Iterator",
    "Callable",
    "Hashable",
    "Set",
    "getargspec",
    "formatargspec",
    "coroutine",
    "async",
    "gcd",
    "escape",
    "Unpacker",
    "SafeConfigParser",
    "open_binary",
    "_GenericAlias",
];

fn missing_name(
    view: &LogView<'_>,
    raised: &Raised,
    name: &str,
    from: Option<&str>,
    path: Option<&str>,
    found: &mut Vec<Finding>,
) {
    const SAYS_MORE: &[&Rule] =
        &[&CIRCULAR_IMPORT, &PYTHON_VERSION_TOO_OLD, &NUMPY_ABI_MISMATCH, &TOOL_VERSION_INCOMPATIBLE];
    if shows(found, raised.at, SAYS_MORE) {
        return;
    }
    if is_building(raised) || shows(found, raised.at, &[&LEGACY_SETUP_PY]) && !raised.traced {
        return;
    }
    // A legacy setup.py is one that is being run; an installed package is merely old.
    found.retain(|known| known.at != raised.at || known.rule != &LEGACY_SETUP_PY);
    let by_code = raised
        .importer()
        .and_then(|frame| frame.code.trim_start().strip_prefix("from ")?.split_whitespace().next().map(str::to_owned));
    let module = from.map(str::to_owned).or(by_code).unwrap_or_default();
    let path = path.unwrap_or_default().replace('\\', "/");
    let packaged = path.contains("site-packages/") || path.contains("dist-packages/");
    let standard = path.contains("/lib/python3") && !packaged;
    if is_tool(raised) {
        find(found, &TOOL_VERSION_INCOMPATIBLE, raised.at, DECISIVE);
        return;
    }
    if ["setuptools", "distutils", "pkg_resources", "pip"].contains(&module.split('.').next().unwrap_or_default()) {
        find(found, &LEGACY_SETUP_PY, raised.at, HINT);
        return;
    }
    // Django imports what the project's settings name.
    let by_package = raised
        .importer()
        .is_some_and(|frame| frame.home() == Home::Package && !frame.file.contains("django/apps/config"));
    let own = !packaged
        && !by_package
        && (is_own(view, raised, &module)
            || module.starts_with('.')
            || (!path.is_empty() && path != "unknown location" && !standard)
            || (path.is_empty() && !module.is_empty() && modules::distribution(&module).is_none()));
    let rule = if own {
        &IMPORT_NAME_ERROR
    } else if standard && GONE_NAMES.contains(&name) {
        if by_package { &DEPENDENCY_VERSION_INCOMPATIBLE } else { &IMPORT_NAME_ERROR }
    } else if standard {
        &PYTHON_VERSION_TOO_OLD
    } else {
        &DEPENDENCY_VERSION_INCOMPATIBLE
    };
    let finding = find(found, rule, raised.at, DECISIVE);
    if *rule == IMPORT_NAME_ERROR {
        finding.subject = Some(name.to_owned());
        let place = raised.own_frame().map(|frame| format!(" (imported at {})", frame.place())).unwrap_or_default();
        finding.message = Some(format!("`{name}` is not in `{module}`{place}"));
    } else if *rule == PYTHON_VERSION_TOO_OLD {
        finding.subject = Some(format!("{module}.{name}"));
        finding.message = Some(format!("`{module}` of this Python has no `{name}`"));
    } else {
        let package = modules::to_install(&module);
        finding.message = Some(format!("`{module}` has no `{name}` in the installed release of `{package}`"));
        let changed = changed::by_message(&raised.message).map(|changed| changed.help.to_owned());
        let pin = || format!("pin `{package}` to the release that has `{name}`, or adapt the import");
        finding.help = Some(changed.unwrap_or_else(pin));
        finding.subject = Some(if package.is_empty() { name.to_owned() } else { package });
    }
}

/// Whether an exception comes from building a package rather than from running the app.
pub(super) fn is_building(raised: &Raised) -> bool {
    const BUILDING: &[&str] = &[
        "pyproject_hooks/",
        "/pip-build-env-",
        "/pip-install-",
        "/pip-req-build-",
        "/pip-build-",
        "setuptools/build_meta",
        "/uv/builds-",
        "/.cache/uv/",
        "_in_process.py",
        "/tmp/pip-",
        "setuptools-tmp",
    ];
    BUILDING.iter().any(|part| raised.passes(part))
        || raised
            .frames
            .iter()
            .any(|frame| frame.file == "<string>" && frame.function == "<module>" && raised.passes("setuptools"))
}

/// Whether an exception ended a project manager, which runs before any code of the project.
pub(super) fn is_tool(raised: &Raised) -> bool {
    const TOOLS: &[&str] = &["bin/poetry", "bin/pdm", "bin/pipenv", "/poetry/__main__.py", "/pdm/__main__.py"];
    raised.frames.first().is_some_and(|frame| TOOLS.iter().any(|tool| frame.file.ends_with(tool)))
        && raised.own_frame().is_none()
}

/// Whether an exception is pip's or another installer's own.
pub(super) fn is_installer(raised: &Raised) -> bool {
    ["/pip/_internal/", "/pip/_vendor/", "/poetry/", "/pipenv/", "/pdm/", "/nixpacks"]
        .iter()
        .any(|part| raised.passes(part))
}
