//! The way of a run, told by its losses: measured in what guessing loses, so that one threshold serves every loss.

use super::inside::Inside;
use super::{Condition, Course, Examination, Finding, Settings, Severity, loss_of};
use crate::base::real::Real;
use crate::data::dataset::Dataset;
use crate::data::findings::counted;
use crate::graph::activation::Activation;
use crate::graph::{Graph, reference};
use crate::nn::loss::{Loss, Reduction};
use crate::train::evaluate::Units;
use crate::train::paired::{Paired, Standing};

/// A rise of the training loss from one epoch to the next, in losses of guessing, that is a jump.
const JUMP: f64 = 0.1;

/// A rise that small batches make.
const SHAKE: f64 = 0.05;

/// Batches below this follow single rows.
const SMALL_BATCH: usize = 8;

/// How far the loss may still fall over the last third of the way.
const FALLING: f64 = 0.1;

/// A loss above this share of guessing has hardly begun to fall, and it does so when it falls by at least this much.
const NEAR_GUESSING: f64 = 0.8;
const BEGUN: f64 = 0.01;

/// Weights that moved less than this share of their length have hardly moved.
const MOVED: f64 = 0.05;

/// How far the loss on rows held back may end above its lowest.
const RISEN: f64 = 0.1;

/// A run and what guessing would lose on its rows.
pub(super) struct Judged<'a> {
    settings: &'a Settings,
    course: &'a Course<'a>,
    /// Training losses in losses of guessing: 1 is guessing, 0 is perfect.
    training: Vec<f64>,
    /// The same on the rows held back.
    validation: Vec<f64>,
    /// The losses on the rows held back beside those of a linear model.
    linear: Option<Paired>,
    /// ‖w - w₀‖ / ‖w₀‖.
    movement: Option<f64>,
    /// By how much a loss on so few rows held back differs by chance: 1 / √rows, in losses of guessing.
    chance: f64,
    /// The loss at the end on training rows, without dropout.
    trained: Option<f64>,
}

impl<'a> Judged<'a> {
    /// Measures a course in guesses; `movement` is how far the weights came, `end` the network after the last step.
    pub fn new(
        examination: &Examination<'a>,
        course: &'a Course<'a>,
        movement: Option<f64>,
        end: Option<&Inside>,
    ) -> Self {
        let settings = examination.settings;
        let guesses = examination.rows.as_ref().and_then(|rows| {
            let loss = loss_of(settings, rows.network)?;
            let training = guess(loss, rows.training, rows.training, rows.units)?;
            let validation = rows.validation.and_then(|data| guess(loss, rows.training, data, rows.units));
            Some((training, validation))
        });
        let (training, validation) = guesses.unwrap_or((1.0, None));
        let in_guesses = |losses: &[f64], guess: f64| losses.iter().map(|loss| loss / guess).collect();
        let held_back = validation.unwrap_or(training);
        let validation_rows = examination.rows.as_ref().and_then(|rows| rows.validation).map_or(0, Dataset::rows);
        Judged {
            settings,
            course,
            chance: if validation_rows == 0 { 0.0 } else { 1.0 / (validation_rows as f64).sqrt() },
            training: in_guesses(course.losses, training),
            validation: in_guesses(course.validation_losses, held_back),
            linear: course.against_linear,
            movement,
            trained: end.map(|end| end.loss_in_guesses),
        }
    }

    /// Whether the training rows are still nearer to guessing than to right.
    pub fn is_bad(&self) -> bool {
        self.training.last().is_some_and(|&last| last > 0.5)
    }

    /// A tenth of the learning rate, but not less than what is usual where it is above that.
    pub fn slower(&self) -> String {
        let (rate, usual) = (self.settings.learning_rate, self.settings.optimizer.default_learning_rate());
        let tenth = if rate > usual { (rate / 10.0).max(usual) } else { rate / 10.0 };
        format!("--learning-rate {}", rounded(tenth))
    }

    /// The loss on the rows held back that the model was kept with.
    fn held_back(&self) -> Option<f64> {
        let kept = self.course.best_epoch.and_then(|epoch| self.validation.get(epoch - 1));
        kept.or(self.validation.last()).copied()
    }

    /// How far a loss fell over the last third of the way, where the way is the sum of learning rates: a rate that falls to 0
    /// makes every loss look flat at the end.
    fn recent_fall(&self, losses: &[f64]) -> Option<f64> {
        let rates = self.course.learning_rates;
        let all: f64 = rates.iter().sum();
        let mut gone = 0.0;
        let is_before = |rate: &&f64| {
            gone += **rate;
            gone < all * 2.0 / 3.0
        };
        let at = rates.iter().take_while(is_before).count();
        Some(losses.get(at)? - losses.last()?)
    }

