//! The page about a model: everything is gathered here, and the library writes it.

use super::evaluate::Places;
use super::train::Outcome;
use clione::base::error::Result;
use clione::data::inspect::{Inspection, Question};
use clione::prelude::*;
use clione::report::page::{MeasuredRows, Page};
use clione::train::assessment::{Assessment, Look};
use clione::train::file::Destination;
use clione::train::importance::{Shuffling, input_groups};
use clione::train::recipe::selection::Selection;
use std::path::Path;

/// How many rows the network may go through to find out what the columns are worth.
const MOST_ROWS: usize = 5_000_000;

/// What a page looks at: the worst rows, and what the columns are worth where that does not take long.
pub fn look(saved: &SavedModel, data: &Dataset) -> Look {
    let shuffling = Shuffling::default();
    let rows = data.rows().saturating_mul(input_groups(&saved.source).len()).saturating_mul(shuffling.repeats);
    Look { importance: (rows <= MOST_ROWS).then_some(shuffling), ..Look::default() }
}

/// Writes the page about a run that has ended; `model` is where the model was written.
pub fn write_run_report(destination: Destination, outcome: &Outcome<'_>, model: Option<&Path>) -> Result<()> {
    let (recipe, data, run) = (outcome.recipe, outcome.data, outcome.run);
    let question = Question::from(&recipe.choices);
    let inspection = data.table.as_ref().map(|table| Inspection::of(table, &question)).transpose()?;
    let part = recipe.test.as_ref().unwrap_or(&recipe.validation);
    let file = recipe.files.table.as_deref().or(recipe.files.images.as_deref());
    let source = part.file().or(file).map_or(String::new(), |file| file.display().to_string());
    let without_linear = run.without_linear.as_ref().map(ToString::to_string);
    let output = model.map_or(String::new(), |model| format!(" --output {}", model.display()));
    let selection = data.selection(&recipe.fit);
    let page = Page {
        checksum: Some(&run.saved.checksum()?),
        source: &source,
        measured_on: data.measured_on(),
        selection: selection.as_deref(),
        without_linear: without_linear.as_deref(),
        rows: rows(&data.places, data.table.as_ref().filter(|_| part.file().is_none())),
        history: Some(&run.history),
        inspection: inspection.as_ref(),
        notes: &data.notes,
        warnings: &data.warnings,
        findings: &outcome.findings,
        folds: outcome.validated.as_ref(),
        repeat: &[format!("clione train --recipe recipe.toml{output}")],
        ..page(&run.saved, &outcome.assessment)
    };
    destination.write(page.html().as_bytes())
}

/// Writes the page about a model on the labelled rows of a file, read from `table` where it is one.
pub fn write_evaluation_report(
    destination: Destination,
    saved: &SavedModel,
    assessment: &Assessment,
    (source, table): (&str, Option<&Table>),
    places: &Places,
) -> Result<()> {
    let inspection = match (&saved.source, table) {
        (Source::Table(preprocessing), Some(table)) => {
            let target = Some(preprocessing.target.name.clone());
            Some(Inspection::of(table, &Question { target, ..Question::default() })?)
        }
        (Source::Table(_) | Source::Images { .. }, _) => None,
    };
    let page = Page {
        checksum: Some(&saved.checksum()?),
        source,
        rows: rows(places, table),
        inspection: inspection.as_ref(),
        notes: table.map_or(&[], |table| &table.notes),
        warnings: table.map_or(&[], |table| &table.warnings),
        ..page(saved, assessment)
    };
    destination.write(page.html().as_bytes())
}

/// What every page has.
fn page<'a>(saved: &'a SavedModel, assessment: &'a Assessment) -> Page<'a> {
    let selection = Selection::from_toml("the recipe of the model", &saved.recipe);
    let recipe = selection.and_then(|selection| selection.recipe());
    Page { seed: recipe.ok().map(|recipe| recipe.fit.seed), ..Page::new(saved, assessment, env!("CARGO_PKG_VERSION")) }
}

fn rows<'a>(places: &'a Places, table: Option<&'a Table>) -> MeasuredRows<'a> {
    MeasuredRows { what: places.what, numbers: &places.numbers, table }
}
