//! mise, which installs Python and its tools: what the project's own files ask of it, and the file that Railpack writes.

use std::collections::BTreeMap;

use toml_edit::{Document, Item, Value};

use super::app::App;
use super::decode::Placed;
use super::version::Rules;

/// In the order in which Railpack looks for them.
const FILES: [&str; 22] = [
    "mise.toml",
    ".mise.toml",
    "mise/config.toml",
    ".mise/config.toml",
    ".config/mise.toml",
    ".config/mise/config.toml",
    ".tool-versions",
    ".python-version",
    ".python-versions",
    ".node-version",
    ".nvmrc",
    ".ruby-version",
    "Gemfile",
    ".go-version",
    ".java-version",
    ".sdkmanrc",
    ".exenv-version",
    ".deno-version",
    "rust-toolchain.toml",
    ".bun-version",
    ".yvmrc",
    "global.json",
];
/// In the order in which mise reads them: later ones win.
const CONFIGS: [&str; 14] = [
    ".config/mise/config.toml",
    ".config/mise/mise.toml",
    ".config/mise.toml",
    ".mise/config.toml",
    "mise/config.toml",
    "mise.toml",
    ".mise.toml",
    ".config/mise/config.local.toml",
    ".config/mise/mise.local.toml",
    ".config/mise.local.toml",
    ".mise/config.local.toml",
    "mise/config.local.toml",
    "mise.local.toml",
    ".mise.local.toml",
];
const FRAGMENTS: &str = ".config/mise/conf.d";
const TOOL_VERSIONS: &str = ".tool-versions";
const IDIOMATIC: [&str; 2] = [".python-version", ".python-versions"];

/// The files that are copied beside the project's manifests before the tools are installed.
pub(super) fn files(app: &App<'_>, rules: Rules) -> Vec<String> {
    // Until idiomatic files were enabled, nobody read them in the build.
    let known = if rules == Rules::V0_15 { &FILES[..7] } else { &FILES[..] };
    let mut found: Vec<String> = known.iter().filter(|name| app.has(name)).map(|name| (*name).to_owned()).collect();
    let among = |prefix: &'static str| {
        move |name: &str| {
            let inner = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(".toml"));
            inner.is_some_and(|inner| inner.starts_with('.') || inner.is_empty()) && name.len() > prefix.len() + 5
        }
    };
    let globbed = app.files_in("", among("mise")).into_iter().chain(app.files_in("", among(".mise")));
    for file in globbed.chain(app.files_in(FRAGMENTS, |name| name.ends_with(".toml"))) {
        if !found.contains(&file) {
            found.push(file);
        }
    }
    let mut locks = Vec::new();
    for file in found.iter().filter(|file| file.ends_with(".toml")) {
        let lock = file.rsplit_once('/').map_or("mise.lock".to_owned(), |(folder, _)| format!("{folder}/mise.lock"));
        if app.has(&lock) && !found.contains(&lock) && !locks.contains(&lock) {
            locks.push(lock);
        }
    }
    found.extend(locks);
    found.retain(|file| !app.is_hidden(file));
    found
}

/// What the project's files ask of mise.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// By tool: every version asked for, in order, and the kind of file in mise's own words.
    pub(super) tools: BTreeMap<String, (Vec<Placed<String>>, &'static str)>,
    /// A file that mise cannot read: then it says nothing at all.
    pub(super) fault: Option<String>,
}

/// As `mise list --current` reads them: a `.toml` file wins over `.tool-versions`, that over `.python-version`.
pub(super) fn asked(app: &App<'_>) -> Asked {
    let mut asked = Asked::default();
    for name in IDIOMATIC.iter().rev() {
        if let Some(versions) = app.text(name).map(|text| idiomatic(app, name, &text)).filter(|found| !found.is_empty())
        {
            asked.tools.insert("python".to_owned(), (versions, "idiomatic-version-file"));
        }
    }
    if let Some(text) = app.text(TOOL_VERSIONS) {
        asked.tools.extend(tool_versions(app, &text));
    }
    let fragments = app.files_in(FRAGMENTS, |name| name.ends_with(".toml"));
    for file in fragments.into_iter().chain(CONFIGS.map(str::to_owned)) {
        let Some(text) = app.text(&file) else { continue };
        match toml(app, &file, &text) {
            Ok(tools) => asked.tools.extend(tools),
            Err(fault) => return Asked { fault: Some(fault), ..Asked::default() },
        }
    }
    asked
}

