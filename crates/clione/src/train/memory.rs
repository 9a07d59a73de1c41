//! What a run takes in memory, part by part, worked out from shapes before anything of it is there.

use super::class_weights::ClassWeights;
use super::evaluate::loss_plan;
use super::file::Source;
use super::linear::Linear;
use super::predict::{prediction_plan, rows_at_once};
use super::recipe::{Precision, Recipe};
use super::trainer::training_plan;
use crate::base::byte_size::in_words;
use crate::base::error::{Error, Result};
use crate::cpu::Cpu;
use crate::cpu::executor::{numbers_of_executor, numbers_packed};
use crate::nn::loss::Loss;
use crate::nn::model::parameter_count;
use crate::nn::network::{Built, Network};
use crate::optim::optimizer::Sees;
use crate::plan::Plan;

/// The widest line of a message that names parts.
const WIDEST: usize = 74;

/// What is needed: parts by name, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryNeed {
    /// Each part and its bytes, in the order in which they come to be.
    pub parts: Vec<(&'static str, u128)>,
}

/// The data of a run, as far as their memory goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataSize {
    /// How many rows are learned from.
    pub training: usize,
    /// How many are held out.
    pub held_out: usize,
    /// How many columns the table has that they are from; 0 where there is none.
    pub table_columns: usize,
    /// How many numbers go into the network for each row.
    pub inputs: usize,
    /// The bytes of one of them.
    pub input_bytes: usize,
    /// The bytes of the target of a row.
    pub target_bytes: usize,
    /// How many classes the target has; 0 for numbers.
    pub classes: usize,
}

impl DataSize {
    /// What a run has that learns from so many rows of a source, and holds so many out.
    pub fn of(source: &Source, training: usize, held_out: usize) -> Self {
        let is_number = source.classes().is_empty();
        let (table_columns, input_bytes) = match source {
            Source::Table(preprocessing) => (preprocessing.columns.len(), size_of::<f64>()),
            Source::Images { .. } => (0, 1),
        };
        // Numbers to predict are there twice: as they are, and as they are learned.
        let target_bytes = if is_number { 2 * size_of::<f64>() } else { size_of::<u32>() };
        let inputs = source.example().elements();
        let classes = source.classes().len();
        DataSize { training, held_out, table_columns, inputs, input_bytes, target_bytes, classes }
    }

    fn rows(&self) -> u128 {
        self.training as u128 + self.held_out as u128
    }

    fn table(&self) -> u128 {
        self.rows() * self.table_columns as u128 * size_of::<f64>() as u128
    }

    fn prepared(&self) -> u128 {
        self.rows() * (self.inputs as u128 * self.input_bytes as u128 + self.target_bytes as u128)
    }
}

/// What a run needs at its different times, each with all that is there then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunMemory {
    /// While rows are made of the table.
    pub preparing: MemoryNeed,
    /// While it trains.
    pub training: MemoryNeed,
    /// At the end, when the model is measured beside a linear one and written.
    pub ending: MemoryNeed,
    /// While the doctor looks into the network, with every number of it in 64 bits.
    pub looking: MemoryNeed,
    /// How much more there is while a checkpoint is written.
    pub checkpoint: u128,
}

impl RunMemory {
    /// The time at which most is needed.
    pub fn peak(&self) -> &MemoryNeed {
        let times = [&self.training, &self.preparing, &self.ending, &self.looking];
        times
            .into_iter()
            .reduce(|most, next| if next.total() > most.total() { next } else { most })
            .expect("four times")
    }
}

/// What the program takes before it reads anything: its own code, and what its threads begin with.
const PROGRAM: u128 = 10 << 20;

/// What reading a large table takes beside it: blocks of text on their way.
const READING: u128 = 8 << 20;

/// What the names of classes take, each: in the table, its column, the rows to learn from and those to measure on, the model,
/// and the maps from words to classes. Measured with 10,000 names of a few letters; 45 letters more take 200 bytes more.
const NAMES_OF_A_CLASS: u128 = 760;

/// How often the doctor has the numbers of a network in 64 bits: the model, and while a layer is looked at its transposed
/// weights or its gradients.
const LOOKED_AT: u128 = 2 * 8;

impl MemoryNeed {
    /// All of it.
    pub fn total(&self) -> u128 {
        self.parts.iter().fold(0, |sum, (_, bytes)| sum.saturating_add(*bytes))
    }

