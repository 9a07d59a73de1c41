//! Cross-validation: the whole way from rows to figures, several times, each time measured on rows that were held back from it.
//!
//! It says how good models of a recipe are, and how far that figure can be trusted. It keeps none of its models: the one that a
//! person takes home is trained as without cross-validation, bit for bit.

// Long because: half of it are tests with made-up folds.

use super::apply;
use super::calibration::root_of_square;
use super::evaluate::Evaluation;
use super::file::Source;
use super::fit::{Fit, Next};
use super::interval::{Interval, mean_and_deviation, of_mean, of_share, t_quantile};
use super::metric::{Confusion, For, Metric};
use super::paired::{Paired, Standing};
use super::recipe::Recipe;
use super::session::Moment;
use crate::base::error::{Error, ErrorKind, Result};
use crate::base::rng::Rng;
use crate::data::dataset::{Dataset, Targets};
use crate::data::prepare::prepare_rows;
use crate::data::schema::Schema;
use crate::data::split::{Dependence, Split, Strata, folds, split};
use crate::data::table::Table;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How often, and into how many folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossValidation {
    /// Into how many parts the rows are cut; each is held back once.
    pub folds: usize,
    /// How often they are shuffled and cut.
    pub repeats: usize,
}

/// One fold.
#[derive(Clone, Debug, PartialEq)]
pub struct Fold {
    /// Its number among all folds of all repeats, from 1.
    pub number: usize,
    /// How many rows it did not hold back.
    pub training_rows: usize,
    /// What was measured on the rows that it held back.
    pub evaluation: Evaluation,
}

/// What all folds came to.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossValidated {
    /// What was asked for.
    pub choice: CrossValidation,
    /// Every fold, in order.
    pub folds: Vec<Fold>,
}

/// One figure over all folds.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Its value for each fold, in order; none where the rows of the fold have none.
    pub values: Vec<Option<f64>>,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, with n - 1 below it.
    pub deviation: f64,
    /// The 95 % interval of the mean, which takes into account that folds share their training rows
    /// ([`of_mean`]).
    pub interval: Interval,
    /// The mean of what guessing reaches; none for the loss.
    pub baseline: Option<f64>,
    /// The mean of what a linear model reaches, where every fold has one.
    pub linear: Option<f64>,
}

/// Told of each fold when it is done, and asked between all steps (with nothing to tell) how to go on. Any other answer than
/// [`Next::Continue`] ends the work with an error of the kind `Interrupted`.
pub type Watch<'a> = dyn Fn(Option<&Fold>) -> Next + Sync + 'a;

/// The most models that are trained.
const MOST: usize = 10_000;

