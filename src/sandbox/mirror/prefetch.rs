//! Pages that are fetched before an installer asks for them, several at a time.

use std::collections::VecDeque;
use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use pep440_rs::Version;

use super::page::Page;
use crate::sandbox::upstream::Client;

/// At once: more would keep the installer's own question waiting.
const AT_ONCE: usize = 4;
/// Of one run; who asks for more gets them one by one.
const MOST: usize = 2000;

/// What has come for one question: the page's kind and itself, if it is there.
type Answer = Option<(String, Page)>;

/// A project whose page will be wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Wanted {
    pub(super) name: String,
    /// The version that it has to be, where one is named.
    pub(super) pinned: Option<Version>,
}

impl Wanted {
    pub(super) fn of_any_version(name: String) -> Self {
        Self { name, pinned: None }
    }
}

/// Pages to come.
#[derive(Debug, Default)]
pub(super) struct Prefetch {
    plan: Arc<(Mutex<Plan>, Condvar)>,
}

#[derive(Debug, Default)]
struct Plan {
    /// Projects by their normalised names; whether somebody has gone for the page already.
    projects: BTreeMap<String, bool>,
    /// By the same names.
    pinned: BTreeMap<String, Version>,
    todo: VecDeque<(String, Client)>,
    /// None while it is on its way.
    answers: BTreeMap<String, (Client, Option<Answer>)>,
    workers: usize,
}

impl Prefetch {
    /// Adds projects whose pages will be wanted.
    pub(super) fn want(&self, projects: &[Wanted]) {
        let mut plan = lock(&self.plan.0);
        for Wanted { name, pinned } in projects {
            if plan.projects.len() < MOST {
                plan.projects.entry(normalised(name)).or_insert(false);
                plan.pinned.extend(pinned.clone().map(|version| (normalised(name), version)));
            }
        }
    }

    /// The version that the project of a page has to be.
    pub(super) fn pinned(&self, real: &str) -> Option<Version> {
        let project = real.trim_end_matches('/').rsplit('/').next()?;
        lock(&self.plan.0).pinned.get(&normalised(project)).cloned()
    }

    /// Gives up what nobody has asked for.
    pub(super) fn forget(&self) {
        let mut plan = lock(&self.plan.0);
        *plan = Plan { workers: plan.workers, ..Plan::default() };
        // Whoever waits goes itself.
        self.plan.1.notify_all();
    }

    /// Goes for what is wanted of `index`, with what the installer says of itself.
    pub(super) fn start(
        &self,
        index: &str,
        client: &Client,
        fetch: impl Fn(&str, &Client) -> Answer + Clone + Send + 'static,
    ) {
        let mut plan = lock(&self.plan.0);
        let new = plan.projects.iter_mut().filter(|(_, is_gone_for)| !**is_gone_for);
        let wanted: Vec<String> = new
            .map(|(project, is_gone_for)| {
                *is_gone_for = true;
                project.clone()
            })
            .collect();
        for project in wanted {
            let real = format!("{index}/{project}/");
            plan.answers.insert(real.clone(), (client.clone(), None));
            plan.todo.push_back((real, client.clone()));
        }
        while plan.workers < AT_ONCE.min(plan.todo.len()) {
            plan.workers += 1;
            let (shared, fetch) = (Arc::clone(&self.plan), fetch.clone());
            thread::spawn(move || work(&shared, &fetch));
        }
    }

    /// The page, waited for if it is on its way; none where nobody went for it, or another client, or in vain. It is given once:
    /// who asks again is to have a new one.
    pub(super) fn take(&self, real: &str, client: &Client) -> Answer {
        let mut plan = lock(&self.plan.0);
        // The installer's own question comes first, if nobody has begun.
        if let Some(at) = plan.todo.iter().position(|(waiting, _)| waiting == real) {
            plan.todo.remove(at);
            plan.answers.remove(real);
        }
        loop {
            match plan.answers.get(real) {
                Some((asker, None)) if asker == client => {
                    plan = self.plan.1.wait(plan).unwrap_or_else(PoisonError::into_inner);
                }
                Some((asker, Some(_))) if asker == client => {
                    return plan.answers.remove(real).and_then(|(_, answer)| answer.flatten());
                }
                _ => break,
            }
        }
        // Nobody else needs to go there.
        if let Some(project) = real.trim_end_matches('/').rsplit('/').next() {
            let is_full = plan.projects.len() >= MOST;
            match plan.projects.entry(normalised(project)) {
                Entry::Occupied(mut known) => *known.get_mut() = true,
                Entry::Vacant(_) if is_full => {}
                Entry::Vacant(place) => drop(place.insert(true)),
            }
        }
        None
    }
}

fn work(shared: &(Mutex<Plan>, Condvar), fetch: &impl Fn(&str, &Client) -> Answer) {
    loop {
        let mut plan = lock(&shared.0);
        let Some((real, client)) = plan.todo.pop_front() else {
            plan.workers -= 1;
            return;
        };
        drop(plan);
        let answer = fetch(&real, &client);
        if let Some(place) = lock(&shared.0).answers.get_mut(&real) {
            place.1 = Some(answer);
        }
        shared.1.notify_all();
    }
}

fn lock(plan: &Mutex<Plan>) -> MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A project's name as pages have it (PEP 503).
fn normalised(project: &str) -> String {
    let parts: Vec<&str> = project.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
    parts.join("-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_was_fetched_ahead_is_given_once_and_to_who_asked_alike() {
        let ahead = Prefetch::default();
        let client = Client { agent: "pip/24".to_owned(), ..Client::default() };
        let fetch = |real: &str, _: &Client| Some((real.to_owned(), Page::default()));
        let any = |name: &str| Wanted::of_any_version(name.to_owned());
        let one = Version::new([1]);
        ahead.want(&[Wanted { pinned: Some(one.clone()), ..any("Tide_Table") }, any("ebb")]);
        assert_eq!((ahead.pinned("https://index.example/simple/tide-table/"), ahead.pinned("a")), (Some(one), None));
        ahead.start("https://index.example/simple", &client, fetch);
        let real = "https://index.example/simple/tide-table/";
        // Where nobody has begun, the installer goes itself.
        if let Some((kind, _)) = ahead.take(real, &client) {
            assert_eq!(kind, real);
        }
        assert_eq!(ahead.take(real, &client), None);
        ahead.want(&[any("tide-table")]);
        ahead.start("https://index.example/simple", &client, fetch);
        assert_eq!(ahead.take(real, &client), None);
        let other = Client { agent: "pip/25".to_owned(), ..Client::default() };
        assert_eq!(ahead.take("https://index.example/simple/ebb/", &other), None);
        assert_eq!(ahead.take("https://index.example/simple/flow/", &client), None);
    }

    #[test]
    fn who_asks_for_any_number_of_names_fills_no_memory() {
        let ahead = Prefetch::default();
        for number in 0..MOST + 100 {
            let real = format!("https://index.example/simple/name-{number}/");
            assert_eq!(ahead.take(&real, &Client::default()), None);
        }
        assert_eq!(lock(&ahead.plan.0).projects.len(), MOST);
    }
}
