//! Looks for an entry whose command would find the same now, and has it shown.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use anyhow::Result;

use super::reads::Now;
use super::{Claimed, Found, Record, Store, ask, tree};
use crate::sandbox::Unverified;
use crate::sandbox::reuse::{IndexAnswer, Origin, time_span};

/// The reason that is given for every command after one that cannot be kept.
pub(in crate::sandbox) const NOT_KEPT: &str = "a command before it could not be kept";
/// The same where half of an entry may be there.
pub(in crate::sandbox) const NOT_WHOLE: &str = "what was kept could not be shown whole";
/// Why an entry is passed over that somebody changed.
pub(in crate::sandbox) const SPOILT: &str = "what was kept of it is not whole";

/// What is looked for, and by what it is judged.
#[derive(Debug)]
pub(in crate::sandbox) struct Lookup<'a> {
    pub(in crate::sandbox) store: &'a Store,
    pub(in crate::sandbox) key: &'a str,
    /// `/app` as the command would find it.
    pub(in crate::sandbox) app: &'a Path,
    pub(in crate::sandbox) is_offline: bool,
    /// How much the run may write, in bytes.
    pub(in crate::sandbox) disk: u64,
    pub(in crate::sandbox) client: ask::Client<'a>,
    pub(in crate::sandbox) interrupted: &'a AtomicBool,
}

/// What became of it.
#[derive(Debug)]
pub(in crate::sandbox) enum Again {
    Shown {
        id: String,
        /// What the command had printed.
        output: Vec<String>,
        origin: Origin,
        /// What the verdict does not cover because of it.
        note: Option<Unverified>,
    },
    /// Nothing has changed; why.
    Otherwise(String),
    /// Half of it may be there.
    Broken,
}

impl Lookup<'_> {
    /// Has the first entry shown that would come out the same; `show` gives why it cannot be, where nothing has changed yet.
    pub(in crate::sandbox) fn show(&self, mut show: impl FnMut(&Found, Claimed) -> Result<Option<String>>) -> Again {
        let mut because = None;
        for found in self.store.entries(self.key) {
            let difference = match self.claim(&found) {
                Err(error) => format!("{error:#}"),
                Ok(Err(difference)) => difference,
                Ok(Ok((claimed, index))) => match show(&found, claimed) {
                    Ok(None) => return shown(found, index),
                    Ok(Some(why)) => why,
                    Err(_) => return Again::Broken,
                },
            };
            because = because.or(Some(difference));
        }
        Again::Otherwise(because.unwrap_or_else(|| "nothing of this command was kept".to_owned()))
    }

    /// Makes sure of an entry; the inner error is what is otherwise.
    fn claim(&self, found: &Found) -> Result<Result<(Claimed, IndexAnswer), String>> {
        let record = &found.record;
        let tree = tree::list(self.app)?;
        if let Some(difference) = Now::new(self.app, &tree).difference(&record.reads)? {
            return Ok(Err(difference));
        }
        if !record.network && !self.is_offline {
            return Ok(Err("it was made without network".to_owned()));
        }
        let asks = !record.answers.is_empty() && !self.is_offline;
        // Both take a while.
        let (claimed, changed) = std::thread::scope(|scope| {
            let claimed = scope.spawn(|| self.store.claim(found));
            let changed = asks.then(|| ask::again(&record.answers, &self.client, self.interrupted)).transpose();
            (claimed.join().ok().flatten(), changed)
        });
        let index = match changed? {
            Some(Some(address)) => return Ok(Err(format!("{address} has changed"))),
            Some(None) => IndexAnswer::Unchanged,
            None if record.answers.is_empty() => IndexAnswer::NotNeeded,
            None => IndexAnswer::NotAsked,
        };
        let Some(claimed) = claimed else { return Ok(Err(SPOILT.to_owned())) };
        if claimed.bytes > self.disk {
            return Ok(Err("it wrote more to disk than this run may".to_owned()));
        }
        Ok(Ok((claimed, index)))
    }
}

fn shown(Found { id, record, .. }: Found, index: IndexAnswer) -> Again {
    let note = (index == IndexAnswer::NotAsked).then(|| unasked(&record));
    let origin = Origin::Reused { age_seconds: record.age().as_secs(), index };
    Again::Shown { id, output: record.output, origin, note }
}

fn unasked(record: &Record) -> Unverified {
    let why = format!(
        "what it installed is from a run of {} ago; without network nobody could ask whether the package index still says the same",
        time_span(record.age().as_secs())
    );
    Unverified { what: "reuse".to_owned(), why }
}
