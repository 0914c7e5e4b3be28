//! `scenario.toml`: what a scenario is about, how it is run, what must come of it.

use std::collections::BTreeMap;
use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;

use super::options::RunSettings;
use crate::catalog::suggest;
use crate::plan::Vars;
use crate::rehearse::BackendName;
use crate::rehearse::PlanSettings;

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

    /// Of a project without a `scenario.toml`.
    pub(super) fn must_work(network: bool) -> Self {
        Self {
            about: "A deploy that works.".into(),
            tags: Vec::new(),
            needs: network.then_some(Need::Network).into_iter().collect(),
            python: None,
            backends: Vec::new(),
            env: Vars::default(),
            plan: PlanSettings::default(),
            run: RunSettings::default(),
            index: IndexSettings::default(),
            packages: Vec::new(),
            expect: Expect {
                verdict: ExpectedVerdict::Works,
                phase: None,
                exit: None,
                rule: None,
                subject: None,
                message: None,
            },
        }
    }

    /// The JSON schema of the format.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Where to run it when `asked` is asked for: there, or, for `auto`, on the only backend that can provide what the plan
    /// names. None where that backend cannot.
    pub fn backend_for(&self, asked: BackendName) -> Option<BackendName> {
        match (asked, self.backends.as_slice()) {
            (BackendName::Auto, [only]) => Some(*only),
            (BackendName::Auto, _) | (_, []) => Some(asked),
            (_, able) => able.iter().any(|able| [BackendName::Auto, asked].contains(able)).then_some(asked),
        }
    }

    /// Whether it needs the public package index.
    pub fn needs_network(&self) -> bool {
        self.needs.contains(&Need::Network)
    }
}

/// Where the release of this build has the JSON schema of that name; `shakedown schema NAME` prints it.
pub fn schema_address(name: &str) -> String {
    format!("{}/releases/download/v{}/{name}.schema.json", env!("CARGO_PKG_REPOSITORY"), env!("CARGO_PKG_VERSION"))
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
    use crate::scenario::Within;
    use bytesize::ByteSize;
    use std::time::Duration;

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
        let within =
            |text: &str| Definition::parse(&format!("{LEAST}[run]\nwithin = \"{text}\"\n")).unwrap().run.within;
        assert_eq!(within("45s"), Some(Within::Span(Duration::from_secs(45))));
        assert_eq!(within("platform"), Some(Within::Platform));
    }

    #[test]
    fn auto_takes_the_only_backend_that_is_able() {
        let with = |head: &str| Definition::parse(&format!("{head}{LEAST}")).unwrap();
        let (any, docker) = (with(""), with("backends = [\"docker\"]\n"));
        assert_eq!(any.backend_for(BackendName::Auto), Some(BackendName::Auto));
        assert_eq!(docker.backend_for(BackendName::Auto), Some(BackendName::Docker));
        assert_eq!(docker.backend_for(BackendName::Host), None);
        assert_eq!(with("backends = [\"docker\", \"nix\"]\n").backend_for(BackendName::Nix), Some(BackendName::Nix));
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
