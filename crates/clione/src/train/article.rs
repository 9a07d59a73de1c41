//! The network of the article that clione grew from: its four rows, and its training, number for number.
//!
//! James Loy, "How to build your own Neural Network from scratch in Python" (2018): three inputs, four hidden units and one
//! output, sigmoid everywhere, no biases, the sum of squared errors, all rows in every step.

use super::file::{SavedModel, Source};
use super::fit::{Fit, Next};
use super::recipe::part::Part;
use super::recipe::settings::Files;
use super::recipe::{Precision, Recipe};
use super::trainer::{Trainer, Update};
use crate::base::error::{Error, Result};
use crate::base::rng::Rng;
use crate::cpu::Cpu;
use crate::cpu::executor::Draw;
use crate::data::infer::Task;
use crate::data::prepare::prepare;
use crate::data::schema::Choices;
use crate::data::table::Table;
use crate::data::treatment::Treatment;
use crate::graph::activation::Activation;
use crate::nn::initializer::Initializer;
use crate::nn::layers::Dense;
use crate::nn::loss::Loss;
use crate::nn::model::Model;
use crate::nn::network::Network;
use crate::optim::clip::Clip;
use crate::optim::optimizer::Optimizer;
use crate::optim::schedule::Schedule;
use std::path::PathBuf;
use std::sync::Arc;

/// How many rows there are.
pub const ROWS: usize = 4;

/// How many numbers a row has; the last one is always 1 and does the work of a bias.
pub const COLUMNS: usize = 3;

/// The rows: exclusive or of the first two columns, which no network without a hidden layer can learn.
pub const INPUTS: [f64; ROWS * COLUMNS] = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0];

/// What the network should give for each row.
pub const TARGETS: [f64; ROWS] = [0.0, 1.0, 1.0, 0.0];

/// The same rows as the text of a table with the columns x1, x2, x3 and the target y.
pub const TABLE: &str = "x1,x2,x3,y\n0,0,1,0\n0,1,1,1\n1,0,1,1\n1,1,1,0\n";

/// What the article minimises.
pub const LOSS: Loss = Loss::SumOfSquares;

/// Plain steps downhill.
const OPTIMIZER: Optimizer = Optimizer::Sgd { momentum: 0.0, nesterov: false };

/// The most iterations of one run: a loss is kept for each of them.
const MOST_ITERATIONS: usize = 10_000_000;

/// The most hidden layers.
const MOST_LAYERS: usize = 100;

/// The most weights: one iteration is still done in about a tenth of a second.
const MOST_WEIGHTS: usize = 10_000_000;

/// What can be chosen; the default is the article's.
///
/// ```
/// use clione::train::article::Article;
/// let run = Article { seed: 42, ..Article::default() }.run(&mut |_, _| ()).unwrap();
/// assert!((run.losses[1499] - 0.00294838).abs() < 1e-8);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Article {
    /// What `np.random.seed` is given before the weights are drawn.
    pub seed: u32,
    /// How many times all rows go through the network and the weights follow their gradients.
    pub iterations: usize,
    /// How far the weights follow their gradients.
    pub learning_rate: f64,
    /// The units of each hidden layer.
    pub hidden: Vec<usize>,
    /// The activation of the hidden layers; that of the output is the sigmoid.
    pub activation: Activation,
    /// Whether each unit has a bias.
    pub bias: bool,
}

impl Default for Article {
    fn default() -> Self {
        Article {
            seed: 0,
            iterations: 1500,
            learning_rate: 1.0,
            hidden: vec![4],
            activation: Activation::Sigmoid,
            bias: false,
        }
    }
}

/// What a run leaves behind.
#[derive(Clone, Debug)]
pub struct ArticleRun {
    /// The network with its weights after the last update.
    pub model: Model<f64>,
    /// The loss of the forward pass of each iteration.
    pub losses: Vec<f64>,
    /// What the last forward pass gave for each row, before the last update, as the article prints it.
    pub predictions: Vec<f64>,
}

impl Article {
    /// The network, before it has any weights. Fails when a choice is out of range.
    pub fn network(&self) -> Result<Network> {
        self.check()?;
        let dense = |units, activation| {
            let layer = Dense::new(units).activation(activation).initializer(Initializer::NumpyUniform);
            if self.bias { layer } else { layer.without_bias() }
        };
        let mut network = Network::new([COLUMNS]);
        for (index, &units) in self.hidden.iter().enumerate() {
            network = network.add_named(&hidden_name(index), dense(units, self.activation));
        }
        Ok(network.add_named("output", dense(1, Activation::Sigmoid)))
    }

