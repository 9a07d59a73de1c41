//! Measuring a model: its loss and its metrics on rows, beside what guessing and a linear model reach.

use super::answers::{Answers, ClassAnswers, probabilities_into};
use super::batch::Feed;
use super::calibration::{calibration_bins, squared_calibration_error};
use super::linear::Linear;
use super::metric::{Confusion, Decision, For, Metric, Outcome};
use super::paired::Paired;
use super::predict::rows_at_once;
use super::trainer::{Weighting, loss_graph};
use crate::base::error::Result;
use crate::cpu::Cpu;
use crate::cpu::executor::{Draw, Executor};
use crate::cpu::executors::Executors;
use crate::cpu::simd::Element;
use crate::data::dataset::{Dataset, Matrix, Targets, Values};
use crate::data::target::TargetTreatment;
use crate::nn::loss::Loss;
use crate::nn::model::Model;
use crate::nn::network::Network;
use crate::plan::{Plan, Request};
use std::sync::Arc;

/// Measures the loss of models of one network on data sets of one kind.
pub struct LossMeter<T> {
    network: Network,
    loss: Loss,
    feed: Feed,
    executors: Executors<T>,
    rows: Vec<u32>,
    /// How many rows are measured at once.
    batch: usize,
}

impl<T: Element> LossMeter<T> {
    /// A meter for models with the network of this one and for data sets with the columns of this one.
    /// Fails when they do not fit each other.
    pub fn new(model: &Model<T>, loss: Loss, data: &Dataset, cpu: Arc<Cpu>) -> Result<Self> {
        let feed = Feed::new(model.network(), data)?;
        let one = loss_plan(model.network(), loss, feed.outputs(), 1)?;
        Ok(LossMeter {
            network: model.network().clone(),
            loss,
            feed,
            executors: Executors::new(cpu),
            rows: (0..data.rows() as u32).collect(),
            batch: rows_at_once(&one),
        })
    }

    /// The loss of the model on all rows of the data.
    pub fn measure(&mut self, model: &Model<T>, data: &Dataset) -> f64 {
        self.run(model, data, &mut |_| {})
    }

    /// The loss, and the metric that stands for all: accuracy, or R² of the numbers as they are learned; none for a network
    /// of several outputs or columns.
    pub fn measure_with_metric(&mut self, model: &Model<T>, data: &Dataset) -> (f64, Option<f64>) {
        let is_single = self.feed.outputs() == 1;
        match data.targets() {
            Targets::Classes { numbers, names } if is_single => {
                let (mut some, mut rows, mut right) = (Vec::new(), numbers.iter(), 0);
                let loss = self.run(model, data, &mut |executor| {
                    probabilities_into(executor.output(1), names.len(), &mut some);
                    let said = some.chunks(names.len()).map(|row| Decision::MostProbable.class(row));
                    right += said.zip(&mut rows).filter(|(said, truth)| said == *truth).count();
                });
                (loss, (!numbers.is_empty()).then(|| right as f64 / numbers.len() as f64))
            }
            Targets::Values(matrix) if is_single && matrix.columns() == 1 => {
                let mut predictions = Vec::with_capacity(matrix.rows());
                let mut take =
                    |executor: &Executor<T>| predictions.extend(executor.output(1).iter().map(|y| y.to_f64()));
                let loss = self.run(model, data, &mut take);
                let truth: Vec<f64> = (0..matrix.rows()).map(|row| matrix.at(row, 0)).collect();
                let said = Outcome::Numbers { predictions: &predictions, truth: &truth };
                (loss, Metric::main_for(For::Numbers).value(&said))
            }
            Targets::Classes { .. } | Targets::Values(_) => (self.measure(model, data), None),
        }
    }

