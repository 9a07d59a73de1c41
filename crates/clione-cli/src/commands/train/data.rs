//! What a recipe names, read and prepared: rows to learn from, to watch the training by, and to measure on at the end.

use crate::arguments::read_idx;
use crate::commands::evaluate::Places;
use crate::output::Output;
use clione::base::error::{Error, Result};
use clione::data::dependence::overlap;
use clione::data::duplicates::{repeated, shared};
use clione::data::findings::{counted, grouped};
use clione::data::preprocess::Preprocessing;
use clione::data::split::{Dependence, Shares, split};
use clione::data::treatment::Unknown;
use clione::prelude::*;
use clione::report::page::MeasuredOn;
use clione::train::recipe::part::Part;
use clione::train::recipe::settings::Files;
use std::path::Path;

/// Everything that a run works with.
pub struct Data {
    /// How inputs are made, and what outputs mean.
    pub source: Source,
    /// Rows to learn from.
    pub training: Dataset,
    /// Where each of them is among the rows of the table or the images, from 0.
    pub learned: Vec<u32>,
    /// Rows to watch the training by, where some are held back.
    pub validation: Option<Dataset>,
    /// Rows to measure on at the end, where they are others.
    pub test: Option<Dataset>,
    /// Where the rows that are measured can be found.
    pub places: Places,
    /// What was found and done.
    pub notes: Vec<String>,
    /// What may be wrong.
    pub warnings: Vec<String>,
    /// The table, where it is one and is still needed.
    pub table: Option<Table>,
}

impl Data {
    /// The rows that figures are measured on: those of the test part, else those held back, else those learned from.
    pub fn measured(&self) -> &Dataset {
        self.test.as_ref().or(self.validation.as_ref()).unwrap_or(&self.training)
    }

    /// What those rows are to the model.
    pub fn measured_on(&self) -> MeasuredOn {
        match (&self.test, &self.validation) {
            (Some(_), _) => MeasuredOn::Test,
            (None, Some(_)) => MeasuredOn::HeldBack,
            (None, None) => MeasuredOn::Training,
        }
    }

    /// Why figures on the measured rows are a little too good, where they are: what training decided by them.
    pub fn selection(&self, fit: &Fit) -> Option<String> {
        let decided = fit.decided_by_validation().filter(|_| self.measured_on() == MeasuredOn::HeldBack)?;
        Some(format!("these rows {decided}; --test 0.2 or --cv 5 for an unbiased figure"))
    }
}

/// Reads what a recipe names, and says what was found.
///
/// Fails when it names nothing, and where the files cannot be used.
pub fn read_data(recipe: &Recipe, output: &Output) -> Result<Data> {
    let Files { table, images, labels, .. } = &recipe.files;
    match (table, images, labels) {
        (Some(file), None, None) => read_table(file, recipe, output),
        (None, Some(images), Some(labels)) => read_labelled_images(images, labels, recipe, output),
        (None, None, None) => {
            Err(Error::usage("the recipe names no file: which table is it?")
                .note("the table is the word behind the verb"))
        }
        _ => Err(Error::usage("a table, or --images with --labels, is needed; not both, and not one of the two")),
    }
}

fn read_table(file: &Path, recipe: &Recipe, output: &Output) -> Result<Data> {
    let table = Table::read(file, &options(recipe)).map_err(|error| match file.extension() {
        Some(ending) if ending == "toml" => {
            error.note("is it a recipe?").remedy(format!("clione train --recipe {}", file.display()))
        }
        _ => error,
    })?;
    let shares = Shares { validation: recipe.validation.share(), test: recipe.test.as_ref().map_or(0.0, Part::share) };
    let prepared = prepare(&table, &recipe.choices, shares, &Rng::new(recipe.fit.seed))?;
    let notes: Vec<String> = table.notes.iter().chain(&prepared.schema.notes).cloned().collect();
    notes.iter().for_each(|note| output.hint(&format!("{note}\n")));
    let warnings = table.warnings.iter().chain(&prepared.schema.warnings).chain(&prepared.warnings);
    let warnings: Vec<String> = warnings.cloned().collect();
    warnings.iter().for_each(|warning| output.warning(warning));
    let lines = |table: &Table, rows: &[u32]| rows.iter().map(|&row| table.line(row as usize)).collect::<Vec<_>>();
    let (mut measured, mut test) = (lines(&table, &prepared.rows.validation), prepared.test);
    let mut validation = (!prepared.rows.validation.is_empty()).then_some(prepared.validation);
    let learned = Learned { table: &table, rows: &prepared.rows.training, data: &prepared.training };
    let other = |path| other_table(path, recipe, &prepared.preprocessing, &learned, output);
    if let Some(path) = recipe.validation.file() {
        let (table, rows, data) = other(path)?;
        (validation, measured) = (Some(data), lines(&table, &rows));
    }
    if !prepared.rows.test.is_empty() {
        measured = lines(&table, &prepared.rows.test);
    }
    if let Some(path) = recipe.test.as_ref().and_then(Part::file) {
        let (table, rows, data) = other(path)?;
        (test, measured) = (Some(data), lines(&table, &rows));
    }
    if validation.is_none() && test.is_none() {
        measured = lines(&table, &prepared.rows.training);
    }
    let target = &prepared.preprocessing.target;
    let held_back = test.as_ref().map_or(String::new(), |test| format!(", {} to test", grouped(test.rows())));
    output.hint(&format!(
        "{}: {} to learn from, {} held back{held_back}; {} from {}\ntarget \"{}\": {}\n",
        table.source(),
        counted(prepared.training.rows(), "row"),
        grouped(validation.as_ref().map_or(0, Dataset::rows)),
        counted(prepared.training.inputs().columns(), "input"),
        counted(prepared.preprocessing.inputs.len(), "column"),
        target.name,
        prepared.schema.task_reason,
    ));
    let places = Places { what: "line", numbers: measured };
    let (source, training) = (Source::Table(prepared.preprocessing), prepared.training);
    let learned = prepared.rows.training;
    Ok(Data { source, training, learned, validation, test, places, notes, warnings, table: Some(table) })
}