impl CrossValidation {
    /// Reads `5` (folds) or `5x3` (five folds, three times over).
    ///
    /// ```
    /// use clione::train::cross_validate::CrossValidation;
    /// assert_eq!(CrossValidation::parse("5x3")?, CrossValidation { folds: 5, repeats: 3 });
    /// assert_eq!(CrossValidation::parse("10")?.text(), "10");
    /// assert!(CrossValidation::parse("1").is_err());
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        let (folds, repeats) = text.split_once(['x', 'X', '×']).unwrap_or((text, "1"));
        let wrong = |what: &str| {
            Error::usage(format!("cross-validation \"{text}\": {what}"))
                .note("expected a number of folds, or folds x repeats: `5`, `5x3`")
        };
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| wrong("is not a number of folds"));
        let (folds, repeats) = (number(folds)?, number(repeats)?);
        if folds < 2 {
            return Err(wrong("at least 2 folds are needed, one to measure on and one to learn from"));
        }
        if repeats == 0 {
            return Err(wrong("at least 1 repeat is needed"));
        }
        if folds.saturating_mul(repeats) > MOST {
            return Err(wrong("more than 10,000 models would be trained"));
        }
        Ok(CrossValidation { folds, repeats })
    }

    /// The text that [`CrossValidation::parse`] reads.
    pub fn text(&self) -> String {
        match self.repeats {
            1 => self.folds.to_string(),
            repeats => format!("{}x{repeats}", self.folds),
        }
    }

    /// Cross-validates a recipe on a table. Means, scales and categories are measured on the rows that a fold learns from
    /// alone. Where an epoch is chosen or training stops early, the rows that decide it are held back from those (`validation` of
    /// them), never from those that are measured on. Folds and that part keep groups whole or go forward in time where rows
    /// [depend](Dependence) on each other.
    ///
    /// As many folds are worked on at once as the recipe has threads, one thread each; no result depends on it, and folds end
    /// in any order.
    ///
    /// Fails when the folds cannot be made, where preparing or training fails in the first fold that does, or when `watch`
    /// asks for an end.
    ///
    /// ```
    /// use clione::prelude::*;
    /// use clione::train::cross_validate::CrossValidation;
    /// let text: String = (0..40).map(|i| format!("{},{}\n", i % 10, if i % 10 < 5 { "low" } else { "high" })).collect();
    /// let table = Table::from_bytes("x.csv", text.into_bytes(), &ReadOptions::default())?;
    /// let fit = Fit { epochs: 30, learning_rate: 0.05, ..Fit::default() };
    /// let recipe = Recipe { layers: vec![8], fit, ..Recipe::default() };
    /// let validated = CrossValidation::parse("4")?.of_table(&recipe, &table, &|_| Next::Continue)?;
    /// let accuracy = validated.summary(Metric::Accuracy).unwrap();
    /// assert!(accuracy.values.len() == 4 && accuracy.mean > 0.8);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn of_table(&self, recipe: &Recipe, table: &Table, watch: &Watch<'_>) -> Result<CrossValidated> {
        let schema = Schema::infer(table, &recipe.choices)?;
        let choices = &recipe.choices;
        // Targets need no preprocessing that could look at rows it should not.
        let targets = prepare_rows(table, &schema, choices, &schema.rows, &[])?.training.targets().clone();
        let prepare = |learn: &[u32], others: [&[u32]; 2]| {
            let rows_of = |places: &[u32]| -> Vec<u32> { places.iter().map(|&at| schema.rows[at as usize]).collect() };
            let others = others.map(rows_of);
            let prepared = prepare_rows(table, &schema, choices, &rows_of(learn), &[&others[0], &others[1]])?;
            let mut others = prepared.others.into_iter();
            let mut next = || others.next().expect("two other parts were given");
            Ok((Source::Table(prepared.preprocessing), [prepared.training, next(), next()]))
        };
        self.run(recipe, &targets, &schema.dependence, &prepare, watch).map_err(|error| error.in_file(table.source()))
    }

    /// Cross-validates a recipe on rows that need no fitting, such as images. As [`CrossValidation::of_table`] otherwise.
    pub fn of_rows(
        &self,
        recipe: &Recipe,
        source: &Source,
        data: &Dataset,
        watch: &Watch<'_>,
    ) -> Result<CrossValidated> {
        let prepare = |learn: &[u32], others: [&[u32]; 2]| {
            Ok((source.clone(), [data.part(learn), data.part(others[0]), data.part(others[1])]))
        };
        self.run(recipe, data.targets(), &Dependence::Independent, &prepare, watch)
    }

    fn run(
        &self,
        recipe: &Recipe,
        targets: &Targets,
        dependence: &Dependence,
        prepare: &Prepare<'_>,
        watch: &Watch<'_>,
    ) -> Result<CrossValidated> {
        recipe.fit.check()?;
        if matches!(dependence, Dependence::Times(_)) && self.repeats > 1 {
            let text = self.text();
            return Err(Error::usage(format!(
                "cross-validation \"{text}\": in the order of time every repeat is the same"
            ))
            .remedy(format!("--cv {}", self.folds)));
        }
        let strata = match targets {
            Targets::Classes { numbers, names } => Some(Strata { numbers, names }),
            Targets::Values(_) => None,
        };
        let rng = Rng::new(recipe.fit.seed);
        let mut splits = Vec::new();
        for repeat in 0..self.repeats {
            splits.extend(folds(targets.rows(), self.folds, repeat, strata, dependence, &rng)?);
        }
        let one = |number: usize| -> Result<Fold> {
            let name = |error: Error| error.note(format!("in fold {} of {}", number + 1, splits.len()));
            let fold =
                train_fold(recipe, (targets, dependence), prepare, number, &splits[number], watch).map_err(name)?;
            watch(Some(&fold));
            Ok(fold)
        };
        // Whoever is free takes the next fold; which thread that is decides nothing.
        let next = AtomicUsize::new(0);
        let work = || {
            let numbers = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
            numbers
                .take_while(|&number| number < splits.len() && watch(None) == Next::Continue)
                .map(|number| (number, one(number)))
                .collect::<Vec<_>>()
        };
        let threads = recipe.fit.threads.min(splits.len());
        let mut results = thread::scope(|scope| {
            // Where a thread cannot be started, those that are there do its folds.
            let start = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
            let workers: Vec<_> = (1..threads).map_while(start).collect();
            let mut done = work();
            for worker in workers {
                done.extend(worker.join().expect("a fold panics only by a mistake of ours"));
            }
            done
        });
        results.sort_unstable_by_key(|(number, _)| *number);
        let is_paused = |error: &Error| error.kind() == ErrorKind::Interrupted;
        if results.len() < splits.len() || results.iter().any(|(_, fold)| fold.as_ref().is_err_and(is_paused)) {
            let done = results.iter().filter(|(_, fold)| fold.is_ok()).count();
            return Err(Error::interrupted(format!(
                "the cross-validation ended after {done} of {} folds",
                splits.len()
            )));
        }
        let folds = results.into_iter().map(|(_, fold)| fold).collect::<Result<Vec<Fold>>>()?;
        Ok(CrossValidated { choice: *self, folds })
    }
}

