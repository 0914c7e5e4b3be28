use super::{fires, silent};

const FLASK: (&str, &str) = ("requirements.txt", "flask==3.0.0\n");
const MAIN: (&str, &str) = ("main.py", "");

#[test]
fn nixpacks_keys_that_nobody_reads() {
    for (config, place, suggestion) in [
        ("[setup]\nnixPkgs = [\"ffmpeg\"]\n", "nixpacks.toml:1", "phases.setup"),
        ("[install]\ncmds = [\"pip install x\"]\n", "nixpacks.toml:1", "phases.install"),
        ("[phases.setup]\npkgs = [\"ffmpeg\"]\n", "nixpacks.toml:2", "phases.setup.nixPkgs"),
        ("[phases.build]\n\ncmd = \"make\"\n", "nixpacks.toml:3", "phases.build.cmds"),
        ("[phases.setup]\nnixpkgs = [\"ffmpeg\"]\n", "nixpacks.toml:2", "phases.setup.nixPkgs"),
        ("[start]\ncommand = \"python main.py\"\n", "nixpacks.toml:2", "start.cmd"),
        ("[env]\nA = \"b\"\n", "nixpacks.toml:1", "variables"),
        ("[variabels]\nA = \"b\"\n", "nixpacks.toml:1", "variables"),
        ("aptPkgs = [\"git\"]\n", "nixpacks.toml:1", "phases.setup.aptPkgs"),
    ] {
        let finding = fires("unknown-nixpacks-key", place, &[FLASK, MAIN, ("nixpacks.toml", config)]);
        assert!(finding.message.ends_with(&format!("did you mean {suggestion}?")), "{}", finding.message);
        assert_eq!(finding.fixes.len(), 1, "{config}");
    }
    let json = r#"{"build": {"nixpacksPlan": {"phases": {"setup": {"pkgs": ["ffmpeg"]}}}}}"#;
    fires("unknown-nixpacks-key", "railway.json:1", &[FLASK, MAIN, ("railway.json", json)]);
    let known = "providers = [\"python\"]\nbuildImage = \"x\"\n[variables]\nanything = \"y\"\n[phases.setup]\nnixPackages = [\"...\"]\nnixLibraries = [\"...\"]\naptPackages = []\n[phases.build]\ncommands = []\nenvPaths = []\n[start]\ncmd = \"x\"\n";
    silent("unknown-nixpacks-key", &[FLASK, MAIN, ("nixpacks.toml", known)]);
}

#[test]
fn moving_an_install_section_would_do_harm() {
    let files = [FLASK, MAIN, ("nixpacks.toml", "[install]\ncmds = [\"pip install -r requirements.txt\"]\n")];
    let finding = fires("unknown-nixpacks-key", "nixpacks.toml:1", &files);
    assert_eq!(
        serde_json::to_string(&finding.fixes[0].edits).unwrap(),
        r#"[{"edit":"remove-key","path":"nixpacks.toml","key":["install"]}]"#
    );
}

#[test]
fn railway_keys_that_nobody_reads() {
    for (config, place) in [
        ("[env]\nA = \"b\"\n", "railway.toml:1"),
        ("[variables]\nA = \"b\"\n", "railway.toml:1"),
        ("[[services]]\nname = \"x\"\n", "railway.toml:1"),
        ("[build]\nbuilder = \"NIXPACKS\"\n[build.nixpacks]\nx = 1\n", "railway.toml:3"),
        ("[deploy]\nstartcommand = \"python main.py\"\n", "railway.toml:2"),
        ("[build]\nstartCommand = \"python main.py\"\n", "railway.toml:2"),
        ("[environments.staging.deploy]\nhealthcheckpath = \"/\"\n", "railway.toml:2"),
    ] {
        fires("unknown-railway-key", place, &[FLASK, MAIN, ("railway.toml", config)]);
    }
    let known = r#"{"$schema": "x", "build": {"builder": "NIXPACKS", "watchPatterns": ["a"]}, "deploy": {"numReplicas": 1, "restartPolicyType": "ALWAYS"},
        "environments": {"pr": {"deploy": {"startCommand": "python main.py"}}}}"#;
    silent("unknown-railway-key", &[FLASK, MAIN, ("railway.json", known)]);
}

#[test]
fn two_files_of_one_kind() {
    let both = [FLASK, MAIN, ("nixpacks.toml", ""), ("nixpacks.json", "{}")];
    fires("two-nixpacks-configs", "nixpacks.json", &both);
    silent("two-nixpacks-configs", &[FLASK, MAIN, ("nixpacks.json", "{}")]);
    fires("two-railway-configs", "railway.json", &[FLASK, MAIN, ("railway.toml", ""), ("railway.json", "{}")]);
    silent("two-railway-configs", &[FLASK, MAIN, ("railway.json", "{}")]);
}

#[test]
fn values_that_do_not_fit_their_keys() {
    let with = |deploy: &str| format!("{{\"deploy\": {{{deploy}}}}}");
    for deploy in [r#""healthcheckTimeout": "300""#, r#""numReplicas": "1""#, r#""restartPolicyType": "SOMETIMES""#] {
        let finding =
            super::found(&[("main.py", ""), ("requirements.txt", "flask==3.0.0\n"), ("railway.json", &with(deploy))]);
        assert!(finding.iter().any(|found| found.rule == "wrong-railway-value"), "{deploy}: {finding:#?}");
    }
    let right = with(r#""healthcheckTimeout": 300, "restartPolicyType": "on_failure""#);
    silent("wrong-railway-value", &[("main.py", ""), ("requirements.txt", "flask==3.0.0\n"), ("railway.json", &right)]);
}