    /// Computes loss and outputs for some rows at a time, and shows the executor to `look` after each of them.
    fn run(&mut self, model: &Model<T>, data: &Dataset, look: &mut dyn FnMut(&Executor<T>)) -> f64 {
        self.rows.clear();
        self.rows.extend(0..data.rows() as u32);
        let mut total = 0.0;
        for start in (0..data.rows()).step_by(self.batch) {
            let count = self.batch.min(data.rows() - start);
            let executor = self.executors.for_rows(count, || {
                loss_plan(&self.network, self.loss, self.feed.outputs(), count)
                    .expect("network and loss were built for one row before, and they fit any number of rows")
            });
            self.feed.load(data, &self.rows[start..start + count], executor);
            executor.run(model.parameters(), &mut [], Draw::default());
            total += executor.output(0)[0].to_f64() * self.loss.weight(count, data.rows());
            look(executor);
        }
        total
    }
}

/// The plan that computes the loss of `rows` rows, and behind it the outputs of the network.
/// Fails when they do not fit each other.
pub(super) fn loss_plan(network: &Network, loss: Loss, outputs: usize, rows: usize) -> Result<Plan> {
    let (graph, outputs, loss) = loss_graph(network.build(rows)?, &vec![loss; outputs], Weighting::Alike)?;
    Ok(Plan::new(&graph, &Request { outputs: [vec![loss], outputs].concat(), gradients: Vec::new() }))
}

/// One metric of a model beside that of guessing and that of a linear model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// What is measured.
    pub metric: Metric,
    /// The model's value.
    pub value: f64,
    /// The value of always saying the most frequent class, or the mean.
    pub baseline: f64,
    /// The value of a linear model that was trained on the same rows, where there is one.
    pub linear: Option<f64>,
}

/// How good a model is on some rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// How many rows were measured.
    pub rows: usize,
    /// The loss it was trained with.
    pub loss: f64,
    /// Every metric that is for this kind of target.
    pub metrics: Vec<Measured>,
    /// How often each class was taken for each other, where targets are classes.
    pub confusion: Option<Confusion>,
    /// The losses of single rows beside those of the linear model, where there is one and at least two rows were measured.
    pub against_linear: Option<Paired>,
    /// The square of the calibration error, right on average and so perhaps below 0: what a mean over folds is taken of.
    pub squared_calibration: Option<f64>,
}

impl Evaluation {
    /// The metrics for this kind of target that have no value on these rows.
    pub fn undefined(&self) -> Vec<Metric> {
        let is_undefined = |metric: &&Metric| metric.is_for() == self.is_for() && self.value(**metric).is_none();
        Metric::all().iter().filter(is_undefined).copied().collect()
    }

    /// The model's value of a metric, where it was measured.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        self.measured(metric).map(|measured| measured.value)
    }

    /// What its metrics are for.
    pub fn is_for(&self) -> For {
        if self.confusion.is_some() { For::Classes } else { For::Numbers }
    }

    /// Measures what was said. Panics when the baseline is one for targets of another kind.
    pub fn of(answers: &Answers, loss: f64, baseline: &Baseline) -> Self {
        let said = answers.outcome();
        match (answers, baseline) {
            (Answers::Classes(answers), Baseline::Frequencies(frequencies)) => {
                let guesses = ClassAnswers::alike(frequencies, answers.truth().to_vec());
                Evaluation {
                    rows: said.rows(),
                    loss,
                    metrics: measure(For::Classes, &said, &Outcome::Classes(&guesses)),
                    confusion: Some(Confusion::new(answers)),
                    against_linear: None,
                    squared_calibration: squared_calibration_error(&calibration_bins(answers)),
                }
            }
            (Answers::Numbers { truth, .. }, Baseline::Mean(mean)) => {
                let guesses = vec![*mean; truth.len()];
                let guessed = Outcome::Numbers { predictions: &guesses, truth };
                Evaluation {
                    rows: truth.len(),
                    loss,
                    metrics: measure(For::Numbers, &said, &guessed),
                    confusion: None,
                    against_linear: None,
                    squared_calibration: None,
                }
            }
            (Answers::Classes { .. }, Baseline::Mean(_)) | (Answers::Numbers { .. }, Baseline::Frequencies(_)) => {
                panic!("a baseline is made from targets of the same kind")
            }
        }
    }

    /// The same with the metrics of a linear model beside the others; `data` are the rows that were measured, and `answers` what
    /// the model said of them. Its classes are said by the same rule. Panics when the rows are not such as the linear model takes.
    pub fn beside_linear(mut self, linear: &Linear, answers: &Answers, data: &Dataset) -> Self {
        let of_linear = linear.answers(data).decided(answers.decision());
        for measured in &mut self.metrics {
            measured.linear = measured.metric.value(&of_linear.outcome());
        }
        let guess = match self.is_for() {
            For::Classes => self.measured(Metric::LogLoss).map(|found| found.baseline),
            For::Numbers => self.measured(Metric::RootMeanSquaredError).map(|found| found.baseline * found.baseline),
        };
        self.against_linear = guess.and_then(|guess| Paired::of(answers, &of_linear, guess));
        self
    }

    /// A metric with what it is beside, where it was measured.
    pub fn measured(&self, metric: Metric) -> Option<Measured> {
        self.metrics.iter().find(|measured| measured.metric == metric).copied()
    }

    /// The metric that models are compared by: log_loss for classes, rmse for numbers.
    pub fn compared_by(&self) -> Metric {
        match self.is_for() {
            For::Classes => Metric::LogLoss,
            For::Numbers => Metric::RootMeanSquaredError,
        }
    }
}

