//! The row that is explained: as it stands in its file, and as the network takes it.

use crate::output::Output;
use clione::base::error::{Error, Result};
use clione::data::cell::Cell;
use clione::data::dataset::{Dataset, Matrix, Targets, Values};
use clione::data::findings::counted;
use clione::data::idx::{read_images, read_labels};
use clione::data::infer::Kind;
use clione::data::preprocess::{InputColumn as FittedColumn, Preprocessing, Way};
use clione::data::table::TableBlocks;
use clione::data::treatment::{Treatment, Unknown};
use clione::prelude::*;
use clione::report::explanation::InputColumn;
use std::path::Path;

/// Which row.
#[derive(Clone, Copy)]
pub enum Place {
    /// Counted from 1.
    Row(usize),
    /// The one that begins in this line of the file.
    Line(usize),
}

/// A row.
pub struct Chosen {
    /// What it is: a row, an image.
    pub what: &'static str,
    /// Its number, from 1.
    pub number: usize,
    /// The line of the file in which it begins, where the file has lines.
    pub line: Option<usize>,
    /// The name of the file.
    pub file: String,
    /// The shape of one example: one axis for a table.
    pub shape: Vec<usize>,
    /// What the inputs are called: empty for pixels.
    pub names: Vec<String>,
    /// The columns that they are made of: name, what stands in the file, and how many inputs it makes.
    pub columns: Vec<InputColumn>,
    /// The inputs of the network.
    pub numbers: Vec<f64>,
    /// The ways from the column that was asked for into the network, where formulas make columns of it.
    pub ways: Vec<Way>,
    /// What should come out, or why that is not known.
    pub target: std::result::Result<Target, String>,
}

/// What should come out.
pub struct Target {
    /// The name of the column; empty for labels of images.
    pub column: String,
    /// In the words and units of the file.
    pub text: String,
    targets: Targets,
}

impl Target {
    /// What the network should give: 0 and 1 for classes, standardised for numbers.
    pub fn numbers(&self, model: &SavedModel) -> Vec<f64> {
        let mut numbers = vec![0.0; self.targets.width()];
        let rows = Matrix::new(1, 0, Values::F64(Vec::new()));
        let data = Dataset::new(rows, self.targets.clone()).expect("one row of each");
        let scaled = model.source.units().standardise(&data).expect("one row of each");
        scaled.targets().gather(&[0], &mut numbers);
        numbers
    }
}

impl Chosen {
    /// The inputs as a matrix of one row.
    pub fn matrix(&self) -> Matrix {
        Matrix::new(1, self.numbers.len(), Values::F64(self.numbers.clone()))
    }

    /// Where it stands: `row 3 of iris.csv (line 4)`.
    pub fn place(&self) -> String {
        let line = self.line.map_or(String::new(), |line| format!(" (line {line})"));
        format!("{} {} of {}{line}", self.what, self.number, self.file)
    }
}

/// A row of a table. Fails when there is no such row, or it lacks something that the model needs.
pub fn of_table(
    preprocessing: &Preprocessing,
    file: &Path,
    options: &ReadOptions,
    unknown: Unknown,
    (place, asked): (Place, Option<&str>),
    output: &Output,
) -> Result<Chosen> {
    let mut blocks = TableBlocks::open(file, options)?;
    let (mut before, mut lines) = (0, 0);
    while let Some(table) = blocks.next_block()? {
        let row = match place {
            Place::Row(number) => (number - 1).checked_sub(before).filter(|&row| row < table.rows()),
            Place::Line(line) => (0..table.rows()).find(|&row| table.line(row) == line),
        };
        if let Some(row) = row {
            let transformed = preprocessing.transform(&table, &[row as u32], unknown)?;
            transformed.warnings.iter().for_each(|warning| output.warning(warning));
            return Ok(Chosen {
                what: "row",
                number: before + row + 1,
                line: Some(table.line(row)).filter(|&line| line > 0),
                file: file.display().to_string(),
                shape: vec![preprocessing.input_width()],
                names: preprocessing.feature_names(),
                columns: raw_columns(preprocessing, &table, row),
                numbers: (0..transformed.inputs.columns()).map(|column| transformed.inputs.at(0, column)).collect(),
                ways: ways_of(preprocessing, &table, row, asked)?,
                target: target_of(preprocessing, &table, row)?,
            });
        }
        before += table.rows();
        lines = table.line(table.rows().saturating_sub(1)).max(lines);
    }
    let source = file.display();
    Err(match place {
        Place::Row(number) => {
            Error::usage(format!("{source}: has {}, so there is no row {number}", counted(before, "row")))
                .remedy(format!("--row {before}"))
        }
        Place::Line(line) => Error::usage(format!("{source}: no row begins in line {line}"))
            .note(format!("the last one begins in line {lines}; --row counts rows instead")),
    })
}

