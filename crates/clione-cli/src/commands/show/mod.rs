//! `clione show`: what a model is made of, what it was trained with, and what its plans do.

use super::formula::{self, Form};
use crate::arguments::Loading;
use crate::json;
use crate::output::{Output, Style};
use clap::Args;
use clione::base::error::Result;
use clione::data::findings::{counted, grouped};
use clione::plan::{Plan, Request};
use clione::prelude::*;
use clione::report::text::{Align, Table as TextTable};
use clione::train::file::Weights;
use clione::train::recipe::settings::Setting;
use clione::train::trainer::training_graph;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  clione show iris.clione
  clione show iris.clione --formula
  clione show iris.clione --recipe > again.toml
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
        let model = self.loading.load(&self.model)?;
        if let Some(form) = self.formula {
            return output.result(&formula::write(&model, &self.model, form, output)?);
        }
        let text = match (self.recipe, self.json) {
            (true, _) => model.recipe,
            (_, true) => as_json(&model)?,
            _ => as_text(&model, output)?,
        };
        output.result(&text)
    }
}

/// The plans that are worth seeing: a prediction for one row, and a training step.
fn plans(model: &SavedModel) -> Result<Vec<(String, Plan)>> {
    let network = model.weights.network();
    let built = network.build(1)?;
    let prediction = Plan::new(&built.graph, &Request { outputs: built.outputs, gradients: Vec::new() });
    let rows = model.recipe().map_or(1, |recipe| recipe.fit.batch_size);
    let losses = vec![model.loss; network.output_positions().count()];
    let training = training_graph(network, &losses, rows)?;
    let request = Request { outputs: vec![training.loss], gradients: training.gradients };
    let step = Plan::new(&training.graph, &request);
    Ok(vec![("a prediction for one row".to_owned(), prediction), (format!("a training step on {rows} rows"), step)])
}

fn as_text(model: &SavedModel, output: &Output) -> Result<String> {
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
    let measured = if facts.validation_rows > 0 { "on the rows held back" } else { "on the rows learned from" };
    text.push_str(&format!("{measured}:\n  {}\n\n", metrics.join(", ")));
    text.push_str(&heading("Recipe"));
    text.push_str(&model.recipe);
    for (name, plan) in plans(model)? {
        text.push_str(&format!("\n{}{}", heading(&format!("Plan of {name}")), plan.explain(precision.bytes())));
    }
    Ok(text)
}

fn source_text(source: &Source) -> String {
    match source {
        Source::Images { height, width, classes } => {
            format!("grey images of {height}x{width}, bytes / 255; {} classes: {}\n", classes.len(), classes.join(", "))
        }
        Source::Table(preprocessing) => {
            let mut table = TextTable::new(&[
                ("column", Align::Left),
                ("kind", Align::Left),
                ("treatment", Align::Left),
                ("", Align::Left),
            ]);
            for column in &preprocessing.inputs {
                table.row([
                    column.name.clone(),
                    column.kind.name().to_owned(),
                    column.treatment.name().to_owned(),
                    shortened(&column.rule()),
                ]);
            }
            let target = &preprocessing.target;
            let what = match target.classes.as_slice() {
                [] => target.rule(),
                classes => classes.join(", "),
            };
            table.row([
                target.name.clone(),
                target.kind.name().to_owned(),
                format!("target of {}", target.task.name()),
                shortened(&what),
            ]);
            table.text()
        }
    }
}

fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST - 1).chain(['…']).collect() }
}

fn as_json(model: &SavedModel) -> Result<String> {
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
    let plans: serde_json::Map<String, serde_json::Value> = plans(model)?
        .into_iter()
        .map(|(name, plan)| {
            let steps: Vec<serde_json::Value> = plan
                .steps
                .iter()
                .zip(&plan.labels)
                .map(|(step, label)| serde_json::json!({ "label": label, "what": step.description(), "operations": step.operations() }))
                .collect();
            (name, serde_json::json!({ "steps": steps, "arena_bytes": plan.arena_length * model.weights.precision().bytes() }))
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
        "recipe": recipe,
        "facts": {
            "training_rows": model.facts.training_rows,
            "validation_rows": model.facts.validation_rows,
            "epochs": model.facts.epochs,
            "best_epoch": model.facts.best_epoch,
            "metrics": metrics,
        },
        "plans": plans,
    }))
}
