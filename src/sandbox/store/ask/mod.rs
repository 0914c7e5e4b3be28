//! Asks a package index again what it was asked before: all pages at once.

mod client;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use anyhow::{Result, bail, ensure};
use serde::{Deserialize, Serialize};

pub(in crate::sandbox) use self::client::Client;
use self::page::archives;
use super::lock::{self, Listed};
use super::pip::Asked;
use super::tree::digest;
use crate::sandbox::page_link::joined;
use crate::sandbox::upstream::Reply;

/// A question that was asked of the network, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sandbox) struct Answer {
    pub(in crate::sandbox) address: String,
    /// Whether it is an index's page rather than an archive.
    pub(in crate::sandbox) is_page: bool,
    /// Whether the project gives its hash, so that it only has to be there.
    #[serde(default)]
    pub(in crate::sandbox) is_pinned: bool,
    /// Of a page the hashes of the archives that count, as `sha256:` and digits; all of it where there are none.
    #[serde(default)]
    pub(in crate::sandbox) hashes: BTreeSet<String>,
    /// What was posted there: a question for a repository's refs.
    #[serde(default)]
    pub(in crate::sandbox) posted: Option<String>,
    /// 200, or 404 of a page that is not there.
    pub(in crate::sandbox) status: u16,
    /// The server's own word for this version of it.
    pub(in crate::sandbox) tag: Option<String>,
    /// Of the content that counts.
    pub(in crate::sandbox) digest: String,
}

/// Asks the index again for each page that pip read: the links that pip found must be all that are there now.
///
/// # Errors
/// Why that cannot be told.
pub(in crate::sandbox) fn first(asked: &Asked, client: &Client, interrupted: &AtomicBool) -> Result<Vec<Answer>> {
    let pages: Vec<Answer> = asked.pages.keys().map(|page| Answer::blank(page, true)).collect();
    let replies = client.ask(&pages, interrupted)?;
    let mut answers = Vec::new();
    let mut unhashed = BTreeSet::new();
    for (page, reply) in pages.into_iter().zip(replies) {
        let found = &asked.pages[&page.address];
        let is_seen = asked.page_digests.get(&page.address).is_none_or(|seen| *seen == reply.digest);
        ensure!(is_seen, "{} has changed since pip read it", page.address);
        match reply.status {
            200 => {
                let offered = archives(&reply.body);
                let names: BTreeSet<String> = offered.iter().map(|archive| archive.name.clone()).collect();
                ensure!(names == *found, "{} has changed since pip read it", page.address);
                unhashed.extend(offered.into_iter().filter(|archive| !archive.is_hashed).map(|archive| archive.name));
            }
            404 if found.is_empty() => {}
            status => bail!("{} answers with HTTP status {status}", page.address),
        }
        answers.push(Answer { status: reply.status, tag: reply.tag, digest: reply.digest, ..page });
    }
    // The page says nothing of what is in these.
    let is_of_a_page = |name: &String| asked.pages.values().any(|found| found.contains(name));
    let lonely = asked.archives.iter().filter(|address| {
        let name = lock::file_name(address);
        unhashed.contains(&name) || !is_of_a_page(&name)
    });
    let lonely: Vec<Answer> = lonely.map(|address| Answer::blank(address, false)).collect();
    let replies = client.ask(&lonely, interrupted)?;
    for (archive, reply) in lonely.into_iter().zip(replies) {
        ensure!(reply.status == 200, "{} answers with HTTP status {}", archive.address, reply.status);
        answers.push(Answer { status: 200, tag: reply.tag, digest: reply.digest, ..archive });
    }
    let pinned: Vec<Answer> =
        asked.pinned.iter().map(|address| Answer { is_pinned: true, ..Answer::blank(address, false) }).collect();
    let replies = client.ask(&pinned, interrupted)?;
    for (archive, reply) in pinned.into_iter().zip(replies) {
        ensure!(reply.status == 200, "{} answers with HTTP status {}", archive.address, reply.status);
        answers.push(Answer { status: 200, ..archive });
    }
    let refs: Vec<Answer> = asked.refs.keys().map(|(address, question)| Answer::of_refs(address, question)).collect();
    let replies = client.ask(&refs, interrupted)?;
    for ((repository, seen), reply) in refs.into_iter().zip(asked.refs.values()).zip(replies) {
        ensure!(reply.status == 200 && reply.digest == *seen, "{} has changed since git read it", repository.name());
        answers.push(Answer { status: 200, digest: reply.digest, ..repository });
    }
    let blank = |listed: &Listed| Answer { hashes: listed.hashes.clone(), ..Answer::blank(&listed.page, true) };
    let pages: Vec<Answer> = asked.listed.iter().map(blank).collect();
    let replies = client.ask(&pages, interrupted)?;
    for ((page, listed), reply) in pages.into_iter().zip(&asked.listed).zip(replies) {
        ensure!(reply.status == 200, "{} answers with HTTP status {}", page.address, reply.status);
        let allowed = archives(&reply.body).into_iter().filter(|archive| archive.is_among(&page.hashes));
        let fitting = allowed.filter(|archive| lock::tags_of(&archive.name).as_ref() == Some(&listed.tags));
        // An archive that the installer built fits as well, but where a wheel is on offer none is built.
        ensure!(fitting.count() == 1, "{} does not tell which archive was taken", page.address);
        let digest = page.digest_of(&reply);
        answers.push(Answer { status: 200, tag: reply.tag, digest, ..page });
    }
    Ok(answers)
}

