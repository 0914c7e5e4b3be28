//! What is shown of an earlier run on nix and docker is what a fresh run would make.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

#[path = "reuse/place.rs"]
mod place;
mod support;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

use place::{ASKS, BUILT, MAIN, PIPENV, POETRY, Place, app, is_reused_as_if_fresh};
use serde_json::Value;
use shakedown::sandbox::Backend;
use shakedown::sandbox::docker::{Docker, Options, Pull};
use shakedown::sandbox::nix::{Nix, Nixpkgs};
use support::skipped;
use tempfile::TempDir;

fn because(place: &Place) -> Value {
    Place::origin(&place.run(&[]).0, "install")["anew"]["because"].clone()
}

#[test]
fn nix_shows_an_install_again_and_runs_it_where_the_index_says_otherwise() {
    let nixpkgs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nixpkgs");
    let nix = Nix::new().with_nixpkgs(Nixpkgs::Path(nixpkgs.clone()));
    let missing = nix.check(&support::plan()).err().map(|unavailable| unavailable.missing);
    if skipped("nix_shows_an_install_again", missing) {
        return;
    }
    let nixpkgs = nixpkgs.to_string_lossy();
    let mut place = app();
    place.backend = ["--backend", "nix", "--nixpkgs", &nixpkgs].map(str::to_owned).to_vec();
    assert_eq!(because(&place), "nothing of this command was kept for this project");
    place.write("main.py", &format!("{MAIN}\n# edited\n"));
    assert!(is_reused_as_if_fresh(&place, &"an edit of main.py"));
    place.index.release("tide", "1.1", &[]);
    assert!(because(&place).as_str().unwrap().ends_with("tide/ has changed"));
    place.write(".python-version", "3.12\n");
    assert_eq!(because(&place), "Python, another tool or a limit is not the same");
}

/// An engine that makes layers well: the usual one, or one of the test's own, whose network leads nowhere.
struct Engine {
    /// `DOCKER_HOST`.
    host: Option<String>,
    folder: Option<TempDir>,
    process: Option<Child>,
}

impl Engine {
    /// # Errors
    /// Why there is none.
    fn find(image: &str) -> Result<Self, String> {
        let usual = Self { host: None, folder: None, process: None };
        if usual.ask(&["info", "--format", "{{.Driver}}"])? == "overlay2" {
            return Ok(usual);
        }
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("config"), "{}").unwrap();
        let host = format!("unix://{}", at("socket").display());
        // In a network of its own it leaves the other engine's alone.
        let mut daemon = Command::new("unshare");
        daemon.args(["--net", "dockerd", "--storage-driver", "overlay2", "--iptables=false"]);
        daemon.args(["--host", &host]);
        for (option, name) in
            [("--config-file", "config"), ("--data-root", "data"), ("--exec-root", "exec"), ("--pidfile", "pid")]
        {
            daemon.arg(option).arg(at(name));
        }
        let log = fs::File::create(at("log")).unwrap();
        let process = daemon.stdout(Stdio::null()).stderr(log).spawn().map_err(|error| error.to_string())?;
        let engine = Self { host: Some(host), process: Some(process), folder: Some(folder) };
        for _ in 0..150 {
            if engine.ask(&["info"]).is_ok() {
                engine.load(image)?;
                return Ok(engine);
            }
            thread::sleep(Duration::from_millis(200));
        }
        let log = fs::read_to_string(engine.folder.as_ref().unwrap().path().join("log")).unwrap_or_default();
        Err(format!("dockerd with overlay2 does not start: {}", log.lines().last().unwrap_or_default()))
    }

    /// Takes the image over from the usual engine.
    fn load(&self, image: &str) -> Result<(), String> {
        let mut saved = Command::new("docker").args(["save", image]).stdout(Stdio::piped()).spawn().unwrap();
        let loaded = self.command(&["load"]).stdin(saved.stdout.take().unwrap()).output().unwrap();
        let is_saved = saved.wait().is_ok_and(|status| status.success());
        match is_saved && loaded.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&loaded.stderr).into_owned()),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(arguments).envs(self.host.as_ref().map(|host| ("DOCKER_HOST", host)));
        command
    }

    fn ask(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.command(arguments).output().map_err(|error| error.to_string())?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    /// A project whose runs are here.
    fn place(&self, files: &[(&str, &str)]) -> Place {
        let mut place = Place::new(files);
        place.engine = self.host.clone();
        place.backend = ["--backend", "docker", "--pull", "never"].map(str::to_owned).to_vec();
        place
    }

    fn layers(&self) -> BTreeSet<String> {
        let list = ["image", "ls", "--quiet", "--no-trunc", "--filter", "label=dev.shakedown=layer"];
        self.ask(&list).unwrap().lines().map(str::to_owned).collect()
    }

    fn remove(&self, layers: &BTreeSet<String>) {
        for layer in layers {
            let _ = self.ask(&["image", "rm", "--force", layer]);
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // It ends what it has started, and lets go of its mounts.
            let id = process.id().to_string();
            let _ = Command::new("kill").arg(id).status();
            let _ = process.wait();
        }
        // Its images are many thousand files, which nobody waits for.
        if let Some(folder) = self.folder.take().map(TempDir::keep) {
            let _ = Command::new("rm").arg("-rf").arg(folder).spawn();
        }
    }
}

