//! How an exported source reads tables: the constants that its functions go by, those that are not as usual.

use super::writer::{Writer, quoted};
use crate::data::cell::CellFormat;
use crate::data::disguise::NumberColumn;
use crate::data::preprocess::Preprocessing;
use crate::data::table::{ColumnMap, ReadOptions};
use crate::train::recipe::Recipe;

/// How tables are written: what the functions that read them go by.
pub(super) fn write(recipe: &Recipe, preprocessing: &Preprocessing, has_formulas: bool, out: &mut Writer) {
    let reading = &recipe.reading;
    out.line(0, &format!("ENCODING = {}", quoted(if reading.latin1 { "cp1252" } else { "utf-8-sig" })));
    let delimiters = reading.delimiter.map_or(",;\t|".to_owned(), |delimiter| char::from(delimiter).to_string());
    out.line(0, &format!("DELIMITERS = {}", quoted(&delimiters)));
    let mut marks = Vec::new();
    if let Some(thousands) = reading.thousands {
        marks.push(format!("{}: \"\"", quoted(&thousands.to_string())));
    }
    if reading.decimal != '.' {
        marks.push(format!("{}: \".\"", quoted(&reading.decimal.to_string())));
    }
    out.line(0, &format!("MARKS = str.maketrans({{{}}})", marks.join(", ")));
    write_signs(reading, preprocessing, out);
    if has_formulas {
        out.line(0, &format!("DECIMAL = {}", quoted(&reading.decimal.to_string())));
    }
}

/// What is not usual about how tables are written.
fn write_signs(reading: &ReadOptions, preprocessing: &Preprocessing, out: &mut Writer) {
    let text = |sign: u8| quoted(&char::from(sign).to_string());
    if reading.skip_rows > 0 {
        out.line(0, &format!("SKIP_ROWS = {}", reading.skip_rows));
    }
    if let Some(comment) = reading.comment {
        out.line(0, &format!("COMMENT = {}", text(comment)));
    }
    if reading.quote != Some(b'"') || reading.escape.is_some() {
        let quote = reading
            .quote
            .map_or("\"quoting\": csv.QUOTE_NONE".to_owned(), |quote| format!("\"quotechar\": {}", text(quote)));
        let escape = reading.escape.map_or(String::new(), |escape| format!(", \"escapechar\": {}", text(escape)));
        out.line(0, &format!("QUOTING = {{{quote}{escape}}}"));
    }
    if let Some(words) = &reading.missing_values {
        let told: String =
            words.iter().filter(|word| !word.is_empty()).map(|word| format!("{}, ", quoted(word))).collect();
        if !told.is_empty() {
            out.line(0, &format!("MISSING = ({})", told.trim_end()));
        }
        if words.iter().any(String::is_empty) {
            out.line(0, "USUAL_MISSING = (\"\",)");
        }
    }
    if !reading.map.is_empty() {
        let map = |map: &ColumnMap| {
            let column = column_name(preprocessing, &map.column);
            let pairs = map.pairs.iter().map(|(old, new)| format!("{}: {}", quoted(old), quoted(new)));
            format!("{}: {{{}}}", quoted(&column), pairs.collect::<Vec<_>>().join(", "))
        };
        out.line(0, &format!("MAPS = {{{}}}", reading.map.iter().map(map).collect::<Vec<_>>().join(", ")));
    }
    if !preprocessing.numbers.is_empty() {
        let number = |column: &NumberColumn| {
            let format = column.format.unwrap_or(CellFormat::PLAIN.number);
            let thousands = format.thousands.map_or(String::new(), String::from);
            let texts = [column.sign.as_deref().unwrap_or_default(), &format.decimal.to_string(), &thousands];
            format!("{}: ({})", quoted(&column.column), texts.map(quoted).join(", "))
        };
        let columns = preprocessing.numbers.iter().map(number);
        out.line(0, &format!("NUMBERS = {{{}}}", columns.collect::<Vec<_>>().join(", ")));
    }
}

/// The name of a column that is given by its name or by its place.
fn column_name(preprocessing: &Preprocessing, typed: &str) -> String {
    let columns = &preprocessing.columns;
    let place = typed.parse::<i64>().ok().filter(|_| !columns.iter().any(|name| name == typed));
    let at =
        place.and_then(|place| usize::try_from(if place > 0 { place - 1 } else { place + columns.len() as i64 }).ok());
    at.and_then(|at| columns.get(at)).map_or(typed, String::as_str).to_owned()
}
