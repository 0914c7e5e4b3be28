//! Which builder builds a project, and what says so.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::platform::{Platform, railway};
use crate::project::{InputError, Project, Source};

use super::deploy_options::DeployOptions;
use super::kind::BuilderKind;
use super::railpack::{self, Version};

/// What turns a project into an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Builder {
    /// Nixpacks 1.41.0.
    Nixpacks,
    /// Railpack, of a release.
    Railpack(Version),
    /// A Dockerfile.
    Dockerfile,
    /// Another one, by the name that the platform gives it.
    Other(String),
}

impl Builder {
    /// Which of those that we plan for it is; none where its plan is not made here.
    pub fn kind(&self) -> Option<BuilderKind> {
        match self {
            Self::Nixpacks => Some(BuilderKind::Nixpacks),
            Self::Railpack(_) => Some(BuilderKind::Railpack),
            Self::Dockerfile | Self::Other(_) => None,
        }
    }
}

impl fmt::Display for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nixpacks => f.write_str("Nixpacks"),
            Self::Railpack(version) => write!(f, "Railpack {version}"),
            Self::Dockerfile => f.write_str("a Dockerfile"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

/// The builder that the user asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Asked {
    /// Whichever the project and the platform ask for.
    #[default]
    Auto,
    /// Nixpacks.
    Nixpacks,
    /// Railpack; the release that the platform takes unless said.
    Railpack(Option<Version>),
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Nixpacks => f.write_str("nixpacks"),
            Self::Railpack(None) => f.write_str("railpack"),
            Self::Railpack(Some(version)) => write!(f, "railpack@{version}"),
        }
    }
}

impl Serialize for Asked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('@') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "nixpacks" => Ok(Self::Nixpacks),
            None if text == "railpack" => Ok(Self::Railpack(None)),
            Some(("railpack", version)) => version.parse().map(|version| Self::Railpack(Some(version))),
            _ => Err(format!("{text}: auto, nixpacks, railpack or railpack@VERSION is wanted")),
        }
    }
}

impl<'de> Deserialize<'de> for Asked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A builder and what chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// The builder.
    pub builder: Builder,
    /// The place, or the platform's habit.
    pub because: Source,
    /// Why the platform may build otherwise all the same, in words.
    pub doubt: Option<&'static str>,
}

/// Where Railway's file names no builder, the service's own settings do.
const RAILWAY_DEFAULT: &str = "Railway builds services made since 2025-09 with Railpack unless their settings name Nixpacks: --builder railpack rehearses that";

/// A service whose builder stood in the file alone moves there, as it is.
const SINCE_THE_END: &str =
    "Railway's default: since 2026-12-01 it does not read the builder out of railway.json or railway.toml";
/// The doubt of who is not told what the service's settings name.
const RAILWAY_SETTINGS: &str = "Railway builds with what the service's own settings name, which are not seen here: --builder nixpacks rehearses that";