/// What is guessed without looking at the inputs.
#[derive(Clone, Debug, PartialEq)]
pub enum Baseline {
    /// The frequencies of the classes; the most frequent one is what is said.
    Frequencies(Vec<f64>),
    /// The mean.
    Mean(f64),
}

impl Baseline {
    /// What the training targets suggest.
    pub fn of(targets: &Targets) -> Self {
        match targets {
            Targets::Classes { numbers, names } => {
                let mut frequencies = vec![0.0; names.len()];
                numbers.iter().for_each(|&class| frequencies[class as usize] += 1.0 / numbers.len() as f64);
                Baseline::Frequencies(frequencies)
            }
            Targets::Values(matrix) => {
                let sum: f64 = (0..matrix.rows()).map(|row| matrix.at(row, 0)).sum();
                Baseline::Mean(sum / matrix.rows().max(1) as f64)
            }
        }
    }
}

/// How numbers that a network gives become numbers in the units of the target: y = mean + scale · ŷ, and e to that power
/// where logarithms were learned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Units {
    /// What was done to the targets before they were standardised.
    pub treatment: TargetTreatment,
    /// The mean of the treated training targets.
    pub mean: f64,
    /// Their standard deviation.
    pub scale: f64,
}

impl Units {
    /// Targets that were not scaled.
    pub const PLAIN: Units = Units { treatment: TargetTreatment::Standardise, mean: 0.0, scale: 1.0 };

    /// The same rows with targets z = (f(y) - mean) / scale, as the network gives them.
    pub fn standardise(&self, data: &Dataset) -> Result<Dataset> {
        let targets = match (self.treatment, data.targets()) {
            (TargetTreatment::Standardise, targets) | (_, targets @ Targets::Classes { .. }) => targets.clone(),
            (TargetTreatment::Log | TargetTreatment::Log1p, Targets::Values(matrix)) => {
                let (rows, columns) = (matrix.rows(), matrix.columns());
                let numbers = (0..rows * columns).map(|place| matrix.at(place / columns, place % columns));
                let treated = numbers.map(|y| self.treatment.forward(y)).collect();
                Targets::Values(Matrix::new(rows, columns, Values::F64(treated)))
            }
        };
        data.with_targets(targets.standardised(self.mean, self.scale))
    }

    /// A number of the network in the units of the target.
    ///
    /// ```
    /// use clione::data::target::TargetTreatment;
    /// use clione::train::evaluate::Units;
    /// let units = Units { treatment: TargetTreatment::Standardise, mean: 10.0, scale: 2.0 };
    /// assert_eq!(units.restore(1.5), 13.0);
    /// ```
    pub fn restore(&self, learned: f64) -> f64 {
        self.treatment.back(self.mean + self.scale * learned)
    }
}

