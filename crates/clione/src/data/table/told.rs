//! What a person said of single columns: words that mean others, and numbers with a sign beside them.

use crate::base::error::{Error, Result};
use crate::base::words::{column_flag, field, pairs, split_outside};
use crate::data::cell::{Cell, CellFormat};
use crate::data::disguise::{NumberColumn, Unclear};
use crate::data::findings::quoted;
use crate::data::table::column::Column;
use crate::data::table::{ReadOptions, Table};

/// Words of a column that mean others: `answer: yes.=yes, no.=no`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMap {
    /// The name of the column, or its place.
    pub column: String,
    /// What stands there, and what it means; nothing is a missing value.
    pub pairs: Vec<(String, String)>,
}

impl ColumnMap {
    /// Reads `COLUMN: OLD=NEW, OLD=NEW`.
    ///
    /// ```
    /// use clione::data::table::ColumnMap;
    /// let map = ColumnMap::named("answer: yes.=yes, ?=")?;
    /// assert_eq!((map.column.as_str(), map.pairs[0].1.as_str(), map.pairs[1].1.as_str()), ("answer", "yes", ""));
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn named(text: &str) -> Result<ColumnMap> {
        let wrong = || Error::usage("expected COLUMN: OLD=NEW, OLD=NEW").remedy("'answer: yes.=yes, no.=no'");
        let column = split_outside(text, ':')[0];
        let rest = text.get(column.len() + 1..).ok_or_else(wrong)?;
        let plain = |text: &str| {
            let within = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
            let doubled = within('"').map(|text| text.replace("\"\"", "\""));
            doubled.unwrap_or_else(|| within('\'').or(within('`')).unwrap_or(text).to_owned())
        };
        let pairs = pairs(rest).map_err(|_| wrong())?.into_iter().map(|(old, new)| (plain(&old), plain(&new)));
        let map = ColumnMap { column: plain(column.trim()), pairs: pairs.collect() };
        if map.column.is_empty() || map.pairs.is_empty() { Err(wrong()) } else { Ok(map) }
    }

    /// The text that [`ColumnMap::named`] reads.
    pub fn text(&self) -> String {
        let word = |word: &str| match word.contains([',', '=', '\'', '`', '"', '(', ')', ':']) || word.trim() != word {
            true if word.contains('\'') => format!("\"{}\"", word.replace('"', "\"\"")),
            true => format!("'{word}'"),
            false => word.to_owned(),
        };
        let pairs = self.pairs.iter().map(|(old, new)| match old.as_str() {
            "" => format!("''={}", word(new)),
            old => format!("{}={}", word(old), word(new)),
        });
        format!("{}: {}", word(&self.column), pairs.collect::<Vec<_>>().join(", "))
    }
}

/// Reads the columns of a table anew as a person said; gives how the numbers of single columns are written. Fails where a
/// column is not there, unless that may be.
pub(in crate::data) fn read_as_told(table: &mut Table, options: &ReadOptions) -> Result<()> {
    let format = options.cells();
    for map in &options.map {
        if let Some(place) = place(table, &map.column, options)? {
            table.columns[place].replace(&map.pairs, &format);
            table.maps.push((place, map.pairs.clone()));
        }
    }
    for number in &options.number {
        if let Some(place) = place(table, &number.column, options)? {
            let found = numbers_of(table, place, number, &format)?;
            table.columns[place].read_numbers(|text| found.read(text));
            table.number_columns.push(NumberColumn { column: table.names[place].clone(), ..found });
        }
    }
    table.columns.iter_mut().for_each(Column::settle_quoted);
    Ok(())
}

fn place(table: &Table, column: &str, options: &ReadOptions) -> Result<Option<usize>> {
    match table.find(column) {
        Ok(place) => Ok(Some(place)),
        Err(_) if options.may_lack_columns => Ok(None),
        Err(error) => Err(error),
    }
}

