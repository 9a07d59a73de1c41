//! The self-test of a source: a few rows that it must answer as clione does.

use super::expression::number;
use super::rows::quoted_all;
use super::writer::Writer;
use crate::base::error::{Error, Result};
use crate::data::dataset::{Matrix, Values};
use crate::data::infer::Kind;
use crate::data::preprocess::{InputColumn, Preprocessing};
use crate::data::table::{ReadOptions, Table};
use crate::data::treatment::{Fill, Missing, Treatment, Unknown};
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
pub(super) fn write_rows(saved: &SavedModel, recipe: &Recipe, out: &mut Writer) -> Result<()> {
    let inputs = match &saved.source {
        Source::Table(preprocessing) => {
            let rows: Vec<Vec<String>> = (0..ROWS).map(|row| cells(preprocessing, recipe, row)).collect();
            out.line(0, "CHECK_ROWS = [");
            rows.iter().for_each(|row| out.list(1, "[", &quoted_all(row), "],"));
            out.line(0, "]");
            table_inputs(preprocessing, recipe, &rows)?
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

/// The cells of a row that a table could have: near the middle of the training values, every word in turn, and a missing value
/// in the last row where there may be one.
fn cells(preprocessing: &Preprocessing, recipe: &Recipe, row: usize) -> Vec<String> {
    preprocessing.inputs.iter().map(|input| cell(input, recipe, row)).collect()
}

fn cell(input: &InputColumn, recipe: &Recipe, row: usize) -> String {
    let refuses = matches!(input.missing, Fill::With(Missing::Refuse | Missing::Drop));
    if row + 1 == ROWS && !refuses {
        return String::new();
    }
    match input.kind {
        Kind::Number => {
            let value = match input.treatment {
                Treatment::Log => [3.0, 20.0, 0.5][row],
                Treatment::Standardise
                | Treatment::MinMax
                | Treatment::Robust
                | Treatment::Unscaled
                | Treatment::Boolean
                | Treatment::OneHot
                | Treatment::Ordinal
                | Treatment::Date => input.shift + [0.25, 0.75, -0.5][row] * input.scale,
            };
            // Three digits are as good as all.
            let text = format!("{value:.2e}").parse::<f64>().unwrap_or(value).to_string();
            text.replace('.', &recipe.reading.decimal.to_string())
        }
        Kind::Boolean | Kind::Category | Kind::Date => match input.categories.as_slice() {
            // Every word is one of the others, or there never was one.
            [] => if input.other { "other" } else { "" }.to_owned(),
            words => words[row % words.len()].clone(),
        },
    }
}

/// The inputs that clione makes of the cells.
fn table_inputs(preprocessing: &Preprocessing, recipe: &Recipe, rows: &[Vec<String>]) -> Result<Matrix> {
    let quoted = |text: &String| format!("\"{}\"", text.replace('"', "\"\""));
    let line = |cells: &mut dyn Iterator<Item = &String>| cells.map(quoted).collect::<Vec<_>>().join("\t") + "\n";
    let names: Vec<String> = preprocessing.inputs.iter().map(|input| input.name.clone()).collect();
    let mut text = line(&mut names.iter());
    rows.iter().for_each(|row| text.push_str(&line(&mut row.iter())));
    let options = ReadOptions { header: Some(true), delimiter: Some(b'\t'), latin1: false, ..recipe.reading.clone() };
    let table = Table::from_bytes("the rows of the self-test", text.into_bytes(), &options)?;
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    Ok(preprocessing.transform(&table, &all, Unknown::Refuse)?.inputs)
}