    /// One part more.
    fn and(mut self, name: &'static str, bytes: u128) -> Self {
        if bytes > 0 {
            self.parts.push((name, bytes));
        }
        self
    }

    /// Fails with the bytes of each part when they are more than `limit`; `what` says what needs them.
    ///
    /// ```
    /// use clione::train::memory::MemoryNeed;
    /// let need = MemoryNeed { parts: vec![("parameters", 3_000_000_000), ("gradients", 3_000_000_000)] };
    /// assert!(need.check("training", 8_000_000_000).is_ok());
    /// let error = need.check("training", 4_000_000_000).unwrap_err().to_string();
    /// assert!(error.contains("training needs 6.0 GB of memory, but 4.0 GB may be used"), "{error}");
    /// assert!(error.contains("parameters 3.0 GB, gradients 3.0 GB"), "{error}");
    /// ```
    pub fn check(&self, what: &str, limit: u128) -> Result<()> {
        let total = self.total();
        if total <= limit {
            return Ok(());
        }
        let (needed, limit) = (in_words(total), in_words(limit));
        let error = Error::usage(format!("{what} needs {needed} of memory, but {limit} may be used"));
        let parts = self.parts.iter().map(|(name, bytes)| format!("{name} {}", in_words(*bytes)));
        let mut lines: Vec<String> = Vec::new();
        for part in parts {
            match lines.last_mut() {
                Some(line) if line.len() + part.len() < WIDEST => *line += &format!(", {part}"),
                _ => lines.push(part),
            }
        }
        let error = lines.into_iter().fold(error, Error::note);
        Err(error.note("--memory says how much may be used"))
    }

    /// What a model needs to predict. Fails when layers do not fit each other.
    pub fn of_prediction(network: &Network, precision: Precision, cpu: &Cpu) -> Result<Self> {
        let bytes = precision.bytes() as u128;
        let built = network.build(1)?;
        let need = MemoryNeed::default().and("parameters", parameter_count(&built.parameters) as u128 * bytes);
        let Some(one) = within_reach(&built, || prediction_plan(network, 1))? else {
            return Ok(need.and("values of one row", built.size().values.saturating_mul(bytes)));
        };
        let plan = prediction_plan(network, rows_at_once(&one))?;
        let need = need.and("values of the plan", executor_bytes(&plan, precision, cpu));
        Ok(need.and("packed weights", numbers_packed(&plan) as u128 * bytes))
    }

    /// What it needs to follow one row through a model, forward and backward, with every value kept in 64 bits, beside the
    /// model itself. Fails when layers do not fit each other.
    pub fn of_one_row_explained(network: &Network, precision: Precision) -> Result<Self> {
        let built = network.build_training(1)?;
        let size = built.size();
        Ok(MemoryNeed::default()
            .and("parameters", size.parameters.saturating_mul(precision.bytes() as u128 + 8))
            .and("gradients", size.parameters.saturating_mul(8))
            .and("values and their gradients", size.values.saturating_mul(2 * 8)))
    }

