//! `clione check`: whether the gradients that a network learns by are the slopes of its loss.

use super::inspect::indented;
use super::rows::table_rows;
use super::train::chosen::read_recipe;
use super::train::data::read_data;
use crate::arguments::{Loading, Machine, NewCells, not_an_input, read_idx, whole_number};
use crate::json;
use crate::output::{Output, Style};
use crate::settings::Reading;
use clap::Args;
use clione::base::error::{Error, Result};
use clione::cpu::Cpu;
use clione::cpu::threads::Threads;
use clione::data::cell::Cell;
use clione::data::findings::{counted, grouped};
use clione::graph::check::STEP;
use clione::prelude::*;
use clione::report::text::{Align, Table as TextTable, listed, short};
use clione::see::gradients::{
    Checked, CheckedParameter, Numbers, Sample, Suspect, Verdict, check_gradients, made_up, of_rows,
};
use clione::see::place::{places_of, shown};
use clione::train::file::Weights;
use clione::train::recipe::selection::Selection;
use clione::train::trainer::{TrainingGraph, training_graph, weighted_training_graph};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const EXAMPLES: &str = "\
Examples:
  clione check iris.clione                  a model, on rows that are made up
  clione check iris.clione iris.csv         on rows of a table
  clione check recipe.toml                  a network before training, on its data";

/// How many rows are taken where nobody says.
const USUAL_ROWS: usize = 16;

/// Gradients below this are too small to tell anything by: so much is always allowed.
const NEARLY_ZERO: f64 = 1e-8;

/// The arguments of `clione check`.
#[derive(Args)]
#[command(before_help = EXAMPLES, help_template = crate::TEMPLATE)]
pub struct Check {
    /// A model, or a recipe (a file that ends in .toml) whose network is checked before training
    #[arg(value_name = "MODEL|RECIPE")]
    subject: PathBuf,

    #[command(flatten)]
    loading: Loading,

    /// A table with the target column [default: rows that are made up, or the data of the recipe]
    #[arg(value_name = "DATA", conflicts_with = "images")]
    data: Option<PathBuf>,

    /// Images (IDX) instead of a table
    #[arg(long, value_name = "FILE", requires = "labels")]
    images: Option<PathBuf>,

    /// The labels of the images
    #[arg(long, value_name = "FILE", requires = "images")]
    labels: Option<PathBuf>,

    /// How many rows the loss is of: the first ones of the data [default: 16]
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    rows: Option<usize>,

    /// How many numbers of each parameter are tried out [default: all, or what takes some seconds]
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    numbers: Option<usize>,

    /// What made-up rows and the choice of numbers follow from
    #[arg(long, value_name = "N", default_value = "0")]
    seed: u64,

    /// Write the result as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    machine: Machine,
    #[command(flatten)]
    new_cells: NewCells,
    #[command(flatten)]
    reading: Reading,
}

/// A network with its loss, and the rows to check it on where there are some.
struct Subject {
    /// The network and its parameters.
    model: Model<f64>,
    loss: Loss,
    /// Rows, and the weight of each class where classes have some.
    data: Option<(Dataset, Option<Vec<f64>>)>,
}

impl Check {
    /// Reads, compares, says what was found; fails when a gradient is wrong.
    pub fn run(self, output: &Output) -> Result<()> {
        let subject = if self.subject.extension().is_some_and(|ending| ending == "toml") {
            self.of_recipe(output)?
        } else {
            self.of_model(output)?
        };
        let threads = self.machine.threads(output)?;
        let cpu = Arc::new(Cpu { instruction_set: self.machine.instruction_set()?, threads: Threads::new(threads) });
        let (training, numbers, rows) = self.numbers(&subject)?;
        let sample = Sample { seed: self.seed, numbers: self.numbers };
        let checked = check_gradients(&training, subject.model.specs(), &numbers, &sample, &cpu);
        if self.json {
            output.result(&json::text(as_json(&checked, &subject, rows, self.seed))?)?;
        } else {
            output.result(&as_text(&checked, &subject, rows, output))?;
        }
        verdict(&checked)
    }