    /// The epoch, from 0, with the lowest loss on the rows held back, and that loss.
    fn lowest(&self) -> Option<(usize, f64)> {
        self.validation.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Whether the loss on the rows held back was lowest before half of the epochs were over.
    fn is_best_early(&self) -> bool {
        self.lowest().is_some_and(|(at, _)| 2 * (at + 1) <= self.validation.len())
    }

    /// What a linear model loses on the rows held back and what the network loses, in losses of guessing, where the linear model
    /// is better.
    fn linear_is_better(&self) -> Option<(f64, f64)> {
        let paired = self.linear.filter(|paired| paired.standing() == Standing::Worse)?;
        let network = self.held_back()?;
        Some((paired.other / paired.guess, network))
    }

    /// In how many epochs the training loss rose by more than this.
    fn rises(&self, by: f64) -> usize {
        self.training.windows(2).filter(|pair| pair[1] - pair[0] > by).count()
    }
}

/// What was wrong on the way.
pub(super) fn findings(judged: &Judged<'_>) -> Vec<Finding> {
    if let Some(diverged) = diverged(judged) {
        return vec![diverged];
    }
    let high = noisy_loss(judged).or_else(|| rate_too_high(judged));
    let is_high = high.is_some();
    high.into_iter().chain(falling(judged).filter(|_| !is_high)).collect()
}

/// What came out of it: the first that is seen, because each of them makes the next.
pub(super) fn outcome(judged: &Judged<'_>) -> Option<Finding> {
    if judged.course.diverged.is_some() {
        return None;
    }
    // Where no epoch is better than guessing, that rows are learned by heart is what follows from it.
    [no_better_than_guessing, overfitting, validation_better, underfitting].iter().find_map(|test| test(judged))
}

fn diverged(judged: &Judged<'_>) -> Option<Finding> {
    let evidence = match (judged.course.diverged, judged.course.losses.last()) {
        (Some(place), _) => format!("after {}: not finite: {place}", counted(judged.training.len(), "epoch")),
        (None, Some(loss)) if !loss.is_finite() => format!("the last loss is {loss}"),
        (None, _) => return None,
    };
    let advice = vec![judged.slower(), "--clip-norm 1".to_owned(), "--scaling standardise".to_owned()];
    Some(Finding::new(Condition::Diverged, Severity::Fault, evidence, advice))
}

fn noisy_loss(judged: &Judged<'_>) -> Option<Finding> {
    let (rises, epochs) = (judged.rises(SHAKE), judged.training.len());
    let is_noisy = judged.settings.batch_size < SMALL_BATCH && rises >= 3 && rises * 10 >= epochs;
    let evidence = || {
        let batches = judged.settings.batch_size;
        format!(
            "with batches of {batches} the loss rose in {rises} of {epochs} epochs by more than a twentieth of guessing"
        )
    };
    let advice = vec!["--batch-size 32".to_owned(), judged.slower()];
    is_noisy.then(|| Finding::new(Condition::NoisyLoss, Severity::Warning, evidence(), advice))
}

fn rate_too_high(judged: &Judged<'_>) -> Option<Finding> {
    let (rises, epochs) = (judged.rises(JUMP), judged.training.len());
    let (first, last) = (*judged.training.first()?, *judged.training.last()?);
    let is_unsteady = rises >= 3 && rises * 10 >= epochs;
    let is_worse = epochs > 1 && last > 1.05 && last > first;
    if !is_unsteady && !is_worse {
        return None;
    }
    let evidence = if is_worse {
        format!("the training loss began at {first:.3} of guessing and ended at {last:.3}")
    } else {
        format!("the training loss rose in {rises} of {epochs} epochs by more than a tenth of guessing")
    };
    let advice = vec![judged.slower(), "--clip-norm 1".to_owned()];
    Some(Finding::new(Condition::RateTooHigh, Severity::Warning, evidence, advice))
}

/// A loss that falls to the end: because steps are too short, or too few.
fn falling(judged: &Judged<'_>) -> Option<Finding> {
    let usual = judged.settings.optimizer.default_learning_rate();
    // Training rows that are learned by heart fall for ever; what counts is whether the others fall with them.
    let of_training = judged.recent_fall(&judged.training).unwrap_or(0.0);
    let fall = judged.recent_fall(&judged.validation).map_or(of_training, |other| of_training.min(2.0 * other));
    // At a usual rate weights stay where they are because nothing pulls at them.
    let is_below = judged.settings.effective_rate() * 3.0 < usual;
    let is_still = is_below && judged.movement.is_some_and(|movement| movement < MOVED);
    let (Some(&first), Some(&last)) = (judged.training.first(), judged.training.last()) else { return None };
    // Near guessing a small fall is much, when it is a third of all there was.
    let has_begun = last > NEAR_GUESSING && fall > BEGUN && fall * 3.0 >= first - last;
    let is_past_its_best = judged.is_best_early() || overfitting(judged).is_some();
    if !(fall >= FALLING || is_still || has_begun) || is_past_its_best {
        return None;
    }
    let mut evidence = Vec::new();
    if fall >= FALLING || has_begun {
        evidence.push(format!("over the last third of its way the loss fell by {fall:.2} of guessing, to {last:.2}"));
    }
    if let Some(movement) = judged.movement.filter(|_| is_still) {
        evidence.push(format!("all weights together moved by {:.1} % of their length", 100.0 * movement));
    }
    let (condition, advice) = if is_below {
        let rate = (judged.settings.learning_rate * 10.0).max(usual).min(usual * 10.0);
        (Condition::RateTooLow, format!("--learning-rate {}", rounded(rate)))
    } else {
        (Condition::StillFalling, format!("--epochs {}", judged.settings.epochs.saturating_mul(3)))
    };
    let faster = format!("--learning-rate {}", rounded(judged.settings.learning_rate * 3.0));
    let advice = vec![advice, faster];
    Some(Finding { condition, severity: Severity::Warning, evidence, advice })
}

/// Rows are learned by heart: the loss on the others rose again while that of the training rows fell. What is kept is the best
/// epoch, unless the last one was asked for; then it is worth knowing, and a fault only where a linear model is better still.
fn overfitting(judged: &Judged<'_>) -> Option<Finding> {
    let (at, lowest) = judged.lowest()?;
    let (end, trained) = (*judged.validation.last()?, *judged.training.last()?);
    let least = RISEN.max(judged.chance);
    let is_risen = end - lowest > least && trained < end - least;
    let linear = judged.linear_is_better().filter(|_| judged.is_best_early() && trained < lowest);
    if !is_risen && linear.is_none() {
        return None;
    }
    let mut evidence = vec![format!(
        "on rows held back the loss was {lowest:.2} of guessing after {}, and {end:.2} at the end; on training rows {trained:.2}",
        counted(at + 1, "epoch")
    )];
    let is_best_kept = judged.course.best_epoch.is_some();
    evidence.extend(linear.map(|(linear, network)| beside_linear(linear, network)));
    if is_best_kept {
        evidence.push(format!("the model is that of epoch {}", at + 1));
    }
    let severity = if is_best_kept && linear.is_none() { Severity::Note } else { Severity::Warning };
    let keeping = (!is_best_kept).then_some("--keep-last=false");
    let advice = keeping.into_iter().chain(["--dropout 0.2", "--layers 8", "--l2 0.001"]).map(str::to_owned).collect();
    Some(Finding { condition: Condition::Overfitting, severity, evidence, advice })
}

fn beside_linear(linear: f64, network: f64) -> String {
    format!("on rows held back a linear model loses {linear:.2} of guessing, the network {network:.2}")
}

fn validation_better(judged: &Judged<'_>) -> Option<Finding> {
    let (held_back, trained) = (judged.held_back()?, judged.trained?);
    let is_better = held_back < 0.5 * trained && trained - held_back > 0.15;
    let evidence = || format!("{held_back:.2} of guessing on rows held back, {trained:.2} on training rows");
    let advice = vec!["--validation 0.3".to_owned(), "--seed 1".to_owned()];
    is_better.then(|| Finding::new(Condition::ValidationBetter, Severity::Warning, evidence(), advice))
}

/// A linear model is better, though the network was still learning: what it needs is more of it.
fn underfitting(judged: &Judged<'_>) -> Option<Finding> {
    let (linear, network) = judged.linear_is_better()?;
    let evidence = beside_linear(linear, network);
    let advice = if judged.is_best_early() {
        let slower = format!("--learning-rate {}", rounded(judged.settings.learning_rate / 3.0));
        vec![slower, "the linear model may be all that these rows can teach".to_owned()]
    } else {
        vec![format!("--epochs {}", judged.settings.epochs.saturating_mul(3)), "--layers 128,64".to_owned()]
    };
    Some(Finding::new(Condition::Underfitting, Severity::Warning, evidence, advice))
}

fn no_better_than_guessing(judged: &Judged<'_>) -> Option<Finding> {
    let held_back = judged.held_back().or(judged.trained)?;
    let mut evidence = vec![format!("on rows held back the loss is {held_back:.2} of that of guessing")];
    // The best of many epochs is a little better by chance.
    let is_chosen = judged.course.best_epoch.is_some();
    let by_chance = 1.0 - BEGUN.max(0.5 * judged.chance);
    let highest = if is_chosen { by_chance } else { 1.0 - BEGUN };
    let trained = *judged.training.last()?;
    let linear = judged.linear.map(|paired| paired.other / paired.guess);
    // A network that learns its own rows, or a linear model that learns nothing either, shows that it is the columns.
    let is_learning = trained < highest && judged.is_best_early();
    let is_nothing_there = is_learning || linear.is_some_and(|linear| linear >= highest);
    let nothing = "perhaps the inputs tell nothing about the target: other columns, or more rows".to_owned();
    let other = if judged.settings.activation == Activation::Relu { Activation::Tanh } else { Activation::Relu };
    let is_usual = judged.settings.learning_rate == judged.settings.optimizer.default_learning_rate();
    let rate = (!is_usual && !is_nothing_there).then(|| judged.settings.usual_rate());
    let advice = match is_nothing_there {
        true => vec![nothing],
        false => rate.into_iter().chain([format!("--activation {}", other.name()), nothing]).collect(),
    };
    evidence.extend(linear.map(|linear| format!("a linear model loses {linear:.2} of it")));
    if is_learning {
        evidence.push(format!("on training rows the loss fell to {trained:.2}: they were learned by heart"));
    }
    let (condition, severity) = (Condition::NoBetterThanGuessing, Severity::Warning);
    // An epoch, or a linear model, that was better shows that there is something: it was learned, and lost again.
    let others = [judged.lowest().map(|(_, lowest)| lowest), linear];
    let was_better = others.into_iter().flatten().any(|loss| loss < by_chance) && overfitting(judged).is_some();
    (held_back >= highest && !was_better).then_some(Finding { condition, severity, evidence, advice })
}

/// The most numbers of rows that are guessed for; of more, as with thousands of classes, rows at equal distances are taken.
const MOST_GUESSES: usize = 1 << 22;

/// How many of these numbers are looked at at once.
const GUESSES_AT_ONCE: usize = 1 << 18;

/// What a model without inputs loses on `measured` when it learned from `training`: it says the mean, or the frequencies.
pub(super) fn guess(loss: Loss, training: &Dataset, measured: &Dataset, units: Units) -> Option<f64> {
    let width = training.targets().width();
    let is_classes = training.targets().class_numbers().is_some();
    let mut sums = vec![0.0; width];
    each_targets(training, 1, units, &mut |_, numbers| {
        for row in numbers.chunks_exact(width) {
            sums.iter_mut().zip(row).for_each(|(sum, number)| *sum += number);
        }
        Some(())
    })?;
    let means = sums.into_iter().map(|sum| sum / training.rows().max(1) as f64);
    // A class that is in no training row is not said with a probability of 0, which would lose without end.
    let probable = |p: f64| p.clamp(1e-6, 1.0 - 1e-6);
    let said: Vec<f64> = means
        .map(|mean| match (is_classes, width) {
            (true, 1) => Real::ln(probable(mean) / (1.0 - probable(mean))),
            (true, _) => Real::ln(probable(mean)),
            (false, _) => mean,
        })
        .collect();
    let step = (measured.rows() * width).div_ceil(MOST_GUESSES).max(1);
    let (mut lost, total) = (0.0, measured.rows().div_ceil(step));
    each_targets(measured, step, units, &mut |rows, truth| {
        let mut graph = Graph::new();
        let z = graph.input([rows, width]);
        let output = match (is_classes, width) {
            (true, 1) => graph.activate(Activation::Sigmoid, z),
            (true, _) => graph.softmax(z).ok()?,
            (false, _) => z,
        };
        let target = graph.input([rows, width]);
        let node = loss.build(&mut graph, output, target).ok()?;
        let values = reference::evaluate(&graph, &[&said.repeat(rows), truth], &[], &|_, _| true);
        lost += values[node.0][0] * loss.weight(rows, total);
        Some(())
    })?;
    // Of a sum over rows as much as all of them would have.
    let lost = if loss.reduction() == Reduction::Sum { lost * measured.rows() as f64 / total as f64 } else { lost };
    Some(lost).filter(|&lost| lost > 0.0)
}

/// Shows how many rows, and their targets as a network learns them, some at a time; of every `step` rows one.
fn each_targets(
    data: &Dataset,
    step: usize,
    units: Units,
    show: &mut dyn FnMut(usize, &[f64]) -> Option<()>,
) -> Option<()> {
    let targets = units.standardise(data).ok()?;
    let rows: Vec<u32> = (0..data.rows() as u32).step_by(step).collect();
    let width = data.targets().width();
    let mut numbers = Vec::new();
    for rows in rows.chunks((GUESSES_AT_ONCE / width.max(1)).max(1)) {
        numbers.resize(rows.len() * width, 0.0);
        targets.targets().gather(rows, &mut numbers);
        show(rows.len(), &numbers)?;
    }
    Some(())
}

/// A number with two digits that count.
fn rounded(number: f64) -> f64 {
    format!("{number:.1e}").parse().unwrap_or(number)
}
