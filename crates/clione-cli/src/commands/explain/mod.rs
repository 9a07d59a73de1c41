//! `clione explain`: one row's whole journey through a model, and one derivative worked out by the chain rule.

mod as_json;
mod backward;
mod chosen;
mod derivation;
mod figures;
mod journey;
mod page;

use crate::arguments::{Loading, NewCells};
use crate::json;
use crate::output::Output;
use crate::settings::Reading;
use chosen::{Chosen, Place};
use clap::{ArgGroup, Args};
use clione::base::error::{Error, Result};
use clione::cpu::Cpu;
use clione::prelude::*;
use clione::see::explain::address::{find_input, find_parameter};
use clione::see::explain::derivative::Derivative;
use clione::see::explain::row::{Element, Row};
use clione::see::explain::symbols::Symbols;
use clione::see::explain::update::{Moved, Update, first_update};
use clione::see::explain::walk::Walk;
use clione::train::apply::{Prediction, predict};
use clione::train::file::Destination;
use std::path::PathBuf;
use std::sync::Arc;

const EXAMPLES: &str = "\
Examples:
  clione explain iris.clione iris.csv --row 3
  clione explain iris.clione iris.csv --row 3 --weight 'hidden1.weights[2,1]' --step
  clione explain iris.clione iris.csv --row 3 --input petal_length
  clione explain iris.clione iris.csv --row 3 --html row3.html
  clione explain digits.clione --images t10k-images-idx3-ubyte.gz \\
                               --labels t10k-labels-idx1-ubyte.gz --bias 'output.bias[7]'";

const COUNTING: &str = "\
Rows, lines and images count from 1, as in all messages. Places in brackets count from 0, as in \
NumPy and in model files: hidden1.weights[2,1] leads from number 2 of what comes in to unit 1 of hidden1.";

/// The arguments of `clione explain`.
#[derive(Args)]
#[command(before_help = EXAMPLES, after_help = COUNTING, help_template = crate::TEMPLATE)]
#[command(group = ArgGroup::new("derived").args(["weight", "bias", "input"]))]
#[command(group = ArgGroup::new("learned").args(["weight", "bias"]))]
pub struct Explain {
    /// The model
    #[arg(value_name = "MODEL")]
    model: PathBuf,

    #[command(flatten)]
    loading: Loading,

    /// The table: CSV, TSV, JSON lines, NPY or NPZ, gzipped or not, `-` for standard input; without its target column
    /// there is no way back from the loss
    #[arg(value_name = "FILE", required_unless_present = "images", conflicts_with = "images")]
    file: Option<PathBuf>,

    /// Images (IDX) instead of a table
    #[arg(long, value_name = "FILE")]
    images: Option<PathBuf>,

    /// The labels of the images; without them there is no way back from the loss
    #[arg(long, value_name = "FILE", requires = "images")]
    labels: Option<PathBuf>,

    /// Which row of the table, or which image, counted from 1
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true)]
    row: i64,

    /// The line of the file in which the row begins, as clione evaluate gives it, instead of --row
    #[arg(long, value_name = "N", conflicts_with_all = ["row", "images"])]
    line: Option<usize>,

    /// Work out the derivative of the loss by one weight: 'hidden1.weights[2,1]'
    #[arg(long, value_name = "PLACE")]
    weight: Option<String>,

    /// Work out the derivative of the loss by one bias: 'hidden1.bias[1]'
    #[arg(long, value_name = "PLACE")]
    bias: Option<String>,

    /// Work out the derivative of the loss by one input: the name of a column, or 'x[3]', for a pixel 'x[14,7]'
    #[arg(long, value_name = "NAME")]
    input: Option<String>,

    /// Also show the first step that the optimizer of the recipe takes with this derivative
    #[arg(long, requires = "learned")]
    step: bool,

    /// Write a page that one can click through instead: the row in the network, and every derivative worked out
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    html: Option<PathBuf>,

    /// Write over the page that is there
    #[arg(long, requires = "html")]
    force: bool,

    /// Write the result as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    new_cells: NewCells,
    #[command(flatten)]
    reading: Reading,
}

