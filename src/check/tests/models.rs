use super::{fires, silent};
use crate::finding::Severity;

const ID: &str = "model-not-downloaded";

fn app<'a>(code: &'a str, requirements: &'a str) -> [(&'a str, &'a str); 2] {
    [("main.py", code), ("requirements.txt", requirements)]
}

#[test]
fn a_model_of_spacy_is_downloaded_by_the_build() {
    let code = "import spacy\n\nnlp = spacy.load(\"en_core_web_sm\")\n";
    let finding = fires(ID, "main.py:3", &app(code, "spacy\n"));
    assert_eq!((finding.severity, finding.subject.as_deref()), (Severity::Error, Some("en_core_web_sm")));
    assert_eq!(finding.help.as_deref(), Some("run `python -m spacy download en_core_web_sm` while the image is built"));
}

#[test]
fn data_of_nltk_is_named_where_a_request_is_the_first_to_want_it() {
    let code = "from nltk.corpus import stopwords\nfrom nltk.tokenize import word_tokenize\n\n\ndef words(text):\n    stops = stopwords.words('english')\n    return [w for w in word_tokenize(text) if w not in stops]\n";
    let finding = fires(ID, "main.py:6", &app(code, "nltk\n"));
    assert_eq!((finding.severity, finding.subject.as_deref()), (Severity::Warning, Some("stopwords")));
}

#[test]
fn a_command_of_the_build_that_is_there_is_added_to() {
    let [main, requirements] = app("import spacy\nnlp = spacy.load('de_core_news_sm')\n", "spacy\n");
    fires(
        ID,
        "main.py:2",
        &[main, requirements, ("nixpacks.toml", "[phases.build]\ncmds = [\"python -m compileall .\"]\n")],
    );
    let railway =
        ("railway.json", "{\"build\": {\"builder\": \"NIXPACKS\", \"buildCommand\": \"python -m compileall .\"}}");
    assert!(fires(ID, "main.py:2", &[main, requirements, railway]).fixes.is_empty(), "that command replaces the phase");
}

#[test]
fn what_somebody_downloads_is_no_fault() {
    let spacy = "import spacy\nnlp = spacy.load('en_core_web_sm')\n";
    silent(ID, &app(spacy, "spacy\nen_core_web_sm @ https://models.example/en_core_web_sm-3.8.0-py3-none-any.whl\n"));
    silent(ID, &app(spacy, "spacy\nhttps://models.example/en_core_web_sm-3.8.0-py3-none-any.whl\n"));
    silent(
        ID,
        &app(
            "import spacy\ntry:\n    nlp = spacy.load('en_core_web_sm')\nexcept OSError:\n    nlp = None\n",
            "spacy\n",
        ),
    );
    silent(ID, &app("import spacy\nfrom model import PATH\nnlp = spacy.load(PATH)\n", "spacy\n"));
    let nltk =
        "import nltk\nnltk.download('stopwords')\nfrom nltk.corpus import stopwords\nstopwords.words('english')\n";
    silent(ID, &app(nltk, "nltk\n"));
    let [main, requirements] = app("from nltk import word_tokenize\nword_tokenize('ebb')\n", "nltk\n");
    silent(ID, &[main, requirements, ("Procfile", "web: python -m nltk.downloader punkt_tab && python main.py\n")]);
    silent(
        ID,
        &[
            main,
            requirements,
            ("nixpacks.toml", "[phases.build]\ncmds = [\"python fetch.py\"]\n"),
            ("fetch.py", "import nltk\nnltk.download('punkt_tab')\n"),
        ],
    );
    let other = "from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer\nSentimentIntensityAnalyzer()\n";
    silent(ID, &app(other, "vaderSentiment\n"));
}
