//! `shakedown doctor`: which backends work here, and what to do about those that do not.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};
use rustix::fs::Access;
use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use super::args::Sandboxing;
use super::config::Config;
use super::exit::Exit;
use super::output::{Color, data, print};
use crate::builder::nixpacks;
use crate::fs::tree;
use crate::plan::Plan;
use crate::rehearse::Request;
use crate::report::Paint;
use crate::sandbox::cache::{self, Cache};
use crate::sandbox::docker::{self, Docker, Leftover};
use crate::sandbox::host::{self, Host};
use crate::sandbox::nix::Nix;
use crate::sandbox::store::downloads;
use crate::sandbox::{Backend, Unavailable, disk, netns, python, store};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    sandboxing: Sandboxing,
    /// Remove what runs keep for later ones (layers, downloads, kept sandboxes, the engine's images and cache volumes) and what crashed ones
    /// left; what sandboxes are made of stays
    #[arg(long)]
    clean: bool,
    /// How to report
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Human,
    Json,
}

/// Everything the doctor found.
#[derive(Debug, Serialize, JsonSchema)]
struct DoctorReport {
    schema: u32,
    /// What most plans need before anything else.
    default_python: DefaultPython,
    backends: Vec<BackendReport>,
    network: Network,
    pythons: Vec<Python>,
    cache: Option<PathBuf>,
    cache_is_writable: bool,
    disk_free_bytes: Option<u64>,
    memory_free_bytes: Option<u64>,
    /// Roots, interpreters and libraries that sandboxes are made of.
    bases_bytes: u64,
    /// What commands of earlier runs made, for later runs to show again.
    layers_bytes: u64,
    /// What installers have downloaded, kept for later runs.
    downloads_bytes: u64,
    leftovers: Leftovers,
}

#[derive(Debug, Serialize, JsonSchema)]
struct BackendReport {
    name: &'static str,
    usable: bool,
    version: Option<String>,
    /// The program that makes the sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unavailable: Option<Unavailable>,
    /// Why no work of earlier runs is shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    no_reuse: Option<String>,
    exact: &'static str,
    roughly: &'static str,
    not_at_all: &'static str,
}

/// Whether a sandbox of host and nix has a network of its own.
#[derive(Debug, Serialize, JsonSchema)]
struct Network {
    /// What makes it.
    by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unavailable: Option<Unavailable>,
}