/// Asks in the order in which the answers count: a Dockerfile where the platform prefers one, `build.builder` of
/// Railway's file, a configuration of Railpack's, one of Nixpacks', the platform's default, Nixpacks.
///
/// # Errors
/// Railway's file counts and cannot be read.
pub fn detect(project: &Project, given: &DeployOptions) -> Result<Detected, InputError> {
    let (platform, environment) = (given.platform, given.environment.as_deref());
    let railway = if given.reads_railway() { railway::read(project, environment)? } else { None };
    // What nobody reads may be as faulty as it likes.
    let unread = (given.railway_ended && platform.reads_railway()).then(|| railway::read(project, environment).ok());
    let unread = unread.flatten().flatten();
    let on_railway = railway.is_some() || unread.is_some() || platform == Platform::Railway;
    let pinned = railway.as_ref().and_then(|deploy| deploy.railpack_version.as_ref());
    let version = pinned.and_then(|version| version.value.parse().ok()).unwrap_or_else(|| version_on(platform));
    let names_none = railway.as_ref().or(unread.as_ref()).is_some_and(|deploy| deploy.builder.is_none());
    let found = |builder, because| {
        let doubt = (builder == Builder::Nixpacks && names_none).then_some(RAILWAY_DEFAULT);
        Ok(Detected { builder, because, doubt })
    };
    if on_railway && project.has_file("Dockerfile") {
        return found(Builder::Dockerfile, project.file("Dockerfile"));
    }
    if let Some(deploy) = &railway {
        if let Some(named) = &deploy.builder {
            let builder = match named.value.to_ascii_uppercase().as_str() {
                "NIXPACKS" => Builder::Nixpacks,
                "RAILPACK" => Builder::Railpack(version),
                "DOCKERFILE" => Builder::Dockerfile,
                name => Builder::Other(name.to_owned()),
            };
            return found(builder, named.source.clone());
        }
        if let Some(path) = &deploy.dockerfile_path {
            return found(Builder::Dockerfile, path.source.clone());
        }
    }
    // The file's word is gone, and a nixpacks.toml is no word to Railway.
    if unread.is_some_and(|file| file.builder.is_some() || file.dockerfile_path.is_some())
        && !project.has_file(railpack::CONFIG_FILE)
    {
        let builder = Builder::Railpack(version_on(Platform::Railway));
        return Ok(Detected { builder, because: Source::Default(SINCE_THE_END), doubt: Some(RAILWAY_SETTINGS) });
    }
    for kind in BuilderKind::ALL {
        if let Some(name) = kind.config_files().iter().find(|name| project.has_file(name)) {
            let builder = match kind {
                BuilderKind::Nixpacks => Builder::Nixpacks,
                BuilderKind::Railpack => Builder::Railpack(version),
            };
            return found(builder, project.file(name));
        }
    }
    // Railway and Dokku build it wherever it is; who deploys elsewhere can say so by --platform.
    if matches!(platform, Platform::Auto | Platform::Dokku) && project.has_file("Dockerfile") {
        return found(Builder::Dockerfile, project.file("Dockerfile"));
    }
    let (builder, because) = default_of(platform);
    found(builder, Source::Default(because))
}

/// Who builds a new app there (facts of November 2026).
fn default_of(platform: Platform) -> (Builder, &'static str) {
    match platform {
        Platform::Railway => {
            (Builder::Railpack(version_on(platform)), "Railway's default since 2025-09-16, the newest release")
        }
        Platform::Coolify => (Builder::Railpack(version_on(platform)), "Coolify's default since 4.3.0, pinned"),
        Platform::Dokploy => (Builder::Nixpacks, "Dokploy's default"),
        Platform::Dokku => (Builder::Other("herokuish".to_owned()), "Dokku's default"),
        Platform::Auto | Platform::None => (Builder::Nixpacks, "no file names a builder"),
    }
}