    /// The recipe that learns the same from [`TABLE`] as a file: the very weights of [`Article::run`].
    ///
    /// ```
    /// use clione::train::article::Article;
    /// assert!(Article::default().recipe("article.csv").to_toml().contains("sum_of_squares"));
    /// ```
    pub fn recipe(&self, file: impl Into<PathBuf>) -> Recipe {
        let choices = Choices {
            target: "y".to_owned(),
            task: Some(Task::Classification),
            scaling: Treatment::Unscaled,
            ..Choices::default()
        };
        let fit = Fit {
            loss: Some(LOSS),
            optimizer: OPTIMIZER,
            learning_rate: self.learning_rate,
            schedule: Schedule::Constant {},
            keep_last: true,
            batch_size: ROWS,
            epochs: self.iterations,
            seed: u64::from(self.seed),
            ..Fit::default()
        };
        Recipe {
            files: Files { table: Some(file.into()), ..Files::default() },
            choices,
            validation: Part::Share(0.0),
            layers: self.hidden.clone(),
            activation: self.activation,
            initializer: Initializer::NumpyUniform,
            bias: self.bias,
            precision: Precision::F64,
            fit,
            ..Recipe::default()
        }
    }

    /// The model that [`Article::recipe`] makes of [`TABLE`]. Fails where [`Article::run`] does.
    ///
    /// ```
    /// use clione::train::article::Article;
    /// let saved = Article { iterations: 10, ..Article::default() }.saved("article.csv")?;
    /// assert_eq!(saved.source.classes(), ["0", "1"]);
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn saved(&self, file: impl Into<PathBuf>) -> Result<SavedModel> {
        self.check()?;
        let recipe = self.recipe(file);
        let table = Table::from_bytes("article.csv", TABLE.as_bytes().to_vec(), &recipe.reading)?;
        let prepared = prepare(&table, &recipe.choices, recipe.validation.share(), &Rng::new(recipe.fit.seed))?;
        let source = Source::Table(prepared.preprocessing);
        Ok(recipe.train(source, &prepared.training, None, &mut |_| Next::Continue)?.saved)
    }

    /// Trains the network; `watch` is told every iteration, counted from 1, and its loss.
    ///
    /// Fails when a choice is out of range, or when the loss or a weight is no longer a finite number.
    pub fn run(&self, watch: &mut dyn FnMut(usize, f64)) -> Result<ArticleRun> {
        let mut model = Model::<f64>::new(self.network()?, u64::from(self.seed))?;
        let update = Update { optimizer: OPTIMIZER, clip: Clip::Off, l1: 0.0, l2: 0.0 };
        let mut trainer = Trainer::new(&model, &[LOSS], update, Arc::new(Cpu::new(1)))?;
        trainer.executor(ROWS).input_mut(0).copy_from_slice(&INPUTS);
        trainer.executor(ROWS).input_mut(1).copy_from_slice(&TARGETS);
        let mut losses = Vec::with_capacity(self.iterations);
        for iteration in 1..=self.iterations {
            let loss = trainer.step(&mut model, ROWS, self.learning_rate, Draw::default());
            if !loss.is_finite() {
                return Err(self.diverged(iteration, "the loss is no longer a finite number"));
            }
            losses.push(loss);
            watch(iteration, loss);
        }
        if let Some(spec) = model.first_not_finite() {
            let what = format!("`{}` has a number that is not finite", spec.name);
            return Err(self.diverged(self.iterations, &what));
        }
        let predictions = trainer.executor(ROWS).output(1).to_vec();
        Ok(ArticleRun { model, losses, predictions })
    }

    fn check(&self) -> Result<()> {
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(Error::usage(format!(
                "learning rate {:?}: it must be a finite number above 0",
                self.learning_rate
            ))
            .note("the weights follow w ← w - learning rate · dL/dw; the article's learning rate is 1"));
        }
        if !(1..=MOST_ITERATIONS).contains(&self.iterations) {
            return Err(Error::usage(format!(
                "{} iterations: it must be a number from 1 to {MOST_ITERATIONS}, because the loss of each one is kept",
                self.iterations
            )));
        }
        if self.hidden.is_empty() || self.hidden.len() > MOST_LAYERS {
            return Err(Error::usage(format!(
                "{} hidden layers: there must be from 1 to {MOST_LAYERS}",
                self.hidden.len()
            )));
        }
        self.check_units()
    }

    fn check_units(&self) -> Result<()> {
        let (mut below, mut weights) = (COLUMNS, 0_usize);
        for (index, &units) in self.hidden.iter().enumerate() {
            let name = hidden_name(index);
            if units == 0 {
                return Err(Error::usage(format!("layer `{name}` needs at least 1 unit, but it has 0")));
            }
            let own = below.saturating_mul(units);
            weights = weights.saturating_add(own);
            if weights > MOST_WEIGHTS {
                return Err(Error::usage(format!(
                    "layer `{name}` has {below} inputs x {units} units = {own} weights; \
                     this network may have {MOST_WEIGHTS} in all"
                ))
                .note("four rows need few weights: the article has 16"));
            }
            below = units;
        }
        Ok(())
    }

    fn diverged(&self, iteration: usize, what: &str) -> Error {
        Error::diverged(format!("iteration {iteration}: {what}"))
            .note(format!("learning rate {:?} makes the weights grow without bound", self.learning_rate))
            .remedy(format!("--learning-rate {:?}", (self.learning_rate / 10.0).min(1.0)))
    }
}

fn hidden_name(index: usize) -> String {
    format!("hidden{}", index + 1)
}