    /// The network of a model with its numbers, in f64.
    fn of_model(&self, output: &Output) -> Result<Subject> {
        let saved = self.loading.load_to_explain(&self.subject)?;
        let data = match (&saved.source, &self.data, &self.images, &self.labels) {
            (_, None, None, None) => None,
            (Source::Table(preprocessing), Some(file), _, _) => {
                not_the_model(file, &self.subject)?;
                let options = self.loading.limit().options(self.reading.options_of(&saved, output)?);
                let (preprocessing, unknown) =
                    (self.new_cells.preprocessing(preprocessing)?, self.new_cells.unknown(&saved)?);
                let read = table_rows(&preprocessing, file, options, (unknown, false), output)?;
                let target = preprocessing.target_place(&read.table)?;
                let has_target = |row: &u32| read.table.value(*row as usize, target) != Cell::Missing;
                let labelled: Vec<u32> = read.rows.iter().copied().filter(has_target).collect();
                if labelled.is_empty() {
                    let headline = format!("{}: no row has a target, so there is no loss to check", file.display());
                    return Err(Error::data(headline).remedy(format!("clione check {}", self.subject.display())));
                }
                let inputs = if labelled.len() == read.rows.len() {
                    read.inputs
                } else {
                    let rows = counted(read.rows.len() - labelled.len(), "row");
                    output.hint(&format!("left out: {rows} without a target\n"));
                    preprocessing.transform(&read.table, &labelled, unknown)?.inputs
                };
                Some(Dataset::new(inputs, preprocessing.targets(&read.table, &labelled)?)?)
            }
            (Source::Images { classes, .. }, _, Some(images), Some(labels)) => {
                let (data, [height, width]) = read_idx(images, labels, Some(classes))?;
                let fits = saved.check_images(height, width);
                fits.map_err(|error| error.in_file(&images.display().to_string()))?;
                Some(data)
            }
            (Source::Table(_), ..) => {
                return Err(Error::usage(format!("{}: was trained on a table, not on images", self.subject.display()))
                    .remedy(format!("clione check {} FILE.csv", self.subject.display())));
            }
            (Source::Images { .. }, ..) => {
                return Err(Error::usage(format!("{}: was trained on images, not on a table", self.subject.display()))
                    .remedy(format!("clione check {} --images FILE --labels FILE", self.subject.display())));
            }
        };
        let class_weights = saved.recipe()?.fit.class_weights;
        let data = data.map(|data| {
            let weights = class_weights.of(data.targets())?;
            Ok::<_, Error>((saved.source.units().standardise(&data)?, weights))
        });
        let parameters = match &saved.weights {
            Weights::F32(model) => model.parameters().iter().map(|&number| f64::from(number)).collect(),
            Weights::F64(model) => model.parameters().to_vec(),
        };
        let model = Model::with_parameters(saved.weights.network().clone(), parameters)?;
        Ok(Subject { model, loss: saved.loss, data: data.transpose()? })
    }

    /// The network that a recipe begins with, on the rows that it learns from.
    fn of_recipe(&self, output: &Output) -> Result<Subject> {
        let text = read_recipe(&self.subject)?;
        let mut recipe = Selection::from_toml(&text.source, &text.text)?.recipe()?.beside(&self.subject);
        if self.data.is_some() {
            (recipe.files.table, recipe.files.images, recipe.files.labels) = (self.data.clone(), None, None);
        } else if self.images.is_some() {
            (recipe.files.images, recipe.files.labels) = (self.images.clone(), self.labels.clone());
            recipe.files.table = None;
        }
        if recipe.files.table.is_none() && recipe.files.images.is_none() {
            let file = self.subject.display();
            return Err(Error::usage(format!("{file}: the recipe names no data, which its network follows from"))
                .remedy(format!("clione check {file} FILE.csv")));
        }
        let data = read_data(&recipe, output)?;
        let network = recipe.network(data.source.example(), data.training.targets())?;
        let loss = recipe.fit.loss.map_or_else(|| Loss::usual_for(&network), Ok)?;
        let weights = recipe.fit.class_weights.of(data.training.targets())?;
        let rows = data.source.units().standardise(&data.training)?;
        Ok(Subject { model: Model::new(network, recipe.fit.seed)?, loss, data: Some((rows, weights)) })
    }