/// How the numbers of a column are written. Fails where that is not one way.
fn numbers_of(table: &Table, place: usize, asked: &NumberColumn, format: &CellFormat) -> Result<NumberColumn> {
    let column = &table.columns[place];
    let words = column.texts().zip(column.text_values()).filter(|(_, value)| *value == Cell::Word);
    let texts: Vec<&str> = words.map(|(text, _)| text).collect();
    let name = &table.names[place];
    let at = |text: &str| (0..column.rows()).find(|&row| column.text(row) == Some(text)).unwrap_or_default();
    let of = |text: &str| format!("{}: column \"{name}\": {}", table.place(at(text), place), quoted(text.trim()));
    let open = |text: &str| {
        Error::data(format!("{}: does the sign part thousands, or stand before decimals?", of(text)))
            .note("--thousands ',' if the comma parts thousands, --decimal ',' if it stands before decimals")
            .note(format!("--category {} keeps the column as words", column_flag(name)))
            .remedy("--thousands ','")
    };
    let found = asked.found(&texts, format.number, table.has_semicolons()).map_err(|unclear| match unclear {
        Unclear::TwoSigns(first, second) => {
            Error::data(format!("{} beside {}: one column needs one unit", of(second), quoted(first.trim())))
                .note(format!("--number '{}=UNIT' reads numbers with this unit alone", field(name)))
                .remedy(format!("--category {}", column_flag(name)))
        }
        Unclear::TwoFormats(text) => open(text),
    })?;
    // A plain number was read with a point before the decimals: 1.297 beside 1.297,50 € is one of the thousands.
    let is_other = found.format.is_some_and(|found| found.decimal != format.number.decimal);
    let has_decimals = column.numbers().iter().any(|number| !number.is_nan() && number.fract() != 0.0);
    match texts.first() {
        Some(text) if is_other && has_decimals && asked.format.is_none() => Err(open(text).remedy("--decimal ','")),
        _ => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, options: ReadOptions) -> Result<Table> {
        Table::from_bytes("x.csv", text.as_bytes().to_vec(), &options)
    }

    fn numbers(names: &[&str]) -> Vec<NumberColumn> {
        names.iter().map(|name| NumberColumn::named(name).unwrap()).collect()
    }

    fn remedy(error: &Error) -> String {
        error.to_string().lines().last().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_map_is_written_as_it_is_read() {
        for text in ["answer: yes.=yes, no.=no", "a: x=", "'a:b': 'x,y'='it, too'", "n: ''=none", "q: \"it's\"=2"] {
            let map = ColumnMap::named(text).unwrap();
            assert_eq!(ColumnMap::named(&map.text()).unwrap(), map, "{text}");
        }
        for text in ["answer", "answer:", ": a=b", "answer: yes"] {
            assert_eq!(ColumnMap::named(text).unwrap_err().exit_code(), 2, "{text}");
        }
    }

    #[test]
    fn words_mean_others_numbers_or_nothing() {
        let map = ["answer: yes.=yes", "size: small=1, 9=", "3: 1=one"].map(|text| ColumnMap::named(text).unwrap());
        let options = ReadOptions { map: map.to_vec(), ..ReadOptions::default() };
        let table = read("answer,size,c\nyes.,small,1\nyes,2,2\nno,9,1\n", options.clone()).unwrap();
        assert_eq!([0, 1, 2].map(|row| table.cell(row, 0)), ["yes", "yes", "no"]);
        assert_eq!([0, 1, 2].map(|row| table.value(row, 1)), [Cell::Number(1.0), Cell::Number(2.0), Cell::Missing]);
        let words = table.words(2).unwrap();
        assert_eq!([0, 1, 2].map(|row| words.get(row)), [Some("one"), Some("2"), Some("one")]);
        assert!(read("a\n1\n", options.clone()).unwrap_err().headline().contains("no column \"answer\""));
        assert_eq!(read("a\n1\n", ReadOptions { may_lack_columns: true, ..options }).unwrap().columns(), 1);
    }

    #[test]
    fn numbers_with_a_sign_are_read_and_shown_as_they_are_written() {
        let options = ReadOptions { number: numbers(&["price", "zip"]), ..ReadOptions::default() };
        let table = read("price,zip\n\"$1,297.50\",02138\n$3,10001\nNA,\n", options).unwrap();
        assert_eq!([0, 1, 2].map(|row| table.value(row, 0)), [Cell::Number(1297.5), Cell::Number(3.0), Cell::Missing]);
        assert_eq!((table.cell(0, 0), table.column(1).is_padded()), ("$1,297.50", false));
        let stored = table.number_columns().to_vec();
        let later =
            read("price\n$2\n€3\n", ReadOptions { number: stored, may_lack_columns: true, ..ReadOptions::default() });
        let later = later.unwrap();
        assert_eq!([later.value(0, 0), later.value(1, 0)], [Cell::Number(2.0), Cell::Word]);
    }

    #[test]
    fn numbers_with_two_units_or_two_meanings_are_refused_with_a_way_on() {
        let options = ReadOptions { number: numbers(&["w"]), ..ReadOptions::default() };
        let error = read("w,y\n5 kg,1\n300 g,2\n", options.clone()).unwrap_err();
        assert!(error.headline().starts_with("x.csv:3:1: column \"w\": \"300 g\" beside \"5 kg\""), "{error}");
        assert_eq!(remedy(&error), "  try: --category 'w'");
        let error = read("w,y\n\"$5,100\",1\n", options.clone()).unwrap_err();
        assert_eq!(remedy(&error), "  try: --thousands ','");
        let error = read("w;y\n1,5 €;1\n1.297;2\n", options).unwrap_err();
        assert_eq!(remedy(&error), "  try: --decimal ','");
    }
}
