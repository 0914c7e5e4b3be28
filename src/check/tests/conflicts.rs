use super::{fires, silent};

fn requires(text: &str) -> [(&str, &str); 2] {
    [("main.py", ""), ("requirements.txt", text)]
}

#[test]
fn lines_that_exclude_each_other() {
    let finding =
        fires("resolution-conflict", "requirements.txt:1", &requires("flask==2.0.0\nrich==13.0\nFlask==3.0.0\n"));
    assert_eq!(finding.evidence[1].source.to_string(), "requirements.txt:3");
    assert_eq!(finding.fixes[0].summary, "keep flask==3.0.0");
    fires("resolution-conflict", "requirements.txt:1", &requires("flask>=3\nflask==2.0.0\n"));
    let held = [("main.py", ""), ("requirements.txt", "-c pins.txt\nflask==2.0.0\n"), ("pins.txt", "flask==3.0.0\n")];
    fires("resolution-conflict", "pins.txt:1", &held);
}

#[test]
fn lines_that_both_hold() {
    silent("resolution-conflict", &requires("flask==3.0.0\nflask==3.0\nflask>=2\nflask\n"));
    silent("resolution-conflict", &requires("torch==2.0.0\ntorch==2.0.0+cpu\n"));
    silent(
        "resolution-conflict",
        &requires("numpy==1.24.0; python_version < \"3.10\"\nnumpy==2.0.0; python_version >= \"3.10\"\n"),
    );
    silent("resolution-conflict", &requires("flask==3.0.0; extra == \"web\"\nflask==2.0.0\n"));
}
