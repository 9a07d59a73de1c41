//! `clione show`: what a model is made of, what it was trained with, and what its plans do.

mod diagram;
mod formula;
mod plan;

use crate::arguments::Loading;
use crate::json;
use crate::output::{Output, Style};
use clap::Args;
use clione::base::error::Result;
use clione::data::findings::{counted, grouped};
use clione::prelude::*;
use clione::report::text::{Align, Table as TextTable, wrapped};
use clione::train::file::Weights;
use clione::train::recipe::settings::Setting;
use formula::Form;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  clione show iris.clione
  clione show iris.clione --formula
  clione show iris.clione --recipe > again.toml
  clione show iris.clione --plan
  clione show iris.clione --diagram iris.svg
  clione show iris.clione --diagram step.svg --diagram-of computation
  clione show iris.clione --json";

/// The arguments of `clione show`.
#[derive(Args)]
#[command(before_help = EXAMPLES, help_template = crate::TEMPLATE)]
pub struct Show {
    /// The model
    #[arg(value_name = "MODEL")]
    model: PathBuf,

    #[command(flatten)]
    loading: Loading,

    #[command(flatten)]
    drawing: diagram::Drawing,

    #[command(flatten)]
    planning: plan::Planning,

    /// Write the recipe only, as `clione train --recipe` takes it
    #[arg(long, conflicts_with = "json")]
    recipe: bool,

    /// Write what it computes, its loss and each gradient as formulas: text, latex or mathml
    #[arg(long, value_name = "FORM", num_args = 0..=1, default_missing_value = "text", hide_possible_values = true)]
    #[arg(conflicts_with_all = ["recipe", "json"])]
    formula: Option<Form>,

    /// Write the result as one JSON object
    #[arg(long)]
    json: bool,
}

impl Show {
    /// Reads the model and describes it.
    pub fn run(self, output: &Output) -> Result<()> {
        let destination = self.drawing.destination()?;
        let model = self.loading.load(&self.model)?;
        if let Some(form) = self.formula {
            return output.result(&formula::write(&model, &self.model, form, output)?);
        }
        if let Some(destination) = destination {
            return self.drawing.write(destination, &model, output);
        }
        if self.recipe {
            return output.data(&model.recipe);
        }
        let text = match (self.planning.is_asked_for(), self.json) {
            (true, true) => json::text(serde_json::json!({
                "plans": self.planning.json(&model)?,
                "memory": self.planning.memory_json(&model)?,
            }))?,
            (true, false) => self.planning.text(&model, output)?,
            (false, true) => as_json(&model, &self.planning)?,
            (false, false) => as_text(&model, &self.planning, output)?,
        };
        output.result(&text)
    }
}

fn as_text(model: &SavedModel, planning: &plan::Planning, output: &Output) -> Result<String> {
    let heading = |text: &str| format!("{}\n", output.paint(Style::Bold, text));
    let mut text = heading("Network");
    let mut table = TextTable::new(&[
        ("layer", Align::Left),
        ("what", Align::Left),
        ("output", Align::Right),
        ("parameters", Align::Right),
        ("of shape", Align::Left),
    ]);
    let rows = summary(model.weights.network())?;
    for row in &rows {
        let shapes: Vec<String> = row.parameters.iter().map(|(_, shape)| shape.to_string()).collect();
        let count = grouped(row.parameter_count());
        table.row([row.name.clone(), row.description.clone(), row.shape.clone(), count, shapes.join(" + ")]);
    }
    text.push_str(&table.text());
    let parameters: usize = rows.iter().map(|row| row.parameter_count()).sum();
    let precision = model.weights.precision();
    text.push_str(&format!(
        "{}, {} as {}\nloss: {}, {}\n\n",
        counted(parameters, "parameter"),
        counted(parameters * precision.bytes(), "byte"),
        precision.name(),
        model.loss.name(),
        model.loss.reduction().name()
    ));
    text.push_str(&heading("Inputs and target"));
    text.push_str(&source_text(&model.source));
    if let (Some(at), [_, second]) = (model.decision.threshold(), model.source.classes()) {
        text.push_str(&format!("'{second}' is said from a probability of {at} on\n"));
    }
    let facts = &model.facts;
    text.push_str(&format!("\n{}", heading("Training")));
    let best = facts.best_epoch.map_or(String::new(), |epoch| format!(", the best of them {epoch}"));
    text.push_str(&format!(
        "{}, {} held back, {}{best}\n",
        counted(facts.training_rows, "row"),
        grouped(facts.validation_rows),
        counted(facts.epochs, "epoch")
    ));
    let metrics: Vec<String> = facts.metrics.iter().map(|(name, value)| format!("{name} {value:.4}")).collect();
    let measured = match (facts.validation_rows > 0, facts.best_epoch) {
        (true, Some(_)) => "on the rows held back, which chose the epoch",
        (true, None) => "on the rows held back",
        (false, _) => "on the rows learned from",
    };
    let metrics = wrapped(&metrics.join(", "), output.width() - 2).replace('\n', "\n  ");
    text.push_str(&format!("{measured}:\n  {}\n\n", metrics.trim_end()));
    text.push_str(&heading("Recipe"));
    text.push_str(&model.recipe);
    text.push_str(&format!("\n{}{}", heading("Plans"), planning.lines(model, output.width())?));
    Ok(text)
}

