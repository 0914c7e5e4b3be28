//! What a project uses: by the letters in its manifests for most questions, by names for Playwright.

use toml_edit::{Document, Item, TableLike};

use crate::project::Source;

use super::super::decode::Placed;
use super::super::draft::{Draft, StepDraft};
use super::super::messages::Log;
use super::super::plan::Command;
use super::super::version::Rules;
use super::{BROWSERS, Provider};

const PLAYWRIGHT: &str = "PYTHON_PLAYWRIGHT_INSTALL";
const PLAYWRIGHT_PACKAGES: [&str; 21] = [
    "libasound2",
    "libatk-bridge2.0-0",
    "libatk1.0-0",
    "libatspi2.0-0",
    "libcairo2",
    "libcups2",
    "libdbus-1-3",
    "libdrm2",
    "libgbm1",
    "libglib2.0-0",
    "libnspr4",
    "libnss3",
    "libpango-1.0-0",
    "libx11-6",
    "libxcb1",
    "libxcomposite1",
    "libxdamage1",
    "libxext6",
    "libxfixes3",
    "libxkbcommon0",
    "libxrandr2",
];
const RUNTIME: [(&str, &[&str]); 4] = [
    ("pycairo", &["libcairo2"]),
    ("pdf2image", &["poppler-utils"]),
    ("pydub", &["ffmpeg"]),
    (
        "pymovie",
        &[
            "ffmpeg",
            "qt5-qmake",
            "qtbase5-dev",
            "qtbase5-dev-tools",
            "qttools5-dev-tools",
            "libqt5core5a",
            "python3-pyqt5",
        ],
    ),
];

impl Provider<'_> {
    /// The place whose letters name a dependency: a comment counts, and so does part of a word.
    pub(super) fn uses(&self, dependency: &str) -> Option<Source> {
        if self.rules == Rules::V0_15 { self.app.mention_at_root(dependency) } else { self.app.mention(dependency) }
    }

    fn postgres(&self) -> Option<Source> {
        if self.rules > Rules::V0_15 {
            let binary = ["psycopg2-binary", "psycopg[binary]"];
            if binary.iter().any(|name| self.uses(name).is_some()) {
                return None;
            }
            return self.uses("psycopg").or_else(|| self.app.signs().postgres.clone());
        }
        self.uses("psycopg2").or_else(|| self.app.signs().postgres.clone())
    }

    fn mysql(&self) -> Option<Source> {
        self.uses("mysqlclient").or_else(|| self.app.signs().mysql.clone())
    }

    pub(super) fn build_packages(&self, draft: &mut Draft, log: &mut Log) {
        let mut add = |package: &str, source| draft.build_apt.push(Placed { value: package.to_owned(), source });
        if let Some(source) = self.uses("pycairo") {
            log.info("Installing build apt packages for pycairo: [libcairo2-dev]");
            add("libcairo2-dev", source);
        }
        if let Some(source) = self.postgres() {
            add("libpq-dev", source);
        }
        if let Some(source) = self.mysql() {
            add("default-libmysqlclient-dev", source);
        }
    }

    pub(super) fn runtime_packages(&self, draft: &mut Draft, log: &mut Log) {
        let mut add = |packages: &[&str], source: &Source| {
            let placed = |package: &&str| Placed { value: (*package).to_owned(), source: source.clone() };
            draft.deploy.apt.extend(packages.iter().map(placed));
        };
        for (dependency, packages) in RUNTIME {
            if let Some(source) = self.uses(dependency) {
                log.info(format!("Installing runtime apt packages for {dependency}: [{}]", packages.join(" ")));
                add(packages, &source);
            }
        }
        if self.env.truthy(PLAYWRIGHT) && self.rules >= Rules::V0_37 {
            let all = PLAYWRIGHT_PACKAGES.join(" ");
            log.info(format!("Installing runtime apt packages for playwright: [{all}]"));
            add(&PLAYWRIGHT_PACKAGES, &Source::Variable(format!("RAILPACK_{PLAYWRIGHT}")));
        }
        if let Some(source) = self.postgres() {
            add(&["libpq5"], &source);
        }
        if let Some(source) = self.mysql() {
            add(&["default-mysql-client"], &source);
        }
    }

    /// Browsers are installed on request alone.
    pub(super) fn playwright(&self, install: &mut StepDraft, outputs: &mut Vec<String>, log: &mut Log) {
        if self.rules < Rules::V0_37 {
            return;
        }
        if self.env.truthy(PLAYWRIGHT) {
            log.info("Installing Playwright chromium browser");
            let source = Source::Variable(format!("RAILPACK_{PLAYWRIGHT}"));
            install.run(Command::exec("playwright install --only-shell"), &source);
            outputs.push(BROWSERS.to_owned());
        } else if self.depends_on("playwright") {
            let hint = "Set `RAILPACK_PYTHON_PLAYWRIGHT_INSTALL=1` to install Playwright browsers";
            log.suggest(hint, Some("/languages/python#playwright"));
        }
    }

    /// Whether a manifest names a package among those of the running app.
    fn depends_on(&self, package: &str) -> bool {
        let names = |specs: Vec<String>| specs.iter().any(|spec| same_name(leading_name(spec), package));
        if self.app.has("requirements.txt") {
            let text = self.app.text("requirements.txt").unwrap_or_default();
            return names(text.lines().map(str::to_owned).collect());
        }
        if self.app.has("pyproject.toml") {
            return self.app.pyprojects().any(|path| {
                let text = self.app.text(path).unwrap_or_default();
                pyproject_dependencies(&text).is_some_and(names)
            });
        }
        let text = self.app.text("Pipfile").unwrap_or_default();
        let Ok(document) = Document::parse(text.as_str()) else { return false };
        let Some(packages) = member(document.as_table(), "packages").and_then(Item::as_table_like) else {
            return false;
        };
        packages.iter().any(|(name, _)| same_name(name, package))
    }
}

