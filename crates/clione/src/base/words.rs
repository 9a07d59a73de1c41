//! Words as a shell takes them, and names in lists with commas: in quotes where they would be cut.

use crate::base::error::{Error, Result};

/// A word as a shell takes it: in single quotes where it has to be.
///
/// ```
/// use clione::base::words::shell_word;
/// assert_eq!((shell_word("a.csv"), shell_word("it's me")), ("a.csv".to_owned(), r"'it'\''s me'".to_owned()));
/// ```
pub fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./,=:+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) { word.to_owned() } else { in_single_quotes(word) }
}

/// The name of a column as the value of a flag, always in single quotes: `--ignore 'a b'`.
pub(crate) fn column_flag(name: &str) -> String {
    in_single_quotes(&field(name))
}

/// Names as one value of a flag: `--ignore 'a b,"c,d"'`.
pub(crate) fn columns_flag(names: &[&str]) -> String {
    let fields: Vec<String> = names.iter().map(|name| field(name)).collect();
    shell_word(&fields.join(","))
}

/// A word in single quotes, whether it needs them or not.
pub(crate) fn in_single_quotes(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A text as one of several that commas part, as in CSV: in quotes where it needs them, and quotes within are doubled.
///
/// ```
/// use clione::base::words::field;
/// assert_eq!([field("a"), field("a,b"), field("5\"")], ["a", "\"a,b\"", "\"5\"\"\""]);
/// ```
pub fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// The texts that commas part; those between quotes stay whole, as in CSV.
///
/// ```
/// use clione::base::words::fields;
/// assert_eq!(fields("\"a,b\",c"), ["a,b", "c"]);
/// assert_eq!(fields("\"a,b\"=mean,5\""), ["a,b=mean", "5\""]);
/// ```
pub fn fields(text: &str) -> Vec<String> {
    let (mut fields, mut rest) = (Vec::new(), text);
    loop {
        let (field, after) = first_field(rest);
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return fields,
        }
    }
}

/// The first field, and what comes behind its comma.
fn first_field(text: &str) -> (String, Option<&str>) {
    let (mut field, mut rest) = (String::new(), text);
    if let Some((quoted, behind)) = text.trim_start().strip_prefix('"').and_then(until_quote) {
        (field, rest) = (quoted, behind);
    }
    match rest.split_once(',') {
        Some((plain, after)) => (field + plain, Some(after)),
        None => (field + rest, None),
    }
}

/// What stands before the quote that closes, and what behind it; none where no quote does.
fn until_quote(text: &str) -> Option<(String, &str)> {
    let (mut quoted, mut rest) = (String::new(), text);
    loop {
        let (before, after) = rest.split_once('"')?;
        quoted.push_str(before);
        match after.strip_prefix('"') {
            Some(behind) => {
                quoted.push('"');
                rest = behind;
            }
            None => return Some((quoted, after)),
        }
    }
}

/// Names and what is said of each: `income=robust,size=ordinal(small<large)`. Commas and equal signs within quotes or
/// parentheses belong to what they stand in; a name with such signs is put between quotes or backticks.
///
/// ```
/// use clione::base::words::pairs;
/// let pairs = pairs("age=0, \"lot, size\"='a, b'")?;
/// assert_eq!(pairs, [("age", "0"), ("lot, size", "'a, b'")].map(|(name, said)| (name.to_owned(), said.to_owned())));
/// # Ok::<(), clione::base::error::Error>(())
/// ```
pub fn pairs(text: &str) -> Result<Vec<(String, String)>> {
    let pieces = split_outside(text, ',').into_iter().map(str::trim).filter(|piece| !piece.is_empty());
    let pairs = pieces.map(|piece| {
        let sides = split_outside(piece, '=');
        let [name, _, ..] = sides[..] else {
            return Err(Error::usage(format!("expected NAME=VALUE, but this is \"{piece}\"")));
        };
        Ok((unquoted(name.trim()), piece[name.len() + 1..].trim().to_owned()))
    });
    pairs.collect()
}

/// A name without the quotes or backticks around it.
fn unquoted(name: &str) -> String {
    let within = |quote: char| name.strip_prefix(quote)?.strip_suffix(quote);
    match (within('`'), within('"')) {
        (Some(name), _) => name.to_owned(),
        (None, Some(name)) => name.replace("\"\"", "\""),
        (None, None) => name.to_owned(),
    }
}

/// The pieces between separators that stand outside of quotes, backticks and parentheses.
pub(crate) fn split_outside(text: &str, separator: char) -> Vec<&str> {
    let (mut pieces, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (at, sign) in text.char_indices() {
        match (quote, sign) {
            (Some(open), _) if open == sign => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(sign),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, _) if sign == separator && depth == 0 => {
                pieces.push(&text[start..at]);
                start = at + sign.len_utf8();
            }
            (None, _) => {}
        }
    }
    pieces.push(&text[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_as_fields_is_read_again() {
        for names in [vec!["a", "b"], vec!["a,b", "c"], vec!["he said \"no\", twice", ""], vec!["\""], vec![""]] {
            let written: Vec<String> = names.iter().map(|name| field(name)).collect();
            assert_eq!(fields(&written.join(",")), names);
        }
    }

    #[test]
    fn a_quote_that_nobody_closes_is_a_letter_like_others() {
        assert_eq!(fields("\"a,b"), ["\"a", "b"]);
        assert_eq!(fields("5\",6\""), ["5\"", "6\""]);
    }

    #[test]
    fn names_are_quoted_for_the_list_and_for_the_shell() {
        assert_eq!(columns_flag(&["a", "b"]), "a,b");
        assert_eq!(columns_flag(&["a b", "c,d"]), "'a b,\"c,d\"'");
        assert_eq!([column_flag("x"), column_flag("it's, so")], ["'x'", "'\"it'\\''s, so\"'"]);
    }
}
