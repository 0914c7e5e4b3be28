//! Which language Nixpacks takes a project for.

use std::sync::LazyLock;

use regex::Regex;

use crate::project::{Project, Source, line_at};

use super::error::PlanError;
use super::error::read;
use crate::builder::regex;

/// Something whose presence speaks for a provider.
enum Clue {
    File(&'static str),
    Folder(&'static str),
    /// A file that the pattern matches; a pattern spoilt by the folder's own name is an error.
    Glob(&'static str),
    /// The same, but a spoilt pattern matches nothing.
    Match(&'static str),
    /// A file that the pattern matches and that holds this text.
    Text(&'static str, &'static LazyLock<Regex>),
}

use Clue::{File, Folder, Glob, Match, Text};

static DENO_IMPORT: LazyLock<Regex> =
    LazyLock::new(|| regex(r#"import .+ from (?:"|'|`)https://deno.land/[^"`']+\.(?:ts|js|tsx|jsx)(?:"|'|`);?"#));
static LUNATIC_RUNNER: LazyLock<Regex> = LazyLock::new(|| regex(r#"runner\s*=\s*"lunatic""#));

/// A provider's name, and the alternatives of which one must hold with all its clues.
type Provider = (&'static str, &'static [&'static [Clue]]);

/// In the order in which Nixpacks asks them; the first that matches is taken.
const PROVIDERS: &[Provider] = &[
    ("crystal", &[&[File("shard.yml")]]),
    ("c#", &[&[Glob("*.csproj")]]),
    ("dart", &[&[File("pubspec.yaml")]]),
    ("elixir", &[&[File("mix.exs")]]),
    ("deno", &[&[File("deno.json")], &[File("deno.jsonc")], &[Text("**/*.{ts,tsx,js,jsx}", &DENO_IMPORT)]]),
    ("f#", &[&[Glob("*.fsproj")]]),
    ("clojure", &[&[File("project.clj")], &[File("build.clj")]]),
    ("gleam", &[&[Match("gleam.toml"), Match("manifest.toml")]]),
    ("go", &[&[File("main.go")], &[File("go.mod")]]),
    ("haskell", &[&[File("package.yaml"), Match("**/*.hs")]]),
    ("scheme", &[&[File("haunt.scm")]]),
    (
        "java",
        &[
            &[File("pom.xml")],
            &[Folder("pom.atom")],
            &[Folder("pom.clj")],
            &[Folder("pom.groovy")],
            &[File("pom.rb")],
            &[File("pom.scala")],
            &[File("pom.yaml")],
            &[File("pom.yml")],
            &[File("gradlew")],
        ],
    ),
    ("lunatic", &[&[File("Cargo.toml"), Text(".cargo/config.toml", &LUNATIC_RUNNER)]]),
    ("scala", &[&[File("build.sbt")]]),
    ("php", &[&[File("composer.json")], &[File("index.php")]]),
    ("ruby", &[&[File("Gemfile")]]),
    ("node", &[&[File("package.json")]]),
    ("python", &[&[File("main.py")], &[File("requirements.txt")], &[File("pyproject.toml")], &[File("Pipfile")]]),
    ("rust", &[&[File("Cargo.toml")]]),
    ("swift", &[&[File("Package.swift")]]),
    (
        "staticfile",
        &[&[File("Staticfile")], &[Folder("public")], &[Folder("index")], &[Folder("dist")], &[File("index.html")]],
    ),
    ("zig", &[&[Match("*.zig")], &[Match("**/*.zig")]]),
    ("cobol", &[&[Match("*.cbl")]]),
];

/// Whether Nixpacks has a provider of this name.
pub(super) fn is_known(name: &str) -> bool {
    PROVIDERS.iter().any(|(known, _)| *known == name)
}

/// The first provider that matches, and the file that shows it.
pub(super) fn detect(project: &Project) -> Result<Option<(&'static str, Source)>, PlanError> {
    for (name, alternatives) in PROVIDERS {
        for clues in *alternatives {
            if let Some(source) = all_hold(project, clues)? {
                return Ok(Some((name, source)));
            }
        }
    }
    Ok(None)
}

fn all_hold(project: &Project, clues: &[Clue]) -> Result<Option<Source>, PlanError> {
    let mut last = None;
    for clue in clues {
        last = holds(project, clue)?;
        if last.is_none() {
            break;
        }
    }
    Ok(last)
}

fn holds(project: &Project, clue: &Clue) -> Result<Option<Source>, PlanError> {
    Ok(match clue {
        File(name) => project.has_file(name).then(|| project.file(name)),
        Folder(name) => project.has_folder(name).then(|| project.file(name)),
        Glob(pattern) => {
            let found = project.search().glob(pattern).map_err(|error| {
                PlanError::refused(error, Source::Default("glob characters in the project's own path"))
            })?;
            found.first().map(|path| project.file(path))
        }
        Match(pattern) => {
            project.search().glob(pattern).ok().and_then(|found| found.first().map(|path| project.file(path)))
        }
        Text(pattern, regex) => find_text(project, pattern, regex)?.map(|found| found.source),
    })
}

/// Where a text was found, and its first group.
pub(super) struct FoundText {
    pub(super) source: Source,
    pub(super) group: Option<String>,
}

/// The first file matching `pattern` that holds `regex`. Files after it are not read, those before it must be UTF-8.
pub(super) fn find_text(project: &Project, pattern: &str, regex: &Regex) -> Result<Option<FoundText>, PlanError> {
    for path in project.search().glob(pattern).unwrap_or_default() {
        let resolved = std::fs::canonicalize(path).map_err(|error| PlanError::refused(error, project.file(path)))?;
        if resolved.to_str().is_none() {
            continue;
        }
        let text = read(project, &resolved)?;
        if let Some(found) = regex.captures(&text) {
            let start = found.get(0).map_or(0, |all| all.start());
            let source = project.line(path, Some(line_at(&text, start)));
            return Ok(Some(FoundText { source, group: found.get(1).map(|group| group.as_str().to_owned()) }));
        }
    }
    Ok(None)
}
