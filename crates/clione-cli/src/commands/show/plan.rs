//! `--plan` of `clione show`: what a prediction and a training step compute, move and keep in memory.

use crate::arguments::{cores, whole_number};
use crate::output::{Output, Style};
use clap::Args;
use clione::base::byte_size::in_words;
use clione::base::error::{Error, Result};
use clione::cpu::Cpu;
use clione::data::findings::{counted, grouped};
use clione::plan::{Buffer, Plan};
use clione::prelude::*;
use clione::report::plan::{line, text};
use clione::report::text::{Align, Table as TextTable, wrapped};
use clione::train::class_weights::ClassWeights;
use clione::train::file::Facts;
use clione::train::memory::{DataSize, MemoryNeed, RunMemory};
use clione::train::predict::prediction_plan;
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
        let prediction = prediction_plan(network, few)?;
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
        let memory = self.run_memory(model)?.map_or(String::new(), |memory| memory_text(&memory, output));
        Ok(told.collect::<Vec<_>>().join("\n") + &memory)
    }

    /// What a run as the model's own takes, where its recipe can be read.
    fn run_memory(&self, model: &SavedModel) -> Result<Option<RunMemory>> {
        let Ok(recipe) = model.recipe() else { return Ok(None) };
        let Facts { training_rows, validation_rows, .. } = model.facts;
        let data = DataSize::of(&model.source, training_rows, validation_rows);
        let cpu = Cpu::new(cores());
        MemoryNeed::of_training(&recipe, model.weights.network(), data, &cpu).map(Some)
    }

    /// The same as an object: the plans by name. Steps are counted from 1; a value that is there before the first or after
    /// the last has null there.
    pub fn json(&self, model: &SavedModel) -> Result<Map<String, Value>> {
        let bytes = model.weights.precision().bytes();
        Ok(self.plans(model)?.into_iter().map(|(name, plan)| (name, described(&plan, bytes))).collect())
    }

    /// The bytes that a run takes, part by part; null where the model's recipe cannot be read.
    pub fn memory_json(&self, model: &SavedModel) -> Result<Value> {
        let parts = |need: &MemoryNeed| -> Value {
            let parts = need.parts.iter().map(|(name, bytes)| ((*name).to_owned(), json!(whole(*bytes))));
            json!({ "parts": parts.collect::<Map<_, _>>(), "bytes": whole(need.total()) })
        };
        Ok(self.run_memory(model)?.map_or(Value::Null, |memory| {
            json!({
                "preparing": parts(&memory.preparing),
                "training": parts(&memory.training),
                "ending": parts(&memory.ending),
                "looking": parts(&memory.looking),
                "checkpoint_bytes": whole(memory.checkpoint),
                "peak_bytes": whole(memory.peak().total()),
            })
        }))
    }
}

/// As many as a number of JSON can say.
fn whole(bytes: u128) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The parts of the memory at the time when most is needed, and how much other times need.
fn memory_text(memory: &RunMemory, output: &Output) -> String {
    let peak = memory.peak();
    let time = |need: &MemoryNeed| match need {
        need if *need == memory.training => "while it trains",
        need if *need == memory.preparing => "while the table is prepared",
        need if *need == memory.looking => "while the doctor looks at the network",
        _ => "at the end, when the model is written",
    };
    let mut table = TextTable::new(&[("part", Align::Left), ("bytes", Align::Right)]);
    for (name, bytes) in &peak.parts {
        table.row([(*name).to_owned(), grouped(whole(*bytes) as usize)]);
    }
    table.row(["in all".to_owned(), grouped(whole(peak.total()) as usize)]);
    let threads = counted(cores(), "thread");
    let heading = output.paint(Style::Bold, &format!("Memory of a run like the model's own, on {threads}"));
    let mut text = format!("\n{heading}\nmost is needed {}:\n{}", time(peak), table.text());
    for other in
        [&memory.preparing, &memory.training, &memory.ending, &memory.looking].into_iter().filter(|&need| need != peak)
    {
        text.push_str(&format!("{}: {}\n", time(other), in_words(other.total())));
    }
    text.push_str(&format!("a checkpoint, once a minute where one is kept: {} more\n", in_words(memory.checkpoint)));
    text
}

fn described(plan: &Plan, bytes: usize) -> Value {
    let live = plan.live();
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
                "live_bytes": live[number] * bytes,
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
