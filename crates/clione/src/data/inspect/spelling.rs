//! Words of one column that were probably meant as the same word.

use super::column::WordCount;
use crate::data::findings::grouped;
use std::collections::HashMap;

/// A rare word must come this many times less often than the frequent one that it is taken for.
const RARER: usize = 10;

/// Words shorter than this differ in one letter for good reasons.
const SHORTEST: usize = 5;

/// More different words than this are names or texts, in which near ones are no mistakes.
const MOST_WORDS: usize = 2_000;

/// A word and another that it was probably meant as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spelling {
    rare: (String, usize),
    frequent: (String, usize),
}

impl Spelling {
    fn of(rare: (&str, usize), frequent: (&str, usize)) -> Spelling {
        let owned = |(word, count): (&str, usize)| (word.to_owned(), count);
        Spelling { rare: owned(rare), frequent: owned(frequent) }
    }

    /// `'Yes ' (12) beside 'Yes' (400)`
    pub fn text(&self) -> String {
        let shown = |(word, count): &(String, usize)| format!("'{word}' ({})", grouped(*count));
        format!("{} beside {}", shown(&self.rare), shown(&self.frequent))
    }
}

/// Pairs of words that differ only in case, and words that come with and without blanks around them (`spelled`).
pub(super) fn spellings(words: &[(&str, WordCount)], spelled: &[(&str, usize)]) -> Vec<Spelling> {
    let mut found = Vec::new();
    let mut pair = |one: (&str, usize), other: (&str, usize)| {
        let (rare, frequent) = if one.1 <= other.1 { (one, other) } else { (other, one) };
        found.push(Spelling::of(rare, frequent));
    };
    let counts: HashMap<&str, usize> = words.iter().map(|(word, found)| (*word, found.count)).collect();
    for &(word, count) in spelled {
        let plain = counts[word.trim()] - count;
        if plain > 0 {
            pair((word, count), (word.trim(), plain));
        }
    }
    let mut keyed: Vec<(String, &str, usize)> =
        words.iter().map(|(word, found)| (word.to_lowercase(), *word, found.count)).collect();
    keyed.sort();
    for same in keyed.chunk_by(|a, b| a.0 == b.0) {
        for other in &same[1..] {
            pair((same[0].1, same[0].2), (other.1, other.2));
        }
    }
    found
}

/// Pairs of words that differ in one letter where one is rare and the other frequent.
pub(super) fn typos(words: &[(&str, WordCount)]) -> Vec<Spelling> {
    if words.len() > MOST_WORDS {
        return Vec::new();
    }
    let mut counts: Vec<(&str, usize)> = words.iter().map(|(word, found)| (*word, found.count)).collect();
    counts.sort_by_key(|&(_, count)| count);
    let mut found = Vec::new();
    for (at, &(rare, count)) in counts.iter().enumerate() {
        let is_taken_for = |(frequent, others): &&(&str, usize)| {
            *others >= RARER * count && rare.chars().count() >= SHORTEST && differ_in_one(rare, frequent)
        };
        if let Some(&frequent) = counts[at + 1..].iter().rev().find(is_taken_for) {
            found.push(Spelling::of((rare, count), frequent));
        }
    }
    found
}

/// Whether one letter was changed, added, left out, or two neighbours were exchanged (Damerau 1964). Words in which a digit
/// or a capital makes the difference are numbered or coded, not mistyped.
fn differ_in_one(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (short, long) = if one.len() <= other.len() { (&one, &other) } else { (&other, &one) };
    let start = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[start..], &long[start..]);
    let end = short.iter().rev().zip(long.iter().rev()).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[..short.len() - end], &long[..long.len() - end]);
    let is_coded = short.iter().chain(long).any(|letter| letter.is_ascii_digit() || letter.is_uppercase());
    let is_one = match (short, long) {
        ([], [_]) | ([_], [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    };
    is_one && !is_coded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &[(&str, usize)]) -> Vec<String> {
        let mut words: Vec<(&str, WordCount)> =
            words.iter().map(|&(word, count)| (word, WordCount { count, first: 0 })).collect();
        words.sort_by_key(|&(word, _)| word);
        spellings(&words, &[]).iter().chain(&typos(&words)).map(Spelling::text).collect()
    }

    #[test]
    fn a_rare_word_one_letter_from_a_frequent_one_is_a_mistake() {
        assert_eq!(found(&[("Berlin", 90), ("Berln", 2), ("Paris", 80)]), ["'Berln' (2) beside 'Berlin' (90)"]);
        assert_eq!(found(&[("male", 300), ("female", 200)]), [""; 0]);
        assert_eq!(found(&[("female", 300), ("femael", 1)]), ["'femael' (1) beside 'female' (300)"]);
    }

    #[test]
    fn numbered_words_and_words_of_like_frequency_are_no_mistakes() {
        assert_eq!(found(&[("zone1", 300), ("zone2", 3)]), [""; 0]);
        assert_eq!(found(&[("INLAND", 300), ("ISLAND", 3)]), [""; 0]);
        assert_eq!(found(&[("bred", 30), ("bread", 28)]), [""; 0]);
    }

    #[test]
    fn words_that_differ_in_case_are_found_however_frequent_they_are() {
        assert_eq!(found(&[("Yes", 50), ("yes", 40), ("no", 60)]), ["'yes' (40) beside 'Yes' (50)"]);
    }

    #[test]
    fn blanks_around_a_word_are_found() {
        let words = [("yes", WordCount { count: 10, first: 0 })];
        let found = spellings(&words, &[(" yes", 3)]);
        assert_eq!(found[0].text(), "' yes' (3) beside 'yes' (7)");
    }
}