/// Measures a model on data with targets in their own units.
///
/// Fails when the data do not fit the network, or the loss does not fit its outputs.
///
/// ```
/// use clione::prelude::*;
/// use clione::cpu::Cpu;
/// use std::sync::Arc;
/// use clione::train::evaluate::{Baseline, Units, evaluate};
/// let data = Dataset::from_rows(&[[0.0], [1.0]], &[[1.0], [3.0]]);
/// let model = Model::with_parameters(Network::new([1]).add(Dense::new(1)), vec![2.0_f32, 1.0])?;
/// let baseline = Baseline::of(data.targets());
/// let evaluation = evaluate(&model, Loss::MeanSquaredError, &data, Units::PLAIN, &baseline, &Arc::new(Cpu::new(1)))?;
/// assert_eq!(evaluation.value(Metric::RootMeanSquaredError), Some(0.0));
/// assert_eq!(evaluation.metrics[0].baseline, 1.0); // always saying 2
/// # Ok::<(), Error>(())
/// ```
pub fn evaluate<T: Element>(
    model: &Model<T>,
    loss: Loss,
    data: &Dataset,
    units: Units,
    baseline: &Baseline,
    cpu: &Arc<Cpu>,
) -> Result<Evaluation> {
    let loss = loss_on(model, loss, data, units, cpu)?;
    Ok(Evaluation::of(&Answers::of(model, data, units, cpu), loss, baseline))
}

/// The loss of a model on data with targets in their own units. Fails where [`evaluate`] does.
pub(super) fn loss_on<T: Element>(
    model: &Model<T>,
    loss: Loss,
    data: &Dataset,
    units: Units,
    cpu: &Arc<Cpu>,
) -> Result<f64> {
    let measure = |data: &Dataset| Ok(LossMeter::new(model, loss, data, Arc::clone(cpu))?.measure(model, data));
    if units == Units::PLAIN { measure(data) } else { measure(&units.standardise(data)?) }
}

fn measure(kind: For, said: &Outcome<'_>, guessed: &Outcome<'_>) -> Vec<Measured> {
    let metrics = Metric::all().iter().filter(|metric| metric.is_for() == kind);
    metrics
        .filter_map(|&metric| {
            let (value, baseline) = (metric.value(said)?, metric.value(guessed)?);
            Some(Measured { metric, value, baseline, linear: None })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::layers::Dense;
    use crate::train::predict::MOST_ROWS;

    #[test]
    fn every_row_weighs_the_same_however_many_are_measured_at_once() {
        // y = 2x, and the target is 0: the loss of row k is (2k)².
        let network = Network::new([1]).add(Dense::new(1));
        let model = Model::<f64>::with_parameters(network, vec![2.0, 0.0]).expect("a weight and a bias");
        for rows in [1, MOST_ROWS - 1, MOST_ROWS, MOST_ROWS + 1, 2 * MOST_ROWS + 3] {
            let inputs: Vec<[f64; 1]> = (0..rows).map(|row| [row as f64]).collect();
            let data = Dataset::from_rows(&inputs, &vec![[0.0]; rows]);
            let squares: f64 = (0..rows).map(|row| 4.0 * (row * row) as f64).sum();
            for (loss, expected) in [(Loss::MeanSquaredError, squares / rows as f64), (Loss::SumOfSquares, squares)] {
                let meter = LossMeter::new(&model, loss, &data, Arc::new(Cpu::new(1)));
                let (found, metric) = meter.expect("they fit").measure_with_metric(&model, &data);
                assert!((found - expected).abs() <= 1e-12 * expected.max(1.0), "{rows} rows: {found}, not {expected}");
                // The targets are all alike, so no share of their spread can be explained.
                assert!(metric.is_none_or(|r2| r2 <= 0.0), "{metric:?}");
            }
        }
    }
}
