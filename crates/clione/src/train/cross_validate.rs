//! Cross-validation: the whole way from rows to figures, several times, each time measured on rows that were held back from it.
//!
//! It says how good models of a recipe are, and how far that figure can be trusted. It keeps none of its models: the one that a
//! person takes home is trained as without cross-validation, bit for bit.

use super::apply;
use super::evaluate::Evaluation;
use super::file::Source;
use super::fit::{Fit, Next};
use super::interval::{Interval, mean_and_deviation, of_mean, t_quantile};
use super::metric::{For, Metric};
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
    /// Its value for each fold, in order.
    pub values: Vec<f64>,
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
    pub fn summary(&self, metric: Metric) -> Option<Summary> {
        let measured =
            || self.folds.iter().filter_map(|fold| fold.evaluation.metrics.iter().find(|found| found.metric == metric));
        let baselines: Vec<f64> = measured().map(|found| found.baseline).collect();
        let linear: Option<Vec<f64>> = measured().map(|found| found.linear).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let summary = self.summarise(measured().map(|found| found.value).collect(), metric.range())?;
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
        let differences = self.folds.iter().map(difference).collect::<Option<_>>()?;
        let Summary { mean, interval, .. } = self.summarise(differences, (f64::NEG_INFINITY, f64::INFINITY))?;
        let chance = (interval.high - interval.low) / 2.0;
        let error = chance / t_quantile(0.975, values.len() - 1);
        Some(Paired { difference: mean, error, chance, other: linear?, guess: baseline? }.standing())
    }

    /// The loss over all folds.
    pub fn loss(&self) -> Option<Summary> {
        self.summarise(self.folds.iter().map(|fold| fold.evaluation.loss).collect(), (0.0, f64::INFINITY))
    }

    /// Every metric that at least two folds have, in the order of the table.
    pub fn summaries(&self) -> Vec<(Metric, Summary)> {
        Metric::all().iter().filter_map(|&metric| Some((metric, self.summary(metric)?))).collect()
    }

    /// Values and their interval, which ends where no value can be.
    fn summarise(&self, values: Vec<f64>, (least, greatest): (f64, f64)) -> Option<Summary> {
        if values.len() < 2 {
            return None;
        }
        let ratios = self.folds.iter().map(|fold| fold.evaluation.rows as f64 / fold.training_rows as f64);
        let test_to_training = ratios.sum::<f64>() / self.folds.len() as f64;
        let (mean, deviation) = mean_and_deviation(&values);
        let Interval { low, high } = of_mean(&values, test_to_training);
        let interval = Interval { low: low.max(least), high: high.min(greatest) };
        Some(Summary { values, mean, deviation, interval, baseline: None, linear: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::preprocess::Preprocessing;
    use crate::data::table::ReadOptions;
    use crate::data::treatment::Unknown;
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
