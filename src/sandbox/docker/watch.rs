//! Sees to what the containers of a run write to the engine's disk, from outside of them: nothing that they do can make it blind.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::condition::free_bytes;
use super::container::Container;
use super::engine::{Engine, SOON, WORK};
use super::fault;
use crate::sandbox::disk;
use crate::sandbox::netns::Excess;
use crate::sandbox::quotas::LEAST_FREE;

/// How often the free space is looked at where this machine can see it, which costs nothing.
const TURN: Duration = Duration::from_millis(500);
/// The same where somebody in a container has to be asked.
const ASKING_TURN: Duration = Duration::from_secs(5);
/// What was written is looked up this often although hardly anything has gone from the disk.
const SIZES_EVERY: Duration = Duration::from_secs(10);
/// A look at what was written is followed by a rest of so many times what it took, and at most [`LONGEST_REST`]: an engine without overlay
/// mounts compares whole images for it. Where so much has gone from the disk that the run may be why, it rests once what it took.
const REST: u32 = 4;
const LONGEST_REST: Duration = Duration::from_secs(120);

/// A watch over the containers of one run. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Watch {
    state: Arc<State>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Heard from once it is known what the containers hold at first.
    begun: Mutex<Option<mpsc::Receiver<()>>>,
}

#[derive(Debug, Default)]
struct State {
    is_over: AtomicBool,
    /// Whether the next look is the last one.
    is_last: AtomicBool,
    excess: Mutex<Option<Excess>>,
    /// Why what is written cannot be told.
    blind: Mutex<Option<String>>,
}

/// What is looked at.
struct Watched {
    engine: Engine,
    containers: Vec<Seen>,
    /// The engine's folder, where the engine is on this machine.
    root: Option<PathBuf>,
    /// The most that may be written, in bytes.
    disk: u64,
    state: Arc<State>,
    /// Whether what is asked is given up once the last look is asked for: hardly anything has gone from the disk.
    is_routine: Cell<bool>,
}

/// One container.
struct Seen {
    name: String,
    /// The folders of what it writes, where this user may read them.
    folders: Option<Vec<PathBuf>>,
    /// Where volumes are inside.
    volumes: Vec<String>,
    /// What its file system held at first, in bytes; none where its folders tell more.
    held: Option<u64>,
}

impl Watch {
    /// Begins to watch `containers`, which may write `disk` bytes together. `is_here` says whether they are on this machine.
    pub(super) fn over<'a>(containers: impl IntoIterator<Item = &'a Container>, is_here: bool, disk: u64) -> Self {
        let (mut names, mut engine) = (Vec::new(), None);
        for container in containers {
            names.push(container.name().to_owned());
            engine.get_or_insert_with(|| container.engine().clone());
        }
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let (told, begun) = mpsc::channel();
        let thread = engine.map(|engine| {
            thread::spawn(move || {
                let watched = Watched::new(engine, &names, is_here, disk, shared);
                let _ = told.send(());
                watched.watch();
            })
        });
        Self { state, thread: Mutex::new(thread), begun: Mutex::new(Some(begun)) }
    }

    /// Waits until it is known what the containers hold at first: what is written before that would not count.
    pub(super) fn begun(&self) {
        if let Some(begun) = self.begun.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = begun.recv_timeout(WORK);
        }
    }

    /// Looks once more and ends the watch: a run may have ended between two looks. It takes as long as the engine does.
    pub(super) fn last_look(&self) {
        self.state.is_last.store(true, Ordering::Relaxed);
        self.join();
    }

    fn join(&self) {
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }

    /// What ended the run, if it wrote too much.
    pub(super) fn excess(&self) -> Option<Excess> {
        *self.state.excess.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why what is written is not limited, where it is not.
    pub(super) fn blind(&self) -> Option<String> {
        self.state.blind.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::Relaxed);
        self.last_look();
    }
}

/// What `inspect` is asked for: the folder of what is written, and per volume its place there and inside.
const PLACES: &str =
    "{{with .GraphDriver.Data}}{{index . \"UpperDir\"}}{{end}}{{range .Mounts}}\n{{.Source}}\t{{.Destination}}{{end}}";

impl Watched {
    fn new(engine: Engine, names: &[String], is_here: bool, disk: u64, state: Arc<State>) -> Self {
        let containers: Vec<Seen> = names.iter().map(|name| Seen::find(&engine, name, is_here)).collect();
        let root = engine.root().filter(|root| is_here && disk::free(root).is_some());
        let mut watched = Self { engine, containers, root, disk, state, is_routine: Cell::new(false) };
        for at in 0..watched.containers.len() {
            let container = &watched.containers[at];
            watched.containers[at].held = container.folders.is_none().then(|| watched.held_by(container)).flatten();
        }
        watched
    }

    fn watch(&self) {
        let pause = if self.root.is_some() { TURN } else { ASKING_TURN };
        let free_before = self.free();
        let least = if free_before.is_some_and(|free| free >= 2 * LEAST_FREE) { LEAST_FREE } else { 0 };
        // What a volume holds from earlier runs is not this one's.
        let kept = self.in_volumes();
        let (mut looked, mut took) = (Instant::now(), Duration::ZERO);
        while self.rest(Instant::now() + pause) {
            let is_last = self.state.is_last.load(Ordering::Relaxed);
            let gone = match (free_before, self.free()) {
                (_, Some(left)) if left < least => return self.end(Excess::FullDisk),
                (Some(before), Some(left)) => Some(before.saturating_sub(left)),
                _ => None,
            };
            let is_much = gone.is_none_or(|gone| gone > self.disk);
            let rest = if is_much { took } else { SIZES_EVERY.max(LONGEST_REST.min(took * REST)) };
            if is_much && is_last || !is_last && looked.elapsed() >= rest {
                let asked = Instant::now();
                self.is_routine.set(!is_much);
                let written = self.written();
                self.is_routine.set(false);
                match written {
                    Ok(written) if written.saturating_sub(kept) > self.disk => return self.end(Excess::Disk),
                    // It was given up for the last look.
                    Err(_) if !is_much && self.state.is_last.load(Ordering::Relaxed) => {}
                    told => *self.state.blind.lock().unwrap_or_else(PoisonError::into_inner) = told.err(),
                }
                (looked, took) = (Instant::now(), asked.elapsed());
            }
            if is_last {
                return;
            }
        }
    }