/// What rows become when some of them are learned from: the source that belongs to a model, these rows, and two other parts.
type Prepare<'a> = dyn Fn(&[u32], [&[u32]; 2]) -> Result<(Source, [Dataset; 3])> + Sync + 'a;

fn train_fold(
    recipe: &Recipe,
    (targets, dependence): (&Targets, &Dependence),
    prepare: &Prepare<'_>,
    number: usize,
    rows: &Split,
    watch: &Watch<'_>,
) -> Result<Fold> {
    // Another seed for each fold: how a network happens to begin is part of what the figures vary by.
    let seed = recipe.fit.seed.wrapping_add(number as u64);
    let recipe = Recipe { fit: Fit { seed, threads: 1, ..recipe.fit.clone() }, ..recipe.clone() };
    let mut inner = Split { training: rows.training.clone(), validation: Vec::new() };
    let inner_share = recipe.validation.share_within();
    if recipe.fit.is_watched() && inner_share > 0.0 {
        let strata: Option<Vec<u32>> =
            targets.class_numbers().map(|all| rows.training.iter().map(|&row| all[row as usize]).collect());
        let rows_of = |part: Vec<u32>| part.into_iter().map(|place| rows.training[place as usize]).collect();
        let dependence = dependence.part(&rows.training);
        match split(rows.training.len(), inner_share, strata.as_deref(), &dependence, &Rng::new(seed)) {
            Ok(parts) => inner = Split { training: rows_of(parts.training), validation: rows_of(parts.validation) },
            // A fold with too few rows for that has its last epoch.
            Err(_) if recipe.fit.only_chooses_epoch() => {}
            Err(error) => return Err(error),
        }
    }
    let (source, [training, validation, held_back]) = prepare(&inner.training, [&inner.validation, &rows.validation])?;
    let validation = Some(&validation).filter(|part| part.rows() > 0);
    let mut go_on = |_: &Moment<'_>| Ok(if watch(None) == Next::Continue { Next::Continue } else { Next::Pause });
    let run = recipe.train_from(None, source, &training, validation, &mut go_on)?;
    let evaluation = apply::evaluate(&run.saved, &held_back, &recipe.fit.cpu())?;
    Ok(Fold { number: number + 1, training_rows: rows.training.len(), evaluation })
}

