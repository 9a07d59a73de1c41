//! The names of layers, inputs and parameters: which characters they may have.

use crate::base::error::{Error, Result};

/// The most characters of a name.
const LONGEST: usize = 100;

/// How many of them an error shows.
const SHOWN: usize = 40;

/// Fails unless a name is made of the letters a to z and A to Z, digits, `_` and `-`, does not begin with a digit or `-`, and
/// has 1 to 100 characters. `what` is what it names, for the error.
///
/// Names stand in sources that are exported, in pictures and in formulas, and a model file may come from anybody: what none of
/// these languages gives a meaning to can be written into all of them.
///
/// ```
/// use clione::nn::name::check;
/// assert!(check("layer", "hidden1").is_ok());
/// assert!(check("layer", "a */ system(\"ls\"); /*").is_err());
/// ```
pub fn check(what: &str, name: &str) -> Result<()> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if begins_well && name.len() <= LONGEST && name.chars().all(is_part) {
        return Ok(());
    }
    let start: String = name.chars().take(SHOWN).collect();
    let rest = if start.len() < name.len() { "..." } else { "" };
    Err(Error::usage(format!("a {what} cannot have the name {start:?}{rest}"))
        .note(format!("it may have up to {LONGEST} letters (a to z, A to Z), digits, `_` and `-`,"))
        .note("and begins with a letter or `_`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_holds_nothing_that_ends_a_comment_a_string_or_a_tag() {
        for good in ["dense1", "hidden-2", "_x", "A", &"a".repeat(100)] {
            assert!(check("layer", good).is_ok(), "{good}");
        }
        let long = "a".repeat(101);
        for bad in ["", "1a", "-a", "a b", "a.b", "a*/", "a\"", "a\\", "a\n", "a<b", "a\u{202e}", "é", "a\0", &long] {
            assert!(check("layer", bad).is_err(), "{bad:?}");
        }
    }
}
