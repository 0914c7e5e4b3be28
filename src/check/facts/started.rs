//! Which files of the project a start command runs.

use crate::catalog::servers::{RUNNERS, Runner, programs, visited};
use crate::check::facts::command::{Invocation, invocations, is_python};
use crate::check::facts::inputs::Inputs;
use crate::check::facts::target;
use crate::log::pattern::Pattern;
use crate::project::Project;
use std::path::{Path, PathBuf};

/// A file that is started, and the folder in which its imports are looked for.
pub(in crate::check) struct Started {
    pub(in crate::check) base: PathBuf,
    pub(in crate::check) path: PathBuf,
    /// Whether Python runs it as a file.
    pub(in crate::check) is_script: bool,
}

/// What `fastapi run` takes where no file is named, in its order.
const FASTAPI: &[&str] = &["main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py"];
/// Programs that load a module: the option that names it, or none where it is a plain word, and the words before that.
const LOADERS: &[(&str, &[&str], &[&str])] = &[
    ("celery", &["-A", "--app"], &[]),
    ("flask", &["-A", "--app"], &[]),
    ("litestar", &["--app"], &[]),
    ("huey_consumer", &[], &[]),
    ("huey_consumer.py", &[], &[]),
    ("granian", &[], &[]),
    ("sanic", &[], &[]),
    ("dramatiq", &[], &[]),
    ("arq", &[], &[]),
    ("taskiq", &[], &["worker", "scheduler"]),
];

static SETTINGS: Pattern = Pattern::new(r#"DJANGO_SETTINGS_MODULE["']\s*[,\]]\s*=?\s*["']([\w.]+)["']"#);

/// The files that an invocation runs.
pub(in crate::check) fn files(inputs: &Inputs<'_>, invocation: &Invocation<'_>) -> Vec<Started> {
    let app = &inputs.app;
    let folder = Path::new(invocation.folder);
    let found = match invocation.program {
        "alembic" => migrations(app, folder).into_iter().collect(),
        _ => named(inputs, invocation, folder),
    };
    let mut found: Vec<Started> = found.into_iter().filter(|started| started.is_in(app)).collect();
    let manage = found.iter().find(|started| started.path.ends_with("manage.py"));
    let by_wsgi = found.iter().find(|started| started.path.ends_with("wsgi.py") || started.path.ends_with("asgi.py"));
    if let Some(started) = manage.or(by_wsgi)
        && let Some(settings) = settings(inputs, started)
    {
        found.push(settings);
    }
    found
}

fn named(inputs: &Inputs<'_>, invocation: &Invocation<'_>, folder: &Path) -> Vec<Started> {
    let app = &inputs.app;
    if !invocation.is_module && (is_python(invocation.program) || invocation.program.ends_with(".py")) {
        let named = match is_python(invocation.program) {
            true => target::script(&invocation.arguments),
            false => Some(invocation.path),
        };
        return named.and_then(|name| script(folder, name, true)).into_iter().collect();
    }
    if let Some(Runner { verb, .. }) = RUNNERS.iter().find(|runner| {
        let has_verb = runner.verb.is_empty() || invocation.arguments.first() == Some(&runner.verb);
        runner.program == invocation.program && has_verb
    }) {
        let words = invocation.arguments.iter().skip(usize::from(!verb.is_empty()));
        let named = words.copied().find(|word| word.ends_with(".py"));
        let named = named.map(str::to_owned).or_else(|| {
            let fastapi = invocation.program == "fastapi";
            fastapi.then(|| FASTAPI.iter().find(|name| app.has_file(folder.join(name))))?.map(|name| (*name).to_owned())
        });
        return named.and_then(|name| script(folder, &name, false)).into_iter().collect();
    }
    let loaded = loaded(invocation).or_else(|| {
        let variable = match invocation.program {
            "flask" => "FLASK_APP",
            "litestar" => "LITESTAR_APP",
            _ => return None,
        };
        inputs.variable(variable)
    });
    let fallback = || {
        (invocation.program == "flask")
            .then(|| ["app", "wsgi"].into_iter().find(|name| app.has_file(folder.join(format!("{name}.py")))))?
    };
    let name = match invocation.is_module {
        true if loaded.is_none() && target::target(invocation).is_none() => Some(invocation.program),
        _ => loaded.or_else(fallback).or_else(|| target::target(invocation)),
    };
    let Some(name) = name.and_then(|name| name.trim_end_matches("()").split(':').next()) else { return Vec::new() };
    let option = invocation.option(&["--chdir", "--app-dir", "--pythonpath", "--workdir"]).unwrap_or_default();
    module(app, &folder.join(option), name).into_iter().collect()
}

/// The server or worker that imports the app of a start command. Python runs it itself, by its path and by `-m`, and so does what runs a page for
/// its visitor: there `__name__` is `"__main__"`.
pub(in crate::check) fn loader(command: &str) -> Option<&str> {
    let program = invocations(command).last()?.program;
    let mut known = programs(true).chain(programs(false));
    (visited(command).is_none() && known.any(|known| known == program)).then_some(program)
}

/// The module that a program is told to load, as it is written: `shop.tasks`, `web:app`.
pub(in crate::check) fn loaded<'c>(invocation: &Invocation<'c>) -> Option<&'c str> {
    let (_, options, verbs) = LOADERS.iter().find(|(program, ..)| *program == invocation.program)?;
    match options {
        [] => {
            let mut words = invocation.arguments.iter().copied();
            words.find(|word| !word.starts_with('-') && !verbs.contains(word) && !is_value(invocation, word))
        }
        _ => invocation.option(options),
    }
}

