//! Who asks the network on a run's behalf: several questions at once, of nobody that the run itself could not ask.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::Answer;
use crate::plan::Vars;
use crate::sandbox::Reach;
use crate::sandbox::netns;
use crate::sandbox::network::Access;
use crate::sandbox::upstream::{ACCEPT, Question, Reply, Upstream};

/// The variables that name indexes.
const INDEXES: &[&str] = &["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"];
/// How long all answers together may take: after that, installing anew is no slower.
const WITHIN: Duration = Duration::from_secs(20);
/// At once. Each has a connection, and an index gives a few dozen to one machine.
const AT_ONCE: usize = 16;
/// How often it is looked whether the user wants to stop.
const TICK: Duration = Duration::from_millis(50);

/// Who asks.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Client {
    /// Scheme and host of indexes that this machine's user has set.
    sites: Vec<String>,
    reach: Vec<Reach>,
    upstream: Arc<Upstream>,
}

impl Client {
    /// Asks with this machine's certificates and proxies. `vars` name its indexes; `reach` is what its user has let in.
    pub(in crate::sandbox) fn new(access: &Access, vars: &Vars, reach: &[Reach]) -> Self {
        let mut let_in = netns::named_in(&access.vars);
        let_in.extend(reach.iter().flat_map(Reach::addresses));
        let named = INDEXES.iter().filter_map(|name| vars.get(*name)).flat_map(|value| value.split_whitespace());
        let sites = named.filter(|index| index.contains("://"));
        Self {
            sites: sites.map(|index| index.split('/').take(3).collect::<Vec<_>>().join("/")).collect(),
            reach: reach.to_vec(),
            upstream: Arc::new(Upstream::new(access.bundle.clone(), let_in)),
        }
    }

    /// Asks all, a page or an archive each; gives the answers in the same order.
    ///
    /// # Errors
    /// An address that is nobody's to ask for, no answer to one, or an interruption.
    pub(super) fn ask(&self, questions: &[Answer], interrupted: &AtomicBool) -> Result<Vec<Reply>> {
        let questions: Arc<[Question]> =
            questions.iter().map(|question| self.question(question)).collect::<Result<_>>()?;
        let (next, (said, heard)) = (Arc::new(AtomicUsize::new(0)), mpsc::channel());
        for _ in 0..questions.len().min(AT_ONCE) {
            let (upstream, questions, next) = (Arc::clone(&self.upstream), Arc::clone(&questions), Arc::clone(&next));
            let said = said.clone();
            thread::spawn(move || {
                while let Some((number, question)) = nth(&questions, next.fetch_add(1, Ordering::Relaxed)) {
                    if said.send((number, upstream.ask(question))).is_err() {
                        break;
                    }
                }
            });
        }
        let mut replies: Vec<Option<Reply>> = questions.iter().map(|_| None).collect();
        let deadline = Instant::now() + WITHIN;
        for _ in 0..questions.len() {
            let (number, reply) = loop {
                ensure!(!interrupted.load(Ordering::Relaxed), "interrupted");
                ensure!(Instant::now() < deadline, "the package index does not answer in time");
                match heard.recv_timeout(TICK) {
                    Ok(answer) => break answer,
                    Err(mpsc::RecvTimeoutError::Timeout) => {}
                    Err(mpsc::RecvTimeoutError::Disconnected) => bail!("the package index does not answer"),
                }
            };
            replies[number] = Some(reply.context("the package index does not answer")?);
        }
        replies.into_iter().collect::<Option<_>>().context("the package index does not answer")
    }

    fn question(&self, asked: &Answer) -> Result<Question> {
        let Answer { address, is_page, is_pinned, tag, posted, .. } = asked;
        let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        ensure!(is_plain && self.may_ask(address), "{address} is not an address that this machine asks");
        ensure!(!address.contains("****"), "the index wants a password");
        Ok(Question {
            address: address.clone(),
            accept: if *is_page { ACCEPT } else { "*/*" },
            tag: tag.clone().filter(|tag| tag.bytes().all(|byte| byte.is_ascii_graphic())),
            is_page: *is_page,
            is_of_presence: *is_pinned,
            posted: posted.clone(),
        })
    }

    /// Whether this machine may be sent there on a project's word: to where the whole world can go, where its user sends it, or
    /// what its user let in.
    fn may_ask(&self, address: &str) -> bool {
        let own = self.sites.iter().any(|site| address.strip_prefix(&**site).is_some_and(|rest| rest.starts_with('/')));
        let site = address.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
        own || site.is_some_and(|site| self.reach.iter().any(|reach| reach.to_string() == site)) || is_public(address)
    }
}

fn nth(questions: &[Question], number: usize) -> Option<(usize, &Question)> {
    questions.get(number).map(|question| (number, question))
}

fn is_public(address: &str) -> bool {
    let host = address.strip_prefix("https://").map(|rest| rest.split(['/', ':', '?', '#']).next().unwrap_or_default());
    host.is_some_and(|host| {
        let last = host.rsplit('.').next().unwrap_or_default();
        host.contains('.')
            && !host.contains('@')
            && last.bytes().all(|byte| byte.is_ascii_alphabetic())
            && !["local", "internal", "localhost"].contains(&last)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_cannot_send_this_machine_to_its_own_services() {
        let own: Vars = [("PIP_INDEX_URL".to_owned(), "http://127.0.0.1:8080/one/simple/".to_owned())].into();
        let client = Client::new(&Access::default(), &own, &["127.0.0.1:9090".parse().unwrap()]);
        for fine in [
            "https://index.example/simple/a/",
            "https://files.index.example/a",
            "http://127.0.0.1:8080/one/files/a",
            "http://127.0.0.1:9090/a",
        ] {
            assert!(client.may_ask(fine), "{fine}");
        }
        for other in [
            "http://127.0.0.1:8081/simple/a/",
            "http://127.0.0.1:80800/a",
            "http://127.0.0.1:90900/a",
            "http://127.0.0.1:9090@127.0.0.1:8081/a",
            "https://127.0.0.1/a",
            "https://localhost/a",
            "https://[::1]/a",
            "https://metadata.internal/a",
            "https://u:p@index.example/a",
            "http://index.example/a",
            "file:///etc/passwd",
        ] {
            assert!(!client.may_ask(other), "{other}");
        }
    }
}