/// Everything that is shown, as plain data.
pub struct Explained {
    /// The model.
    pub model: SavedModel,
    /// The name of its file.
    pub model_file: String,
    /// The row, as it stands in its file and as the network takes it.
    pub chosen: Chosen,
    /// What the command predicts for it, in the precision of the model.
    pub prediction: Prediction,
    /// The row in the network.
    pub row: Row,
    /// What its numbers are called.
    pub symbols: Symbols,
    /// Its journey.
    pub walk: Walk,
    /// What was asked to be derived by.
    pub asked: Option<Element>,
    /// The name of the column that was asked for.
    pub column: Option<String>,
    /// One derivative, where one was asked for.
    pub derivative: Option<Derived>,
}

/// One derivative, and what the optimizer makes of it.
pub struct Derived {
    /// How it is worked out.
    pub derivative: Derivative,
    /// The first step, where it was asked for.
    pub update: Option<Update>,
}

impl Explain {
    /// Reads the model and the row, sends it through, and says what happens; fails after that where ways of finding a
    /// derivative disagree.
    pub fn run(self, output: &Output) -> Result<()> {
        let destination = self.html.as_deref().map(|path| Destination::check(path, self.force)).transpose()?;
        let explained = self.explained(output)?;
        if let Some(destination) = destination {
            return page::write(destination, &explained);
        }
        let text = match (&explained.derivative, self.json) {
            (_, true) => json::text(as_json::explained(&explained))?,
            (None, false) => journey::text(&explained, output),
            (Some(derived), false) => derivation::text(&explained, derived, output),
        };
        output.result(&text)?;
        if explained.derivative.is_none() && !self.json {
            self.point_further(&explained, output);
        }
        explained.derivative.as_ref().map_or(Ok(()), agreement)
    }

    fn explained(&self, output: &Output) -> Result<Explained> {
        let model = self.loading.load_to_explain(&self.model)?;
        let place = match self.line {
            Some(line) => Place::Line(line),
            None => Place::Row(self.row_number()?),
        };
        let chosen = match (&model.source, &self.file, &self.images) {
            (Source::Table(preprocessing), Some(file), _) => {
                let options = self.reading.options_of(&model, output)?;
                let (preprocessing, unknown) =
                    (self.new_cells.preprocessing(preprocessing)?, self.new_cells.unknown(&model)?);
                chosen::of_table(&preprocessing, file, &options, unknown, (place, self.input.as_deref()), output)?
            }
            (Source::Images { classes, .. }, _, Some(images)) => {
                chosen::of_images(&model, classes, images, self.labels.as_deref(), place)?
            }
            (Source::Table(_), ..) => {
                return Err(Error::usage(format!("{}: was trained on a table, not on images", self.model.display()))
                    .remedy(format!("clione explain {} FILE.csv --row 1", self.model.display())));
            }
            (Source::Images { .. }, ..) => {
                return Err(Error::usage(format!("{}: was trained on images, not on a table", self.model.display()))
                    .remedy(format!("clione explain {} --images FILE --labels FILE", self.model.display())));
            }
        };
        let prediction = predict(&model, &chosen.matrix(), &Arc::new(Cpu::new(1))).swap_remove(0);
        let wide = model.weights.in_64_bits();
        let losses = vec![model.loss; wide.network().output_positions().count()];
        let targets = chosen.target.as_ref().ok().map(|target| target.numbers(&model));
        let row = Row::new(&wide, &losses, &chosen.numbers, targets.as_deref())?;
        let symbols = Symbols::new(&row);
        let walk = Walk::of(&row, &symbols)?;
        let asked = self.asked(&chosen, &row, &symbols)?;
        let derivative = asked.map(|of| self.derivative(&model, &chosen, &row, &symbols, &walk, of)).transpose()?;
        let model_file = self.model.display().to_string();
        let column = self.input.as_ref().map(|name| name.trim().to_owned());
        Ok(Explained { model, model_file, chosen, prediction, row, symbols, walk, asked, column, derivative })
    }

