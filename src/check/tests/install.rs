use super::{fires, fires_with, silent, silent_with};
use crate::finding::Edit;

const FLASK: (&str, &str) = ("requirements.txt", "flask==3.0.0\n");
const MAIN: (&str, &str) = ("main.py", "");

#[test]
fn an_install_phase_with_a_pip_package() {
    let config = "[phases.setup]\nnixPkgs = [\"python311\", \"python311Packages.pip\"]\n\n[phases.install]\ncmds = [\"pip install -r requirements.txt\"]\n";
    let finding = fires("externally-managed", "nixpacks.toml:5", &[FLASK, MAIN, ("nixpacks.toml", config)]);
    assert_eq!(finding.evidence[1].source.to_string(), "nixpacks.toml:2");
    assert!(finding.fixes[0].edits.iter().all(|edit| matches!(edit, Edit::RemoveKey { .. } | Edit::RemoveItem { .. })));

    let json = r#"{"build": {"nixpacksPlan": {"phases": {
        "setup": {"nixPkgs": ["...", "python3Packages.pip"]},
        "install": {"cmds": ["pip install -r requirements.txt"], "aptPkgs": ["git"]}}}}}"#;
    fires("externally-managed", "railway.json:3", &[FLASK, MAIN, ("railway.json", json)]);

    let apt = "[phases.setup]\naptPkgs = [\"python3-pip\"]\n[phases.install]\ncmds = [\"pip3 install flask\"]\n";
    fires("externally-managed", "nixpacks.toml:4", &[FLASK, MAIN, ("nixpacks.toml", apt)]);

    for standing in [
        "cmds = [\"python -m venv /opt/venv && . /opt/venv/bin/activate && pip install -r requirements.txt\"]",
        "cmds = [\"...\", \"pip install gunicorn\"]",
        "cmds = [\"pip install --break-system-packages -r requirements.txt\"]",
        "aptPkgs = [\"git\"]",
    ] {
        let config =
            format!("[phases.setup]\nnixPkgs = [\"...\", \"python311Packages.pip\"]\n[phases.install]\n{standing}\n");
        silent("externally-managed", &[FLASK, MAIN, ("nixpacks.toml", &config)]);
    }
}