    /// Waits, or until the last look is asked for; false where the run is over.
    fn rest(&self, until: Instant) -> bool {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if self.state.is_over.load(Ordering::Relaxed) {
                return false;
            }
            if left.is_zero() || self.state.is_last.load(Ordering::Relaxed) {
                return true;
            }
            thread::park_timeout(left);
        }
    }

    /// Ends every process of the run; why is noted first, so that whoever sees them end finds it.
    fn end(&self, excess: Excess) {
        *self.state.excess.lock().unwrap_or_else(PoisonError::into_inner) = Some(excess);
        for container in &self.containers {
            let _ = self.engine.ask(&["kill", &container.name], SOON);
        }
    }

    /// Free bytes of the engine's disk.
    fn free(&self) -> Option<u64> {
        match &self.root {
            Some(root) => disk::free(root),
            None => {
                let free = |container: &Seen| {
                    let call = ["exec", "--user", "0", &container.name, "stat", "-f", "-c", "%a %S", "/"];
                    free_bytes(&self.ask(&call, SOON).ok()?)
                };
                self.containers.iter().find_map(free)
            }
        }
    }

    /// What all containers have written, volumes included, in bytes.
    fn written(&self) -> Result<u64, String> {
        self.containers.iter().map(|container| self.written_by(container)).sum()
    }

    fn written_by(&self, container: &Seen) -> Result<u64, String> {
        if let Some(folders) = &container.folders {
            return disk::used(folders).ok_or_else(|| "its folders cannot be read".to_owned());
        }
        // The engine's own word may be 0 for all that was written (Docker 20.10 on fuse-overlayfs), and what runs inside may hide files from `du`.
        let grown = self.held_by(container).zip(container.held).map(|(now, first)| now.saturating_sub(first));
        if let Some(grown) = grown.filter(|grown| *grown > self.disk) {
            return Ok(grown);
        }
        let call = ["inspect", "--size", "--type", "container", "--format", "{{.SizeRw}}", &container.name];
        let told = match self.ask(&call, WORK) {
            // The one that was built in is gone once the app's has all that it needs.
            Err(why) if why.to_lowercase().contains("no such") => return Ok(0),
            told => told?,
        };
        let layer = told.trim().parse::<u64>().map_err(|_| format!("{} does not say", self.engine.name()))?;
        Ok(layer.max(grown.unwrap_or(0)).saturating_add(self.in_volumes_of(container)))
    }

    /// What the file system of a container holds without its volumes, in bytes.
    fn held_by(&self, container: &Seen) -> Option<u64> {
        self.ask(&["exec", "--user", "0", &container.name, "du", "-skx", "/"], WORK)
            .ok()
            .and_then(|told| disk::total(&told))
    }

    /// What the volumes hold, in bytes.
    fn in_volumes(&self) -> u64 {
        self.containers.iter().map(|container| self.in_volumes_of(container)).sum()
    }

    fn in_volumes_of(&self, container: &Seen) -> u64 {
        if container.volumes.is_empty() {
            return 0;
        }
        // The first of the folders is the layer.
        if let Some(folders) = &container.folders {
            return disk::used(&folders[1..]).unwrap_or(0);
        }
        let head = ["exec", "--user", "0", &container.name, "du", "-skc", "--"];
        let call: Vec<&str> = head.into_iter().chain(container.volumes.iter().map(String::as_str)).collect();
        self.ask(&call, WORK).ok().and_then(|told| disk::total(&told)).unwrap_or(0)
    }

    fn ask(&self, call: &[&str], limit: Duration) -> Result<String, String> {
        let is_over = if self.is_routine.get() { &self.state.is_last } else { &self.state.is_over };
        match self.engine.ask_while(call, limit, is_over) {
            Ok(answer) if answer.success => Ok(answer.stdout),
            Ok(answer) => Err(fault::first_line(&answer.stderr)),
            Err(error) => Err(format!("{error:#}")),
        }
    }
}

impl Seen {
    fn find(engine: &Engine, name: &str, is_here: bool) -> Self {
        let told = engine.ask(&["inspect", "--type", "container", "--format", PLACES, name], SOON);
        let told = told.map(|answer| answer.stdout).unwrap_or_default();
        let mut lines = told.lines();
        let upper = lines.next().unwrap_or_default();
        let volumes: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once('\t')).collect();
        let folders: Vec<PathBuf> =
            std::iter::once(upper).chain(volumes.iter().map(|(source, _)| *source)).map(PathBuf::from).collect();
        let is_readable = |folder: &PathBuf| folder.is_absolute() && folder.read_dir().is_ok();
        let volumes = volumes.iter().map(|(_, inside)| (*inside).to_owned()).collect();
        let folders = Some(folders).filter(|folders| is_here && folders.iter().all(is_readable));
        Self { name: name.to_owned(), folders, volumes, held: None }
    }
}