    /// The number of the row, from 1.
    fn row_number(&self) -> Result<usize> {
        let number = usize::try_from(self.row).ok().filter(|&row| row > 0);
        number.ok_or_else(|| Error::usage(format!("--row {}: rows count from 1", self.row)).remedy("--row 1"))
    }

    /// The number that the loss shall be derived by.
    fn asked(&self, chosen: &Chosen, row: &Row, symbols: &Symbols) -> Result<Option<Element>> {
        match (self.weight.as_ref().or(self.bias.as_ref()), &self.input) {
            (Some(place), _) => find_parameter(row, symbols, place).map(Some),
            (None, Some(name)) => match (find_input(row, symbols, &chosen.names, name), chosen.ways.first()) {
                // A column that is no input itself goes in by those that formulas make of it.
                (Err(_), Some(way)) => Ok(Some(Element { node: row.inputs[0], index: way.input })),
                (found, _) => found.map(Some),
            },
            (None, None) => Ok(None),
        }
    }

    fn derivative(
        &self,
        model: &SavedModel,
        chosen: &Chosen,
        row: &Row,
        symbols: &Symbols,
        walk: &Walk,
        of: Element,
    ) -> Result<Derived> {
        if let Err(reason) = &chosen.target {
            return Err(Error::data(format!("{reason}: without a target there is no loss, and nothing to derive"))
                .note("the way forward is shown without --weight, --bias and --input"));
        }
        if !row.loss_value().is_some_and(f64::is_finite) {
            return Err(Error::model("the loss of this row is not a finite number, so it has no derivative"));
        }
        let derivative = Derivative::of(row, symbols, of)?;
        let update = match self.step {
            false => None,
            true => {
                let recipe = model.recipe()?.settled(model.facts.training_rows);
                let steps_per_epoch = model.facts.training_rows.div_ceil(recipe.fit.batch_size.max(1)) as u64;
                Some(first_update(
                    &recipe.fit,
                    &Moved {
                        letter: &derivative.letter,
                        weight: derivative.value,
                        gradient: derivative.by_backpropagation,
                        norm: walk.gradient_norm(),
                        steps_per_epoch,
                    },
                ))
            }
        };
        Ok(Derived { derivative, update })
    }

    /// Says how one number of it is worked out.
    fn point_further(&self, explained: &Explained, output: &Output) {
        let largest = |parameter: &clione::see::explain::walk::LearnedNumbers| parameter.largest.first().cloned();
        if let Some((name, ..)) = explained.walk.parameters.iter().find_map(largest) {
            let flag = crate::remedy::typed_with(&format!("--weight '{name}'"), &[]);
            output.hint(&format!("\none derivative, worked out:\n  {flag}\n"));
        }
    }
}

/// Fails where two ways of finding a derivative disagree, or a written step is not that of the optimizer: then something is
/// wrong in clione.
fn agreement(derived: &Derived) -> Result<()> {
    ways_agree(&derived.derivative)?;
    match &derived.update {
        Some(update) if !update.agrees() => {
            Err(disagreement(&derived.derivative, "the formula of the step and the optimizer"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Fails where two ways of finding a derivative disagree.
fn ways_agree(derivative: &Derivative) -> Result<()> {
    if derivative.with_backpropagation().is_broken() {
        return Err(disagreement(derivative, "the chain rule and backpropagation"));
    }
    if derivative.with_difference().is_broken() {
        return Err(disagreement(derivative, "the chain rule and the central difference"));
    }
    Ok(())
}

fn disagreement(derivative: &Derivative, what: &str) -> Error {
    Error::gate(format!("{}: {what} disagree", derivative.name))
        .note("one of them is wrong, and that is a fault of clione: please report it with this output")
}
