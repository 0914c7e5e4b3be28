//! How a scenario is run, in the words of `shakedown run`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::rehearse::Request;
use crate::run::{SmokeKind, Until, Window};
use crate::sandbox::Reach;
use crate::sandbox::docker::Pull;
use crate::sandbox::nix::Nixpkgs;

/// How long a bot must stay up, unless the scenario says otherwise.
const STAY: Duration = Duration::from_secs(2);
/// How long an app has, unless the scenario says otherwise.
const WITHIN: Duration = Duration::from_secs(30);

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
    /// How long a web app has until it answers, and a script until it ends: a time, or `platform` for what the platform gives.
    /// Suites are short of time: 30 seconds unless given.
    #[serde(default)]
    pub within: Option<Within>,
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
    /// How many processes there may be at once.
    #[serde(default)]
    pub processes: Option<u32>,
    /// How much the run may write to disk.
    #[serde(default)]
    #[serde(serialize_with = "bytes")]
    #[schemars(with = "Option<String>")]
    pub disk: Option<ByteSize>,
    /// The value of `PORT`; a free one otherwise.
    #[serde(default)]
    pub port: Option<u16>,
    /// Whether everything runs without any network, the local index included.
    #[serde(default)]
    pub offline: bool,
    /// Services of this machine that are let in, as `HOST:PORT`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub reach: Vec<Reach>,
    /// The phase to stop after.
    #[serde(default)]
    pub until: Option<String>,
    /// The host interpreter to use instead of searching for one.
    #[serde(default)]
    pub python: Option<PathBuf>,
    /// The nixpkgs that the nix backend uses instead of the plan's archive: a path or an address.
    #[serde(default)]
    pub nixpkgs: Option<String>,
    /// The image that the docker backend builds on instead of the plan's.
    #[serde(default)]
    pub base_image: Option<String>,
    /// The image that the docker backend starts the app in instead of the plan's, where Railpack builds.
    #[serde(default)]
    pub run_image: Option<String>,
    /// When the docker backend fetches its image.
    #[serde(default)]
    pub pull: Pull,
    /// Whether the docker backend leaves its cache volumes alone.
    #[serde(default)]
    pub no_cache: bool,
}

/// A size to the byte; what people read is rounded.
fn bytes<S: Serializer>(size: &Option<ByteSize>, serializer: S) -> Result<S::Ok, S::Error> {
    size.map(|size| format!("{}B", size.as_u64())).serialize(serializer)
}

/// How long an app has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// As long as the platform gives it.
    Platform,
    /// So long.
    Span(Duration),
}

impl Within {
    const PLATFORM: &str = "platform";
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform => f.write_str(Self::PLATFORM),
            Self::Span(span) => write!(f, "{}", humantime::format_duration(*span)),
        }
    }
}

impl FromStr for Within {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            Self::PLATFORM => Ok(Self::Platform),
            _ => humantime::parse_duration(text).map(Self::Span).map_err(|error| error.to_string()),
        }
    }
}

impl Serialize for Within {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Within {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Within {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Within".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

impl RunSettings {
    /// Puts the scenario's wishes into the request; what it leaves open stays as the suite has it.
    pub(super) fn apply(&self, request: &mut Request) {
        request.network = !self.offline;
        request.reach.extend(self.reach.iter().cloned());
        request.memory = self.memory.map(|size| size.as_u64());
        let quotas = &mut request.quotas;
        quotas.processes = self.processes.unwrap_or(quotas.processes);
        quotas.disk = self.disk.map_or(quotas.disk, |size| size.as_u64());
        request.python.clone_from(&self.python);
        if let Some(nixpkgs) = &self.nixpkgs {
            request.nixpkgs = Some(Nixpkgs::parse(nixpkgs));
        }
        let docker = &mut request.docker;
        docker.base_image = self.base_image.clone().or(docker.base_image.take());
        docker.run_image = self.run_image.clone().or(docker.run_image.take());
        docker.pull = if self.pull == Pull::default() { docker.pull } else { self.pull };
        docker.no_cache |= self.no_cache;
        let settings = &mut request.settings;
        settings.until = self.until.clone().map(Until::After);
        settings.limits.total = self.timeout.unwrap_or(settings.limits.total);
        settings.limits.silence = self.silence.or(settings.limits.silence);
        let smoke = &mut settings.smoke;
        smoke.kind = self.expect;
        smoke.stay = self.stay.unwrap_or(STAY);
        smoke.window = match self.within.unwrap_or(Within::Span(WITHIN)) {
            Within::Platform => Window::default(),
            Within::Span(span) => Window::asked(span),
        };
        smoke.grace = self.grace.unwrap_or(smoke.grace);
        smoke.path.clone_from(&self.health);
    }
}
