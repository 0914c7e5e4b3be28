//! What gunicorn and Hypercorn are told in a configuration file or a variable, where their command does not say it.

use std::path::{Path, PathBuf};

use super::command::Invocation;
use super::inputs::Inputs;
use crate::project::Project;

/// The configuration that an invocation reads.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::check) enum ServerConfig {
    /// It reads none.
    None,
    /// A file that is not in the project.
    Unknown,
    /// A file of the project.
    File { path: PathBuf, text: String },
}

impl ServerConfig {
    /// The file that `-c` names, else gunicorn's default file where the command runs (gunicorn 26.1, Hypercorn 0.18).
    pub(in crate::check) fn of(app: &Project, invocation: &Invocation<'_>) -> Self {
        let named = invocation.option(&["-c", "--config"]);
        let default = (invocation.program == "gunicorn").then_some("gunicorn.conf.py");
        let Some(name) = named.or(default) else { return Self::None };
        let module = name.strip_prefix("python:").map(|module| format!("{}.py", module.replace('.', "/")));
        let name = module.as_deref().unwrap_or(name);
        let name = name.trim_start_matches("file:").trim_start_matches("toml:").trim_start_matches("./");
        let path = Path::new(invocation.folder).join(name);
        match app.has_file(&path).then(|| app.read_text(&path).ok()).flatten() {
            Some(text) => Self::File { path, text },
            None if named.is_some() => Self::Unknown,
            None => Self::None,
        }
    }

    /// The file, where there is one to read.
    pub(in crate::check) fn file(self) -> Option<(PathBuf, String)> {
        match self {
            Self::File { path, text } => Some((path, text)),
            Self::None | Self::Unknown => None,
        }
    }
}

/// Whether anything beside the command tells gunicorn what to do.
pub(in crate::check) fn is_configured(inputs: &Inputs<'_>, invocation: &Invocation<'_>) -> bool {
    inputs.variable("GUNICORN_CMD_ARGS").is_some() || ServerConfig::of(&inputs.app, invocation) != ServerConfig::None
}

#[cfg(test)]
mod tests {
    use super::ServerConfig;
    use crate::check::facts::command::invocations;
    use crate::folder::folder;
    use crate::project::Project;

    #[test]
    fn the_file_is_the_one_that_is_named_or_gunicorns_default() {
        let files =
            folder(&[("gunicorn.conf.py", "a"), ("conf/web.py", "b"), ("app/gunicorn.conf.py", "c"), ("h.toml", "d")]);
        let app = Project::open(files.path()).unwrap();
        let of = |command: &str| match ServerConfig::of(&app, &invocations(command)[0]) {
            ServerConfig::None => "none".to_owned(),
            ServerConfig::Unknown => "unknown".to_owned(),
            ServerConfig::File { text, .. } => text,
        };
        assert_eq!(of("gunicorn app:app"), "a");
        for name in ["conf/web.py", "./conf/web.py", "file:conf/web.py"] {
            assert_eq!(of(&format!("gunicorn -c {name} app:app")), "b");
        }
        assert_eq!(of("cd app && gunicorn app:app"), "c");
        assert_eq!(of("hypercorn -c toml:h.toml app:app"), "d");
        assert_eq!(of("hypercorn app:app"), "none");
        assert_eq!(of("gunicorn -c python:conf.web app:app"), "b");
        assert_eq!(of("gunicorn -c python:conf.missing app:app"), "unknown");
        assert_eq!(of("gunicorn -c missing.py app:app"), "unknown");
    }
}
