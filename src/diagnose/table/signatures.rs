//! Finds the signatures that a line may show by the words they cannot do without, so that few patterns are ever compiled or run.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::RULES;
use super::rule::{Rule, Signature};
use crate::log::pattern::Pattern;

/// A signature, its rule, and its pattern once it was needed.
pub(in crate::diagnose) struct Known {
    pub(in crate::diagnose) rule: &'static Rule,
    pub(in crate::diagnose) signature: Signature,
    pub(in crate::diagnose) pattern: Pattern,
}

/// Every signature, and the words that call for a look at it.
pub(in crate::diagnose) struct Signatures {
    each: Vec<Known>,
    /// None where it could not be built: then every signature is held against every line.
    words: Option<AhoCorasick>,
    /// For each word, the signatures that need it or one of its alternatives.
    called: Vec<Vec<usize>>,
    /// Signatures without such a word.
    always: Vec<usize>,
}

pub(in crate::diagnose) static SIGNATURES: LazyLock<Signatures> = LazyLock::new(|| {
    let each: Vec<Known> = RULES
        .iter()
        .flat_map(|rule| {
            rule.signatures.iter().map(|signature| Known {
                rule,
                signature: *signature,
                pattern: Pattern::new(signature.pattern),
            })
        })
        .collect();
    let mut words: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut called: Vec<Vec<usize>> = Vec::new();
    let mut always = Vec::new();
    for (index, known) in each.iter().enumerate() {
        let hir = ParserBuilder::new().unicode(false).utf8(false).build().parse(known.signature.pattern).ok();
        match hir.as_ref().and_then(needed) {
            None => always.push(index),
            Some(needed) => {
                for word in needed {
                    let at = *places.entry(word.clone()).or_insert_with(|| {
                        words.push(word);
                        called.push(Vec::new());
                        words.len() - 1
                    });
                    called[at].push(index);
                }
            }
        }
    }
    let words = AhoCorasick::builder().ascii_case_insensitive(true).build(&words);
    debug_assert!(words.is_ok(), "{words:?}");
    let words = words.ok();
    if words.is_none() {
        always = (0..each.len()).collect();
    }
    Signatures { each, words, called, always }
});

impl Signatures {
    /// The signatures that this line may show, in the order of the table.
    pub(in crate::diagnose) fn worth_a_look(&self, text: &str) -> impl Iterator<Item = &Known> {
        let mut found = self.always.clone();
        for hit in self.words.iter().flat_map(|words| words.find_overlapping_iter(text)) {
            found.extend(&self.called[hit.pattern().as_usize()]);
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|index| &self.each[index])
    }
}

/// As many alternatives are still worth looking for.
const MOST: usize = 400;
/// A shorter word calls too often.
const SHORTEST: usize = 3;

/// Words of which every match holds at least one, in lower case.
fn needed(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => word(std::str::from_utf8(&literal.0).ok()?.to_owned()),
        HirKind::Capture(capture) => needed(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => needed(&repetition.sub),
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(needed(branch)?);
            }
            (all.len() <= MOST).then_some(all)
        }
        HirKind::Concat(parts) => {
            let mut best: Option<Vec<String>> = None;
            let mut run = String::new();
            for part in parts {
                if let Some(text) = letter(part) {
                    run.push_str(&text);
                    continue;
                }
                best = better(best, word(std::mem::take(&mut run)));
                best = better(best, needed(part));
            }
            better(best, word(run))
        }
        _ => None,
    }
}

fn word(text: String) -> Option<Vec<String>> {
    (text.len() >= SHORTEST).then(|| vec![text.to_ascii_lowercase()])
}

/// What a part stands for, upper or lower case aside, where that is one text.
fn letter(part: &Hir) -> Option<String> {
    match part.kind() {
        HirKind::Literal(literal) => Some(std::str::from_utf8(&literal.0).ok()?.to_owned()),
        HirKind::Class(Class::Bytes(class)) => {
            let mut bytes = class.iter().flat_map(|range| range.start()..=range.end());
            let (first, second, more) = (bytes.next()?, bytes.next(), bytes.next());
            let one = second.is_none_or(|second| second.eq_ignore_ascii_case(&first)) && more.is_none();
            (one && first.is_ascii()).then(|| char::from(first).to_string())
        }
        _ => None,
    }
}

/// The list whose shortest word is longer.
fn better(one: Option<Vec<String>>, other: Option<Vec<String>>) -> Option<Vec<String>> {
    let weight = |words: &Vec<String>| words.iter().map(String::len).min().unwrap_or(0);
    match (one, other) {
        (Some(one), Some(other)) => Some(if weight(&other) > weight(&one) { other } else { one }),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearly_every_signature_is_called_by_words() {
        let signatures = &*SIGNATURES;
        let without: Vec<&str> =
            signatures.always.iter().map(|index| signatures.each[*index].signature.pattern).collect();
        assert!(without.len() * 20 < signatures.each.len(), "{without:#?}");
    }

    #[test]
    fn words_are_those_that_a_match_needs() {
        let words = |pattern: &str| {
            needed(&ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).expect("a pattern"))
        };
        assert_eq!(words("(?i)Out of Memory"), Some(vec!["out of memory".to_owned()]));
        assert_eq!(words("(?:abc|defg)h?"), Some(vec!["abc".to_owned(), "defg".to_owned()]));
        assert_eq!(words(r"abc|\d+"), None);
        assert_eq!(words(r"a+\d"), None);
    }
}