fn source_text(source: &Source) -> String {
    match source {
        Source::Images { height, width, classes } => {
            format!("grey images of {height}x{width}, bytes / 255; {} classes: {}\n", classes.len(), classes.join(", "))
        }
        Source::Table(preprocessing) => {
            let has_fills = preprocessing.inputs.iter().any(|column| column.rule_for_missing().is_some());
            let mut headings =
                vec![("column", Align::Left), ("kind", Align::Left), ("treatment", Align::Left), ("", Align::Left)];
            headings.extend(has_fills.then_some(("if missing", Align::Left)));
            let mut table = TextTable::new(&headings);
            for column in &preprocessing.inputs {
                let mut cells = vec![
                    column.name.clone(),
                    column.kind.name().to_owned(),
                    column.treatment.name().to_owned(),
                    shortened(&column.rule()),
                ];
                cells.extend(has_fills.then(|| shortened(&column.rule_for_missing().unwrap_or_default())));
                table.row(cells);
            }
            let target = &preprocessing.target;
            let what = match target.classes.as_slice() {
                [] => target.rule(),
                classes => classes.join(", "),
            };
            let mut cells = vec![
                target.name.clone(),
                target.kind.name().to_owned(),
                format!("target of {}", target.task.name()),
                shortened(&what),
            ];
            cells.extend(has_fills.then(String::new));
            table.row(cells);
            table.text()
        }
    }
}

fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST - 1).chain(['…']).collect() }
}

fn as_json(model: &SavedModel, planning: &plan::Planning) -> Result<String> {
    let layers: Vec<serde_json::Value> = summary(model.weights.network())?
        .iter()
        .map(|row| {
            serde_json::json!({
                "name": row.name,
                "description": row.description,
                "output": row.shape,
                "parameters": row.parameter_count(),
            })
        })
        .collect();
    let weights: serde_json::Map<String, serde_json::Value> = match &model.weights {
        Weights::F32(model) => {
            model.specs().iter().map(|spec| (spec.name.clone(), spec.shape.sizes().into())).collect()
        }
        Weights::F64(model) => {
            model.specs().iter().map(|spec| (spec.name.clone(), spec.shape.sizes().into())).collect()
        }
    };
    let recipe = model.recipe()?;
    let chosen = |setting: &Setting| Some((setting.key(), setting.value(&recipe)?.text().into()));
    let recipe: serde_json::Map<String, serde_json::Value> = Setting::all().iter().filter_map(chosen).collect();
    let metrics: serde_json::Map<String, serde_json::Value> =
        model.facts.metrics.iter().map(|(name, value)| (name.clone(), (*value).into())).collect();
    json::text(serde_json::json!({
        "precision": model.weights.precision().name(),
        "loss": model.loss.name(),
        "layers": layers,
        "parameters": weights,
        "classes": model.source.classes(),
        "threshold": model.decision.threshold(),
        "recipe": recipe,
        "facts": {
            "training_rows": model.facts.training_rows,
            "validation_rows": model.facts.validation_rows,
            "epochs": model.facts.epochs,
            "best_epoch": model.facts.best_epoch,
            "metrics": metrics,
        },
        "plans": planning.json(model)?,
    }))
}