#[test]
fn an_install_phase_without_pip() {
    let plain = "[phases.install]\ncmds = [\"pip install -r requirements.txt\"]\n";
    let finding = fires("pip-not-found", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", plain)]);
    assert_eq!(finding.fixes[0].edits.len(), 1);
    let module = "[phases.install]\ncmds = [\"python -m pip install --upgrade pip\", \"python -m pip install -r requirements.txt\", \"python manage.py collectstatic\"]\n";
    let finding = fires("pip-not-found", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", module)]);
    assert!(
        serde_json::to_string(&finding.fixes[0].edits).unwrap().contains(r#"["...","python manage.py collectstatic"]"#)
    );
    let finding = fires_with(
        "pip-not-found",
        "$NIXPACKS_INSTALL_CMD",
        &[FLASK, MAIN],
        &["NIXPACKS_INSTALL_CMD=pip install -r requirements.txt"],
    );
    assert!(finding.help.unwrap().starts_with("unset"));

    let lost = "[phases.install]\ncmds = [\"python -m venv .venv\", \". .venv/bin/activate\", \"pip install -r requirements.txt\"]\n";
    fires("pip-not-found", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", lost)]);

    silent("pip-not-found", &[FLASK, MAIN]);
    silent("pip-not-found", &[FLASK, MAIN, ("nixpacks.toml", "[phases.install]\ndependsOn = [\"setup\"]\n")]);
    silent_with("pip-not-found", &[FLASK, MAIN], &["NIXPACKS_BUILD_CMD=pip install flask"]);
    silent("pip-not-found", &[FLASK, MAIN, ("nixpacks.toml", "[phases.install]\ncmds = [\"uv sync\"]\n")]);
}

#[test]
fn names_that_nixpkgs_does_not_have() {
    let files = |list: &str| format!("[phases.setup]\nnixPkgs = [{list}]\n");
    fires(
        "unknown-nix-package",
        "nixpacks.toml:2",
        &[FLASK, MAIN, ("nixpacks.toml", &files(r#""python311", "gcc", "pip""#))],
    );
    fires("unknown-nix-package", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", &files(r#""...", "libgl1""#))]);
    fires_with("unknown-nix-package", "$NIXPACKS_PKGS", &[FLASK, MAIN], &["NIXPACKS_PKGS=python3-pip"]);
    silent("unknown-nix-package", &[FLASK, MAIN, ("nixpacks.toml", &files(r#""...", "ffmpeg", "libGL""#))]);
}

#[test]
fn a_pip_that_is_not_needed() {
    let config = "[phases.setup]\nnixPkgs = [\"...\", \"python312Packages.pip\"]\n";
    fires("pip-package-not-needed", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", config)]);
    silent(
        "pip-package-not-needed",
        &[FLASK, MAIN, ("nixpacks.toml", "[phases.setup]\nnixPkgs = [\"...\", \"ffmpeg\"]\n")],
    );
}

#[test]
fn lists_that_drop_what_nixpacks_adds() {
    let setup = |line: &str| format!("[phases.setup]\n{line}\n");
    fires("nix-python-dropped", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", &setup("nixPkgs = [\"ffmpeg\"]"))]);
    silent("nix-python-dropped", &[FLASK, MAIN, ("nixpacks.toml", &setup("nixPkgs = [\"...\", \"ffmpeg\"]"))]);
    silent("nix-python-dropped", &[FLASK, MAIN, ("nixpacks.toml", &setup("nixPkgs = [\"python311Full\"]"))]);
    silent("nix-python-dropped", &[FLASK, MAIN, ("nixpacks.toml", &setup("aptPkgs = [\"ffmpeg\"]"))]);
    fires(
        "nix-compiler-dropped",
        "nixpacks.toml:2",
        &[FLASK, MAIN, ("nixpacks.toml", &setup("nixPkgs = [\"python311\"]"))],
    );
    silent("nix-compiler-dropped", &[FLASK, MAIN, ("nixpacks.toml", &setup("nixPkgs = [\"python311\", \"gcc\"]"))]);
    fires("nix-libs-dropped", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", &setup("nixLibs = [\"libGL\"]"))]);
    silent("nix-libs-dropped", &[FLASK, MAIN, ("nixpacks.toml", &setup("nixLibs = [\"...\", \"libGL\"]"))]);
}

#[test]
fn nothing_that_installs() {
    let empty = ("nixpacks.toml", "[phases.install]\ncmds = []\n");
    fires("nothing-installed", "nixpacks.toml:2", &[FLASK, MAIN, empty]);
    fires_with(
        "nothing-installed",
        "$NIXPACKS_PYTHON_PACKAGE_MANAGER",
        &[FLASK, MAIN],
        &["NIXPACKS_PYTHON_PACKAGE_MANAGER=skip"],
    );
    silent("nothing-installed", &[("requirements.txt", "# nothing\n"), MAIN, empty]);
    silent("nothing-installed", &[MAIN]);
}

#[test]
fn commands_that_run_twice() {
    let plan = r#"{"build": {"nixpacksPlan": {"phases": {"install": {"cmds": ["...", "pip install a"]}}}}}"#;
    let config = ("nixpacks.toml", "[phases.install]\ncmds = [\"...\", \"...\"]\n");
    fires("commands-run-twice", "requirements.txt", &[FLASK, MAIN, config]);
    silent("commands-run-twice", &[FLASK, MAIN, ("railway.json", plan)]);
}

#[test]
fn pip_before_there_is_an_environment() {
    let early = ("nixpacks.toml", "[phases.install]\ncmds = [\"pip install -U pip\", \"...\"]\n");
    let finding =
        fires("pip-not-found", "nixpacks.toml:2", &[("main.py", ""), ("requirements.txt", "flask==3.0.0\n"), early]);
    assert_eq!(finding.fixes[0].summary, "put it behind \"...\"");
    let uv = ("nixpacks.toml", "[phases.install]\ncmds = [\"uv venv\", \"uv pip install -r requirements.txt\"]\n");
    silent("pip-not-found", &[("main.py", ""), ("requirements.txt", "flask==3.0.0\n"), uv]);
}

#[test]
fn programs_beside_nix_python_are_not_on_path() {
    let files = |start: &str, packages: &str| {
        format!(
            "[phases.setup]\nnixPkgs = [\"...\"{packages}]\n[phases.install]\ncmds = [\"pip install --break-system-packages -r requirements.txt\"]\n[start]\ncmd = \"{start}\"\n"
        )
    };
    let all = ("requirements.txt", "gunicorn==23.0.0\n");
    let config = files("gunicorn main:app", ", \"python311Packages.pip\"");
    let finding =
        fires("venv-bypassed", "nixpacks.toml:4", &[all, ("main.py", "app = 1\n"), ("nixpacks.toml", &config)]);
    assert_eq!(finding.severity, crate::finding::Severity::Error);
    silent("pip-package-not-needed", &[all, ("main.py", "app = 1\n"), ("nixpacks.toml", &config)]);
    let config = files("python main.py", ", \"python311Packages.pip\"");
    let finding = fires("venv-bypassed", "nixpacks.toml:4", &[all, ("main.py", ""), ("nixpacks.toml", &config)]);
    assert_eq!(finding.severity, crate::finding::Severity::Warning);
    let config = files("python main.py", "");
    fires("pip-not-found", "nixpacks.toml:4", &[all, ("main.py", ""), ("nixpacks.toml", &config)]);
}

#[test]
fn names_that_ubuntu_does_not_have() {
    let files = |list: &str| format!("[phases.setup]\naptPkgs = [{list}]\n");
    let app = [("requirements.txt", "flask==3.0.0\n"), ("main.py", "")];
    for list in ["\"libgl1-mesa-glx\"", "\"...\", \"libgl1-mesa-glx\"", "\"curl\", \"python3.11\""] {
        fires("unknown-nix-package", "nixpacks.toml:2", &[app[0], app[1], ("nixpacks.toml", &files(list))]);
    }
    let debian = files("\"libgl1-mesa-glx\"") + "[variables]\nNIXPACKS_DEBIAN = \"1\"\n";
    silent("unknown-nix-package", &[app[0], app[1], ("nixpacks.toml", &debian)]);
    silent("unknown-nix-package", &[app[0], app[1], ("nixpacks.toml", &files("\"libgl1\", \"ffmpeg\""))]);
}

/// Of Ubuntu 24.04's browsers there are only scripts that ask for a snap: the installation passes, and nothing can start one.
#[test]
fn a_browser_of_ubuntu_is_only_a_pointer_to_a_snap() {
    let files = |list: &str| format!("[phases.setup]\naptPkgs = [{list}]\n");
    let config = files("\"...\", \"chromium-browser\", \"chromium-chromedriver\"");
    let finding = fires("apt-package-is-a-snap", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", &config)]);
    assert_eq!(finding.fixes[0].summary, "take chromium of nixPkgs in its place");
    fires("unknown-nix-package", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", &files("\"chromium-driver\""))]);
    let debian = files("\"chromium\"") + "[variables]\nNIXPACKS_DEBIAN = \"1\"\n";
    silent("unknown-nix-package", &[FLASK, MAIN, ("nixpacks.toml", &debian)]);
}
