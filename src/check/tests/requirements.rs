use super::{findings, fires, folder, silent};
use crate::finding::Severity;

const MAIN: (&str, &str) = ("main.py", "");

fn asks(text: &str) -> [(&str, &str); 2] {
    [("requirements.txt", text), MAIN]
}

#[test]
fn encodings_other_than_utf8() {
    let wide = |mark: &[u8]| {
        [mark, &"flask==3.0.0\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()].concat()
    };
    for (mark, severity) in [(&[0xFF, 0xFE][..], Severity::Warning), (&[], Severity::Error)] {
        let dir = folder(&[MAIN]);
        std::fs::write(dir.path().join("requirements.txt"), wide(mark)).unwrap();
        let finding = findings(&dir, &[]).into_iter().find(|finding| finding.rule == "requirements-encoding").unwrap();
        assert_eq!(finding.severity, severity);
        super::apply::apply(dir.path(), &finding.fixes[0].edits);
        assert_eq!(std::fs::read_to_string(dir.path().join("requirements.txt")).unwrap(), "flask==3.0.0\r\n");
    }
    silent("requirements-encoding", &asks("\u{feff}flask==3.0.0\n"));
}

#[test]
fn lines_that_pip_cannot_parse() {
    assert_eq!(fires("invalid-requirement", "requirements.txt:1", &asks("pip install flask==3.0.0\n")).fixes.len(), 1);
    assert_eq!(
        fires("invalid-requirement", "requirements.txt:2", &asks("flask==3.0.0\n<<<<<<< HEAD\n")).fixes.len(),
        1
    );
    let merge = "a==1\n<<<<<<< HEAD\nb==1\n=======\nb==2\n>>>>>>> other\nc==1\n";
    assert_eq!(fires("invalid-requirement", "requirements.txt:2", &asks(merge)).fixes[0].edits.len(), 4);
    fires("invalid-requirement", "requirements.txt:1", &asks("flask=3.0.0\n"));
    silent(
        "invalid-requirement",
        &asks("# comment\nflask[async]>=2,<4 ; python_version > '3.8' # why\n--no-binary :all:\n"),
    );
}

#[test]
fn includes_that_are_not_there() {
    fires("requirements-file-missing", "requirements.txt:1", &asks("-r base.txt\n"));
    let config = "[phases.build]\ncmds = [\"pip install -r deploy/prod.txt\"]\n";
    fires("requirements-file-missing", "nixpacks.toml:2", &[asks("")[0], MAIN, ("nixpacks.toml", config)]);
    silent("requirements-file-missing", &[asks("")[0], MAIN, ("nixpacks.toml", config), ("deploy/prod.txt", "")]);
    silent("requirements-file-missing", &[("requirements.txt", "-r base.txt\n"), MAIN, ("base.txt", "flask==3.0.0\n")]);
}

#[test]
fn a_path_as_seen_from_the_file_that_names_it() {
    let files = |line: &'static str| {
        [
            ("requirements.txt", "-r api/requirements.txt\n"),
            ("api/requirements.txt", line),
            MAIN,
            ("libs/tides/pyproject.toml", ""),
        ]
    };
    fires("local-path-requirement", "api/requirements.txt:1", &files("-e ../libs/tides\n"));
    silent("workspace-member-out-of-reach", &files("-e ../libs/tides\n"));
    silent("local-path-requirement", &files("-e ./libs/tides\n"));
    silent("local-path-requirement", &files("-e ../../libs/tides\n"));
}

#[test]
fn paths_of_another_machine() {
    for line in ["numpy @ file:///home/me/numpy-1.0.whl", "-e /home/me/tool", "./missing"] {
        fires("local-path-requirement", "requirements.txt:1", &asks(&format!("{line}\n")));
    }
    silent("local-path-requirement", &[("requirements.txt", "./tool\n-e ./tool\n"), MAIN, ("tool/pyproject.toml", "")]);
    silent(
        "local-path-requirement",
        &[("requirements.txt", "x @ file:///app/tool\n"), MAIN, ("tool/pyproject.toml", "")],
    );
    silent("local-path-requirement", &asks(".\nflask @ https://example.org/flask-3.0.0.tar.gz\n"));
}

#[test]
fn wheels_for_something_else() {
    for file in [
        "x-1.0-cp312-cp312-win_amd64.whl",
        "x-1.0-cp311-cp311-manylinux_2_17_x86_64.whl",
        "x-1.0-py3-none-macosx_11_0_arm64.whl",
    ] {
        fires("wheel-wrong-platform", "requirements.txt:1", &asks(&format!("x @ https://example.org/{file}\n")));
    }
    for file in [
        "x-1.0-py3-none-any.whl",
        "x-1.0-cp38-abi3-manylinux2014_x86_64.whl",
        "x-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
    ] {
        silent("wheel-wrong-platform", &asks(&format!("x @ https://example.org/{file}\n")));
    }
}

#[test]
fn packages_of_other_systems() {
    fires("windows-only-requirement", "requirements.txt:2", &asks("flask==3.0.0\npywin32==306\n"));
    silent("windows-only-requirement", &asks("pywin32==306; sys_platform == 'win32'\npywin32-ctypes==0.2.2\n"));
    fires("macos-only-requirement", "requirements.txt:1", &asks("pyobjc-core==10.0\n"));
    silent("macos-only-requirement", &asks("pyobjc-core==10.0; sys_platform == \"darwin\"\n"));
}

#[test]
fn repositories() {
    fires("git-requirement", "requirements.txt:1", &asks("tool @ git+https://example.org/tool.git\n"));
    fires("git-auth-failed", "requirements.txt:1", &asks("git+ssh://git@example.org/tool.git\n"));
    fires("git-auth-failed", "requirements.txt:1", &asks("git+git@example.org:tool.git\n"));
    for other in ["git+https://example.org/tool.git", "tool @ git+http://example.org/tool.git@main"] {
        silent("git-auth-failed", &asks(&format!("{other}\n")));
    }
    silent("git-requirement", &asks("tool==1.0\n"));
}

#[test]
fn versions_left_open() {
    let finding = fires("unpinned-requirements", "requirements.txt:1", &asks("flask\nredis>=4\na==1\nb\nc\nd\n"));
    assert!(finding.message.ends_with("flask, redis, b, c and 1 more"), "{}", finding.message);
    silent("unpinned-requirements", &asks("flask==3.0.0\n"));
    silent(
        "unpinned-requirements",
        &[("requirements.txt", "-c limits.txt\nflask\n"), MAIN, ("limits.txt", "flask==3.0.0\n")],
    );
}

#[test]
fn a_part_of_setuptools_that_debian_lists() {
    let files = [("main.py", ""), ("requirements.txt", "flask==3.0.0\npkg_resources==0.0.0\n")];
    fires("no-matching-distribution", "requirements.txt:2", &files);
}

#[test]
fn a_model_of_spacys_is_on_no_index() {
    let list = |text: &'static str| [("main.py", "import spacy\n"), ("requirements.txt", text)];
    let found = fires("no-matching-distribution", "requirements.txt:2", &list("spacy==3.8.2\nen-core-web-sm==3.8.0\n"));
    let edit = format!("{:?}", found.fixes[0].edits);
    assert!(edit.contains("releases/download/en_core_web_sm-3.8.0/en_core_web_sm-3.8.0-py3-none-any.whl"), "{edit}");
    silent(
        "no-matching-distribution",
        &list("spacy==3.8.2\nen-core-web-sm @ https://example.com/en_core_web_sm-3.8.0-py3-none-any.whl\n"),
    );
}
