//! Rows that a source file tests itself with, and what clione says of them.

use super::row::{Columns, Field, Holds};
use crate::base::error::Result;
use crate::base::real::Real;
use crate::data::dataset::{Matrix, Values};
use crate::data::date::{DatePart, DayOrder, read};
use crate::data::preprocess::{InputColumn, Preprocessing};
use crate::data::table::{ReadOptions, Table};
use crate::data::treatment::{Fill, Missing, Treatment, Unknown};
use crate::export::Options;
use crate::train::apply::{Prediction, predict_on_one_thread};
use crate::train::file::SavedModel;

/// How many rows are kept, and how many are tried for that.
const ROWS: usize = 8;
const TRIED: usize = 32;

/// What a field of a row holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Missing,
    /// A number, or the seconds of a date.
    Number(f64),
    Word(String),
}

/// A row and what clione says of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Frozen {
    /// A cell for each field; for images nothing, as their pixels follow from the number of the row.
    pub cells: Vec<Cell>,
    /// The probabilities of all classes, or the number.
    pub answer: Vec<f64>,
}

/// The byte of a pixel in the images that are tested with.
pub(super) fn pixel(row: usize, place: usize) -> u8 {
    ((row * 89 + place * 37) % 256) as u8
}

/// Images, whose pixels a formula gives.
pub(super) fn images(model: &SavedModel, pixels: usize) -> Vec<Frozen> {
    const IMAGES: usize = 3;
    let bytes = (0..IMAGES).flat_map(|row| (0..pixels).map(move |place| pixel(row, place))).collect();
    let inputs = Matrix::new(IMAGES, pixels, Values::U8 { bytes, scale: 1.0 / 255.0 });
    let answers = predict_on_one_thread(model, &inputs).into_iter().map(answer);
    answers.map(|answer| Frozen { cells: Vec::new(), answer }).filter(is_finite).collect()
}

/// Rows about what was measured in training: numbers near the mean, each word, and nothing where that may be.
pub(super) fn rows(
    model: &SavedModel,
    preprocessing: &Preprocessing,
    columns: &Columns,
    options: &Options,
) -> Result<Vec<Frozen>> {
    let fields = &columns.fields;
    let mut frozen = Vec::new();
    for row in 0..TRIED {
        let cells: Vec<(Cell, String)> = (0..)
            .zip(fields)
            .map(|(place, field)| {
                let input = preprocessing.inputs.iter().find(|input| input.name == field.column);
                let may_be_missing = input.is_some_and(may_be_missing) && !columns.must_be_there(&field.column);
                if may_be_missing && row % 3 == 2 && (row + place).is_multiple_of(2) {
                    return (Cell::Missing, String::new());
                }
                cell(row, place, field, input, options.unknown)
            })
            .collect();
        let table = table(preprocessing, fields, &cells)?;
        // What formulas make of such numbers may be nothing that the model takes.
        let complete = preprocessing.complete_rows(&table).is_ok_and(|rows| rows == [0]);
        if let (true, Ok(transformed)) = (complete, preprocessing.transform(&table, &[0], options.unknown)) {
            let answers = predict_on_one_thread(model, &transformed.inputs).into_iter().map(answer);
            let cells: Vec<Cell> = cells.into_iter().map(|(cell, _)| cell).collect();
            frozen.extend(answers.map(|answer| Frozen { cells: cells.clone(), answer }).filter(is_finite));
        }
        if frozen.len() == ROWS {
            break;
        }
    }
    Ok(frozen)
}

fn answer(prediction: Prediction) -> Vec<f64> {
    match prediction {
        Prediction::Class { probabilities, .. } => probabilities,
        Prediction::Number(number) => vec![number],
    }
}

fn is_finite(frozen: &Frozen) -> bool {
    frozen.answer.iter().all(|number| number.is_finite())
}

/// A table with this row, and with all columns of the training table, so that it can be read by place.
fn table(preprocessing: &Preprocessing, fields: &[Field], cells: &[(Cell, String)]) -> Result<Table> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let cell = |column: &String| {
        let place = fields.iter().position(|field| field.column == *column);
        quoted(place.map_or("0", |place| &cells[place].1))
    };
    let columns = &preprocessing.columns;
    let line = |texts: Vec<String>| texts.join(",") + "\n";
    let names =
        if preprocessing.header { line(columns.iter().map(|name| quoted(name)).collect()) } else { String::new() };
    let text = names + &line(columns.iter().map(cell).collect());
    let options =
        ReadOptions { delimiter: Some(b','), header: Some(preprocessing.header), threads: 1, ..ReadOptions::default() };
    Table::from_bytes("the rows of the self-test", text.into_bytes(), &options)
}

fn may_be_missing(input: &InputColumn) -> bool {
    !matches!(input.missing, Fill::With(Missing::Refuse | Missing::Drop))
}

/// What stands in a field of a row, and its text in a table.
fn cell(row: usize, place: usize, field: &Field, input: Option<&InputColumn>, unknown: Unknown) -> (Cell, String) {
    // From -2 to 2 in steps of a half, in another order for each field.
    let step = ((row * 5 + place * 3 + 4) % 9) as f64 / 2.0 - 2.0;
    match field.holds {
        Holds::Number => {
            let number = input.map_or(step + 3.0, |input| near(input, step));
            (Cell::Number(number), number.to_string())
        }
        Holds::Moment => {
            let part = |part: DatePart, usual: f64| {
                let fitted = input.and_then(|input| input.parts.iter().find(|fitted| fitted.part == part));
                fitted.map_or(usual, |fitted| fitted.shift + step * fitted.scale)
            };
            let whole = |number: f64, least: f64, most: f64| number.round().clamp(least, most) as u32;
            let text = format!(
                "{:04}-{:02}-{:02} {:02}:{:02}:00",
                whole(part(DatePart::Year, 2019.0 + step), 1.0, 9999.0),
                whole(part(DatePart::Month, 6.0 + step), 1.0, 12.0),
                whole(part(DatePart::Day, 15.0 + step), 1.0, 28.0),
                whole(part(DatePart::Hour, 12.0 + step), 0.0, 23.0),
                whole(part(DatePart::Minute, 30.0 + step), 0.0, 59.0),
            );
            (read(&text, DayOrder::YearFirst).map_or(Cell::Missing, Cell::Number), text)
        }
        Holds::Word => {
            let words = input.map_or(&field.words, |input| &input.categories);
            let others = input.is_none_or(|input| input.other || unknown == Unknown::Other);
            let place = (row + place) % (words.len() + usize::from(others)).max(1);
            let word = words.get(place).map_or("something else", String::as_str);
            (Cell::Word(word.to_owned()), word.to_owned())
        }
    }
}

/// A number that lies so many deviations from the middle of a column, with few digits.
fn near(input: &InputColumn, step: f64) -> f64 {
    let learned = input.shift + step * input.scale;
    let number = match input.treatment {
        Treatment::Log => (Real::exp(learned) - 1.0).max(0.0),
        Treatment::Standardise | Treatment::MinMax | Treatment::Robust | Treatment::Unscaled => learned,
        Treatment::Boolean | Treatment::OneHot | Treatment::Ordinal | Treatment::Date => learned,
    };
    format!("{number:.3e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_differ_from_image_to_image() {
        assert_ne!([pixel(0, 1), pixel(0, 2)], [pixel(1, 1), pixel(1, 2)]);
    }
}