/// The ways from a column into the network, where it goes in by others than its own.
fn ways_of(preprocessing: &Preprocessing, table: &Table, row: usize, asked: Option<&str>) -> Result<Vec<Way>> {
    let Some(name) = asked.map(str::trim).filter(|name| preprocessing.columns.iter().any(|column| column == name))
    else {
        return Ok(Vec::new());
    };
    if preprocessing.derive.is_empty() {
        return Ok(Vec::new());
    }
    let ways = preprocessing.ways(table, row, name)?;
    Ok(if ways.iter().any(|way| way.column != name) { ways } else { Vec::new() })
}

fn raw_columns(preprocessing: &Preprocessing, table: &Table, row: usize) -> Vec<InputColumn> {
    let text = |name: &str| {
        let column = table.names().iter().position(|known| known == name)?;
        Some(match table.value(row, column) {
            Cell::Number(number) => number.to_string(),
            Cell::Missing => String::new(),
            Cell::Infinite | Cell::TooLarge | Cell::Word => table.cell(row, column).to_owned(),
        })
    };
    let columns = preprocessing.inputs.iter().map(|input| InputColumn {
        name: input.name.clone(),
        text: text(&input.name),
        treatment: rule(input, table, row),
        width: input.width(),
    });
    columns.collect()
}

/// What is done to a column, with its numbers where it holds numbers, and what stands in where the row has no value.
fn rule(input: &FittedColumn, table: &Table, row: usize) -> String {
    if input.kind != Kind::Number || input.treatment == Treatment::Unscaled {
        return input.treatment.name().to_owned();
    }
    let column = table.names().iter().position(|known| *known == input.name);
    let is_missing = column.is_some_and(|column| match table.value(row, column) {
        Cell::Missing => true,
        Cell::Number(number) => input.zero_is_missing && number == 0.0,
        Cell::Infinite | Cell::TooLarge | Cell::Word => false,
    });
    match input.rule_for_missing().filter(|_| is_missing) {
        Some(filled) => format!("{}, x = {filled}", input.rule()),
        None => input.rule(),
    }
}

/// What should come out of a row, or why that is not known.
fn target_of(preprocessing: &Preprocessing, table: &Table, row: usize) -> Result<std::result::Result<Target, String>> {
    let name = &preprocessing.target.name;
    let Ok(column) = preprocessing.target_place(table) else {
        return Ok(Err(format!("{} has no target column \"{name}\"", table.source())));
    };
    if table.value(row, column) == Cell::Missing {
        return Ok(Err(format!("{}: target \"{name}\" has no value in this row", table.place(row, column))));
    }
    let targets = preprocessing.targets(table, &[row as u32])?;
    let text = match &targets {
        Targets::Classes { numbers, names } => names[numbers[0] as usize].clone(),
        Targets::Values(matrix) => matrix.at(0, 0).to_string(),
    };
    Ok(Ok(Target { column: name.clone(), text, targets }))
}

/// An image. Fails when there is no such image, or it is not of the size that the model takes.
pub fn of_images(
    model: &SavedModel,
    classes: &[String],
    images: &Path,
    labels: Option<&Path>,
    place: Place,
) -> Result<Chosen> {
    let Place::Row(number) = place else {
        return Err(Error::usage("--line: images have no lines").remedy("--row 1"));
    };
    let read = read_images(images)?;
    let source = images.display().to_string();
    model.check_images(read.height, read.width).map_err(|error| error.in_file(&source))?;
    let count = read.pixels.rows();
    if number > count {
        let headline = format!("{source}: has {}, so there is no image {number}", counted(count, "image"));
        return Err(Error::usage(headline).remedy(format!("--row {count}")));
    }
    let target = match labels {
        None => Err("no labels of these images were given (--labels)".to_owned()),
        Some(labels) => Ok(label(classes, labels, number, count)?),
    };
    Ok(Chosen {
        what: "image",
        number,
        line: None,
        file: source,
        shape: vec![read.height, read.width],
        names: Vec::new(),
        columns: Vec::new(),
        numbers: (0..read.pixels.columns()).map(|pixel| read.pixels.at(number - 1, pixel)).collect(),
        ways: Vec::new(),
        target,
    })
}

fn label(classes: &[String], labels: &Path, number: usize, images: usize) -> Result<Target> {
    let numbers = read_labels(labels)?;
    let source = labels.display();
    let Some(label) = numbers.get(number - 1).filter(|_| numbers.len() == images) else {
        let (images, labels) = (counted(images, "image"), counted(numbers.len(), "label"));
        return Err(Error::data(format!("{source}: {images}, but {labels}: each image needs one label")));
    };
    let text = label.to_string();
    let Some(class) = classes.iter().position(|class| *class == text) else {
        let known = classes.join(", ");
        return Err(Error::data(format!(
            "{source}: label {text} of image {number} was not in training; known: {known}"
        )));
    };
    let targets = Targets::Classes { numbers: vec![class as u32], names: classes.to_vec() };
    Ok(Target { column: String::new(), text, targets })
}
