//! `shakedown.toml`: what a project wants on every run. All of it is optional; the command line wins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use bytesize::ByteSize;
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Deserializer};

use super::values::{self, span};
use crate::builder::Asked;
use crate::catalog::suggest;
use crate::platform::Platform;
use crate::project::InputError;
use crate::rehearse::BackendName;
use crate::run::SmokeKind;
use crate::sandbox::Reach;

/// The file's name, in the project's root.
pub(super) const NAME: &str = "shakedown.toml";

/// The settings of `shakedown.toml`; an unknown key is an error.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(title = "shakedown.toml")]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Config {
    /// Where to run.
    pub(super) backend: Option<BackendName>,
    /// `auto`, `nixpacks`, `railpack` or `railpack@VERSION`.
    #[schemars(with = "Option<String>")]
    pub(super) builder: Option<Asked>,
    /// The folder that is deployed alone.
    pub(super) root_directory: Option<PathBuf>,
    /// Where the project is deployed: Railway's own files count there only.
    pub(super) platform: Option<Platform>,
    /// The host interpreter to use instead of searching for one.
    pub(super) python: Option<PathBuf>,
    /// The most memory the build and the app may use: `512MB`, or that of a plan, `railway-hobby`.
    #[schemars(with = "Option<String>")]
    #[serde(deserialize_with = "memory")]
    pub(super) memory: Option<ByteSize>,
    /// How many processes there may be at once.
    pub(super) processes: Option<u32>,
    /// How much the run may write to disk, for example `5GB`.
    #[schemars(with = "Option<String>")]
    pub(super) disk: Option<ByteSize>,
    /// Run without network.
    pub(super) offline: bool,
    /// Services of this machine that are let in, as `HOST:PORT`.
    #[schemars(with = "Vec<String>")]
    pub(super) reach: Vec<Reach>,
    /// How long each command may take, for example `20m`.
    #[schemars(with = "Option<String>")]
    #[serde(deserialize_with = "duration")]
    pub(super) timeout: Option<Duration>,
    /// How long a command may print nothing.
    #[schemars(with = "Option<String>")]
    #[serde(deserialize_with = "duration")]
    pub(super) silence: Option<Duration>,
    /// Variables of the deploy.
    pub(super) env: BTreeMap<String, String>,
    /// Relative to the project.
    pub(super) env_file: Vec<PathBuf>,
    pub(super) smoke: Smoke,
}

/// How the started app is judged.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Smoke {
    /// What the app should do.
    pub(super) expect: Option<SmokeKind>,
    /// How long a bot or worker must stay up.
    #[schemars(with = "Option<String>")]
    #[serde(rename = "for", deserialize_with = "duration")]
    pub(super) stay: Option<Duration>,
    /// How long a web app has until it answers, or a script until it ends.
    #[schemars(with = "Option<String>")]
    #[serde(deserialize_with = "duration")]
    pub(super) within: Option<Duration>,
    /// How long the app has to end after SIGTERM.
    #[schemars(with = "Option<String>")]
    #[serde(deserialize_with = "duration")]
    pub(super) grace: Option<Duration>,
    /// The value of `PORT`.
    pub(super) port: Option<u16>,
    /// The path that must answer 200.
    pub(super) health: Option<String>,
}

impl Config {
    /// Whether a folder has such a file.
    pub(super) fn is_in(project: &Path) -> bool {
        project.join(NAME).is_file()
    }

    /// The JSON schema of the file.
    pub(super) fn schema() -> serde_json::Value {
        schema_for!(Self).to_value()
    }

    /// The project's settings; none where there is no such file.
    pub(super) fn read(project: &Path) -> Result<Self> {
        let path = project.join(NAME);
        // Missing, no plain file (a pipe would be waited for), or PATH is no folder: whoever opens the project says so better.
        if !Self::is_in(project) {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(path).map_err(|error| InputError::new(NAME, error))?;
        toml_edit::de::from_str(&text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
            let message = error.message().trim_end();
            let key = error.span().and_then(|span| key_at(&text, span.start));
            // A key that there is none of is named by the message.
            let key = key.filter(|_| !message.starts_with("unknown field"));
            let named = key.map(|key| format!("{key}: ")).unwrap_or_default();
            let example = key.and_then(example).map(|example| format!("; for example: {example}")).unwrap_or_default();
            InputError::at(NAME, line, format!("{named}{message}{}{example}", suggestion(message))).into()
        })
    }
}

/// The key whose value stands at a place of the text.
fn key_at(text: &str, at: usize) -> Option<&str> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let (key, _) = text[start..].lines().next()?.split_once('=')?;
    Some(key.trim()).filter(|key| !key.is_empty() && text[start..at].contains('='))
}

/// A line that sets a key.
fn example(key: &str) -> Option<&'static str> {
    const EXAMPLES: &[&str] = &[
        "backend = \"host\"",
        "builder = \"railpack\"",
        "root-directory = \"services/api\"",
        "platform = \"railway\"",
        "python = \"/usr/bin/python3.12\"",
        "memory = \"512MB\"",
        "processes = 256",
        "disk = \"5GB\"",
        "offline = true",
        "reach = [\"localhost:5432\"]",
        "timeout = \"20m\"",
        "silence = \"5m\"",
        "env = { TIDE = \"high\" }",
        "env-file = [\".env\"]",
        "expect = \"answers\"",
        "for = \"30s\"",
        "within = \"60s\"",
        "grace = \"10s\"",
        "port = 8080",
        "health = \"/health\"",
    ];
    EXAMPLES.iter().find(|line| line.split(' ').next() == Some(key)).copied()
}

