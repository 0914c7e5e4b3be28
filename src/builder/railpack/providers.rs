//! Which language a project is of: the first provider that knows it, in Railpack's order.

use crate::project::Source;

use super::app::App;
use super::config::Config;
use super::environment::Environment;
use super::messages::Log;
use super::python;
use super::version::Rules;
use super::yaml;

/// In the order in which they are asked.
pub(super) const NAMES: [&str; 14] = [
    "php",
    "golang",
    "java",
    "rust",
    "ruby",
    "elixir",
    "python",
    "deno",
    "dotnet",
    "node",
    "gleam",
    "cpp",
    "staticfile",
    "shell",
];
const SCRIPT: &str = "start.sh";

/// A provider by name, and what chose it.
pub(super) struct Chosen {
    pub(super) name: &'static str,
    pub(super) because: Source,
}

pub(super) struct Detection<'a> {
    pub(super) app: &'a App<'a>,
    pub(super) env: &'a Environment,
    pub(super) rules: Rules,
}

impl Detection<'_> {
    /// The provider that plans. Detection speaks even where the configuration names one.
    pub(super) fn choose(&self, config: &Config, log: &mut Log) -> Option<Chosen> {
        let detected = NAMES.iter().find_map(|name| self.knows(name, log).map(|because| (*name, because)));
        let Some(asked) = &config.provider else {
            let (name, because) = detected?;
            log.info(format!("Detected {}", capitalized(name)));
            return Some(Chosen { name, because });
        };
        let Some(name) = NAMES.iter().find(|name| **name == asked.value) else {
            log.warn(format!("Provider `{}` not found", asked.value));
            return None;
        };
        if let Some(fault) = self.cannot_begin(name, log) {
            log.warn(format!("Failed to initialize provider `{name}`: {fault}"));
            return None;
        }
        log.info(format!("Using provider {} from config", capitalized(name)));
        Some(Chosen { name, because: asked.source.clone() })
    }

    fn any(&self, names: &[&str]) -> Option<Source> {
        names.iter().find(|name| self.app.has(name)).map(|name| self.app.project.file(name))
    }

    fn knows(&self, provider: &str, log: &mut Log) -> Option<Source> {
        match provider {
            "php" => self.any(&["index.php", "composer.json"]),
            "golang" => self.any(&["go.mod", "go.work", "main.go"]),
            "java" => {
                let poms =
                    ["xml", "atom", "clj", "groovy", "rb", "scala", "yaml", "yml"].map(|end| format!("pom.{end}"));
                self.any(&poms.each_ref().map(String::as_str)).or_else(|| self.any(&["gradlew"]))
            }
            "rust" => self.any(&["Cargo.toml"]),
            "ruby" => self.any(&["Gemfile"]),
            "elixir" => self.any(&["mix.exs"]),
            "python" => {
                let provider = python::Provider { app: self.app, env: self.env, rules: self.rules };
                provider.detects().then_some(Source::Default("a Python manifest or main file"))
            }
            "deno" => self.any(&["deno.json", "deno.jsonc"]),
            "dotnet" => {
                let (folders, files) = self.app.listing();
                let found = files.iter().chain(&folders).find(|name| name.ends_with(".csproj"));
                found.map(|name| self.app.project.file(name))
            }
            "node" => self.any(&["package.json", "package.json5"]),
            "gleam" => self.any(&["gleam.toml"]),
            "cpp" => self.any(&["CMakeLists.txt", "meson.build"]),
            "staticfile" => self.static_root().map(|(_, because)| because),
            _ => self.script(log),
        }
    }

    /// What keeps a provider that is asked for by name from working.
    fn cannot_begin(&self, provider: &str, log: &mut Log) -> Option<String> {
        match provider {
            "node" => self.package_json_fault(log),
            "shell" if self.script(log).is_none() => Some("start shell script could not be found".to_owned()),
            _ => None,
        }
    }

    fn package_json_fault(&self, log: &mut Log) -> Option<String> {
        if self.any(&["package.json", "package.json5"]).is_some() {
            return None;
        }
        log.warn("No node package manager detected, using npm");
        log.suggest("Specify the package manager and version explicitly", None);
        let missing = format!("open {}/package.json: no such file or directory", self.app.project.root().display());
        Some(format!("error reading root package.json: error reading package.json: {missing}"))
    }

    /// Why a provider other than Python's, asked for by name, has no plan.
    pub(super) fn plan_fault(&self, provider: &str) -> Option<&'static str> {
        (provider == "staticfile" && self.static_root().is_none()).then_some("no static file root dir found")
    }

    fn static_root(&self) -> Option<(String, Source)> {
        if let Some((root, variable)) = self.env.config("STATIC_FILE_ROOT") {
            return Some((root.to_owned(), Source::Variable(variable)));
        }
        let configured = self.app.bytes("Staticfile").and_then(|text| yaml::strings(&text).ok());
        let root = configured.into_iter().flatten().find(|(name, ..)| name == "root");
        if let Some((_, root, line)) = root.filter(|(_, root, _)| !root.trim().is_empty()) {
            return Some((root.trim().to_owned(), self.app.line("Staticfile", Some(line))));
        }
        let (name, root) =
            [("public", "public"), ("index.html", ".")].into_iter().find(|(name, _)| self.app.has(name))?;
        Some((root.to_owned(), self.app.project.file(name)))
    }

    fn script(&self, log: &mut Log) -> Option<Source> {
        let (name, variable) = match self.env.config("SHELL_SCRIPT") {
            Some((name, variable)) => (name, Some(variable)),
            None => (SCRIPT, None),
        };
        if self.app.has(name) {
            return Some(self.app.project.file(name));
        }
        match variable {
            Some(variable) => log.warn(format!("{variable} {name} script not found")),
            None => log.warn(format!("script {name} not found")),
        }
        None
    }
}

/// With its first letter raised.
pub(super) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}
