//! Faults in what was chosen: rates, batches, penalties and layers that do not fit the rows or each other.

use super::course::guess;
use super::{Condition, Finding, Rows, Severity, loss_of};
use crate::data::dataset::Targets;
use crate::data::findings::{counted, grouped};
use crate::data::treatment::{Missing, Treatment};
use crate::graph::activation::Activation;
use crate::nn::initializer::Initializer;
use crate::nn::loss::Loss;
use crate::nn::model::parameter_count;
use crate::optim::clip::Clip;
use crate::optim::optimizer::Optimizer;
use crate::optim::schedule::{Progress, Schedule};
use crate::train::class_weights::ClassWeights;
use crate::train::recipe::Recipe;
use crate::train::stopping::EarlyStopping;

/// What was chosen for a run, as far as the doctor looks at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What is done where an input has no value.
    pub missing: Missing,
    /// What is done to numbers.
    pub scaling: Treatment,
    /// The share of the rows that is held back.
    pub validation: f64,
    /// The units of each hidden layer.
    pub layers: Vec<usize>,
    /// The activation of the hidden layers.
    pub activation: Activation,
    /// How weights begin.
    pub initializer: Initializer,
    /// The share of each hidden layer that is left out while training.
    pub dropout: f64,
    /// What to make small; what belongs to the network's last activation where it is not said.
    pub loss: Option<Loss>,
    /// The rule of a step.
    pub optimizer: Optimizer,
    /// The length of a step.
    pub learning_rate: f64,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// Over how many steps the learning rate climbs.
    pub warm_up: u64,
    /// How gradients are held back.
    pub clip: Clip,
    /// The weight of |w| in the penalised loss.
    pub l1: f64,
    /// The weight of w²/2 in the penalised loss.
    pub l2: f64,
    /// How often every row is seen.
    pub epochs: usize,
    /// The rows of one step.
    pub batch_size: usize,
    /// How much the rows of each class count.
    pub class_weights: ClassWeights,
    /// Whether rows come in another order in each epoch.
    pub shuffle: bool,
    /// The rule of early stopping, where it watches the rows held back.
    pub stopping: Option<EarlyStopping>,
    /// All randomness follows from it.
    pub seed: u64,
}

impl From<&Recipe> for Settings {
    fn from(recipe: &Recipe) -> Self {
        let (choices, fit) = (&recipe.choices, &recipe.fit);
        Settings {
            missing: choices.missing,
            scaling: choices.scaling,
            validation: recipe.validation.share_within(),
            layers: recipe.layers.clone(),
            activation: recipe.activation,
            initializer: recipe.initializer,
            dropout: recipe.dropout,
            loss: fit.loss,
            optimizer: fit.optimizer,
            learning_rate: fit.learning_rate,
            schedule: fit.schedule,
            warm_up: fit.warm_up,
            clip: fit.clip,
            l1: fit.l1,
            l2: fit.l2,
            epochs: fit.epochs,
            batch_size: fit.batch_size,
            class_weights: fit.class_weights.clone(),
            shuffle: fit.shuffle,
            stopping: fit.stopping,
            seed: fit.seed,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings::from(&Recipe::default().settled(1000))
    }
}

impl Settings {
    /// The learning rate with what momentum makes of it: a constant gradient moves weights by η / (1 - momentum).
    pub(super) fn effective_rate(&self) -> f64 {
        let momentum = if let Optimizer::Sgd { momentum, .. } = self.optimizer { momentum } else { 0.0 };
        self.learning_rate / (1.0 - momentum)
    }

    /// What the learning rate would be if it were usual.
    pub(super) fn usual_rate(&self) -> String {
        format!("--learning-rate {}", self.optimizer.default_learning_rate())
    }