/// The release of Railpack that a platform takes.
pub fn version_on(platform: Platform) -> Version {
    match platform {
        Platform::Coolify => Version::COOLIFY,
        Platform::Dokploy => Version::DOKPLOY,
        _ => Version::NEWEST_KNOWN,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn said(platform: Platform, files: &[(&str, &str)]) -> String {
        said_on(platform, false, files)
    }

    fn said_on(platform: Platform, railway_ended: bool, files: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let project = Project::open(Path::new(folder.path())).unwrap();
        let detected =
            detect(&project, &DeployOptions { platform, railway_ended, ..DeployOptions::default() }).unwrap();
        format!("{} ({})", detected.builder, detected.because)
    }

    #[test]
    fn railways_file_names_the_builder() {
        let file = |text: &'static str| said(Platform::Auto, &[("railway.toml", text), ("nixpacks.toml", "")]);
        assert_eq!(file("[build]\nbuilder = \"RAILPACK\"\n"), "Railpack 0.37.0 (railway.toml:2)");
        assert_eq!(file("[build]\nbuilder = \"nixpacks\"\n"), "Nixpacks (railway.toml:2)");
        assert_eq!(file("[build]\nbuilder = \"HEROKU\"\n"), "HEROKU (railway.toml:2)");
        assert_eq!(file("[build]\ndockerfilePath = \"d/Dockerfile\"\n"), "a Dockerfile (railway.toml:2)");
        let pinned = "[build]\nbuilder = \"RAILPACK\"\nrailpackVersion = \"0.15.4\"\n";
        assert_eq!(file(pinned), "Railpack 0.15.4 (railway.toml:2)");
    }

    #[test]
    fn a_service_whose_builder_stood_in_railways_file_alone_moves_to_railpack() {
        let then = |files: &[(&str, &str)]| said_on(Platform::Auto, true, files);
        let named = ("railway.json", "{\"build\": {\"builder\": \"NIXPACKS\"}}");
        let moved = format!("Railpack 0.37.0 ({SINCE_THE_END})");
        assert_eq!(then(&[named, ("nixpacks.toml", "")]), moved);
        assert_eq!(said_on(Platform::Railway, true, &[named]), moved);
        assert_eq!(then(&[named, ("railpack.json", "{}")]), "Railpack 0.37.0 (railpack.json)");
        assert_eq!(then(&[named, ("Dockerfile", "")]), "a Dockerfile (Dockerfile)");
        assert_eq!(said_on(Platform::None, true, &[named]), "Nixpacks (no file names a builder)");
        let silent = ("railway.json", "{\"deploy\": {\"startCommand\": \"python bot.py\"}}");
        assert_eq!(then(&[silent, ("nixpacks.toml", "")]), "Nixpacks (nixpacks.toml)");
    }

    #[test]
    fn a_dockerfile_wins_on_railway_and_is_asked_for_elsewhere() {
        let files = [("Dockerfile", ""), ("railway.json", "{\"build\": {\"builder\": \"RAILPACK\"}}")];
        assert_eq!(said(Platform::Auto, &files), "a Dockerfile (Dockerfile)");
        assert_eq!(said(Platform::Railway, &files[..1]), "a Dockerfile (Dockerfile)");
        assert_eq!(said(Platform::Coolify, &files), "Railpack 0.23.0 (Coolify's default since 4.3.0, pinned)");
        assert_eq!(said(Platform::Dokku, &files), "a Dockerfile (Dockerfile)");
    }

    #[test]
    fn a_builders_own_file_asks_for_it() {
        let both = [("railpack.json", "{}"), ("nixpacks.toml", "")];
        assert_eq!(said(Platform::Auto, &both), "Railpack 0.37.0 (railpack.json)");
        assert_eq!(said(Platform::Dokploy, &both), "Railpack 0.15.4 (railpack.json)");
        assert_eq!(said(Platform::Railway, &both[1..]), "Nixpacks (nixpacks.toml)");
    }

    #[test]
    fn a_builder_is_asked_for_by_name() {
        assert_eq!("railpack".parse(), Ok(Asked::Railpack(None)));
        assert_eq!("railpack@0.23.0".parse(), Ok(Asked::Railpack(Some(Version::COOLIFY))));
        for text in ["auto", "nixpacks", "railpack", "railpack@0.23.0"] {
            assert_eq!(text.parse::<Asked>().unwrap().to_string(), text);
        }
        assert!(["", "Railpack", "nixpacks@1", "railpack@new"].iter().all(|text| text.parse::<Asked>().is_err()));
    }

    #[test]
    fn without_a_file_the_platform_decides() {
        let of = |platform| said(platform, &[]);
        assert_eq!(of(Platform::Railway), "Railpack 0.37.0 (Railway's default since 2025-09-16, the newest release)");
        assert_eq!(of(Platform::Dokploy), "Nixpacks (Dokploy's default)");
        assert_eq!(of(Platform::Dokku), "herokuish (Dokku's default)");
        assert_eq!(of(Platform::Auto), "Nixpacks (no file names a builder)");
    }
}
