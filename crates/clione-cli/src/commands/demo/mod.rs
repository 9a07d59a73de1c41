//! `clione demo`: the network of the article, trained and explained.

mod as_json;
mod as_text;
mod ending;

use crate::output::Output;
use clap::{Args, ValueEnum};
use clione::base::error::Result;
use clione::graph::activation::Activation;
use clione::nn::layers::activation_named;
use clione::report::chart::{LineChart, Scale, Series};
use clione::see::outcome::outcome;
use clione::train::article::{Article, INPUTS, LOSS, TABLE, TARGETS};
use clione::train::file::Destination;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  clione demo                                the article, number for number
  clione demo --seed 67                      a run that gets stuck, and why
  clione demo --hidden 8,4 --activation tanh --bias
  clione demo --svg loss.svg                 a picture of the loss
  clione demo --output article.clione --rows article.csv
                                             its model and its rows, for explain
  clione demo --json > run.json              every number of the run";

/// How often a long run says how far it is.
const ITERATIONS_PER_PROGRESS: usize = 20_000;

/// What can be shown.
#[derive(Clone, Copy, ValueEnum)]
enum Topic {
    /// "How to build your own Neural Network from scratch in Python"
    Article,
}

/// The arguments of `clione demo`.
#[derive(Args)]
#[command(before_help = EXAMPLES, help_template = crate::TEMPLATE)]
pub struct Demo {
    /// What to show
    #[arg(default_value = "article", hide_possible_values = true)]
    topic: Topic,

    /// The seed of the first weights, as NumPy's np.random.seed takes it
    #[arg(long, value_name = "N", default_value = "0", allow_negative_numbers = true, value_parser = seed)]
    seed: u32,

    /// How many times all rows are learned from
    #[arg(long, value_name = "N", default_value = "1500", allow_negative_numbers = true, value_parser = count)]
    iterations: usize,

    /// How far the weights follow their gradients
    #[arg(long, value_name = "X", default_value = "1", allow_negative_numbers = true, value_parser = number)]
    learning_rate: f64,

    /// The units of each hidden layer, from the first to the last
    #[arg(long, value_name = "UNITS,...", default_value = "4", value_delimiter = ',', allow_negative_numbers = true, value_parser = count)]
    hidden: Vec<usize>,

    /// The activation of the hidden layers
    #[arg(long, value_name = "NAME", default_value = Activation::Sigmoid.name())]
    activation: String,

    /// Give each unit a bias
    #[arg(long)]
    bias: bool,

    /// Draw the loss of each iteration into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// Write the trained model, for show, explain, export and predict
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write the four rows as a table
    #[arg(long, value_name = "FILE")]
    rows: Option<PathBuf>,

    /// Replace files that exist
    #[arg(long)]
    force: bool,

    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

impl Demo {
    /// Trains the network and shows what came of it.
    pub fn run(self, output: &Output) -> Result<()> {
        let Topic::Article = self.topic;
        let article = Article {
            seed: self.seed,
            iterations: self.iterations,
            learning_rate: self.learning_rate,
            hidden: self.hidden,
            activation: activation_named(&self.activation)?,
            bias: self.bias,
        };
        article.network()?;
        let place =
            |path: &Option<PathBuf>| path.as_deref().map(|path| Destination::check(path, self.force)).transpose();
        let (picture, model, rows) = (place(&self.svg)?, place(&self.output)?, place(&self.rows)?);

        let run = article.run(&mut |iteration, loss| {
            if iteration % ITERATIONS_PER_PROGRESS == 0 {
                output.progress(&format!("iteration {iteration} of {}: loss {loss:.6}", article.iterations));
            }
        });
        if article.iterations >= ITERATIONS_PER_PROGRESS {
            output.end_of_progress();
        }
        let run = run?;
        let outcome = outcome(&run.model, &INPUTS, &TARGETS, &run.predictions, &run.losses);

        if let Some(picture) = picture {
            picture.write(chart(&run.losses).svg().as_bytes())?;
        }
        if let Some(rows) = rows {
            rows.write(TABLE.as_bytes())?;
        }
        if let Some(model) = model {
            let table = self.rows.unwrap_or_else(|| PathBuf::from("article.csv"));
            model.write(&article.saved(table)?.to_bytes()?)?;
        }
        if self.json {
            return output.result(&as_json::text(&article, &run, &outcome)?);
        }
        output.result(&as_text::text(&article, &run, &outcome, output)?)?;
        output.hint(&ending::where_to_go_next(&article, outcome.verdict, output));
        Ok(())
    }
}

fn seed(text: &str) -> std::result::Result<u32, String> {
    text.parse().map_err(|_| format!("expected a whole number from 0 to {}, as NumPy takes it", u32::MAX))
}

fn count(text: &str) -> std::result::Result<usize, String> {
    text.trim().parse().map_err(|_| "expected a whole number, at least 1".to_owned())
}

fn number(text: &str) -> std::result::Result<f64, String> {
    text.parse().map_err(|_| "expected a number above 0, like 0.5".to_owned())
}

/// The loss of every iteration as a curve.
fn chart(losses: &[f64]) -> LineChart {
    let points = losses.iter().enumerate().map(|(at, &loss)| ((at + 1) as f64, loss)).collect();
    LineChart {
        title: format!("Loss of each iteration ({})", LOSS.reduction().name()),
        x_label: "iteration".to_owned(),
        y_label: "loss".to_owned(),
        x_scale: Scale::Linear,
        series: vec![Series { name: "training".to_owned(), points }],
    }
}