fn options(recipe: &Recipe) -> ReadOptions {
    ReadOptions { threads: recipe.fit.threads, ..recipe.reading.clone() }
}

/// The rows that are learned from: in the table, and prepared.
struct Learned<'a> {
    table: &'a Table,
    rows: &'a [u32],
    data: &'a Dataset,
}

/// The labelled rows of another table, prepared as those that are learned from.
fn other_table(
    path: &Path,
    recipe: &Recipe,
    preprocessing: &Preprocessing,
    learned: &Learned<'_>,
    output: &Output,
) -> Result<(Table, Vec<u32>, Dataset)> {
    let table = Table::read(path, &options(recipe))?;
    let (mut rows, mut notes) = preprocessing.rows_to_measure(&table)?;
    if recipe.choices.drop_missing_target {
        let all = rows.len();
        rows = preprocessing.rows_with_target(&table, rows)?;
        notes.extend(
            (rows.len() < all).then(|| format!("left out: {} without a target", counted(all - rows.len(), "row"))),
        );
    }
    notes.iter().for_each(|note| output.hint(&format!("{}: {note}\n", table.source())));
    let transformed = preprocessing.transform(&table, &rows, Unknown::Other)?;
    let data = Dataset::new(transformed.inputs, preprocessing.targets(&table, &rows)?)?;
    let same = shared(learned.data, &data);
    // Where rows are alike by nature, as few inputs make them, equal ones tell nothing.
    let natural = repeated(learned.data) as f64 / learned.data.rows() as f64;
    let seen = (same as f64 > 2.0 * natural * data.rows() as f64).then(|| {
        let (same, rows) = (grouped(same), counted(data.rows(), "row"));
        format!("{same} of {rows} are among those to learn from as well: figures on them are too good")
    });
    let related = overlap(&recipe.choices, (learned.table, learned.rows), (&table, &rows))?;
    for warning in table.warnings.iter().chain(&transformed.warnings).chain(&seen).chain(&related) {
        output.warning(&format!("{}: {warning}", table.source()));
    }
    Ok((table, rows, data))
}

fn read_labelled_images(images: &Path, labels: &Path, recipe: &Recipe, output: &Output) -> Result<Data> {
    if recipe.choices.group.is_some() || recipe.choices.time.is_some() {
        return Err(Error::usage("--group and --time name a column of a table, and images have none"));
    }
    if let Some(path) = recipe.validation.file().or(recipe.test.as_ref().and_then(Part::file)) {
        let headline = format!("{}: images to measure on are given with their labels", path.display());
        return Err(Error::usage(headline).remedy("--test-images FILE --test-labels FILE"));
    }
    let (all, [height, width]) = read_idx(images, labels, None)?;
    let classes = all.targets().class_names().to_vec();
    if let [only] = classes.as_slice() {
        return Err(Error::data(format!("{}: every label is {only}: nothing to learn", labels.display())));
    }
    let parts = |of: &Dataset, share: f64| {
        split(of.rows(), share, of.targets().class_numbers(), &Dependence::Independent, &Rng::new(recipe.fit.seed))
            .map_err(|error| error.in_file(&images.display().to_string()))
    };
    let mut learned: Vec<u32> = (0..all.rows() as u32).collect();
    let (mut training, mut test, mut numbers) = (all, None, None);
    if let Some(share) = recipe.test.as_ref().map(Part::share) {
        let rows = parts(&training, share)?;
        numbers = Some(rows.validation.iter().map(|&row| row as usize + 1).collect());
        (training, test) = (training.part(&rows.training), Some(training.part(&rows.validation)));
        learned = rows.training;
    }
    let validation = match (&recipe.files.test_images, &recipe.files.test_labels) {
        (Some(images), Some(labels)) => {
            let (others, found) = read_idx(images, labels, Some(&classes))?;
            if found != [height, width] {
                return Err(Error::data(format!(
                    "{}: images of {}x{}, but those to learn from are {height}x{width}",
                    images.display(),
                    found[0],
                    found[1]
                )));
            }
            numbers = numbers.or_else(|| Some((1..=others.rows()).collect()));
            Some(others)
        }
        _ if recipe.validation.share() == 0.0 => {
            numbers = numbers.or_else(|| Some((1..=training.rows()).collect()));
            None
        }
        _ => {
            let rows = parts(&training, recipe.validation.share())?;
            // Rows of a test part are numbered in the file; those left over are not looked up any more.
            numbers = numbers.or_else(|| Some(rows.validation.iter().map(|&row| row as usize + 1).collect()));
            let validation = training.part(&rows.validation);
            training = training.part(&rows.training);
            learned = rows.training.iter().map(|&row| learned[row as usize]).collect();
            Some(validation)
        }
    };
    output.hint(&format!(
        "{}: {} of {height}x{width} to learn from, {} to measure on; {}\n",
        images.display(),
        counted(training.rows(), "image"),
        grouped(test.as_ref().or(validation.as_ref()).unwrap_or(&training).rows()),
        counted(classes.len(), "class")
    ));
    let source = Source::Images { height, width, classes };
    let places = Places { what: "image", numbers: numbers.unwrap_or_default() };
    let (notes, warnings) = (Vec::new(), Vec::new());
    Ok(Data { source, training, learned, validation, test, places, notes, warnings, table: None })
}
