//! `scenario.toml`: what a scenario is about, how it is run, what must come of it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::catalog::suggest;
use crate::plan::Vars;
use crate::platform::Platform;
use crate::rehearse::BackendName;
use crate::run::SmokeKind;

/// A scenario as its file tells it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(title = "shakedown scenario")]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Definition {
    /// What the scenario shows, in a sentence or two.
    pub about: String,
    /// Words to select scenarios by. `heavy` scenarios run only when named or asked for by that tag.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What the scenario cannot do without.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// The Python version that the plan comes to (`3.11`); the scenario is skipped where a machine has none.
    #[serde(default)]
    pub python: Option<String>,
    /// The backends that can provide what the plan names; all unless given. Elsewhere it is skipped.
    #[serde(default)]
    pub backends: Vec<BackendName>,
    /// Variables of the deploy.
    #[serde(default)]
    pub env: Vars,
    /// What the planner is told besides the project's own files.
    #[serde(default)]
    pub plan: PlanSettings,
    /// How it is run, where the defaults will not do.
    #[serde(default)]
    pub run: RunSettings,
    /// How the local package index behaves.
    #[serde(default)]
    pub index: IndexSettings,
    /// Packages that the local index offers, made when the scenario runs.
    #[serde(default, rename = "package")]
    pub packages: Vec<Package>,
    /// What must come of it.
    pub expect: Expect,
}

/// Something that not every machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// The public package index. Without this need, pip sees the local index alone.
    Network,
}

/// What the planner is told, in the words of `shakedown run`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PlanSettings {
    /// The Nixpacks configuration to use instead of `nixpacks.toml` or `nixpacks.json`, relative to the project.
    pub config: Option<PathBuf>,
    /// The install command to use.
    pub install_cmd: Option<String>,
    /// The build command to use.
    pub build_cmd: Option<String>,
    /// The start command to use.
    pub start_cmd: Option<String>,
    /// Nix packages to add.
    pub pkgs: Vec<String>,
    /// Nix libraries to add.
    pub libs: Vec<String>,
    /// apt packages to add.
    pub apt: Vec<String>,
    /// Where the project is deployed.
    pub platform: Platform,
    /// The platform's environment whose overrides apply.
    pub environment: Option<String>,
}

/// How a scenario is run, in the words of `shakedown run`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RunSettings {
    /// What the app should do; chosen from the plan and the project otherwise.
    #[serde(default)]
    pub expect: Option<SmokeKind>,
    /// How long a bot must stay up. Suites are short of time: 2 seconds unless given.
    #[serde(default, rename = "for", with = "humantime_serde")]
    #[schemars(with = "Option<String>")]
    pub stay: Option<Duration>,
    /// How long a web app has until it answers, and a script until it ends.
    #[serde(default, with = "humantime_serde")]
    #[schemars(with = "Option<String>")]
    pub within: Option<Duration>,
    /// How long an app has to end after SIGTERM.
    #[serde(default, with = "humantime_serde")]
    #[schemars(with = "Option<String>")]
    pub grace: Option<Duration>,
    /// How long each command of the build may take.
    #[serde(default, with = "humantime_serde")]
    #[schemars(with = "Option<String>")]
    pub timeout: Option<Duration>,
    /// How long a command of the build may print nothing.
    #[serde(default, with = "humantime_serde")]
    #[schemars(with = "Option<String>")]
    pub silence: Option<Duration>,
    /// The path that must answer 200.
    #[serde(default)]
    pub health: Option<String>,
    /// The most memory the build and the app may use, for example `256MB`.
    #[serde(default)]
    #[serde(serialize_with = "bytes")]
    #[schemars(with = "Option<String>")]
    pub memory: Option<ByteSize>,
    /// The value of `PORT`; a free one otherwise.
    #[serde(default)]
    pub port: Option<u16>,
    /// Whether everything runs without any network, the local index included.
    #[serde(default)]
    pub offline: bool,
}

/// A size to the byte; what people read is rounded.
fn bytes<S: Serializer>(size: &Option<ByteSize>, serializer: S) -> Result<S::Ok, S::Error> {
    size.map(|size| format!("{}B", size.as_u64())).serialize(serializer)
}

/// How the local index behaves.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IndexSettings {
    /// Answer every request with this HTTP status instead.
    #[serde(default)]
    pub status: Option<u16>,
}

/// A small package that the suite makes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Package {
    /// The distribution's name.
    pub name: String,
    /// Its version.
    #[serde(default = "first_version")]
    pub version: String,
    /// A wheel, or a source archive.
    #[serde(default)]
    pub kind: PackageKind,
    /// The wheel's tags.
    #[serde(default = "any_platform")]
    pub tag: String,
    /// `Requires-Dist` lines.
    #[serde(default)]
    pub requires: Vec<String>,
    /// `Requires-Python`.
    #[serde(default)]
    pub requires_python: Option<String>,
    /// Console scripts: name to `module:function`.
    #[serde(default)]
    pub scripts: BTreeMap<String, String>,
    /// Files by path: of the import root for a wheel, of the archive's root folder for a source archive.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

