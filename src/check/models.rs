//! Models and corpora that code loads by name and no package brings: spaCy's and NLTK's.

use std::path::Path;

use serde_json::json;

use super::facts::Facts;
use super::facts::code::has_word;
use super::facts::reach::{Module, is_certain};
use super::finding::{Check, Finding, Findings, add_item, error, set_key};
use crate::builder::BuilderKind;
use crate::finding::Severity;
use crate::log::pattern::Pattern;

pub(crate) const MODEL: Check = error(
    "model-not-downloaded",
    "spaCy's models and NLTK's data are no part of the packages that pip installs, and what was downloaded on the own machine is not \
     deployed. A command of the build downloads them into the virtual environment, which the app has, too.",
);

pub(super) const CHECKS: &[Check] = &[MODEL];

static SPACY: Pattern = Pattern::ascii(r#"\bspacy\.load\(\s*["']([a-z]{2}_\w+)["']"#);

/// What uses a part of NLTK's data, and the part.
const OF_NLTK: &[(&str, &str)] = &[
    ("stopwords.", "stopwords"),
    ("wordnet.", "wordnet"),
    ("WordNetLemmatizer(", "wordnet"),
    ("word_tokenize(", "punkt_tab"),
    ("sent_tokenize(", "punkt_tab"),
    ("pos_tag(", "averaged_perceptron_tagger_eng"),
    ("SentimentIntensityAnalyzer(", "vader_lexicon"),
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    let mut named = Vec::new();
    for module in facts.reached() {
        for statement in &module.code.statements {
            let text = statement.text.as_str();
            for model in wanted(facts, module, text) {
                if named.contains(&model) || is_brought(facts, model) || module.code.is_caught(statement, &["OSError"])
                {
                    continue;
                }
                named.push(model);
                let is_sure = module.is_certain && is_certain(&module.code, statement);
                let finding = MODEL.found(format!("nothing downloads {model}, which {} loads", module.path.display()));
                let finding =
                    finding.about(model).at(facts.app.line(&module.path, Some(statement.line)), text).likely();
                let finding = finding.severity(if is_sure { Severity::Error } else { Severity::Warning });
                findings.push(downloaded(facts, finding, model));
            }
        }
    }
}

/// The models that a statement loads.
fn wanted<'m>(facts: &Facts<'_>, module: &Module, text: &'m str) -> Vec<&'m str> {
    if text.starts_with("import ") || text.starts_with("from ") {
        return Vec::new();
    }
    let named = SPACY.captures(text).and_then(|found| found.get(1)).map(|model| model.as_str());
    let is_folder = |model: &&str| facts.app.has_folder(Path::new(model));
    let mut found: Vec<&str> = named.filter(|model| !is_folder(model)).into_iter().collect();
    // vaderSentiment has a class of the same name, with its lexicon inside.
    if has_word(&module.text, "nltk") {
        let parts = OF_NLTK.iter().filter(|(call, _)| text.match_indices(call).any(|(at, _)| begins_a_word(text, at)));
        found.extend(parts.map(|(_, part)| *part));
    }
    found
}

fn begins_a_word(text: &str, at: usize) -> bool {
    !text[..at].chars().next_back().is_some_and(|before| before.is_alphanumeric() || before == '_')
}

/// Whether a command, a requirement or the code itself sees to it.
fn is_brought(facts: &Facts<'_>, model: &str) -> bool {
    let package = model.replace('_', "-");
    let required = facts.requirements().of(&package).next().is_some()
        || facts.provided().is_some_and(|provided| provided.names.contains(&package));
    let elsewhere = ["nltk.download", "nltk.data.path", "nltk_data", "cli.download", "spacy download", "NLTK_DATA"];
    let sees_to_it = |text: &str| {
        elsewhere.iter().any(|word| text.contains(word))
            || text.contains("spacy\", \"download")
            || text.contains("import download")
    };
    let starts = facts.start_choices().last().map(|choice| choice.value.as_str());
    let script = facts.script_text();
    let mut commands = facts.commands();
    commands.extend(starts);
    commands.push(&script);
    required
        || facts.variable("NLTK_DATA").is_some()
        || facts.reached().iter().any(|module| sees_to_it(&module.text))
        || commands.iter().any(|command| command.contains(model) || sees_to_it(command) || runs_one(facts, command))
}

/// Whether a command runs a script of the project that downloads.
fn runs_one(facts: &Facts<'_>, command: &str) -> bool {
    let scripts = command.split_whitespace().filter(|word| word.ends_with(".py") || word.ends_with(".sh"));
    scripts
        .filter_map(|script| facts.app.read_text(script.trim_start_matches("./")).ok())
        .any(|text| text.contains("download"))
}

/// The finding with the command that downloads the model.
fn downloaded(facts: &Facts<'_>, finding: Finding, model: &str) -> Finding {
    let is_of_nltk = OF_NLTK.iter().any(|(_, part)| *part == model);
    let command = match is_of_nltk {
        true => format!("python -m nltk.downloader -d {}/nltk_data {model}", facts.builder().venv()),
        false => format!("python -m spacy download {model}"),
    };
    let finding = finding.help(format!("run `{command}` while the image is built"));
    match facts.builder() {
        BuilderKind::Nixpacks => {}
        BuilderKind::Railpack => return finding,
    }
    let path = facts.config_path();
    let key = ["phases", "build", "cmds"];
    let edit = match facts.build_choices().last() {
        None => set_key(&path, &key, json!([command])),
        Some(choice) if facts.config().is_some_and(|file| file.get(&key).is_some()) && is_in_config(facts, choice) => {
            add_item(&path, &key, &command, false)
        }
        // A command of Railway's or of a variable stands in the place of the phase.
        Some(_) => return finding,
    };
    finding.fix("download it while the image is built", vec![edit])
}

fn is_in_config(facts: &Facts<'_>, choice: &crate::plan::Choice) -> bool {
    matches!((facts.config(), facts.keyed(&choice.because)), (Some(config), Some(file)) if config.path == file.path)
}