    fn steps_per_epoch(&self, rows: usize) -> usize {
        rows.div_ceil(self.batch_size.min(rows).max(1))
    }
}

/// Learning rates this many times off what is usual are out of range.
const OUT_OF_RANGE: f64 = 50.0;

/// Parameters for each number that is learned from above which a network is huge.
const HUGE: usize = 50;

/// Fewer steps than this teach little.
const FEW_STEPS: usize = 100;

/// How many steps are advised where there are too few.
const ENOUGH_STEPS: usize = 2_000;

/// A number of steps in words.
fn in_steps(count: usize) -> String {
    format!("{} step{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// The findings that settings give for these rows.
pub(super) fn findings(settings: &Settings, rows: &Rows<'_>) -> Vec<Finding> {
    let tests: [fn(&Settings, &Rows<'_>) -> Option<Finding>; 16] = [
        sorted_rows,
        weightless_class,
        no_bend,
        bottleneck,
        huge_network,
        wrong_loss,
        rate_beyond_range,
        rate_below_range,
        steps,
        long_warm_up,
        fast_decay,
        strong_penalty,
        strong_dropout,
        tight_clip,
        strict_stopping,
        large_validation,
    ];
    tests.iter().filter_map(|test| test(settings, rows)).collect()
}

fn warning(condition: Condition, evidence: String, advice: &[&str]) -> Option<Finding> {
    let advice = advice.iter().map(|&line| line.to_owned()).collect();
    Some(Finding::new(condition, Severity::Warning, evidence, advice))
}

/// Neighbours with the same class are this many times more often alike than chance makes them in rows that are sorted.
const FEWER_RUNS: f64 = 3.0;

/// Neighbouring targets of rows that are sorted go together at least like this (their autocorrelation).
const GO_TOGETHER: f64 = 0.5;

fn sorted_rows(settings: &Settings, rows: &Rows<'_>) -> Option<Finding> {
    let count = rows.training.rows();
    if settings.shuffle || settings.steps_per_epoch(count) < 2 {
        return None;
    }
    let evidence = match rows.training.targets() {
        Targets::Classes { numbers, names } => {
            let runs = numbers.chunk_by(|a, b| a == b).count();
            let mut sizes = vec![0.0; names.len()];
            numbers.iter().for_each(|&class| sizes[class as usize] += 1.0);
            let alike = sizes.iter().map(|size| size * size).sum::<f64>() / (count as f64 * count as f64);
            let usual = 1.0 + (count as f64 - 1.0) * (1.0 - alike);
            if runs as f64 * FEWER_RUNS > usual {
                return None;
            }
            format!("the classes change {} times from row to row; by chance it would be {usual:.0} times", runs - 1)
        }
        Targets::Values(matrix) => {
            let together = autocorrelation(&(0..count).map(|row| matrix.at(row, 0)).collect::<Vec<_>>());
            if together < GO_TOGETHER {
                return None;
            }
            format!("targets of neighbouring rows go together (autocorrelation {together:.2})")
        }
    };
    warning(Condition::SortedRows, evidence, &["--shuffle=true"])
}

/// Σ (yᵢ - ȳ)(yᵢ₊₁ - ȳ) / Σ (yᵢ - ȳ)²: 0 for rows in any order, next to 1 for sorted ones.
fn autocorrelation(numbers: &[f64]) -> f64 {
    let mean = numbers.iter().sum::<f64>() / numbers.len().max(1) as f64;
    let products: f64 = numbers.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    let squares: f64 = numbers.iter().map(|number| (number - mean) * (number - mean)).sum();
    if squares > 0.0 { products / squares } else { 0.0 }
}

/// A class whose weight is below this share of the largest counts nothing.
const WEIGHTLESS: f64 = 0.001;

fn weightless_class(settings: &Settings, rows: &Rows<'_>) -> Option<Finding> {
    let targets = rows.training.targets();
    let weights = settings.class_weights.of(targets).ok()??;
    let greatest = weights.iter().copied().fold(0.0, f64::max);
    let class = weights.iter().position(|&weight| weight < WEIGHTLESS * greatest)?;
    let count = targets.class_numbers()?.iter().filter(|&&number| number as usize == class).count();
    let evidence = format!(
        "class '{}' has a weight of {}: its {} teach nothing",
        targets.class_names()[class],
        weights[class],
        counted(count, "row")
    );
    warning(Condition::WeightlessClass, evidence, &["--class-weights equal", "--class-weights balanced"])
}

fn no_bend(settings: &Settings, _: &Rows<'_>) -> Option<Finding> {
    if settings.activation != Activation::Linear || settings.layers.is_empty() {
        return None;
    }
    let evidence = format!(
        "{} with --activation {}: a linear function of a linear function is linear",
        counted(settings.layers.len(), "hidden layer"),
        settings.activation.name()
    );
    warning(Condition::NoBend, evidence, &[&format!("--activation {}", Activation::Relu.name())])
}

fn bottleneck(settings: &Settings, rows: &Rows<'_>) -> Option<Finding> {
    let outputs = rows.training.targets().width();
    let (number, &units) = (1..).zip(&settings.layers).min_by_key(|(_, units)| **units)?;
    if units > 1 && units * 4 >= outputs {
        return None;
    }
    let evidence = format!(
        "hidden layer {number} has {} between {} and {}",
        counted(units, "unit"),
        counted(rows.training.inputs().columns(), "input"),
        counted(outputs, "output")
    );
    warning(Condition::Bottleneck, evidence, &["--layers 32,16"])
}

fn huge_network(_: &Settings, rows: &Rows<'_>) -> Option<Finding> {
    let parameters = parameter_count(&rows.network.build_training(1).ok()?.parameters);
    let learned_from = rows.training.rows() * rows.training.targets().width();
    if parameters <= HUGE * learned_from {
        return None;
    }
    let (count, each) = (grouped(parameters), parameters / rows.training.rows().max(1));
    let evidence = format!("{count} parameters for {}: {each} for each", counted(rows.training.rows(), "training row"));
    warning(Condition::HugeNetwork, evidence, &["--layers 16,8", "--dropout 0.2", "--l2 0.001"])
}

fn wrong_loss(settings: &Settings, rows: &Rows<'_>) -> Option<Finding> {
    let (loss, usual) = (settings.loss?, Loss::usual_for(rows.network).ok()?);
    let has_classes = rows.training.targets().class_numbers().is_some();
    if !has_classes || loss == usual {
        return None;
    }
    let evidence = format!("the targets are classes, the loss is {}", loss.name());
    warning(Condition::WrongLoss, evidence, &[&format!("--loss {}", usual.name())])
}

fn rate_beyond_range(settings: &Settings, _: &Rows<'_>) -> Option<Finding> {
    let (rate, usual) = (settings.effective_rate(), settings.optimizer.default_learning_rate());
    if rate <= OUT_OF_RANGE * usual {
        return None;
    }
    let name = settings.optimizer.name();
    let evidence = if rate > settings.learning_rate {
        format!("{} with momentum moves weights as {rate} would; {usual} is usual with {name}", settings.learning_rate)
    } else {
        format!("{rate}, {:.0} times what is usual with {name}, {usual}", rate / usual)
    };
    let slower = format!("--learning-rate {:.1e}", usual * settings.learning_rate / rate);
    // Momentum of 0.9 moves weights ten times as far as none.
    let is_momentum = rate > settings.learning_rate && settings.learning_rate * 10.0 <= OUT_OF_RANGE * usual;
    let less_momentum = is_momentum.then_some("--optimizer-settings momentum=0.9");
    let advice: Vec<&str> = less_momentum.into_iter().chain([slower.as_str()]).collect();
    warning(Condition::RateBeyondRange, evidence, &advice)
}

fn rate_below_range(settings: &Settings, _: &Rows<'_>) -> Option<Finding> {
    let (rate, usual) = (settings.effective_rate(), settings.optimizer.default_learning_rate());
    let evidence = format!(
        "{rate}, {:.0} times less than what is usual with {}, {usual}",
        usual / rate,
        settings.optimizer.name()
    );
    if rate * OUT_OF_RANGE >= usual {
        return None;
    }
    warning(Condition::RateBelowRange, evidence, &[&settings.usual_rate()])
}

fn steps(settings: &Settings, rows: &Rows<'_>) -> Option<Finding> {
    let count = rows.training.rows();
    let per_epoch = settings.steps_per_epoch(count);
    let steps = per_epoch.saturating_mul(settings.epochs);
    let in_small_batches = count.div_ceil(32);
    if settings.batch_size >= count && in_small_batches > 1 && steps < ENOUGH_STEPS {
        let evidence = format!(
            "batches of {} for {}: {} of {} each",
            grouped(settings.batch_size),
            counted(count, "training row"),
            counted(settings.epochs, "epoch"),
            in_steps(per_epoch)
        );
        return warning(Condition::BatchTooLarge, evidence, &["--batch-size 32"]);
    }
    if steps >= FEW_STEPS {
        return None;
    }
    let evidence =
        format!("{} of {}: {} in all", counted(settings.epochs, "epoch"), in_steps(per_epoch), in_steps(steps));
    warning(Condition::FewSteps, evidence, &[&format!("--epochs {}", ENOUGH_STEPS.div_ceil(per_epoch))])
}

fn long_warm_up(settings: &Settings, rows: &Rows<'_>) -> Option<Finding> {
    let steps = settings.steps_per_epoch(rows.training.rows()).saturating_mul(settings.epochs);
    if settings.warm_up <= steps as u64 / 2 {
        return None;
    }
    let evidence = format!("it climbs over {} of {}", grouped(settings.warm_up as usize), in_steps(steps));
    warning(Condition::LongWarmUp, evidence, &["--warm-up 0"])
}

fn fast_decay(settings: &Settings, rows: &Rows<'_>) -> Option<Finding> {
    let steps_per_epoch = settings.steps_per_epoch(rows.training.rows()) as u64;
    let epochs = settings.epochs as u64;
    let looked_at = epochs.min(200);
    let factor = |at: u64| {
        let epoch = at * epochs / looked_at;
        settings.schedule.factor(Progress {
            epoch,
            step: epoch * steps_per_epoch,
            steps_per_epoch,
            epochs,
            reduction: 1.0,
        })
    };
    let mean = (0..looked_at).map(factor).sum::<f64>() / looked_at.max(1) as f64;
    if epochs < 10 || mean >= 0.05 {
        return None;
    }
    let evidence =
        format!("over {} it is {:.1} % of its full height on average", counted(settings.epochs, "epoch"), 100.0 * mean);
    let usual = Schedule::Cosine { floor: 0.0 };
    warning(Condition::FastDecay, evidence, &[&format!("--schedule {}", usual.name())])
}

/// AdamW keeps weights below 1/λ: with this λ they are next to nothing.
const STRONG_DECAY: f64 = 5.0;

fn strong_penalty(settings: &Settings, _: &Rows<'_>) -> Option<Finding> {
    if let Optimizer::AdamW { weight_decay, .. } = settings.optimizer
        && weight_decay >= STRONG_DECAY
    {
        let evidence = format!("a weight decay of {weight_decay} keeps weights below {:.2}", 1.0 / weight_decay);
        return warning(Condition::StrongPenalty, evidence, &["--optimizer-settings weight_decay=0.01"]);
    }
    let (flag, found, advice) = match (settings.l1 >= 0.01, settings.l2 >= 0.1) {
        (true, _) => ("--l1", settings.l1, "--l1 0"),
        (_, true) => ("--l2", settings.l2, "--l2 0.0001"),
        (false, false) => return None,
    };
    warning(Condition::StrongPenalty, format!("{flag} {found}; 0.0001 is usual where it is used at all"), &[advice])
}

fn strong_dropout(settings: &Settings, _: &Rows<'_>) -> Option<Finding> {
    if settings.dropout <= 0.7 {
        return None;
    }
    let evidence = format!("{:.0} % of each hidden layer are left out in each step", 100.0 * settings.dropout);
    warning(Condition::StrongDropout, evidence, &["--dropout 0.1"])
}

fn tight_clip(settings: &Settings, _: &Rows<'_>) -> Option<Finding> {
    let (flag, limit) = match settings.clip {
        Clip::Off => return None,
        Clip::Norm(limit) => ("--clip-norm", limit),
        Clip::Value(limit) => ("--clip-value", limit),
    };
    if limit >= 0.01 {
        return None;
    }
    warning(Condition::TightClip, format!("{flag} {limit}; 1 is usual"), &[&format!("{flag} 1")])
}

/// More than this of what guessing loses is more than one epoch gives, once training has begun.
const STRICT: f64 = 0.1;

fn strict_stopping(settings: &Settings, rows: &Rows<'_>) -> Option<Finding> {
    let least = settings.stopping?.min_delta;
    let guessed = guess(loss_of(settings, rows.network)?, rows.training, rows.training, rows.units)?;
    let evidence = format!("a loss must fall by {least} to count as better; guessing loses {guessed:.3}");
    if least <= STRICT * guessed {
        return None;
    }
    warning(Condition::StrictStopping, evidence, &["--min-delta 0"])
}

fn large_validation(settings: &Settings, rows: &Rows<'_>) -> Option<Finding> {
    let held_back = rows.validation?.rows();
    if held_back <= rows.training.rows() || settings.validation <= 0.5 {
        return None;
    }
    let evidence = format!("{} held back, {} to learn from", counted(held_back, "row"), grouped(rows.training.rows()));
    warning(Condition::LargeValidation, evidence, &["--validation 0.2"])
}
