//! What the mirror has given to one command: all that this command has asked of the index, if nothing else went outward.

use super::address::name;
use super::git::Seen;
use super::page::Offer;
use crate::sandbox::store::lock::file_name;
use crate::sandbox::store::pip::Asked;

/// The most names of archives that are kept in mind.
const MOST: usize = 1_000_000;

/// Pages and files.
#[derive(Debug, Clone, Default)]
pub(in crate::sandbox) struct Given {
    asked: Asked,
    names: usize,
    /// Whether something was to be built.
    has_built: bool,
    /// Whether somebody was sent to the index itself.
    pub(super) sent_on: bool,
}

impl Given {
    /// `digest` is that of the page for those who ask as pip does.
    pub(super) fn add_page(&mut self, real: &str, offers: &[Offer], digest: Option<String>) {
        if let Some(digest) = digest {
            let before = self.asked.page_digests.insert(real.to_owned(), digest.clone());
            self.sent_on |= before.is_some_and(|before| before != digest);
        }
        self.names += offers.len();
        if self.names <= MOST {
            let names = offers.iter().map(|offer| file_name(&offer.real)).filter(|name| !name.is_empty());
            self.asked.pages.entry(real.to_owned()).or_default().extend(names);
        }
    }

    pub(super) fn add_file(&mut self, real: &str, is_of_a_lock: bool) {
        let name = name(real);
        self.has_built |= !name.ends_with(".whl") && !name.ends_with(".metadata");
        if is_of_a_lock {
            self.asked.pinned.insert(real.to_owned());
        }
    }

    /// What a repository's answer depends on; two answers to one question about its refs are not the same moment's.
    pub(super) fn add_of_git(&mut self, real: &str, seen: Seen) {
        self.has_built = true;
        match seen {
            Seen::Refs { question, digest } => {
                let before = self.asked.refs.insert((real.to_owned(), question), digest.clone());
                self.sent_on |= before.is_some_and(|before| before != digest);
            }
            Seen::Objects => {}
            Seen::Other => self.sent_on = true,
        }
    }

    /// All that was asked of the index and of repositories, and whether something of it was to be built; none where that is not all.
    pub(in crate::sandbox) fn all(self) -> Option<(Asked, bool)> {
        (!self.sent_on && self.names <= MOST).then_some((self.asked, self.has_built))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_is_what_was_asked_unless_somebody_was_sent_on() {
        let mut given = Given::default();
        let offers = ["tide-1.0.tar.gz", "tide-1.0%2Bx-py3-none-any.whl"].map(|file| Offer {
            real: format!("https://f.example/{file}"),
            sha256: None,
            is_yanked: false,
        });
        given.add_page("https://i.example/tide/", &offers, Some("0".to_owned()));
        given.add_file("https://f.example/tide-1.0-py3-none-any.whl", false);
        let (asked, has_sources) = given.clone().all().unwrap();
        let names: Vec<&str> = asked.pages["https://i.example/tide/"].iter().map(String::as_str).collect();
        assert_eq!((names, has_sources), (vec!["tide-1.0+x-py3-none-any.whl", "tide-1.0.tar.gz"], false));
        given.add_file("https://f.example/tide-1.0.tar.gz", true);
        let (asked, has_sources) = given.clone().all().unwrap();
        assert!(has_sources && asked.pinned.len() == 1);
        let mut changed = given.clone();
        changed.add_page("https://i.example/tide/", &offers, Some("1".to_owned()));
        assert!(changed.all().is_none());
        let mut of_git = given.clone();
        let refs = |digest: &str| Seen::Refs { question: "main".to_owned(), digest: digest.to_owned() };
        of_git.add_of_git("https://g.example/a", Seen::Objects);
        of_git.add_of_git("https://g.example/a", refs("0"));
        of_git.add_of_git("https://g.example/a", refs("0"));
        assert_eq!(of_git.clone().all().unwrap().0.refs.len(), 1);
        of_git.add_of_git("https://g.example/a", refs("1"));
        assert!(of_git.all().is_none());
        given.sent_on = true;
        assert!(given.all().is_none());
    }
}