/// The only folder directly below the root that holds a module by its dotted name, and the module's file.
pub(crate) fn home(app: &Project, name: &str) -> Option<(PathBuf, PathBuf)> {
    let stem = name.replace('.', "/");
    let homes = app.folders().into_iter().take(MOST_FOLDERS).filter_map(|folder| {
        let is_hidden = folder.to_string_lossy().starts_with('.') || app.has_file(folder.join("pyvenv.cfg"));
        let file = app.module_at(folder.join(&stem)).filter(|_| !is_hidden)?;
        Some((folder, file))
    });
    match &homes.collect::<Vec<_>>()[..] {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// More folders than these are not looked through.
const MOST_FOLDERS: usize = 200;

impl Started {
    /// Whether the project has it, inside of its folder.
    pub(super) fn is_in(&self, app: &Project) -> bool {
        let is_inside = self.path.is_relative() && !self.path.components().any(|part| part.as_os_str() == "..");
        is_inside && app.has_file(&self.path)
    }
}

/// Whether a word is the value of the option before it.
fn is_value(invocation: &Invocation<'_>, word: &str) -> bool {
    let at = invocation.arguments.iter().position(|argument| *argument == word).unwrap_or_default();
    at > 0 && invocation.arguments[at - 1].starts_with('-') && !invocation.arguments[at - 1].contains('=')
}

/// The file that a command in `folder` names.
pub(super) fn script(folder: &Path, name: &str, is_script: bool) -> Option<Started> {
    let name = name.strip_prefix("/app/").unwrap_or(name);
    let path = folder.join(name.trim_start_matches("./"));
    Some(Started { base: path.parent()?.to_owned(), path, is_script })
}

/// The file of a dotted name; a part that is no module may be an attribute.
pub(super) fn module(app: &Project, base: &Path, name: &str) -> Option<Started> {
    let name = name.strip_suffix(".py").unwrap_or(name);
    let mut name = name.to_owned();
    loop {
        let stem = base.join(name.replace('.', "/"));
        let files =
            [stem.with_extension("py"), stem.join("__main__.py"), stem.join("celery.py"), stem.join("__init__.py")];
        if let Some(path) = files.into_iter().find(|file| app.has_file(file)) {
            return Some(Started { base: base.to_owned(), path, is_script: false });
        }
        name.truncate(name.rfind('.')?);
    }
}

/// The settings that Django is told to take, by the text of manage.py or wsgi.py.
pub(crate) fn settings_module(text: &str) -> Option<String> {
    SETTINGS.captures(text).map(|found| found[1].to_owned())
}

/// The settings that a Django project's manage.py or wsgi.py names.
fn settings(inputs: &Inputs<'_>, by: &Started) -> Option<Started> {
    let text = inputs.app.read_text(&by.path).ok()?;
    let name = inputs.variable("DJANGO_SETTINGS_MODULE").map(str::to_owned).or_else(|| settings_module(&text))?;
    module(&inputs.app, &by.base, &name)
}

/// The env.py of Alembic's migrations.
fn migrations(app: &Project, folder: &Path) -> Option<Started> {
    let text = app.read_text(folder.join("alembic.ini")).ok()?;
    let value = text.lines().find_map(|line| line.trim().strip_prefix("script_location")?.trim().strip_prefix('='))?;
    let place = value.trim().trim_start_matches("%(here)s/").trim_start_matches("./");
    Some(Started { base: folder.to_owned(), path: folder.join(place).join("env.py"), is_script: false })
}
