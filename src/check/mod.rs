//! Everything that can be known of a project without running it.
//!
//! A topic is one file: its checks as a table, and one function that looks at a `Subject`. Nothing here runs or writes;
//! the tree is walked only where a plan itself had to walk it.

mod finding;
mod subject;

mod address;
mod command;
mod commands;
pub(crate) mod django;
pub(crate) mod entry;
mod factory;
mod ignored;
pub(crate) mod imports;
pub(crate) mod install;
pub(crate) mod keys;
pub(crate) mod lock;
pub(crate) mod misspelt;
mod named;
pub(crate) mod packages;
pub(crate) mod planned;
mod platform;
pub(crate) mod pyproject;
mod reach;
pub(crate) mod requirements;
mod secrets;
pub(crate) mod server;
pub(crate) mod setup;
mod start;
pub(crate) mod twice;
pub(crate) mod version;

#[cfg(test)]
mod tests;

pub use finding::Check;

use finding::Findings;
use subject::Subject;

use crate::builder::Planned;
use crate::builder::nixpacks::Options;
use crate::finding::Diagnosis;
use crate::project::Project;

struct Topic {
    checks: &'static [Check],
    look: fn(&Subject<'_>, &mut Findings),
}

const TOPICS: &[Topic] = &[
    Topic { checks: planned::CHECKS, look: planned::look },
    Topic { checks: setup::CHECKS, look: setup::look },
    Topic { checks: install::CHECKS, look: install::look },
    Topic { checks: commands::CHECKS, look: commands::look },
    Topic { checks: keys::CHECKS, look: keys::look },
    Topic { checks: version::CHECKS, look: version::look },
    Topic { checks: lock::CHECKS, look: lock::look },
    Topic { checks: pyproject::CHECKS, look: pyproject::look },
    Topic { checks: requirements::CHECKS, look: requirements::look },
    Topic { checks: named::CHECKS, look: named::look },
    Topic { checks: twice::CHECKS, look: twice::look },
    Topic { checks: packages::CHECKS, look: packages::look },
    Topic { checks: start::CHECKS, look: start::look },
    Topic { checks: server::CHECKS, look: server::look },
    Topic { checks: entry::CHECKS, look: entry::look },
    Topic { checks: factory::CHECKS, look: factory::look },
    Topic { checks: imports::CHECKS, look: imports::look },
    Topic { checks: django::CHECKS, look: django::look },
    Topic { checks: platform::CHECKS, look: platform::look },
    Topic { checks: secrets::CHECKS, look: secrets::look },
    Topic { checks: ignored::CHECKS, look: ignored::look },
    Topic { checks: misspelt::CHECKS, look: misspelt::look },
];

/// What can be known of a project and its plan, the worst first. `options` are those the plan was derived with.
pub fn check(project: &Project, options: &Options, planned: &Planned) -> Vec<Diagnosis> {
    let Planned::Nixpacks(derived) = planned;
    let subject = Subject::new(project, options, derived.as_ref());
    let mut findings = Findings::default();
    for topic in TOPICS {
        (topic.look)(&subject, &mut findings);
    }
    if platform::overrules(&subject) {
        findings.soften(|id| [platform::CHECKS, secrets::CHECKS].concat().iter().all(|check| check.id != id));
    }
    findings.sorted()
}

/// Every check there is, in the order in which they look.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    TOPICS.iter().flat_map(|topic| topic.checks)
}