    /// The training graph, the numbers to compare at, and how many rows these are.
    fn numbers(&self, subject: &Subject) -> Result<(TrainingGraph, Numbers, usize)> {
        let Subject { model, loss, data } = subject;
        let losses = vec![*loss; model.network().output_positions().count()];
        let asked = self.rows.unwrap_or(USUAL_ROWS);
        let Some((data, weights)) = data else {
            let training = training_graph(model.network(), &losses, asked)?;
            let numbers = made_up(&training, model.parameters(), self.seed);
            return Ok((training, numbers, asked));
        };
        let rows = asked.min(data.rows());
        let graph = if weights.is_some() { weighted_training_graph } else { training_graph };
        let training = graph(model.network(), &losses, rows)?;
        let numbers = of_rows(&training, model.network(), data, weights.clone(), model.parameters())?;
        Ok((training, numbers, rows))
    }
}

/// Fails when the table is the model itself.
fn not_the_model(file: &Path, model: &Path) -> Result<()> {
    not_an_input("DATA", Some(file), &[Some(model)])
}

fn at_least_one(text: &str) -> std::result::Result<usize, String> {
    whole_number(text).ok().filter(|&number| number > 0).ok_or_else(|| "expected a whole number, at least 1".to_owned())
}

/// Where in its parameter a number stands: `[2,1]`.
fn place(parameter: &CheckedParameter, element: usize) -> String {
    shown(parameter.spec.shape.sizes(), element)
}

/// The largest difference as a share of the largest gradient; none where there is no gradient.
fn relative(parameter: &CheckedParameter, error: f64) -> Option<f64> {
    (parameter.largest_gradient > 0.0).then(|| error / parameter.largest_gradient)
}

fn as_text(checked: &Checked, subject: &Subject, rows: usize, output: &Output) -> String {
    let what = if subject.data.is_some() { "of the data" } else { "that are made up" };
    let has_kinks = checked.parameters.iter().any(|parameter| parameter.kinks > 0);
    let mut columns = vec![("parameter", Align::Left), ("shape", Align::Right), ("tried", Align::Right)];
    columns.extend(has_kinks.then_some(("at kinks", Align::Right)));
    columns.extend([("apart", Align::Right), ("relative", Align::Right), ("worst", Align::Left)]);
    columns.extend([("plan", Align::Right), ("", Align::Left)]);
    let mut table = TextTable::new(&columns);
    let number = |value: Option<f64>| match value {
        None => "–".to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(value) => format!("{value:.1e}"),
    };
    for parameter in &checked.parameters {
        let error = parameter.worst.map(|worst| worst.error());
        let mut cells =
            vec![parameter.spec.name.clone(), parameter.spec.shape.to_string(), grouped(parameter.compared)];
        cells.extend(has_kinks.then(|| grouped(parameter.kinks)));
        cells.push(number(error));
        cells.push(number(error.and_then(|error| relative(parameter, error))));
        cells.push(parameter.worst.map_or_else(String::new, |worst| place(parameter, worst.element)));
        cells.push(number(relative(parameter, parameter.plan_error)));
        cells.push(parameter.verdict.name().to_owned());
        table.row(cells);
    }
    let mut text = format!(
        "{} {what}, in f64; {} is {}\n\n{}\n",
        counted(rows, "row"),
        subject.loss.name(),
        short(checked.loss),
        table.text()
    );
    let (style, words) = match checked.is_right() {
        true => (Style::Green, "every gradient is the slope of the loss"),
        false => (Style::Red, "these gradients are wrong"),
    };
    text.push_str(&format!("{}\n", output.paint(style, words)));
    let mut say =
        |words: &str| text.push_str(&output.paint(Style::Faint, &indented(words, output.width(), "  ", "  ")));
    say(&format!(
        "apart: the largest |derived − difference|, where the difference is (L(w + h) − L(w − h)) / 2h with \
         h = {STEP:e}; allowed: 1e-6 of the largest gradient of the parameter, 1e-8, and 1e-10 of L"
    ));
    say("plan: the largest |executed − derived| of all numbers, relative; allowed: 1e-9");
    if has_kinks {
        say("at kinks: numbers left out, for the slope of L jumps within every step, as that of relu does at 0");
    }
    let names = |is_meant: &dyn Fn(&CheckedParameter) -> bool| {
        listed(checked.parameters.iter().filter(|parameter| is_meant(parameter)).map(|of| of.spec.name.as_str()))
    };
    let vanished = names(&|parameter| parameter.largest_gradient < NEARLY_ZERO);
    if !vanished.is_empty() {
        say(&format!("gradients below {NEARLY_ZERO:e}, too small to tell anything by: {vanished}"));
    }
    text
}