impl CrossValidated {
    /// What a fold is called: its number, and that of the repeat where there are several.
    ///
    /// ```
    /// use clione::train::cross_validate::{CrossValidated, CrossValidation};
    /// let validated = CrossValidated { choice: CrossValidation { folds: 5, repeats: 3 }, folds: Vec::new() };
    /// assert_eq!(validated.name_of(7), "repeat 2, fold 2");
    /// ```
    pub fn name_of(&self, number: usize) -> String {
        let CrossValidation { folds, repeats } = self.choice;
        let fold = format!("fold {}", (number - 1) % folds + 1);
        if repeats == 1 { fold } else { format!("repeat {}, {fold}", (number - 1) / folds + 1) }
    }

    /// What the metrics are for.
    pub fn is_for(&self) -> For {
        self.folds[0].evaluation.is_for()
    }

    /// A metric over all folds; none unless at least two folds have it.
    ///
    /// The calibration error is the root of the mean of what is right on average ([`squared_calibration_error`]), and its
    /// interval that of the mean. The interval of a share that is the same in all folds, as without any error, ends where
    /// [`of_share`] has it for all their rows together, or for those of the rarest class where each class counts alike.
    ///
    /// [`squared_calibration_error`]: super::calibration::squared_calibration_error
    pub fn summary(&self, metric: Metric) -> Option<Summary> {
        let of_fold = |fold: &'_ Fold| fold.evaluation.metrics.iter().find(|found| found.metric == metric).copied();
        let measured = || self.folds.iter().filter_map(of_fold);
        let baselines: Vec<f64> = measured().map(|found| found.baseline).collect();
        let linear: Option<Vec<f64>> = measured().map(|found| found.linear).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let values = self.folds.iter().map(|fold| of_fold(fold).map(|found| found.value)).collect();
        let mut summary = self.summarise(values, metric.range())?;
        if metric == Metric::CalibrationError {
            let squares = self.folds.iter().map(|fold| fold.evaluation.squared_calibration).collect();
            let squares = self.summarise(squares, (f64::NEG_INFINITY, 1.0))?;
            let Interval { low, high } = squares.interval;
            summary.mean = root_of_square(squares.mean);
            summary.interval = Interval { low: root_of_square(low), high: root_of_square(high) };
        }
        if metric.is_share() {
            summary.interval = self.widened(metric, &summary);
        }
        Some(Summary { baseline: Some(mean(&baselines)), linear: linear.map(|values| mean(&values)), ..summary })
    }

    /// How the models stand beside the linear models of the same folds, by log_loss or rmse: better or worse where the 95 %
    /// interval of the mean difference says so, or where it is above its standard error and a tenth of guessing. None where a
    /// fold has no linear model.
    pub fn against_linear(&self) -> Option<Standing> {
        let metric = self.folds[0].evaluation.compared_by();
        let Summary { baseline, linear, values, .. } = self.summary(metric)?;
        let difference = |fold: &Fold| {
            let measured = fold.evaluation.measured(metric)?;
            Some(measured.value - measured.linear?)
        };
        let differences: Vec<f64> = self.folds.iter().map(difference).collect::<Option<_>>()?;
        let differences = differences.into_iter().map(Some).collect();
        let Summary { mean, interval, .. } = self.summarise(differences, (f64::NEG_INFINITY, f64::INFINITY))?;
        let chance = (interval.high - interval.low) / 2.0;
        let error = chance / t_quantile(0.975, values.len() - 1);
        Some(Paired { difference: mean, error, chance, other: linear?, guess: baseline? }.standing())
    }

    /// The loss over all folds.
    pub fn loss(&self) -> Option<Summary> {
        self.summarise(self.folds.iter().map(|fold| Some(fold.evaluation.loss)).collect(), (0.0, f64::INFINITY))
    }

