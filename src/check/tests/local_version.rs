use super::{fires, silent, silent_with};

const RUN: (&str, &str) = ("main.py", "import torch\n");
const ID: &str = "local-version-without-index";

#[test]
fn a_version_that_only_another_index_has() {
    let found = fires(ID, "requirements.txt:2", &[RUN, ("requirements.txt", "flask==3.0.3\ntorch==2.3.1+cpu\n")]);
    assert_eq!(found.fixes[0].summary, "name PyTorch's index for cpu");
    let found = fires(ID, "requirements.txt:1", &[RUN, ("requirements.txt", "tides==1.0+acme\n")]);
    assert!(found.fixes.is_empty());
}

#[test]
fn an_index_that_is_named() {
    let line = "--extra-index-url https://download.pytorch.org/whl/cpu\ntorch==2.3.1+cpu\n";
    silent(ID, &[RUN, ("requirements.txt", line)]);
    silent(ID, &[RUN, ("requirements.txt", "torch==2.3.1\n")]);
    let env = ["PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu"];
    silent_with(ID, &[RUN, ("requirements.txt", "torch==2.3.1+cpu\n")], &env);
}