fn as_json(checked: &Checked, subject: &Subject, rows: usize, seed: u64) -> serde_json::Value {
    let parameters: Vec<serde_json::Value> = checked
        .parameters
        .iter()
        .map(|parameter| {
            let worst = parameter.worst.map(|worst| {
                serde_json::json!({
                    "number": format!("{}{}", parameter.spec.name, place(parameter, worst.element)),
                    "index": places_of(parameter.spec.shape.sizes(), worst.element),
                    "derived": worst.derived,
                    "difference": worst.difference,
                })
            });
            let error = parameter.worst.map(|worst| worst.error());
            serde_json::json!({
                "name": parameter.spec.name,
                "shape": parameter.spec.shape.sizes(),
                "compared": parameter.compared,
                "at_kinks": parameter.kinks,
                "largest_gradient": parameter.largest_gradient,
                "error": error,
                "relative_error": error.and_then(|error| relative(parameter, error)),
                "allowed_error": parameter.tolerance,
                "worst": worst,
                "plan_error": parameter.plan_error,
                "is_right": !parameter.verdict.is_wrong(),
                "verdict": parameter.verdict.name(),
            })
        })
        .collect();
    let suspect = checked.suspect.as_ref().map(|suspect| {
        serde_json::json!({
            "value": suspect.value,
            "operations": suspect.operations,
            "computed_by": suspect.computed_by,
        })
    });
    serde_json::json!({
        "is_right": checked.is_right(),
        "rows": rows,
        "of_data": subject.data.is_some(),
        "seed": seed,
        "h": STEP,
        "loss": { "name": subject.loss.name(), "value": checked.loss, "by_plan": checked.plan_loss },
        "parameters": parameters,
        "look_at": suspect,
    })
}

/// Fails when something is wrong, and says where to look.
fn verdict(checked: &Checked) -> Result<()> {
    if checked.is_right() {
        return Ok(());
    }
    let Some(parameter) = checked.parameters.iter().rev().find(|parameter| parameter.verdict.is_wrong()) else {
        return Err(Error::gate(format!(
            "the plan gives the loss {}, but the graph {}",
            checked.plan_loss, checked.loss
        )));
    };
    let error = match (parameter.verdict, parameter.worst) {
        (Verdict::Wrong, Some(worst)) => Error::gate(format!(
            "`{}{}`: the chain rule gives {}, but trying it out gives {}",
            parameter.spec.name,
            place(parameter, worst.element),
            short(worst.derived),
            short(worst.difference)
        )),
        _ => Error::gate(format!(
            "`{}`: the plan's gradient is up to {:.1e} away from that of the graph",
            parameter.spec.name, parameter.plan_error
        )),
    };
    Err(match &checked.suspect {
        None => error.note(format!("look at the steps of its layer in the plan: {}", parameter.spec.name)),
        Some(Suspect { value, operations, computed_by }) => error.note(format!(
            "counted from the loss, `{value}` is the first with a wrong gradient: look at the chain rule of {}, \
             by `{computed_by}`",
            listed(operations.iter().map(|operation| format!("`{operation}`")))
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clione::see::gradients::Compared;

    #[test]
    fn a_wrong_gradient_fails_the_gate_with_its_number_and_where_to_look() {
        let model = Model::<f64>::new(Network::new([2]).add_named("hidden1", Dense::new(3)), 0).expect("it fits");
        let parameter = CheckedParameter {
            spec: model.specs()[0].clone(),
            compared: 6,
            kinks: 0,
            largest_gradient: 0.5,
            worst: Some(Compared { element: 4, derived: 0.5, difference: -0.5 }),
            tolerance: 1e-6,
            plan_error: 0.0,
            verdict: Verdict::Wrong,
        };
        let suspect = Suspect {
            value: "hidden1.weights".to_owned(),
            operations: vec!["hidden1/matmul".to_owned()],
            computed_by: "hidden1/scale".to_owned(),
        };
        let checked = Checked {
            parameters: vec![parameter],
            loss: 1.0,
            plan_loss: 1.0,
            is_loss_right: true,
            suspect: Some(suspect),
        };
        let error = verdict(&checked).expect_err("a gradient is wrong");
        assert_eq!(error.exit_code(), 1);
        let text = error.to_string();
        assert!(text.starts_with("`hidden1.weights[1,1]`: the chain rule gives 0.5, but trying it out gives -0.5"));
        assert!(text.contains("look at the chain rule of `hidden1/matmul`, by `hidden1/scale`"), "{text}");
    }
}