    /// The metrics for this kind of target that fewer than two folds have.
    pub fn undefined(&self) -> Vec<Metric> {
        let is_undefined = |metric: &&Metric| metric.is_for() == self.is_for() && self.summary(**metric).is_none();
        Metric::all().iter().filter(is_undefined).copied().collect()
    }

    /// Every metric that at least two folds have, in the order of the table.
    pub fn summaries(&self) -> Vec<(Metric, Summary)> {
        Metric::all().iter().filter_map(|&metric| Some((metric, self.summary(metric)?))).collect()
    }

    /// The interval of a share, with that of all rows that were measured in one repeat: folds that agree say no more than
    /// these rows do.
    fn widened(&self, metric: Metric, summary: &Summary) -> Interval {
        let Interval { low, high } = summary.interval;
        let confusions =
            || self.folds.iter().take(self.choice.folds).filter_map(|fold| fold.evaluation.confusion.as_ref());
        let rows_of = |class: usize| -> usize { confusions().map(|found| found.rows(class)).sum() };
        let classes = confusions().map(Confusion::classes).max().unwrap_or(0);
        let (least, greatest) = metric.range();
        let from_share = |share: f64| least + (greatest - least) * share;
        if metric == Metric::Accuracy {
            let right: usize =
                confusions().map(|found| (0..classes).map(|class| found.count(class, class)).sum::<usize>()).sum();
            let pooled = of_share(right, (0..classes).map(rows_of).sum());
            return Interval { low: low.min(pooled.low), high: high.max(pooled.high) };
        }
        let Some(rarest) = (0..classes).map(rows_of).filter(|&rows| rows > 0).min() else { return summary.interval };
        if summary.deviation > 0.0 {
            summary.interval
        } else if summary.mean == greatest {
            Interval { low: from_share(of_share(rarest, rarest).low), high }
        } else if summary.mean == least {
            Interval { low, high: from_share(of_share(0, rarest).high) }
        } else {
            summary.interval
        }
    }