/// The Python that the files ask for which are copied into the build.
pub(super) fn python(app: &App<'_>, rules: Rules) -> Option<Placed<String>> {
    let (versions, kind) = asked(app).tools.remove("python")?;
    let is_read = rules != Rules::V0_15 || kind != "idiomatic-version-file";
    versions.into_iter().next().filter(|_| is_read)
}

type Tools = BTreeMap<String, (Vec<Placed<String>>, &'static str)>;

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}

fn idiomatic(app: &App<'_>, name: &str, text: &str) -> Vec<Placed<String>> {
    let mut versions = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for version in without_comment(line).split_whitespace() {
            let value = version.strip_prefix("python-").unwrap_or(version).to_owned();
            versions.push(Placed { value, source: app.line(name, Some(index + 1)) });
        }
    }
    versions
}

fn tool_versions(app: &App<'_>, text: &str) -> Tools {
    let mut tools = Tools::new();
    for (index, line) in text.lines().enumerate() {
        let mut words = without_comment(line).split_whitespace();
        let Some(tool) = words.next() else { continue };
        let source = app.line(TOOL_VERSIONS, Some(index + 1));
        let versions: Vec<_> = words.map(|word| Placed { value: word.to_owned(), source: source.clone() }).collect();
        if !versions.is_empty() {
            tools.insert(tool.trim_end_matches(':').to_owned(), (versions, TOOL_VERSIONS));
        }
    }
    tools
}

fn toml(app: &App<'_>, file: &str, text: &str) -> Result<Tools, String> {
    let document = Document::parse(text).map_err(|fault| format!("{file}: {}", fault.message()))?;
    let mut tools = Tools::new();
    let Some(table) = document.get("tools").and_then(Item::as_table_like) else { return Ok(tools) };
    for (name, item) in table.iter() {
        let line = item.span().map(|span| crate::project::line_at(text, span.start));
        let placed = |version: &str| Placed { value: version.to_owned(), source: app.line(file, line) };
        let versions: Vec<Placed<String>> = match item.as_value() {
            Some(Value::Array(items)) => items.iter().filter_map(version_of).map(|version| placed(&version)).collect(),
            Some(value) => version_of(value).iter().map(|version| placed(version)).collect(),
            None => item.get("version").and_then(Item::as_str).map(placed).into_iter().collect(),
        };
        if !versions.is_empty() {
            tools.insert(name.to_owned(), (versions, "mise.toml"));
        }
    }
    Ok(tools)
}

fn version_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::InlineTable(table) => table.get("version").and_then(version_of),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Float(number) => Some(number.value().to_string()),
        _ => None,
    }
}

/// The file that Railpack writes for mise, as BurntSushi's encoder lays it out.
pub(super) fn generated(tools: &BTreeMap<String, String>, uvx: bool, python: bool, rules: Rules) -> String {
    let mut out = "[tools]\n".to_owned();
    for (name, version) in tools {
        match rules {
            Rules::V0_15 | Rules::V0_23 => {
                out.push_str(&format!("  [tools.{}]\n    version = {}\n", key(name), quoted(version)));
            }
            _ => out.push_str(&format!("  {} = {}\n", key(name), quoted(version))),
        }
    }
    if rules == Rules::V0_15 {
        return out;
    }
    let enabled = "\"python\", \"node\", \"ruby\", \"elixir\", \"go\", \"java\", \"yarn\", \"bun\", \"deno\", \"dotnet\", \"rust\"";
    let age = if rules >= Rules::V0_37 { "minimum_release_age" } else { "install_before" };
    out.push_str("\n[settings]\n");
    let mut settings = vec![
        ("idiomatic_version_file_enable_tools", format!("[{enabled}]")),
        (age, "\"14d\"".to_owned()),
        ("paranoid", "true".to_owned()),
        ("trusted_config_paths", "[\"/app\"]".to_owned()),
    ];
    settings.sort_by_key(|(name, _)| *name);
    for (name, value) in settings {
        out.push_str(&format!("  {name} = {value}\n"));
    }
    let nested = [("node", "verify = false", true), ("pipx", "uvx = true", uvx), ("python", "compile = false", python)];
    for (table, setting, _) in nested.into_iter().filter(|(.., holds)| *holds) {
        out.push_str(&format!("  [settings.{table}]\n    {setting}\n"));
    }
    out
}

fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{1f}' | '\u{7f}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