/// What `[project]` and Poetry depend on; `None` where the file has another shape.
fn pyproject_dependencies(text: &str) -> Option<Vec<String>> {
    let document = Document::parse(text).ok()?;
    let root: &dyn TableLike = document.as_table();
    let mut found = Vec::new();
    if let Some(dependencies) = within(root, &["project", "dependencies"])? {
        for item in dependencies.as_array()? {
            found.push(item.as_str()?.to_owned());
        }
    }
    if let Some(dependencies) = within(root, &["tool", "poetry", "dependencies"])? {
        found.extend(dependencies.as_table_like()?.iter().map(|(name, _)| name.to_owned()));
    }
    Some(found)
}

/// What lies at a path, if anything; `None` where something on the way is no table.
fn within<'t>(root: &'t dyn TableLike, path: &[&str]) -> Option<Option<&'t Item>> {
    let (mut table, mut found) = (root, None);
    for (index, name) in path.iter().enumerate() {
        found = member(table, name);
        match found {
            None => return Some(None),
            Some(item) if index + 1 < path.len() => table = item.as_table_like()?,
            Some(_) => {}
        }
    }
    Some(found)
}

/// A member by name; failing that, by one that differs in case alone, as BurntSushi's decoder looks for fields.
fn member<'t>(table: &'t dyn TableLike, name: &str) -> Option<&'t Item> {
    table.get(name).or_else(|| table.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, item)| item))
}

/// The name that a requirement begins with; empty when it begins with something else.
fn leading_name(spec: &str) -> &str {
    let spec = spec.trim();
    let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !spec.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return "";
    }
    &spec[..spec.find(|c| !belongs(c)).unwrap_or(spec.len())]
}

fn same_name(one: &str, other: &str) -> bool {
    let normal = |name: &str| {
        let mut out = String::new();
        for c in name.to_lowercase().chars() {
            match c {
                '-' | '_' | '.' if out.ends_with('-') => {}
                '-' | '_' | '.' => out.push('-'),
                c => out.push(c),
            }
        }
        out
    };
    normal(one) == normal(other)
}
