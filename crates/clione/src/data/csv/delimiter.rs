//! Which sign parts the cells of a table, found in its first records.

use super::{Field, Reader, Signs};

/// Delimiters that are looked for. A comma is last: where decimals have commas, another one parts the cells.
const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];

/// How many records are looked at to find the delimiter.
const LOOKED_AT: usize = 100;

/// The delimiter that parts most of the first records into the same number of cells, at least two; None if none does.
///
/// ```
/// use clione::data::csv::{Signs, find_delimiter};
/// assert_eq!(find_delimiter(b"size;price\n3,14;2\n2,72;1\n", Signs::usual(b',')), Some(b';'));
/// assert_eq!(find_delimiter(b"  1   2.5\n 10  -0.5\n", Signs::usual(b',')), Some(b' '));
/// assert_eq!(find_delimiter(b"size\n3\n", Signs::usual(b',')), None);
/// ```
pub fn find_delimiter(bytes: &[u8], signs: Signs) -> Option<u8> {
    let shares = DELIMITERS.map(|delimiter| (agreement(bytes, signs.with(delimiter)), delimiter));
    let best = shares.iter().map(|&(share, _)| share).fold(0.0, f64::max);
    let found = shares.into_iter().find(|&(share, _)| share == best && share > 0.0).map(|(_, delimiter)| delimiter);
    match found {
        Some(b'\t') | None if are_aligned(bytes, signs, found) => Some(b' '),
        _ => found,
    }
}

/// Whether runs of blanks part every one of the first records into as many cells, among them numbers. A tab may stand
/// among the blanks, as before a name behind columns of numbers.
fn are_aligned(bytes: &[u8], signs: Signs, found: Option<u8>) -> bool {
    let blanks = signs.with(b' ');
    let width = |signs| widths(bytes, signs).next().unwrap_or_default();
    let mut reader = Reader::new(bytes, blanks).seeing_numbers();
    let (mut fields, mut records, mut has_numbers) = (Vec::new(), 0, false);
    while records < LOOKED_AT && reader.next_record(&mut fields) == Ok(true) {
        records += 1;
        has_numbers |= fields.iter().any(|field| !field.number.is_nan());
    }
    let wider = found.is_none_or(|tab| width(blanks) > width(signs.with(tab)) && holds_run(bytes));
    has_numbers && records > 1 && wider && agreement(bytes, blanks) == 1.0
}

/// Whether two blanks stand side by side in the first records.
fn holds_run(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(1 << 16)].windows(2).any(|pair| pair == b"  ")
}

/// The share of the first records that have the most frequent number of cells; 0 if that is one cell.
pub(in crate::data) fn agreement(bytes: &[u8], signs: Signs) -> f64 {
    let mut counts: Vec<usize> = widths(bytes, signs).take(LOOKED_AT).collect();
    counts.sort_unstable();
    let most = counts.chunk_by(|a, b| a == b).max_by_key(|same| same.len());
    most.filter(|same| same[0] > 1).map_or(0.0, |same| same.len() as f64 / counts.len() as f64)
}

/// How many cells each record has, up to the first that cannot be read; blank lines are passed over.
pub(in crate::data) fn widths(bytes: &[u8], signs: Signs) -> impl Iterator<Item = usize> {
    let mut reader = Reader::new(bytes, signs);
    let next = move || {
        let (mut width, mut is_blank) = (0, true);
        let count = |field: Field| (width, is_blank) = (width + 1, field.start == field.end);
        (reader.pass_record(count) == Ok(true)).then_some((width, width == 1 && is_blank))
    };
    std::iter::from_fn(next).filter(|&(_, is_blank)| !is_blank).map(|(width, _)| width)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMA: Signs = Signs::usual(b',');

    #[test]
    fn the_delimiter_is_found() {
        assert_eq!(find_delimiter(b"sentence\tlabel\na, b and c\t1\nd\t0\n", COMMA), Some(b'\t'));
        assert_eq!(find_delimiter(b"a|b\n1|2\n", COMMA), Some(b'|'));
        assert_eq!(find_delimiter(b"a,b\n\"x;y\",2\n\"x;z\",3\n1,2,3\n", COMMA), Some(b','));
        assert_eq!(find_delimiter(b"", COMMA), None);
        assert_eq!(find_delimiter(b"18.0  8  307.0\t\"a b\"\n15.0  8  350.0\t\"c\"\n", COMMA), Some(b' '));
        assert_eq!(find_delimiter(b"a b\tc d\n1 2\t3 4\n", COMMA), Some(b'\t'));
        assert_eq!(find_delimiter(b"New York\nLos Angeles\n", COMMA), None);
    }
}
