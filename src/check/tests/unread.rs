use super::{findings, fires, folder, silent};

#[test]
fn a_source_that_python_cannot_read_is_an_error_where_it_is_imported() {
    let (requirements, main) = (("requirements.txt", ""), ("main.py", "import wide\nprint(1)\n"));
    fires("python-source-encoding", "wide.py:1", &[requirements, main, ("wide.py", "x = '\0'\n")]);
    silent("python-source-encoding", &[requirements, main, ("wide.py", "x = 'é'\n"), ("other.py", "\0")]);
}

#[test]
fn utf_16_is_named_and_a_coding_line_is_obeyed() {
    let dir = folder(&[
        ("requirements.txt", ""),
        ("main.py", "import wide, old\n"),
        // Nixpacks itself gives up at a source that is not UTF-8, unless version control ignores it.
        (".git/HEAD", ""),
        (".gitignore", "wide.py\nold.py\n"),
    ]);
    let wide: Vec<u8> = "\u{feff}import os\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(dir.path().join("wide.py"), wide).unwrap();
    std::fs::write(
        dir.path().join("old.py"),
        b"# -*- coding: latin-1 -*-\nimport os\nx = os.environ['\xe9A']\ny = os.environ['B']\n",
    )
    .unwrap();
    let all = findings(&dir, &[]);
    let finding: Vec<_> = all.iter().filter(|finding| finding.rule == "python-source-encoding").collect();
    assert_eq!(finding.len(), 1, "{all:#?}");
    assert_eq!(finding[0].message, "wide.py is UTF-16: Python cannot read it");
    assert!(all.iter().any(|finding| finding.rule == "missing-env-var"), "{all:#?}");
}

#[test]
fn a_source_as_large_as_data_is_told_and_the_checks_go_on() {
    let dir = folder(&[("requirements.txt", ""), ("main.py", "import data, main\nimport os\nos.environ['A']\n")]);
    std::fs::write(dir.path().join("data.py"), "x = 1\n".repeat(10 << 20)).unwrap();
    let all = findings(&dir, &[]);
    let finding = all.iter().find(|finding| finding.rule == "source-not-followed").unwrap();
    assert_eq!(finding.message, "data.py is not looked at: larger than 256 KiB");
    assert!(all.iter().any(|finding| finding.rule == "missing-env-var"), "{all:#?}");
}

#[test]
fn what_does_not_parse_ends_no_check() {
    for broken in
        ["def f(:\n", "((((\n", "import\nfrom . import\nimport main\n", "class (:\n  \"\"\"", "\u{feff}import os\n"]
    {
        silent("python-source-encoding", &[("requirements.txt", ""), ("main.py", broken)]);
    }
}
