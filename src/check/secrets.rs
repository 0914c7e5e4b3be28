//! Secrets that are committed. Their values are never shown.

use super::facts::ignored::by_git;
use std::path::Path;

use serde_json::Value;

use super::facts::Facts;
use super::facts::keyed::Keyed;
use super::finding::{Check, Findings, remove_key, warning};
use crate::project::Source;
use crate::secret::{MASK, has_token};

const IN_CONFIG: Check = warning(
    "secret-in-config",
    "A token, password or key stands in a file that is deployed and, most likely, committed. Whoever reads the repository has it; \
     set it as a variable of the service, and replace it, since it is known.",
);
const ENV_FILE: Check = warning(
    "env-file-committed",
    "A .env file with secrets is not ignored by git, and is copied into the image. Variables belong to the service; python-dotenv is \
     content without the file.",
);

pub(super) const CHECKS: &[Check] = &[IN_CONFIG, ENV_FILE];

const TELLING: [&str; 9] =
    ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "APIKEY", "API_KEY", "PRIVATE_KEY", "ACCESS_KEY", "CREDENTIALS"];
const TELLING_ENDS: [&str; 2] = ["_PASS", "PWD"];
/// Of a secret these are what everybody may know.
const PUBLIC_ENDS: [&str; 14] = [
    "_MODEL",
    "_PROVIDER",
    "_HEADER",
    "_NAME",
    "_URL",
    "_FILE",
    "_PATH",
    "_ID",
    "_TTL",
    "_TYPE",
    "_ALGORITHM",
    "_LENGTH",
    "_MINUTES",
    "_SECONDS",
];

/// Stand-ins, references and settings that are no secrets whatever their names say.
fn is_placeholder(value: &str) -> bool {
    let low = value.to_lowercase();
    const WORDS: [&str; 15] = [
        "build",
        "insecure",
        "your",
        "change",
        "example",
        "placeholder",
        "xxx",
        "todo",
        "dummy",
        "test",
        "secret",
        "password",
        "token",
        "none",
        "insert",
    ];
    value.len() < 8
        || value.contains("${")
        || value.starts_with(['$', '<', '{', '/', '.'])
        || value.ends_with('>')
        || WORDS.iter().any(|word| low.contains(word))
        || value.bytes().all(|byte| byte.is_ascii_digit())
        || value.chars().all(|c| c == '*')
        || low.starts_with("http") && !low.contains('@')
}

fn is_secret(name: &str, value: &str) -> bool {
    let shaped = has_token(value);
    let upper = name.to_uppercase();
    let whole = |word: &str| {
        upper.split(['_', '-', '.']).any(|part| part.ends_with(word)) || word.contains('_') && upper.contains(word)
    };
    let named = TELLING.iter().any(|word| whole(word)) && !PUBLIC_ENDS.iter().any(|end| upper.ends_with(end))
        || TELLING_ENDS.iter().any(|end| upper.ends_with(end));
    let telling = named && !value.contains(char::is_whitespace);
    shaped && !is_local(value) || telling && !is_placeholder(value)
}

/// A database on somebody's own machine, whose password opens nothing elsewhere.
fn is_local(value: &str) -> bool {
    ["@localhost", "@127.0.0.1", "@db:", "@db/", "@postgres:", "@postgres/", "@redis:"]
        .iter()
        .any(|host| value.contains(host))
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for file in [facts.config(), facts.railway()].into_iter().flatten() {
        walk(file, &mut Vec::new(), &file.value, findings);
    }
    let requirements = facts.requirements().files.iter().map(|(path, _)| path.clone());
    for path in requirements.chain([facts.app.place("Procfile")]) {
        lines(facts, &path, findings);
    }
    env_file(facts, findings);
}

/// Tokens in files that have no keys.
fn lines(facts: &Facts<'_>, path: &Path, findings: &mut Findings) {
    let text = facts.project.read_text(path).unwrap_or_default();
    for (index, line) in text.lines().enumerate() {
        let is_comment = line.trim_start().starts_with('#');
        if is_comment || is_local(line) || !has_token(line) {
            continue;
        }
        let finding = IN_CONFIG.found("this line holds a secret, readable for everybody who has the code");
        let help = match path.ends_with("Procfile") {
            true => "set it as a variable of the service, and replace it: it is known now",
            false => {
                "write ${NAME} in its place, which pip and uv read from the build's variables, and replace it: it is known now"
            }
        };
        findings.push(finding.at(Source::line(path, index + 1), line).help(help));
    }
}

fn walk<'a>(file: &'a Keyed, at: &mut Vec<String>, value: &'a Value, findings: &mut Findings) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                at.push(name.clone());
                walk(file, at, value, findings);
                at.pop();
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                at.push(index.to_string());
                walk(file, at, value, findings);
                at.pop();
            }
        }
        Value::String(text) => {
            let name = at.last().map(String::as_str).unwrap_or_default();
            if is_secret(name, text) {
                let key: Vec<&str> = at.iter().map(String::as_str).collect();
                let is_variable = at.len() >= 2 && at[at.len() - 2] == "variables";
                let shown: Vec<&str> = key.iter().copied().filter(|part| part.parse::<usize>().is_err()).collect();
                let finding = IN_CONFIG
                    .found(format!("{} holds a secret, readable for everybody who has the code", shown.join(".")));
                findings.push(if is_variable {
                    finding
                        .about(name)
                        .at(file.source(&key), format!("{name} = {MASK}"))
                        .help(format!(
                            "set {name} as a variable of the service, and replace the value: it is known now"
                        ))
                        .fix(format!("take {name} out of the file"), vec![remove_key(&file.path, &key)])
                } else {
                    let is_shaped = has_token(text);
                    let shown = if is_shaped { text.clone() } else { format!("{name} = {MASK}") };
                    finding.at(file.source(&key), shown).help(
                        "set it as a variable of the service, name that variable here, and replace it: it is known now",
                    )
                });
            }
        }
        _ => {}
    }
}

fn env_file(facts: &Facts<'_>, findings: &mut Findings) {
    let project = facts.project;
    for name in [".env", ".env.production", ".env.prod"] {
        // Outside of version control nobody can tell what will be deployed.
        if !project.has_file(name) || !project.root().join(".git").exists() || by_git(project, name, false) {
            continue;
        }
        let text = project.read_text(name).unwrap_or_default();
        let mut secrets = text.lines().enumerate().filter_map(|(index, line)| {
            let (key, value) = line.trim().trim_start_matches("export ").split_once('=')?;
            let value = value.trim().trim_matches(['"', '\'']);
            (!key.starts_with('#') && is_secret(key.trim(), value)).then(|| (index + 1, key.trim().to_owned()))
        });
        let Some((line, key)) = secrets.next() else { continue };
        let more = secrets.count();
        let also = if more > 0 { format!(" and {more} more") } else { String::new() };
        let path = project.place(name);
        let finding = ENV_FILE.found(format!("{name} with {key}{also} is not ignored by git"));
        let finding = finding.about(&key).at(Source::line(&path, line), format!("{key}={MASK}"));
        let edit = super::finding::append_line(project.place(".gitignore"), name);
        findings.push(
            finding
                .help(format!("git rm --cached {name}, then replace the secrets: they are known now"))
                .fix("ignore it", vec![edit]),
        );
    }
}