    /// What training a network by a recipe takes. Fails when layers do not fit each other or the loss.
    pub fn of_training(recipe: &Recipe, network: &Network, data: DataSize, cpu: &Cpu) -> Result<RunMemory> {
        let (fit, precision) = (&recipe.fit, recipe.precision);
        let bytes = precision.bytes() as u128;
        let built = network.build_training(1)?;
        let numbers = parameter_count(&built.parameters) as u128;
        let parameters = numbers.saturating_mul(bytes);
        let optimizer = match fit.optimizer.sees() {
            Sees::Batch => parameters.saturating_mul(fit.optimizer.memories() as u128),
            // Those of an optimizer that sees all rows are of 64 bits.
            Sees::All => numbers.saturating_mul(8 * fit.optimizer.memories() as u128),
        };
        let best = if !fit.keep_last && data.held_out > 0 { parameters } else { 0 };
        let base = MemoryNeed::default()
            .and("the program", PROGRAM)
            .and("data", data.prepared())
            .and("names of classes", data.classes as u128 * NAMES_OF_A_CLASS);
        let reading = READING.min(data.table());
        // Images are there once as they are read, and once as rows to learn from and rows to measure on.
        let images = if data.table_columns == 0 { data.prepared() } else { 0 };
        let preparing = base.clone().and("table", data.table()).and("reading", reading).and("images as read", images);
        let looking = base
            .clone()
            .and("parameters", parameters)
            .and("the doctor's look at the network", numbers.saturating_mul(LOOKED_AT));
        let training = base
            .clone()
            .and("parameters", parameters)
            .and("gradients", parameters)
            .and(fit.optimizer.name(), optimizer)
            .and("last good epoch", parameters)
            .and("best epoch", best);
        let loss = match fit.loss {
            Some(loss) => loss,
            None => Loss::usual_for(network)?,
        };
        let outputs = network.output_positions().count();
        let one = within_reach(&built, || loss_plan(network, loss, outputs, 1))?;
        // In 64 bits, of those of the rows that are measured at once.
        let probabilities = |one: &Plan, rows: usize| {
            (rows_at_once(one).min(rows.max(1)) as u128).saturating_mul(data.classes as u128 * size_of::<f64>() as u128)
        };
        let measured = one.as_ref().map_or(0, |one| probabilities(one, data.held_out));
        let [steps, measuring] = match one {
            Some(one) => {
                let is_weighted = fit.class_weights != ClassWeights::Equal;
                let step = |rows: usize| training_plan(network, &vec![loss; outputs], is_weighted, rows);
                let measure = |rows: usize| loss_plan(network, loss, outputs, rows);
                let steps = of_batches(data.training, fit.rows_of_step(data.training), &step, precision, cpu)?;
                let measuring = of_batches(data.held_out, rows_at_once(&one), &measure, precision, cpu)?;
                [("values of a step", steps), ("values of measuring", measuring)]
            }
            // So many that their places cannot be counted.
            None => [("values of one row", built.size().values.saturating_mul(bytes)), ("", 0)],
        };
        // Where no rows are held out, the model is measured at the end on those that it learned from.
        let assessed = if data.held_out > 0 { data.held_out } else { data.training };
        let (predicting, predicted) = match within_reach(&built, || prediction_plan(network, 1))? {
            Some(one) => {
                let predict = |rows: usize| prediction_plan(network, rows);
                let values = of_batches(assessed, rows_at_once(&one), &predict, precision, cpu)?;
                (values, probabilities(&one, assessed))
            }
            None => (0, 0),
        };
        let width = built.outputs.first().map_or(0, |&output| built.graph.shape(output).columns());
        let linear = Linear::bytes_to_fit(data.training, data.inputs, width);
        let ending = base
            .and("parameters", parameters)
            .and("values of predicting", predicting)
            .and("probabilities", predicted)
            .and("linear model", linear)
            .and("model file", parameters.saturating_mul(2));
        let kept = parameters.saturating_mul(2).saturating_add(optimizer).saturating_add(best);
        Ok(RunMemory {
            preparing,
            training: training.and(steps.0, steps.1).and(measuring.0, measuring.1).and("probabilities", measured),
            ending,
            looking,
            checkpoint: kept.saturating_mul(2),
        })
    }
}

/// Numbers that a plan can count; values that have more together are refused without one.
const WITHIN_REACH: u128 = 1 << 58;

/// The plan, unless its values are so many that their places cannot be counted.
fn within_reach(built: &Built, plan: impl FnOnce() -> Result<Plan>) -> Result<Option<Plan>> {
    if built.size().values < WITHIN_REACH { plan().map(Some) } else { Ok(None) }
}

/// The bytes of an executor for the full batches of so many rows, and of one for the last batch.
fn of_batches(
    rows: usize,
    batch: usize,
    plan: &dyn Fn(usize) -> Result<Plan>,
    precision: Precision,
    cpu: &Cpu,
) -> Result<u128> {
    let full = if rows >= batch { batch } else { 0 };
    let sizes = [full, rows % batch.max(1)].into_iter().filter(|&rows| rows > 0);
    sizes.map(|rows| Ok(executor_bytes(&plan(rows)?, precision, cpu))).sum()
}

fn executor_bytes(plan: &Plan, precision: Precision, cpu: &Cpu) -> u128 {
    let numbers = match precision {
        Precision::F32 => numbers_of_executor::<f32>(plan, cpu),
        Precision::F64 => numbers_of_executor::<f64>(plan, cpu),
    };
    numbers as u128 * precision.bytes() as u128
}
