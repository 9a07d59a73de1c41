//! The self-test of a source: a few rows that it must answer as clione does.

use super::expression::number;
use super::formula::{self, Holds};
use super::rows::{needed, quoted_all};
use super::writer::Writer;
use crate::base::error::{Error, Result};
use crate::data::dataset::{Matrix, Values};
use crate::data::date::{DatePart, DayOrder};
use crate::data::infer::Kind;
use crate::data::preprocess::{InputColumn, Preprocessing};
use crate::data::table::{ReadOptions, Table};
use crate::data::treatment::{Fill, Missing, Treatment, Unknown};
use crate::export::derived::DerivedColumn;
use crate::train::apply::{Prediction, predict};
use crate::train::file::{SavedModel, Source};
use crate::train::recipe::{Precision, Recipe};

/// How many rows are asked about.
const ROWS: usize = 3;

/// Made-up pixels are multiples of the one modulo the other, a prime.
const STEP: usize = 37;
const MODULUS: usize = 251;

/// The function that asks.
pub(super) fn write_check(source: &Source, out: &mut Writer) {
    out.line(0, "def check():");
    out.docstring(1, "Fails unless the rows at the end of this file are answered as clione answered them.");
    match source {
        Source::Table(_) => {
            out.line(1, "rows = [dict(zip(NEEDED, cells)) for cells in CHECK_ROWS]");
            out.line(1, "check_answers(answer(encoded(rows)))");
        }
        Source::Images { height, width, .. } => {
            let count = ROWS * height * width;
            out.line(
                1,
                &format!("images = (np.arange({count}) * {STEP} % {MODULUS}).reshape({ROWS}, {height}, {width})"),
            );
            out.line(1, "check_answers(answer(pixels(images)))");
        }
    }
}

/// What is asked about, and how clione answers.
pub(super) fn write_rows(
    saved: &SavedModel,
    recipe: &Recipe,
    derived: &[DerivedColumn],
    out: &mut Writer,
) -> Result<()> {
    let inputs = match &saved.source {
        Source::Table(preprocessing) => {
            let needed = needed(preprocessing, derived);
            let rows = rows(preprocessing, recipe, derived, &needed)?;
            out.line(0, "CHECK_ROWS = [");
            rows.iter().for_each(|row| out.list(1, "[", &quoted_all(row), "],"));
            out.line(0, "]");
            table_inputs(preprocessing, recipe, &needed, &rows)?
        }
        Source::Images { height, width, .. } => {
            let bytes = (0..ROWS * height * width).map(|at| (at * STEP % MODULUS) as u8).collect();
            Matrix::new(ROWS, height * width, Values::U8 { bytes, scale: 1.0 / 255.0 })
        }
    };
    let answers = predict(saved, &inputs, &recipe.fit.cpu());
    out.line(0, "CHECK_ANSWERS = [");
    for answer in answers {
        let numbers = match answer {
            Prediction::Class { probabilities, .. } => probabilities,
            Prediction::Number(value) => vec![value],
        };
        if numbers.iter().any(|number| !number.is_finite()) {
            return Err(Error::model(
                "the network gives numbers that are not finite: nothing can be compared with them",
            ));
        }
        out.list(1, "[", &numbers.into_iter().map(number).collect::<Vec<_>>(), "],");
    }
    out.line(0, "]");
    let tolerance = match saved.weights.precision() {
        Precision::F32 => 1e-4,
        Precision::F64 => 1e-9,
    };
    out.line(0, &format!("TOLERANCE = {}", number(tolerance)));
    Ok(())
}

/// How many rows are tried, as formulas may give nothing for some.
const TRIED: usize = 30;