/// The addresses of the archives that pages name with a hash now, by their sha256.
///
/// # Errors
/// The network.
pub(in crate::sandbox) fn addresses(
    pages: &BTreeSet<&str>,
    client: &Client,
    interrupted: &AtomicBool,
) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let pages: Vec<Answer> = pages.iter().map(|page| Answer::blank(page, true)).collect();
    let replies = client.ask(&pages, interrupted)?;
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    for (page, reply) in pages.iter().zip(replies).filter(|(_, reply)| reply.status == 200) {
        for archive in archives(&reply.body) {
            let address = joined(&page.address, archive.link.split('#').next().unwrap_or_default());
            let sha256 = archive.sha256.as_ref().and_then(|hash| hash.strip_prefix("sha256:"));
            if let Some((sha256, address)) = sha256.zip(address) {
                found.entry(sha256.to_owned()).or_default().insert(address);
            }
        }
    }
    Ok(found)
}

/// Asks once more. Gives the first address whose answer is another one now.
///
/// # Errors
/// The network.
pub(in crate::sandbox) fn again(
    answers: &[Answer],
    client: &Client,
    interrupted: &AtomicBool,
) -> Result<Option<String>> {
    let replies = client.ask(answers, interrupted)?;
    for (answer, reply) in answers.iter().zip(replies) {
        let is_same = match reply.status {
            304 => answer.tag.is_some(),
            status if answer.is_pinned => status == answer.status,
            status => status == answer.status && answer.digest_of(&reply) == answer.digest,
        };
        if !is_same {
            return Ok(Some(answer.name().to_owned()));
        }
    }
    Ok(None)
}

impl Answer {
    fn blank(address: &str, is_page: bool) -> Self {
        Self {
            address: address.to_owned(),
            is_page,
            is_pinned: false,
            hashes: BTreeSet::new(),
            posted: None,
            status: 0,
            tag: None,
            digest: String::new(),
        }
    }

    fn of_refs(address: &str, question: &str) -> Self {
        Self { posted: Some(question.to_owned()), ..Self::blank(address, false) }
    }

    /// What its user knows it by.
    fn name(&self) -> &str {
        self.posted.as_ref().and_then(|_| self.address.strip_suffix("/git-upload-pack")).unwrap_or(&self.address)
    }

    /// Of what counts in a reply.
    fn digest_of(&self, reply: &Reply) -> String {
        if self.hashes.is_empty() {
            return reply.digest.clone();
        }
        let mut counting: Vec<String> = archives(&reply.body)
            .into_iter()
            .filter(|archive| archive.is_among(&self.hashes))
            .map(|archive| archive.text)
            .collect();
        counting.sort_unstable();
        digest(counting.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_page_that_a_lock_is_held_against_only_what_the_lock_allows_counts() {
        let page = |files: &str| format!("{{\"files\":[{files}]}}");
        let file = |name: &str, hash: &str| format!("{{\"url\":\"{name}\",\"hashes\":{{\"sha256\":\"{hash}\"}}}}");
        let answer = Answer { hashes: ["sha256:0".to_owned()].into(), ..Answer::blank("https://i.example/a/", true) };
        let digest = |text: String| answer.digest_of(&Reply { body: text.into_bytes(), ..Reply::default() });
        let (one, other) = (file("a-1.whl", "0"), file("a-2.whl", "1"));
        let before = digest(page(&one));
        assert_eq!(digest(page(&format!("{other},{one}"))), before);
        assert_ne!(digest(page(&other)), before);
        assert_ne!(digest(page(&format!("{one},{}", file("a-1-1-any.whl", "0")))), before);
        let html = |links: &str| digest(format!("<!DOCTYPE html>{links}"));
        let (one, other) = ("<a href='a-1.whl#sha256=0'>a</a>", "<a href='a-2.whl#sha256=1'>a</a>");
        assert_eq!(html(one), html(&format!("{other}{one}")));
        assert_ne!(html(one), html("<a href='a-1.whl#sha256=0' data-requires-python='&gt;=3.14'>a</a>"));
    }
}