#[test]
fn docker_starts_from_what_an_earlier_run_installed() {
    let test = "docker_starts_from_what_an_earlier_run_installed";
    let plan = support::plan();
    let docker = Docker::new(Options { pull: Pull::Never, ..Options::default() });
    if skipped(test, docker.check(&plan).err().map(|unavailable| unavailable.missing)) {
        return;
    }
    let engine = match Engine::find(&plan.image.name) {
        Ok(engine) => engine,
        // Overlay mounts upon a machine that is itself one are the kernel's to refuse.
        Err(why) => return eprintln!("skipped: {test}: {why}"),
    };
    let before = engine.layers();
    let (wheel, bytes) = place::wheel("tide", "1.0", &[]);
    let files = [("requirements.txt", &*format!("./{wheel}\n")), ("main.py", MAIN), (".python-version", "3.11\n")];
    let mut place = engine.place(&files);
    fs::write(place.dir.path().join("app").join(&wheel), bytes).unwrap();
    place.options = vec!["--offline".to_owned()];

    let (first, _) = place.run(&[]);
    let origin = Place::origin(&first, "install");
    assert_eq!(origin["anew"]["because"], "nothing of this command was kept for this project", "{first:#}");
    assert!(origin["anew"]["not_kept"].is_null(), "{origin}");
    place.write("main.py", &format!("{MAIN}\n# edited\n"));
    let (again, _) = place.run(&[]);
    assert!(Place::origin(&again, "setup")["reused"].is_object(), "{again:#}");
    assert!(is_reused_as_if_fresh(&place, &"an edit of what the install did not read"));
    place.write("requirements.txt", &format!("# edited\n./{wheel}\n"));
    assert_eq!(because(&place), "requirements.txt has changed");

    // pip's index is the mirror, which no network of the container leads to: a wheel that was downloaded once is kept.
    place.options.clear();
    place.is_machines = true;
    place.index.release_with_digest("tide", "1.0", &[]);
    place.write("requirements.txt", "tide==1.0\n");
    // Nobody else listens on the app's loopback.
    place.write("main.py", &format!("{MAIN}\nassert ' 0A ' not in open('/proc/net/tcp').read()\n"));
    let downloads = |place: &Place| {
        let (report, _) = place.run(&["--fresh"]);
        assert_eq!(report["verdict"], "works", "{report:#}");
        place.index.asked().into_iter().filter(|path| path.starts_with("/files/")).count()
    };
    assert_eq!([downloads(&place), downloads(&place)], [1, 0]);
    place.options.push("--offline".to_owned());
    place.is_machines = false;
    place.write("requirements.txt", &format!("./{wheel}\n"));

    // What is removed between the look for it and the start is told, and what was removed before is made anew.
    place.run(&[]);
    let made: BTreeSet<String> = engine.layers().difference(&before).cloned().collect();
    let (client, bin) = (which::which("docker").unwrap(), place.dir.path().join("bin"));
    let (client, removed) = (client.display(), made.iter().map(String::as_str).collect::<Vec<_>>().join(" "));
    fs::create_dir(&bin).unwrap();
    let script = format!(
        "#!/bin/sh\n[ \"$1\" != run ] || {client} image rm --force {removed} > /dev/null 2>&1\nexec {client} \"$@\"\n"
    );
    fs::write(bin.join("docker"), script).unwrap();
    fs::set_permissions(bin.join("docker"), fs::Permissions::from_mode(0o700)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let output = place.command(&[]).env("PATH", path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("what an earlier run installed was removed from the docker engine"), "{said}");
    engine.remove(&made);
    let (gone, _) = place.run(&[]);
    assert_eq!((&Place::origin(&gone, "setup"), &gone["verdict"]), (&Value::Null, &"works".into()), "{gone:#}");
    fs::remove_dir_all(place.cache()).unwrap();
    let mut orphans: BTreeSet<String> = engine.layers().difference(&before).cloned().collect();
    assert!(!orphans.is_empty());
    // The next run looks for them when it begins, beside its own work.
    place.run(&["--fresh"]);
    orphans.retain(|layer| engine.layers().contains(layer));
    assert!(orphans.is_empty(), "{orphans:?}");

    // Each has a project and a store of its own.
    thread::scope(|scope| {
        scope.spawn(|| what_sends_nothing_over_the_network_is_kept(&engine));
        scope.spawn(|| what_is_built_is_kept_unless_it_asked_somebody_else(&engine));
        scope.spawn(|| what_a_pipfile_lock_names_is_downloaded_once(&engine));
        scope.spawn(|| what_a_poetry_lock_names_is_downloaded_once(&engine));
    });
    engine.remove(&engine.layers().difference(&before).cloned().collect());
}

/// Asks a server of its own, on loopback.
const ASKS_ITSELF: &str = "import socket
server = socket.create_server(('127.0.0.1', 0))
socket.create_connection(server.getsockname()).sendall(b'?')
open('built.txt', 'wb').write(server.accept()[0].recv(1))
";

fn what_sends_nothing_over_the_network_is_kept(engine: &Engine) {
    let plan = "[phases.build]\ncmds = [\"python build.py\"]\n";
    let files = [("requirements.txt", "tide\n"), ("main.py", MAIN), (".python-version", "3.11\n")];
    let mut place = engine.place(&[&files[..], &[("nixpacks.toml", plan), ("build.py", ASKS_ITSELF)]].concat());
    place.is_machines = true;
    place.index.release_with_digest("tide", "1.0", &[]);
    let build = |place: &Place| Place::origin(&place.run(&[]).0, "build");
    let first = build(&place);
    assert!(first["anew"].is_object() && first["anew"]["not_kept"].is_null(), "{first:#}");
    assert!(is_reused_as_if_fresh(&place, &"nothing"));
    let second = build(&place);
    assert_eq!(second["reused"]["index"], "not-needed", "{second:#}");
    place.write("main.py", &format!("{MAIN}# edited\n"));
    assert_eq!(build(&place)["anew"]["because"], "a file of the project has changed");
    place.write("build.py", ASKS);
    assert_eq!(build(&place)["anew"]["not_kept"], "it asked the network, and what it asked is not known");
}

fn what_is_built_is_kept_unless_it_asked_somebody_else(engine: &Engine) {
    let files = [("requirements.txt", "tide\nebb\n"), ("main.py", MAIN), (".python-version", "3.11\n")];
    let mut place = engine.place(&files);
    place.is_machines = true;
    place.index.release_with_digest("tide", "1.0", &[]);
    if !place.index.offer_build_tools() {
        return;
    }
    place.index.release_source("ebb", "1.0", &[("setup.py", BUILT), ("ebb.py", "")]);
    let (first, _) = place.run(&[]);
    let origin = Place::origin(&first, "install");
    assert!(origin["anew"].is_object() && origin["anew"]["not_kept"].is_null(), "{first:#}");
    assert!(is_reused_as_if_fresh(&place, &"nothing"));
    place.index.commit("ebb", &[("setup.py", BUILT), ("ebb.py", "DEPTH = 1\n")]);
    place.write("requirements.txt", &format!("tide\nebb @ git+{}@main\n", place.index.repository("ebb")));
    let (cloned, files) = place.run(&[]);
    let origin = Place::origin(&cloned, "install");
    assert!(origin["anew"]["not_kept"].is_null() && !files.contains_key("/root/.gitconfig"), "{cloned:#}");
    assert!(is_reused_as_if_fresh(&place, &"a clone"));
    place.index.commit("ebb", &[("ebb.py", "DEPTH = 2\n")]);
    assert_eq!(because(&place), format!("{} has changed", place.index.repository("ebb")));
    place.write("requirements.txt", "tide\nebb\n");
    let other = format!("{ASKS}{}", BUILT.replace("1.0", "1.1"));
    place.index.release_source("ebb", "1.1", &[("setup.py", &other), ("ebb.py", "")]);
    let origin = Place::origin(&place.run(&[]).0, "install");
    let why = origin["anew"]["not_kept"].as_str().unwrap_or_default();
    assert_eq!(why, "an archive was built, and what its code does is not known", "{origin:#}");
}

fn what_a_pipfile_lock_names_is_downloaded_once(engine: &Engine) {
    let plan = format!(
        "[phases.setup]\nnixPkgs = [\"python311\"]\n[phases.install]\ncmds = [\n\
         \"python -m venv --copies /opt/venv && . /opt/venv/bin/activate && pip install {PIPENV}\",\n\
         \". /opt/venv/bin/activate && pipenv install --deploy\",\n]\n"
    );
    let mut place = engine.place(&[("main.py", MAIN), (".python-version", "3.11\n"), ("nixpacks.toml", &plan)]);
    place.is_machines = true;
    place.index.release_with_digest("tide", "1.0", &[]);
    if !place.index.offer(PIPENV) {
        return;
    }
    place.lock_pipenv();
    let downloads = |place: &Place| {
        let (report, files) = place.run(&["--fresh"]);
        assert_eq!(report["verdict"], "works", "{report:#}");
        let lock = fs::read(place.dir.path().join("app/Pipfile.lock")).unwrap();
        assert!(files["/app/Pipfile.lock"].ends_with(&place::sha256(&lock)), "{files:#?}");
        place.index.asked().into_iter().filter(|path| path.starts_with("/files/tide-")).count()
    };
    assert_eq!([downloads(&place), downloads(&place)], [1, 0]);
    place.write("main.py", &format!("{MAIN}# edited\n"));
    assert!(is_reused_as_if_fresh(&place, &"an edit of what the install did not read"));
}

/// The index is in the container too, at the same address: no network of it leads to this machine.
fn what_a_poetry_lock_names_is_downloaded_once(engine: &Engine) {
    let (wheel, bytes) = place::wheel("tide", "1.0", &[]);
    let page = format!("<a href=\"/files/{wheel}#sha256={}\">{wheel}</a>\n", place::sha256(&bytes));
    let mut place = engine.place(&[(".python-version", "3.11\n"), ("index/simple/tide/index.html", &page)]);
    place.is_machines = true;
    place.index.release_with_digest("tide", "1.0", &[]);
    if !place.index.offer(&format!("poetry=={POETRY}")) {
        return;
    }
    let commands = [
        format!("python -m venv --copies /opt/venv && . /opt/venv/bin/activate && pip install poetry=={POETRY}"),
        format!(
            "cd /app/index && (setsid python -u -m http.server {} --bind 127.0.0.1 < /dev/null > /srv/asked 2>&1 &) && sleep 2",
            place.index.port
        ),
        ". /opt/venv/bin/activate && poetry install --no-interaction --no-ansi".to_owned(),
    ];
    place.write("nixpacks.toml", &format!("[phases.install]\ncmds = {commands:?}\n"));
    place.write(&format!("index/files/{wheel}"), "");
    fs::write(place.dir.path().join("app/index/files").join(&wheel), bytes).unwrap();
    place.lock_poetry();
    for downloads in ["1", "0"] {
        place.write(
            "main.py",
            &format!("{MAIN}assert open('/srv/asked').read().count('GET /files/{wheel}') == {downloads}\n"),
        );
        let (report, files) = place.run(&["--fresh"]);
        assert_eq!(report["verdict"], "works", "{report:#}");
        let is_archive =
            |path: &&String| path.starts_with("/root/.cache/pypoetry/artifacts/") && path.ends_with(".whl");
        assert_eq!(files.keys().filter(is_archive).count(), 1, "{files:#?}");
    }
}