/// Rows that a table could have, among them one with missing values where there may be any.
fn rows(
    preprocessing: &Preprocessing,
    recipe: &Recipe,
    derived: &[DerivedColumn],
    needed: &[&str],
) -> Result<Vec<Vec<String>>> {
    let input = |name: &str| preprocessing.inputs.iter().find(|input| input.name == name);
    let cells = |row| -> Vec<String> {
        let cell = |name: &&str| match (input(name), formula::read_as(derived, name)) {
            (Some(input), _) => cell(input, recipe, row),
            (None, Some(Holds::Moment)) => date(2019.0, DayOrder::YearFirst, row),
            (None, Some(Holds::Word)) => "a word".to_owned(),
            (None, Some(Holds::Number) | None) => number_text((row + 1) as f64 / 2.0, recipe),
        };
        needed.iter().map(cell).collect()
    };
    if derived.is_empty() {
        return Ok((0..ROWS).map(cells).collect());
    }
    let (mut rows, mut last) = (Vec::new(), Ok(()));
    for row in (0..TRIED).map(cells) {
        match table_inputs(preprocessing, recipe, needed, std::slice::from_ref(&row)) {
            Ok(_) => rows.push(row),
            Err(error) => last = Err(error),
        }
        if rows.len() == ROWS {
            break;
        }
    }
    if rows.is_empty() { last.map(|()| rows) } else { Ok(rows) }
}

/// A cell near the middle of the training values, every word in turn, and no value in the last row where there may be none.
fn cell(input: &InputColumn, recipe: &Recipe, row: usize) -> String {
    let refuses = matches!(input.missing, Fill::With(Missing::Refuse | Missing::Drop));
    if row + 1 == ROWS && !refuses {
        return String::new();
    }
    // Rows that are tried after the first are farther from the middle.
    let (row, round) = (row % ROWS, (row / ROWS) as f64);
    match input.kind {
        Kind::Number => {
            let value = match input.treatment {
                Treatment::Log => [3.0, 20.0, 0.5][row] + round,
                Treatment::Standardise
                | Treatment::MinMax
                | Treatment::Robust
                | Treatment::Unscaled
                | Treatment::Boolean
                | Treatment::OneHot
                | Treatment::Ordinal
                | Treatment::Date => input.shift + ([0.25, 0.75, -0.5][row] + round / 4.0) * input.scale,
            };
            number_text(value, recipe)
        }
        Kind::Date => {
            let year = input.parts.iter().find(|fitted| fitted.part == DatePart::Year);
            date(year.map_or(2019.0, |fitted| fitted.shift), input.day_order, row)
        }
        Kind::Boolean | Kind::Category => match input.categories.as_slice() {
            // Every word is one of the others, or there never was one.
            [] => if input.other { "other" } else { "" }.to_owned(),
            words => words[row % words.len()].clone(),
        },
    }
}

/// A number as the table has numbers. Three digits are as good as all.
fn number_text(value: f64, recipe: &Recipe) -> String {
    let text = format!("{value:.2e}").parse::<f64>().unwrap_or(value).to_string();
    text.replace('.', &recipe.reading.decimal.to_string())
}

/// A date near this year, in one of the ways in which dates are written.
fn date(year: f64, order: DayOrder, row: usize) -> String {
    let year = year.round().clamp(0.0, 9999.0) as u32;
    match (row % ROWS, order) {
        (0, DayOrder::YearFirst) => format!("{year:04}-03-23 20:21"),
        (0, DayOrder::DayFirst) => format!("23.3.{year:04} 20:21"),
        (0, DayOrder::MonthFirst) => format!("3/23/{year:04} 8:21 PM"),
        (1, _) => format!("5 Nov {year:04} 7:30"),
        (_, _) => format!("{year:04}-02-28"),
    }
}

/// The inputs that clione makes of the cells.
fn table_inputs(
    preprocessing: &Preprocessing,
    recipe: &Recipe,
    needed: &[&str],
    rows: &[Vec<String>],
) -> Result<Matrix> {
    let quoted = |text: &String| format!("\"{}\"", text.replace('"', "\"\""));
    let line = |cells: &mut dyn Iterator<Item = &String>| cells.map(quoted).collect::<Vec<_>>().join("\t") + "\n";
    let names: Vec<String> = needed.iter().map(|name| (*name).to_owned()).collect();
    let mut text = line(&mut names.iter());
    rows.iter().for_each(|row| text.push_str(&line(&mut row.iter())));
    let options = ReadOptions {
        header: Some(true),
        delimiter: Some(b'\t'),
        latin1: false,
        quote: Some(b'"'),
        escape: None,
        comment: None,
        skip_rows: 0,
        number: preprocessing.numbers.clone(),
        may_lack_columns: true,
        ..recipe.reading.clone()
    };
    let table = Table::from_bytes("the rows of the self-test", text.into_bytes(), &options)?;
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    Ok(preprocessing.transform(&table, &all, Unknown::Refuse)?.inputs)
}
