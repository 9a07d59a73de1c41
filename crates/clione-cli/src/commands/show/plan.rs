//! `--plan` of `clione show`: what a prediction and a training step compute, move and keep in memory.

use crate::arguments::whole_number;
use crate::output::{Output, Style};
use clap::Args;
use clione::base::error::{Error, Result};
use clione::data::findings::counted;
use clione::plan::{Buffer, Plan, Request};
use clione::prelude::*;
use clione::report::plan::{line, text};
use clione::report::text::wrapped;
use clione::train::class_weights::ClassWeights;
use clione::train::trainer::training_plan;
use serde_json::{Map, Value, json};

/// The most rows that are planned for: their values would take more memory than there is.
const MOST_ROWS: usize = 1 << 24;

/// What is asked about plans.
#[derive(Args)]
pub struct Planning {
    /// Show the plans only: every step with its operations and bytes, and who lives in memory when
    #[arg(long, conflicts_with = "recipe")]
    plan: bool,

    /// Plan for so many rows [default: 1 for a prediction, the batch size for a training step]
    #[arg(long, value_name = "N", value_parser = whole_number, allow_negative_numbers = true, requires = "plan")]
    rows: Option<usize>,
}

impl Planning {
    /// Whether plans are all that is to be shown.
    pub fn is_asked_for(&self) -> bool {
        self.plan
    }

    /// The plans that run: of a prediction and of a training step, each with its name.
    fn plans(&self, model: &SavedModel) -> Result<Vec<(String, Plan)>> {
        if let Some(rows) = self.rows.filter(|rows| !(1..=MOST_ROWS).contains(rows)) {
            return Err(Error::usage(format!("--rows {rows}: expected 1 to {MOST_ROWS}")));
        }
        let network = model.weights.network();
        let few = self.rows.unwrap_or(1);
        let built = network.build(few)?;
        let prediction = Plan::new(&built.graph, &Request { outputs: built.outputs, gradients: Vec::new() });
        let (is_weighted, batch) = training_of(model);
        let batch = self.rows.unwrap_or(batch);
        let losses = vec![model.loss; network.output_positions().count()];
        let step = training_plan(network, &losses, is_weighted, batch)?;
        let rows = |rows: usize| if rows == 1 { "one row".to_owned() } else { counted(rows, "row") };
        let names =
            [format!("a prediction for {}", rows(few)), format!("a training step on {}", counted(batch, "row"))];
        Ok(names.into_iter().zip([prediction, step]).collect())
    }

    /// A line about each plan, and how to see more; a line of more than `width` letters goes on below.
    pub fn lines(&self, model: &SavedModel, width: usize) -> Result<String> {
        let bytes = model.weights.precision().bytes();
        let plans = self.plans(model)?;
        let lines = plans.iter().map(|(name, plan)| {
            let costs = wrapped(&line(plan, bytes), width - 2).replace('\n', "\n  ");
            format!("{name}:\n  {}\n", costs.trim_end())
        });
        Ok(lines.collect::<String>() + "every step and value: --plan\n")
    }

    /// The plans in full.
    pub fn text(&self, model: &SavedModel, output: &Output) -> Result<String> {
        let bytes = model.weights.precision().bytes();
        let plans = self.plans(model)?;
        let told = plans.iter().map(|(name, plan)| {
            let heading = output.paint(Style::Bold, &format!("Plan of {name}"));
            format!("{heading}\n{}", text(plan, bytes, output.width()))
        });
        Ok(told.collect::<Vec<_>>().join("\n"))
    }

    /// The same as an object: the plans by name. Steps are counted from 1; a value that is there before the first or after
    /// the last has null there.
    pub fn json(&self, model: &SavedModel) -> Result<Map<String, Value>> {
        let bytes = model.weights.precision().bytes();
        Ok(self.plans(model)?.into_iter().map(|(name, plan)| (name, described(&plan, bytes))).collect())
    }
}

fn described(plan: &Plan, bytes: usize) -> Value {
    let steps: Vec<Value> = plan
        .steps
        .iter()
        .zip(&plan.labels)
        .enumerate()
        .map(|(number, (step, label))| {
            let (read, written) = step.traffic();
            json!({
                "step": number + 1,
                "label": label,
                "what": step.description(),
                "operations": step.operations(),
                "bytes_read": read * bytes,
                "bytes_written": written * bytes,
                "live_bytes": plan.live_at(number) * bytes,
            })
        })
        .collect();
    let buffer = |buffer: &Buffer| {
        json!({
            "label": buffer.label,
            "bytes": buffer.length * bytes,
            "offset_bytes": buffer.offset * bytes,
            "first_step": buffer.first_step.map(|step| step + 1),
            "last_step": buffer.last_step.map(|step| step + 1),
        })
    };
    let (read, written) = plan.traffic();
    json!({
        "steps": steps,
        "buffers": plan.buffers.iter().map(buffer).collect::<Vec<_>>(),
        "operations": plan.operations(),
        "bytes_read": read * bytes,
        "bytes_written": written * bytes,
        "operations_per_byte": plan.operations() as f64 / ((read + written) * bytes).max(1) as f64,
        "arena_bytes": plan.arena_length * bytes,
        "parameters_bytes": plan.parameters_length * bytes,
        "gradients_bytes": plan.gradients_length * bytes,
    })
}

/// How a model was trained, as far as its recipe can be read: whether classes had weights, and how many rows a batch had.
pub fn training_of(model: &SavedModel) -> (bool, usize) {
    let most = model.facts.training_rows.clamp(1, MOST_ROWS);
    model.recipe().map_or((false, 1), |recipe| {
        (recipe.fit.class_weights != ClassWeights::Equal, recipe.fit.batch_size.clamp(1, most))
    })
}
