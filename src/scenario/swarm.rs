//! A suite as a replicated job of a Docker Swarm: submitted, followed, gathered, removed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use xxhash_rust::xxh3::xxh3_64;

use super::merge::merge;
use super::result::Summary;
use crate::sandbox::{Interrupted, Unavailable};

/// How often the engine is asked.
const TICK: Duration = Duration::from_secs(1);
/// How often a task is started that ends without a report.
const ATTEMPTS: u16 = 4;
/// How long no task may be at work before those that are not complete are given up: none finds a node, or another attempt.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many times the engine is asked for the log of a task that is complete.
const LOG_WITHIN: usize = 5;
/// States of a task that has a node; one that is being prepared waits for its image.
const AT_WORK: &[&str] = &["Accepted", "Preparing", "Ready", "Starting", "Running"];
/// The status of a node that answers.
const READY: &str = "Ready";
/// What is told of a task whose node does not.
const LOST: &str = "its node is lost, and Docker starts it nowhere else: see docker node ls, and run the suite again without that node";
const LABEL: &str = "dev.shakedown.suite";
/// What a task runs; the image has it.
const TASK: &str = "/usr/local/bin/task";

/// What is submitted.
#[derive(Debug, Clone)]
pub struct Submission<'a> {
    /// The image with shakedown and `task`.
    pub image: &'a str,
    /// How many tasks.
    pub tasks: u16,
    /// The folder of scenarios, at this place on every node.
    pub folder: &'a Path,
    /// What of the suite runs, in the words of `shakedown suite`.
    pub choice: &'a [String],
}

/// What happens to the job.
#[derive(Debug)]
pub enum SwarmEvent<'a> {
    /// It is submitted under this name.
    Submitted(&'a str),
    /// So many tasks of all are complete.
    Complete(u64, u64),
    /// The engine says this of a task that did not end well.
    Task(&'a str, &'a str),
}

/// The job in the engine; dropping it removes all that it made there.
#[derive(Debug)]
struct Job {
    docker: PathBuf,
    name: String,
}

/// One line of `docker service ps`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Task {
    id: String,
    name: String,
    state: String,
    error: String,
}