    /// Values and their interval, which ends where no value can be.
    fn summarise(&self, values: Vec<Option<f64>>, (least, greatest): (f64, f64)) -> Option<Summary> {
        let known: Vec<f64> = values.iter().copied().flatten().collect();
        if known.len() < 2 {
            return None;
        }
        let ratios = self.folds.iter().map(|fold| fold.evaluation.rows as f64 / fold.training_rows as f64);
        let test_to_training = ratios.sum::<f64>() / self.folds.len() as f64;
        let (mean, deviation) = mean_and_deviation(&known);
        let Interval { low, high } = of_mean(&known, test_to_training);
        let interval = Interval { low: low.max(least), high: high.min(greatest) };
        Some(Summary { values, mean, deviation, interval, baseline: None, linear: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Purpose;
    use crate::data::preprocess::Preprocessing;
    use crate::data::table::ReadOptions;
    use crate::data::treatment::Unknown;
    use crate::train::answers::{Answers, ClassAnswers};
    use crate::train::evaluate::Baseline;
    use crate::train::stopping::EarlyStopping;

    fn table() -> Table {
        let row = |i: usize| {
            let (x, z) = (i * 37 % 101, i * 53 % 97);
            format!("{x},{z},{}\n", if x + z / 4 > 60 { "yes" } else { "no" })
        };
        let text: String = (0..120).map(row).collect();
        Table::from_bytes("x.csv", format!("x,z,answer\n{text}").into_bytes(), &ReadOptions::default()).unwrap()
    }

    fn recipe(threads: usize) -> Recipe {
        let fit = Fit { epochs: 12, learning_rate: 0.05, threads, ..Fit::default() };
        Recipe { layers: vec![6], fit, ..Recipe::default() }
    }

    fn validated(recipe: &Recipe, text: &str) -> CrossValidated {
        CrossValidation::parse(text).unwrap().of_table(recipe, &table(), &|_| Next::Continue).unwrap()
    }

    #[test]
    fn the_folds_are_the_same_on_any_number_of_threads_and_hold_every_row_back_once_for_each_repeat() {
        let one = validated(&recipe(1), "4x2");
        assert_eq!(one, validated(&recipe(3), "4x2"));
        assert_eq!(one.folds.iter().map(|fold| fold.number).collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>());
        assert_eq!(one.folds.iter().map(|fold| fold.evaluation.rows).sum::<usize>(), 240);
        let accuracy = one.summary(Metric::Accuracy).unwrap();
        assert!(accuracy.mean > accuracy.baseline.unwrap(), "{accuracy:?}");
        assert!(accuracy.interval.low < accuracy.mean && accuracy.mean < accuracy.interval.high);
        assert!(accuracy.linear.unwrap() > 0.8 && accuracy.values.len() == 8);
        assert!(one.loss().unwrap().mean > 0.0);
        let mut wide = one.clone();
        (0..7).for_each(|fold| wide.folds[fold].evaluation.loss = 0.0);
        assert_eq!(wide.loss().unwrap().interval.low, 0.0, "no loss is below 0");
    }

    #[test]
    fn early_stopping_never_sees_the_rows_that_are_measured_on() {
        let mut recipe = recipe(1);
        recipe.fit.stopping = Some(EarlyStopping { patience: 1, min_delta: 0.0 });
        let table = table();
        let schema = Schema::infer(&table, &recipe.choices).unwrap();
        let source = Preprocessing::fit(&table, &schema, &recipe.choices, &schema.rows).unwrap();
        let targets = source.targets(&table, &schema.rows).unwrap();
        let inputs = source.transform(&table, &schema.rows, Unknown::Refuse).unwrap().inputs;
        let data = Dataset::new(inputs, targets.clone()).unwrap();
        let seen = std::sync::Mutex::new(Vec::new());
        let prepare = |learn: &[u32], others: [&[u32]; 2]| {
            seen.lock().unwrap().push([learn.to_vec(), others[0].to_vec(), others[1].to_vec()]);
            let parts = [data.part(learn), data.part(others[0]), data.part(others[1])];
            Ok((Source::Table(source.clone()), parts))
        };
        CrossValidation { folds: 3, repeats: 1 }
            .run(&recipe, &targets, &Dependence::Independent, &prepare, &|_| Next::Continue)
            .unwrap();
        for [learn, decide, measure] in seen.into_inner().unwrap() {
            assert_eq!((learn.len(), decide.len(), measure.len()), (64, 16, 40));
            let mut all = [learn, decide, measure].concat();
            all.sort_unstable();
            assert_eq!(all, (0..120).collect::<Vec<u32>>());
        }
    }

    /// Folds of made-up predictions of two classes: `truly` gives the chance of the second for what was said.
    fn made_up(trial: u64, rows: usize, truly: impl Fn(f64) -> f64) -> CrossValidated {
        let stream = Rng::new(trial).stream(Purpose::Synthesize, 0, 0);
        let fold = |number: usize| {
            let places = || (0..rows as u64).map(|row| 2 * (row + (number * rows) as u64));
            let said: Vec<f64> = places().map(|at| stream.uniform_at(at)).collect();
            let truth = places().zip(&said).map(|(at, p)| u32::from(stream.uniform_at(at + 1) < truly(*p))).collect();
            let probabilities: Vec<f64> = said.iter().flat_map(|p| [1.0 - p, *p]).collect();
            let answers = Answers::Classes(ClassAnswers::new(2, &probabilities, truth));
            let evaluation = Evaluation::of(&answers, 0.5, &Baseline::Frequencies(vec![0.5, 0.5]));
            Fold { number: number + 1, training_rows: 4 * rows, evaluation }
        };
        CrossValidated { choice: CrossValidation { folds: 5, repeats: 1 }, folds: (0..5).map(fold).collect() }
    }

    #[test]
    fn the_interval_of_the_calibration_error_holds_the_truth() {
        // Of true probabilities the error is 0; of probabilities that are 0.2 too low up to 0.8 it is known as well.
        let square: f64 = (0..10).map(|bin| if bin < 8 { 0.04 } else { 0.0 }).sum::<f64>() / 10.0;
        for (rows, offset, truth) in [(40, 0.0, 0.0), (200, 0.0, 0.0), (200, 0.2, square.sqrt())] {
            let covered = (0..40).filter(|&trial| {
                let validated = made_up(trial, rows, |p| if p <= 0.8 { p + offset } else { p });
                let found = validated.summary(Metric::CalibrationError).unwrap();
                found.interval.low <= truth && truth <= found.interval.high
            });
            let covered = covered.count();
            assert!(covered >= 36, "{covered} of 40 with {rows} rows and {offset}");
        }
    }

    #[test]
    fn folds_without_a_mistake_have_intervals_of_shares_that_are_no_points() {
        let mut validated = made_up(1, 48, |p| if p > 0.5 { 1.0 } else { 0.0 });
        validated.folds.truncate(5);
        for metric in [Metric::Accuracy, Metric::BalancedAccuracy, Metric::MacroF1, Metric::RocAuc, Metric::Mcc] {
            let Summary { mean, deviation, interval, .. } = validated.summary(metric).unwrap();
            assert_eq!((mean, deviation, interval.high), (1.0, 0.0, 1.0), "{}", metric.name());
            assert!((0.9..0.995).contains(&interval.low), "{}: {interval:?}", metric.name());
        }
        // Wilson's interval of 240 of 240 rows, from statsmodels: proportion_confint(240, 240, method="wilson").
        let low = validated.summary(Metric::Accuracy).unwrap().interval.low;
        assert!((low - 0.984_246_080_058_441_2).abs() < 1e-12, "{low}");
    }

    #[test]
    fn a_metric_that_some_folds_do_not_have_is_none_there() {
        let mut validated = made_up(2, 40, |p| p);
        validated.folds[1].evaluation.metrics.retain(|found| found.metric != Metric::RocAuc);
        let values = validated.summary(Metric::RocAuc).unwrap().values;
        assert_eq!(values.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true, true, true]);
        validated
            .folds
            .iter_mut()
            .for_each(|fold| fold.evaluation.metrics.retain(|found| found.metric != Metric::RocAuc));
        assert_eq!(validated.undefined(), [Metric::RocAuc]);
    }

    #[test]
    fn what_is_no_number_of_folds_is_refused() {
        for text in ["", "five", "1", "0", "5x0", "5x", "x3", "5x3x2", "-5", "1000x1000"] {
            assert_eq!(CrossValidation::parse(text).unwrap_err().kind(), ErrorKind::Usage, "{text}");
        }
        assert_eq!(CrossValidation::parse(" 5 x 3 ").unwrap().text(), "5x3");
        let error =
            CrossValidation { folds: 70, repeats: 1 }.of_table(&recipe(1), &table(), &|_| Next::Continue).unwrap_err();
        assert!(error.headline().starts_with("x.csv: class '") && error.headline().ends_with("too few for 70 folds"));
    }

    #[test]
    fn an_end_that_is_asked_for_says_how_many_folds_were_done() {
        let done = AtomicUsize::new(0);
        let watch = |fold: Option<&Fold>| {
            let done = done.fetch_add(usize::from(fold.is_some()), Ordering::Relaxed);
            if done < 2 { Next::Continue } else { Next::Pause }
        };
        let error = CrossValidation { folds: 5, repeats: 1 }.of_table(&recipe(1), &table(), &watch).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        assert_eq!(error.headline(), "x.csv: the cross-validation ended after 2 of 5 folds");
    }

    #[test]
    fn a_fold_that_diverges_is_named() {
        let mut recipe = recipe(2);
        recipe.fit.learning_rate = 1e30;
        recipe.fit.optimizer = crate::optim::optimizer::Optimizer::named("sgd").unwrap();
        let error =
            CrossValidation { folds: 3, repeats: 1 }.of_table(&recipe, &table(), &|_| Next::Continue).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged);
        assert!(error.notes().iter().any(|note| note == "in fold 1 of 3"), "{error}");
    }
}
