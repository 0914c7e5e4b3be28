use super::super::Facts;
use super::*;

fn once_installed(files: Files<'_>, absent: &[&str]) -> Vec<String> {
    let dir = folder(files);
    let project = Project::open(dir.path()).unwrap();
    let planned =
        Planned::Nixpacks(nixpacks::derive(&project, &DeployOptions::default(), &nixpacks::Options::default()));
    let given = DeployOptions::default();
    let mut facts = Facts::new(&project, &given, &planned);
    facts.absent = Some(absent.iter().map(|&name| name.to_owned()).collect());
    let mut finding = facts.findings().into_iter().filter(|finding| finding.rule == "import-not-required");
    finding.by_ref().map(|finding| finding.message).collect()
}

const APP: Files<'_> = &[
    ("requirements.txt", "flask\n"),
    ("main.py", "import flask\n\ndef late():\n    import anthropic\n    import brinemoon.tide\n"),
];

#[test]
fn what_was_installed_counts_more_than_what_files_tell() {
    assert_eq!(once_installed(APP, &[]), [""; 0]);
    let late = ", which fails when that code is reached";
    let finding = once_installed(APP, &["anthropic", "brinemoon.tide"]);
    let missing = |name: &str| format!("{name} is imported, and nothing that was installed has it{late}");
    assert_eq!(finding, [missing("anthropic"), missing("brinemoon")]);
}

#[test]
fn an_environment_that_no_file_describes_is_told_of_too() {
    let app: Files<'_> = &[
        ("pyproject.toml", "[project]\nname = \"x\"\nversion = \"1\"\n"),
        ("main.py", "def late():\n    import cv2\n"),
    ];
    let finding = once_installed(app, &["cv2"]);
    assert!(finding.len() == 1 && finding[0].contains("(opencv-python"), "{finding:?}");
}