/// Runs the suite's shares as tasks, and joins what they report. Nothing is left in the engine.
pub fn run(
    submission: &Submission<'_>,
    interrupted: &AtomicBool,
    emit: &mut dyn FnMut(&SwarmEvent<'_>),
) -> Result<Summary> {
    let docker =
        which::which("docker").map_err(|_| refusal("docker is not installed", &["sudo apt-get install docker.io"]))?;
    manages_a_swarm(&docker)?;
    has_image(&docker, submission.image)?;
    let job = Job::submit(docker, submission)?;
    emit(&SwarmEvent::Submitted(&job.name));
    let faults = job.follow(u64::from(submission.tasks), interrupted, emit)?;
    let reports = tempfile::tempdir().context("cannot make a folder for the reports")?;
    if job.gather(reports.path())? == 0 {
        let said = faults.last().map_or("no node took one", String::as_str);
        let image =
            format!("make the image with docker/Dockerfile and docker/task of shakedown {}", env!("CARGO_PKG_VERSION"));
        return Err(refusal(&format!("no task came to a report: {said}"), &[&image, "docker node ls"]).into());
    }
    Ok(merge(&[reports.path().to_owned()])?)
}

fn manages_a_swarm(docker: &Path) -> Result<()> {
    let output = ask(docker, &["info", "--format", "{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}"])?;
    let state = said(&output.stdout);
    if !output.status.success() || state.is_empty() {
        let missing = format!("no engine answers docker: {}", said(&output.stderr));
        return Err(refusal(&missing, &["sudo systemctl start docker"]).into());
    }
    Ok(is_managed(&state)?)
}

/// By the node's state in its Swarm, and whether it is a manager: `active true`.
fn is_managed(state: &str) -> Result<(), Unavailable> {
    match state.split_once(' ').unwrap_or((state, "")) {
        ("active", "true") => Ok(()),
        ("active", _) => Err(refusal(
            "this node is no manager of its Swarm",
            &["docker node promote NODE, on a manager", "DOCKER_HOST=ssh://MANAGER shakedown suite --engine swarm …"],
        )),
        ("inactive", _) => Err(refusal("this engine is in no Swarm", &["docker swarm init"])),
        ("locked", _) => Err(refusal("the Swarm of this node is locked", &["docker swarm unlock"])),
        (state, _) => {
            Err(refusal(&format!("this node's Swarm is not ready ({state})"), &["docker info, which says why"]))
        }
    }
}

fn has_image(docker: &Path, image: &str) -> Result<()> {
    if ask(docker, &["image", "inspect", "--format", "{{.Id}}", image])?.status.success() {
        return Ok(());
    }
    let pull = format!("docker pull {image}");
    let build = format!("docker build --tag {image} FOLDER, with docker/Dockerfile of shakedown");
    Err(refusal(&format!("there is no image {image} in this engine"), &[&pull, &build]).into())
}

fn refusal(missing: &str, cures: &[&str]) -> Unavailable {
    Unavailable { missing: missing.to_owned(), cures: cures.iter().map(|cure| (*cure).to_owned()).collect() }
}

fn ask(docker: &Path, words: &[&str]) -> Result<Output> {
    let mut command = Command::new(docker);
    command.args(words).stdin(Stdio::null()).output().with_context(|| format!("cannot run {}", docker.display()))
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

impl Job {
    fn submit(docker: PathBuf, submission: &Submission<'_>) -> Result<Self> {
        let Submission { image, tasks, folder, choice } = submission;
        let folder = fs::canonicalize(folder).with_context(|| format!("cannot open {}", folder.display()))?;
        let seed = format!("{} {:?}", std::process::id(), std::time::SystemTime::now());
        let job = Self { docker, name: format!("shakedown-suite-{:08x}", xxh3_64(seed.as_bytes()) & 0xffff_ffff) };
        let (tasks, attempts) = (tasks.to_string(), ATTEMPTS.to_string());
        let env = [
            "SHAKEDOWN_SWARM_SLOT={{.Task.Slot}}".to_owned(),
            format!("SHAKEDOWN_SLOTS={tasks}"),
            format!("SHAKEDOWN_SUITE={}", job.name),
            format!("SHAKEDOWN_IMAGE={image}"),
            format!("SHAKEDOWN_FOLDER={}", folder.display()),
        ];
        let label = format!("{LABEL}={}", job.name);
        let mut words = vec!["service", "create", "--quiet", "--detach", "--no-resolve-image", "--name", &job.name];
        words.extend(["--label", &label, "--mode", "replicated-job", "--replicas", &tasks]);
        words.extend([
            "--restart-condition",
            "on-failure",
            "--restart-max-attempts",
            &attempts,
            "--restart-delay",
            "1s",
        ]);
        words.extend(["--stop-grace-period", "30s"]);
        words.extend(["--mount", "type=bind,source=/var/run/docker.sock,target=/var/run/docker.sock"]);
        env.iter().for_each(|pair| words.extend(["--env", pair]));
        words.extend(["--entrypoint", TASK, image, "suite", "/suite"]);
        words.extend(choice.iter().map(String::as_str));
        words.extend(["--partition", "auto", "--quiet", "--format", "json"]);
        let output = ask(&job.docker, &words)?;
        anyhow::ensure!(output.status.success(), "the engine refuses the job: {}", said(&output.stderr));
        Ok(job)
    }

    /// Waits until every task is complete, or those that are not never will be. Gives what the engine said of tasks that did not end
    /// well, each fault once.
    fn follow(
        &self,
        tasks: u64,
        interrupted: &AtomicBool,
        emit: &mut dyn FnMut(&SwarmEvent<'_>),
    ) -> Result<Vec<String>> {
        let (mut known, mut shown, mut quiet_since) = (0, BTreeSet::new(), Instant::now());
        let mut faults = Vec::new();
        loop {
            if interrupted.load(Ordering::Relaxed) {
                return Err(Interrupted.into());
            }
            let seen = self.tasks()?;
            for task in seen.iter().filter(|task| !task.error.is_empty()) {
                if shown.insert((task.id.clone(), task.error.clone())) {
                    emit(&SwarmEvent::Task(&task.name, &task.error));
                    if !faults.contains(&task.error) {
                        faults.push(task.error.clone());
                    }
                }
            }
            let complete = seen.iter().filter(|task| task.is("Complete")).count() as u64;
            if complete != known {
                (known, quiet_since) = (complete, Instant::now());
                emit(&SwarmEvent::Complete(complete, tasks));
            }
            let lost = self.lost(&seen)?;
            for task in
                seen.iter().filter(|task| lost.contains(&task.id) && shown.insert((task.id.clone(), LOST.to_owned())))
            {
                emit(&SwarmEvent::Task(&task.name, LOST));
                faults.push(LOST.to_owned());
            }
            if seen.iter().any(|task| task.is_at_work() && !lost.contains(&task.id)) {
                quiet_since = Instant::now();
            }
            if complete >= tasks || quiet_since.elapsed() > PATIENCE {
                return Ok(faults);
            }
            thread::sleep(TICK);
        }
    }

    fn tasks(&self) -> Result<Vec<Task>> {
        let format = "{{.ID}}\t{{.Name}}\t{{.CurrentState}}\t{{.Error}}";
        let output = ask(&self.docker, &["service", "ps", "--no-trunc", "--format", format, &self.name])?;
        anyhow::ensure!(output.status.success(), "the job is gone: {}", said(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(Task::read).collect())
    }

    /// The tasks at work whose node answers no more. Docker goes on to call them running and starts a job's task nowhere else
    /// (seen with Docker 20.10, minutes after the node was down).
    fn lost(&self, tasks: &[Task]) -> Result<BTreeSet<String>> {
        let nodes = ask(&self.docker, &["node", "ls", "--format", "{{.ID}} {{.Status}}"])?;
        let nodes = said(&nodes.stdout);
        let at_work: Vec<&str> = tasks.iter().filter(|task| task.is_at_work()).map(|task| task.id.as_str()).collect();
        if at_work.is_empty() || nodes.lines().all(|node| node.ends_with(READY)) {
            return Ok(BTreeSet::new());
        }
        let placed = [&["inspect", "--type", "task", "--format", "{{.ID}} {{.NodeID}}"], &at_work[..]].concat();
        Ok(lost_of(&nodes, &said(&ask(&self.docker, &placed)?.stdout)))
    }

    /// Writes what each complete task printed into a file, and gives how many they are. One that printed no report is missed by
    /// whoever joins them.
    fn gather(&self, folder: &Path) -> Result<usize> {
        let mut reports = 0;
        for task in self.tasks()?.iter().filter(|task| task.is("Complete")) {
            if let Some(report) = self.report(task)? {
                fs::write(folder.join(format!("{}.json", task.id)), report)?;
                reports += 1;
            }
        }
        Ok(reports)
    }

    /// What a complete task printed; none where that is no report. A busy engine says that a task is complete before its log is.
    fn report(&self, task: &Task) -> Result<Option<Vec<u8>>> {
        for _ in 0..LOG_WITHIN {
            let output = ask(&self.docker, &["service", "logs", "--raw", &task.id])?;
            if serde_json::from_slice::<serde_json::Value>(&output.stdout).is_ok() {
                return Ok(Some(output.stdout));
            }
            thread::sleep(TICK);
        }
        Ok(None)
    }
}

/// The tasks of nodes that are not ready, by the lines `NODE STATUS` and `TASK NODE`.
fn lost_of(nodes: &str, tasks: &str) -> BTreeSet<String> {
    let is_down = |id: &str| {
        nodes.lines().any(|line| line.split_once(' ').is_some_and(|(node, status)| node == id && status != READY))
    };
    let placed = tasks.lines().filter_map(|line| line.split_once(' '));
    placed.filter(|(_, node)| is_down(node)).map(|(task, _)| task.to_owned()).collect()
}

impl Drop for Job {
    fn drop(&mut self) {
        // Whatever fails here, there is nobody left to tell.
        let _ = ask(&self.docker, &["service", "rm", &self.name]);
        // Tasks that are being ended remove their share; those that were killed left theirs, and Docker keeps what ended well.
        let made =
            [format!("label={LABEL}={}", self.name), format!("label=com.docker.swarm.service.name={}", self.name)];
        for _ in 0..2 {
            for label in &made {
                let Ok(output) = ask(&self.docker, &["ps", "--all", "--quiet", "--filter", label]) else { return };
                let left = said(&output.stdout);
                let left: Vec<&str> = left.lines().collect();
                if !left.is_empty() {
                    let _ = ask(&self.docker, &[&["rm", "--force"], &left[..]].concat());
                }
            }
            thread::sleep(TICK);
        }
    }
}

impl Task {
    fn read(line: &str) -> Option<Self> {
        let mut parts = line.split('\t').map(str::to_owned);
        let (id, name, state) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { id, name, state, error: parts.next().unwrap_or_default() })
    }

    fn is_at_work(&self) -> bool {
        AT_WORK.iter().any(|state| self.is(state))
    }

    /// `Complete 3 seconds ago`.
    fn is(&self, state: &str) -> bool {
        self.state.split(' ').next() == Some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_engine_is_a_task() {
        let task = Task::read("kix\tsuite.1\tFailed 18 seconds ago\t\"task: non-zero exit (137)\"").unwrap();
        assert!(task.is("Failed") && !task.is("Complete"));
        assert_eq!((task.name.as_str(), task.error.as_str()), ("suite.1", "\"task: non-zero exit (137)\""));
        assert!(Task::read("kix\tsuite.1\tRunning 1 second ago\t").unwrap().error.is_empty());
        assert_eq!(Task::read("garbage"), None);
    }

    #[test]
    fn a_node_that_cannot_submit_is_told_what_to_do() {
        assert!(is_managed("active true").is_ok());
        for (state, cure) in [
            ("active false", "docker node promote"),
            ("inactive false", "docker swarm init"),
            ("locked false", "docker swarm unlock"),
            ("pending false", "docker info"),
            ("error", "docker info"),
        ] {
            let refused = is_managed(state).unwrap_err();
            assert!(refused.cures[0].starts_with(cure), "{state}: {refused:?}");
        }
    }

    #[test]
    fn tasks_of_nodes_that_are_not_ready_are_lost() {
        let nodes = "kuq Ready\nlar Down\npim Unknown\n";
        let tasks = "t1 kuq\nt2 lar\nt3 pim\nt4 \n";
        assert_eq!(lost_of(nodes, tasks), BTreeSet::from(["t2".to_owned(), "t3".to_owned()]));
    }
}