/// The interpreter of a plan that nothing pins.
#[derive(Debug, Serialize, JsonSchema)]
struct DefaultPython {
    /// Major and minor version.
    version: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    unavailable: Option<Unavailable>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Python {
    version: String,
    path: PathBuf,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
struct Leftovers {
    folders: Vec<PathBuf>,
    engine: Vec<Leftover>,
}

/// The schema of what `--format json` prints.
pub(super) fn schema() -> Schema {
    schema_for!(DoctorReport)
}

pub(super) fn run(args: Args) -> Result<Exit> {
    let mut request = Request::new(std::path::Path::new("."));
    args.sandboxing.apply(&Config::default(), &mut request);
    let cache = Cache::of_user().ok();
    let docker = Docker::new(request.docker.clone());
    let found = examine(&request, cache.as_ref(), &docker);
    let paint = Paint::new(args.color.is_on(console::colors_enabled()));
    match args.format {
        Format::Human => print(&human(&found, paint))?,
        Format::Json => data(&(serde_json::to_string_pretty(&found)? + "\n"))?,
    }
    if args.clean {
        clean(&found.leftovers, &docker)?;
        if let Some(cache) = &cache {
            clear(cache, "layers", store::size, store::clear)?;
            clear(cache, "downloads", downloads::size, downloads::clear)?;
        }
    }
    let any = found.backends.iter().any(|backend| backend.usable);
    Ok(if any { Exit::Works } else { Exit::CannotTell })
}

fn examine(request: &Request, cache: Option<&Cache>, docker: &Docker) -> DoctorReport {
    let engine = docker.engine();
    DoctorReport {
        schema: 1,
        default_python: default_python(request),
        backends: vec![host(request), nix(request), of_docker(docker)],
        network: network(cache),
        pythons: pythons(),
        cache: cache.map(|cache| cache.root().to_owned()),
        cache_is_writable: cache.is_some_and(|cache| is_writable(cache.root())),
        bases_bytes: cache.map(bases).unwrap_or_default(),
        layers_bytes: cache.map(store::size).unwrap_or_default(),
        downloads_bytes: cache.map(downloads::size).unwrap_or_default(),
        disk_free_bytes: cache.and_then(|cache| disk::free(cache.root())),
        memory_free_bytes: free_memory(),
        leftovers: Leftovers {
            folders: cache.map(Cache::stale_runs).unwrap_or_default(),
            engine: engine.ok().and_then(|engine| docker::leftovers(&engine).ok()).unwrap_or_default(),
        },
    }
}

fn host(request: &Request) -> BackendReport {
    host::try_anew();
    let checked = Host::new().with_python(request.python.clone()).check(&Plan::default());
    let program = host::bubblewrap();
    let version = program.as_ref().and_then(|program| Command::new(program).arg("--version").output().ok());
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    BackendReport {
        name: "host",
        usable: checked.is_ok(),
        version: version.filter(|version| !version.is_empty()),
        program,
        unavailable: checked.err(),
        no_reuse: None,
        exact: "phases, shells, variables, PATH, the venv, PEP 668, pip against the real index, which libraries are missing",
        roughly: "the Python's patch version, Nix packages (this machine's own commands and libraries in their place)",
        not_at_all: "apt packages, Nix packages that this machine does not have, other users, start.runImage",
    }
}

fn nix(request: &Request) -> BackendReport {
    let nix = request.nixpkgs.iter().cloned().fold(Nix::new(), Nix::with_nixpkgs);
    let checked = nix.check(&Plan::default());
    BackendReport {
        name: "nix",
        usable: checked.is_ok(),
        version: Nix::version().ok(),
        program: None,
        unavailable: checked.err(),
        no_reuse: None,
        exact: "Nix packages and their errors, the Python itself, PEP 668, LD_LIBRARY_PATH, and all that host does",
        roughly: "the base image's own commands",
        not_at_all: "apt packages, other users, start.runImage",
    }
}

fn of_docker(docker: &Docker) -> BackendReport {
    let checked = docker.check(&Plan { image: nixpacks::image(None), ..Plan::default() });
    let layers = docker.engine().ok().filter(|_| checked.is_ok()).map(|engine| docker::keeps_layers(&engine));
    BackendReport {
        name: "docker",
        usable: checked.is_ok(),
        version: docker.engine().ok().and_then(|engine| Some(format!("{} {}", engine.name(), engine.version().ok()?))),
        program: None,
        unavailable: checked.err(),
        no_reuse: layers.and_then(Result::err).map(|error| format!("{error:#}")),
        exact: "the base image, Nix and apt packages, users, memory limits",
        roughly: "layers: one container lives through the run, where the cloud goes on from an image of each step",
        not_at_all: "start.runImage",
    }
}

/// How much the roots, interpreters and libraries take that sandboxes are made of.
fn bases(cache: &Cache) -> u64 {
    let folders = ["root", "seed", "lib", "interpreter"].map(|kind| cache.root().join(kind));
    let there: Vec<PathBuf> = folders.into_iter().filter(|folder| folder.exists()).collect();
    disk::used(&there).unwrap_or_default()
}

fn network(cache: Option<&Cache>) -> Network {
    match netns::try_anew(cache) {
        Ok(by) => Network { by: Some(by), unavailable: None },
        Err(unavailable) => Network { by: None, unavailable: Some(unavailable) },
    }
}

/// Nixpacks' own choice, by its name in nixpkgs.
const DEFAULT_PYTHON: &str = "python3";

fn default_python(request: &Request) -> DefaultPython {
    let wanted = python::wanted(DEFAULT_PYTHON);
    let version = wanted.map(|wanted| format!("{}.{}", wanted.minor.0, wanted.minor.1)).unwrap_or_default();
    let unavailable = wanted.and_then(|wanted| python::find(wanted, request.python.as_deref()).err());
    DefaultPython { version, unavailable }
}

fn pythons() -> Vec<Python> {
    const NAMES: &[&str] = &[
        "python27",
        "python36",
        "python37",
        "python38",
        "python39",
        "python310",
        "python311",
        "python312",
        "python313",
        "python314",
    ];
    let found = NAMES.iter().filter_map(|name| python::find(python::wanted(name)?, None).ok());
    found.map(|python| Python { version: python.full_version(), path: python.program }).collect()
}

/// Whether this user may make files there, or the folder itself.
fn is_writable(folder: &std::path::Path) -> bool {
    let there = folder.ancestors().find(|folder| folder.exists());
    there.is_some_and(|folder| rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok())
}

fn free_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

fn human(found: &DoctorReport, paint: Paint) -> String {
    let mut out = String::new();
    if let Some(unavailable) = &found.default_python.unavailable {
        let version = &found.default_python.version;
        let _ = writeln!(out, "{} Python {version}, which Nixpacks builds with unless told otherwise", paint.bad("✘"));
        cures(&mut out, unavailable, paint);
        out.push('\n');
    }
    for backend in &found.backends {
        let mark = if backend.usable { paint.good("✔") } else { paint.bad("✘") };
        let version = backend.version.as_deref().unwrap_or_default();
        let program = backend.program.as_ref().map(|program| {
            let whose = if host::came_in_a_wheel(program) { "that of the wheel, " } else { "" };
            format!(" ({whose}{})", program.display())
        });
        let version = format!("{version}{}", program.unwrap_or_default());
        let _ = writeln!(out, "{mark} {} {}", paint.bold(backend.name), paint.dim(version));
        if let Some(unavailable) = &backend.unavailable {
            cures(&mut out, unavailable, paint);
        }
        let _ = writeln!(out, "    exact:      {}", backend.exact);
        let _ = writeln!(out, "    roughly:    {}", backend.roughly);
        let _ = writeln!(out, "    not at all: {}", backend.not_at_all);
        if let Some(why) = &backend.no_reuse {
            let _ = writeln!(out, "    no reuse:   {why}");
        }
    }
    tell_network(&mut out, &found.network, paint);
    let _ = writeln!(out, "\n{}", paint.bold("pythons"));
    for python in &found.pythons {
        let _ = writeln!(out, "  {:8} {}", python.version, python.path.display());
    }
    if found.pythons.is_empty() {
        let _ = writeln!(out, "  none found; uv python install 3.12 gets one");
    }
    let size = |bytes: Option<u64>| bytes.map_or("unknown".to_owned(), |bytes| bytesize::ByteSize(bytes).to_string());
    let cache = found.cache.as_ref().map_or("none".to_owned(), |cache| cache.display().to_string());
    let _ = writeln!(out, "\ncache {cache}, {} free there", size(found.disk_free_bytes));
    if !found.cache_is_writable {
        let _ = writeln!(out, "  {} it cannot be written: set XDG_CACHE_HOME to a folder that can", paint.bad("✘"));
    }
    let _ = writeln!(out, "bases {}, which sandboxes are made of; --clean leaves them", size(Some(found.bases_bytes)));
    let _ = writeln!(out, "layers {}, made by earlier runs to be shown again", size(Some(found.layers_bytes)));
    let _ = writeln!(out, "downloads {}, kept for what later runs install", size(Some(found.downloads_bytes)));
    let _ = writeln!(out, "memory {} free", size(found.memory_free_bytes));
    leftovers(&mut out, &found.leftovers, paint);
    out
}

fn tell_network(out: &mut String, network: &Network, paint: Paint) {
    let heading = paint.bold("network of host and nix");
    if let Some(by) = network.by {
        let _ = writeln!(out, "\n{} {heading} {}", paint.good("✔"), paint.dim(by));
        let _ = writeln!(out, "    outward as this machine's; no service of this machine but by --reach HOST:PORT");
    }
    if let Some(unavailable) = &network.unavailable {
        let _ = writeln!(out, "\n{} {heading}", paint.warn("!"));
        let _ = writeln!(out, "    {}", unavailable.missing);
        let _ = writeln!(out, "    until then an app that uses a service of this machine is *cannot tell*");
        for cure in &unavailable.cures {
            let _ = writeln!(out, "    {} {cure}", paint.hint("help:"));
        }
    }
}

fn cures(out: &mut String, unavailable: &Unavailable, paint: Paint) {
    let _ = writeln!(out, "    {}", unavailable.missing);
    for cure in &unavailable.cures {
        let _ = writeln!(out, "    {} {cure}", paint.hint("help:"));
    }
}

fn leftovers(out: &mut String, left: &Leftovers, paint: Paint) {
    for folder in &left.folders {
        let label = if cache::is_kept(folder) { paint.dim("kept:") } else { paint.warn("left over:") };
        let _ = writeln!(out, "{label} {}", folder.display());
    }
    let layers = left.engine.iter().filter(|leftover| leftover.kind == "image").count();
    if layers > 0 {
        let _ = writeln!(
            out,
            "{} {layers} image{} of the engine",
            paint.dim("layers:"),
            if layers == 1 { "" } else { "s" }
        );
    }
    let others = left.engine.iter().filter(|leftover| !leftover.in_use && leftover.kind != "image");
    for leftover in others {
        let label = if leftover.kind == "volume" { paint.dim("pip cache:") } else { paint.warn("left over:") };
        let _ = writeln!(out, "{label} {} {}", leftover.kind, leftover.name);
    }
    if left.folders.is_empty() && left.engine.iter().all(|leftover| leftover.in_use) {
        let _ = writeln!(out, "nothing is left over from crashed runs");
    } else {
        let _ = writeln!(out, "  {} shakedown doctor --clean", paint.hint("help:"));
    }
}

/// Removes what runs keep for later ones, and tells how much that was.
fn clear(cache: &Cache, what: &str, size: fn(&Cache) -> u64, clear: fn(&Cache) -> Result<()>) -> Result<()> {
    let before = size(cache);
    clear(cache)?;
    match before.saturating_sub(size(cache)) {
        0 => Ok(()),
        removed => print(&format!("removed {} of {what}\n", bytesize::ByteSize(removed))),
    }
}

fn clean(left: &Leftovers, docker: &Docker) -> Result<()> {
    for folder in &left.folders {
        tree::remove(folder)?;
        print(&format!("removed {}\n", folder.display()))?;
    }
    if left.engine.iter().any(|leftover| !leftover.in_use) {
        for removed in docker::clean(&docker.engine()?)? {
            print(&format!("removed {} {}\n", removed.kind, removed.name))?;
        }
    }
    Ok(())
}