/// What kind of archive a package is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PackageKind {
    /// Installed by unpacking.
    #[default]
    Wheel,
    /// Built on the machine that installs it.
    Sdist,
}

fn first_version() -> String {
    "1.0".into()
}

fn any_platform() -> String {
    "py3-none-any".into()
}

/// What must come of a scenario. `expected.json`, where there is one, says the rest.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expect {
    /// What is said of the deploy.
    pub verdict: ExpectedVerdict,
    /// The phase that fails; `start` for the started app, `plan` where Nixpacks refuses.
    #[serde(default)]
    pub phase: Option<String>,
    /// The exit code of the command that fails.
    #[serde(default)]
    pub exit: Option<i32>,
    /// The rule of the primary diagnosis; `none` where no cause must be named.
    #[serde(default)]
    pub rule: Option<String>,
    /// The specific thing that the primary diagnosis must name.
    #[serde(default)]
    pub subject: Option<String>,
    /// A part of the message, where the project is unreadable.
    #[serde(default)]
    pub message: Option<String>,
}

/// A verdict, as a file says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectedVerdict {
    /// Every phase passes and the app comes up.
    Works,
    /// The cloud would fail.
    Fails,
    /// The run says nothing about the project, as without network.
    CannotTell,
    /// The project's configuration cannot be read, and nothing is run.
    Unreadable,
}

impl ExpectedVerdict {
    /// As the report's `verdict` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Fails => "fails",
            Self::CannotTell => "cannot-tell",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What is wrong with a scenario file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1; absent when the whole file is meant.
    pub line: Option<usize>,
    /// What, and what to write instead where that can be guessed.
    pub message: String,
}

impl Definition {
    /// Reads the text of a `scenario.toml`.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        toml_edit::de::from_str(text).map_err(|error| {
            let message = error.message().trim_end().replace('\n', " ");
            let hint = suggest::hint_in(&message).map(|hint| format!("; did you mean `{hint}`?")).unwrap_or_default();
            Fault { line: error.span().map(|span| line_of(text, &span)), message: message + &hint }
        })
    }

    /// The JSON schema of the format.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Whether a backend can provide what the plan names; `auto` looks for one that can.
    pub fn runs_on(&self, backend: BackendName) -> bool {
        let able = self.backends.iter().any(|able| [BackendName::Auto, backend].contains(able));
        self.backends.is_empty() || backend == BackendName::Auto || able
    }

    /// Whether it needs the public package index.
    pub fn needs_network(&self) -> bool {
        self.needs.contains(&Need::Network)
    }
}

/// The line that holds `text`'s first mention of `words`, counted from 1.
pub(super) fn line_with(text: &str, words: &str) -> Option<usize> {
    text.find(words).map(|at| line_of(text, &(at..at)))
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    let before = text.as_bytes().get(..span.start).unwrap_or(text.as_bytes());
    memchr::memchr_iter(b'\n', before).count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "about = \"x\"\n[expect]\nverdict = \"works\"\n";

    fn fault(text: &str) -> (Option<usize>, String) {
        let Fault { line, message } = Definition::parse(text).unwrap_err();
        (line, message)
    }

    #[test]
    fn the_least_is_a_sentence_and_a_verdict() {
        let definition = Definition::parse(LEAST).unwrap();
        assert_eq!(definition.expect.verdict, ExpectedVerdict::Works);
        assert!(!definition.needs_network());
        assert!(fault("about = \"x\"\n").1.contains("missing field `expect`"));
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_a_guess() {
        let (line, message) = fault(&LEAST.replace("verdict", "verdit"));
        assert_eq!(line, Some(3));
        assert!(message.ends_with("did you mean `verdict`?"), "{message}");
        let (line, message) = fault(&format!("{LEAST}[run]\nexpect = \"stay-up\"\n"));
        assert_eq!(line, Some(5));
        assert!(message.ends_with("did you mean `stays-up`?"), "{message}");
        assert!(!fault(&format!("{LEAST}[zebra]\n")).1.contains("did you mean"));
    }

    #[test]
    fn times_and_sizes_are_read_as_on_the_command_line() {
        let run = Definition::parse(&format!("{LEAST}[run]\nfor = \"1m 30s\"\nmemory = \"256MB\"\n")).unwrap().run;
        assert_eq!((run.stay, run.memory), (Some(Duration::from_secs(90)), Some(ByteSize::mb(256))));
        assert_eq!(fault(&format!("{LEAST}[run]\nfor = \"soon\"\n")).0, Some(5));
    }

    #[test]
    fn broken_toml_has_a_line() {
        assert_eq!(fault("about = \"x\"\n[expect\n").0, Some(2));
    }

    #[test]
    fn the_schema_knows_every_key() {
        let schema = Definition::schema();
        let keys: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        for key in ["about", "tags", "needs", "python", "backends", "env", "run", "index", "package", "expect"] {
            assert!(keys.contains(&key), "{key} is missing from {keys:?}");
        }
        assert_eq!(schema["additionalProperties"], false);
    }
}