/// What was probably meant by a word that there is none of: the same word in the other table, else one like it in this table.
fn suggestion(message: &str) -> String {
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    // The key that no table has makes serde list those that it has.
    let none = "\"\" = 0";
    let others = [
        (" in [smoke]", toml_edit::de::from_str::<Smoke>(none).err()),
        (" above [smoke]", toml_edit::de::from_str::<Config>(none).err()),
    ];
    let mut elsewhere = others.into_iter().filter_map(|(place, error)| Some((place, error?.message().to_owned())));
    let has = |list: &str, word: &str| list.split('`').skip(3).step_by(2).any(|known| known == word);
    let place = unknown.and_then(|word| elsewhere.find(|(_, list)| has(list, word)).map(|(place, _)| (word, place)));
    match (place, suggest::hint_in(message)) {
        (Some((word, place)), _) => format!("; did you mean `{word}`{place}?"),
        (None, Some(name)) => format!("; did you mean `{name}`?"),
        (None, None) => String::new(),
    }
}

fn memory<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ByteSize>, D::Error> {
    let text = String::deserialize(deserializer)?;
    values::memory(&text).map(Some).map_err(serde::de::Error::custom)
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    span(&text).map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config> {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join(NAME), text).unwrap();
        Config::read(project.path())
    }

    #[test]
    fn every_setting_is_optional() {
        assert!(read("").unwrap().timeout.is_none());
        assert!(Config::read(Path::new("/nowhere")).unwrap().env.is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_a_pipe_is_not_waited_for() {
        let project = tempfile::tempdir().unwrap();
        let file = project.path().join(NAME);
        std::fs::write(&file, b"\xff").unwrap();
        assert!(Config::read(project.path()).unwrap_err().to_string().starts_with("shakedown.toml: "));
        std::fs::remove_file(&file).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
        assert!(Config::read(project.path()).unwrap().timeout.is_none());
    }

    #[test]
    fn a_value_of_another_kind_is_told_with_its_key_and_a_line_that_is_right() {
        let said = |text: &str| read(text).unwrap_err().to_string();
        let timeout = said("offline = true\ntimeout = 5\n");
        assert!(timeout.starts_with("shakedown.toml:2: timeout: invalid type: integer `5`"), "{timeout}");
        assert!(timeout.ends_with("; for example: timeout = \"20m\""), "{timeout}");
        assert!(said("[smoke]\nport = \"high\"\n").ends_with("; for example: port = 8080"));
        let keys = Config::schema()["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let tables = ["smoke"];
        let lacking: Vec<_> =
            keys.iter().filter(|key| !tables.contains(&key.as_str()) && example(key).is_none()).collect();
        assert!(lacking.is_empty(), "{lacking:?}");
        for key in keys.iter().filter(|key| example(key).is_some()) {
            assert!(read(example(key).unwrap()).is_ok(), "{key}");
        }
    }

    #[test]
    fn times_and_sizes_are_written_as_people_write_them() {
        let config =
            read("timeout = \"5m\"\nmemory = \"512MB\"\n[smoke]\nfor = \"3s\"\nexpect = \"stays-up\"\n").unwrap();
        assert_eq!(config.timeout, Some(Duration::from_secs(300)));
        assert_eq!(config.memory.map(|size| size.as_u64()), Some(512_000_000));
        assert_eq!(read("memory = \"railway-hobby\"\n").unwrap().memory, Some(ByteSize::gb(8)));
        assert_eq!((config.smoke.stay, config.smoke.expect), (Some(Duration::from_secs(3)), Some(SmokeKind::StaysUp)));
    }

    #[test]
    fn who_builds_and_where_may_be_said() {
        let config = read("builder = \"railpack@0.23.0\"\nplatform = \"coolify\"\n").unwrap();
        assert_eq!(config.builder.map(|builder| builder.to_string()).as_deref(), Some("railpack@0.23.0"));
        assert_eq!(config.platform, Some(Platform::Coolify));
        assert!(read("builder = \"buildpacks\"\n").unwrap_err().to_string().contains("railpack@VERSION is wanted"));
    }

    #[test]
    fn services_that_are_let_in_are_a_host_and_a_port() {
        assert_eq!(read("reach = [\"localhost:5432\"]\n").unwrap().reach[0].to_string(), "localhost:5432");
        let error = read("reach = [\"localhost\"]\n").unwrap_err().to_string();
        assert!(error.contains("is not HOST:PORT"), "{error}");
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_keys_there_are() {
        let error = read("offline = true\ntimout = \"5m\"\n").unwrap_err().to_string();
        assert!(error.starts_with("shakedown.toml:2: unknown field `timout`, expected one of"), "{error}");
        assert!(error.ends_with("; did you mean `timeout`?"), "{error}");
        let error = read("[smoke]\nhelth = \"/up\"\n").unwrap_err().to_string();
        assert!(error.ends_with("; did you mean `health`?"), "{error}");
    }

    #[test]
    fn a_key_in_the_wrong_table_is_sent_to_the_right_one() {
        let error = read("within = \"5m\"\n").unwrap_err().to_string();
        assert!(error.ends_with("; did you mean `within` in [smoke]?"), "{error}");
        let error = read("[smoke]\ntimeout = \"5m\"\n").unwrap_err().to_string();
        assert!(error.ends_with("; did you mean `timeout` above [smoke]?"), "{error}");
    }
}
