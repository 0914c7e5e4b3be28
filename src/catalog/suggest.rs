//! "Did you mean": the known name that a word was probably meant to be.

/// Letters inserted, left out, replaced or swapped between two names, upper and lower case and separators aside.
///
/// ```
/// assert_eq!(shakedown::catalog::suggest::distance("nix_pkgs", "nixPkg"), 1);
/// ```
pub fn distance(one: &str, other: &str) -> usize {
    strsim::damerau_levenshtein(&plain(one), &plain(other))
}

/// The name nearest to the word, unless more than `most` letters differ.
pub fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>, most: usize) -> Option<&'n str> {
    let scored = names.into_iter().map(|name| (distance(word, name), name));
    scored.min_by_key(|(distance, _)| *distance).filter(|(distance, _)| *distance <= most).map(|(_, name)| name)
}

/// As many letters differ where a slip of the hand is certain enough to act on it.
pub fn slips(word: &str) -> usize {
    if plain(word).chars().count() > 5 { 2 } else { 1 }
}

/// The name to ask back with, where nothing is done about the word: half of its letters may differ.
pub fn hint<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    nearest(word, names, plain(word).chars().count() / 2)
}

/// The name that a word is a slip of: two letters swapped, or in a long word one too many or too few. Digits and separators count: they make
/// other names.
///
/// ```
/// use shakedown::catalog::suggest::slip_of;
///
/// assert_eq!(slip_of("ffmepg", ["ffmpeg"]), Some("ffmpeg"));
/// assert_eq!(slip_of("nodejs_20", ["nodejs_2"]), None);
/// ```
pub fn slip_of<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let letters = |text: &str| text.chars().filter(char::is_ascii_alphabetic).count();
    let rest = |text: &str| text.chars().filter(|c| !c.is_ascii_alphabetic()).collect::<String>();
    names.into_iter().find(|name| {
        let (own, other) = (letters(word), letters(name));
        let is_swap = own == other && strsim::levenshtein(word, name) == 2;
        let is_one_off = own.abs_diff(other) == 1 && own.min(other) >= 6;
        rest(word) == rest(name) && (is_swap || is_one_off) && strsim::damerau_levenshtein(word, name) == 1
    })
}

/// The known word that looks most like the unknown one of serde's message, which puts every word of both kinds between
/// backticks, the unknown one first.
pub fn hint_in(message: &str) -> Option<&str> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut words = message.split('`').skip(1).step_by(2);
    let unknown = words.next()?;
    hint(unknown, words)
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_separators_are_no_difference() {
        assert_eq!(distance("Health-Check_Path", "healthcheckPath"), 0);
        assert_eq!(nearest("nixpkgs", ["cmds", "nixPkgs"], 0), Some("nixPkgs"));
    }

    #[test]
    fn two_slips_are_enough_for_a_long_word_and_one_for_a_short_one() {
        assert_eq!((slips("cmds"), slips("nixPkgs")), (1, 2));
        assert_eq!(nearest("cmmdz", ["cmds"], slips("cmds")), None);
        assert_eq!(nearest("nixPgks", ["nixPkgs"], slips("nixPgks")), Some("nixPkgs"));
    }

    #[test]
    fn a_hint_reaches_further_and_strangers_get_none() {
        let ids = ["externally-managed", "missing-shared-library"];
        assert_eq!(hint("externaly-managd", ids), Some("externally-managed"));
        assert_eq!(hint("missing-library", ids), Some("missing-shared-library"));
        assert_eq!(hint("zebra", ids), None);
    }
}
