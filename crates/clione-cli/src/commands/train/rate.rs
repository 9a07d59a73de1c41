//! `clione train --find-learning-rate`: tries ever larger learning rates out and draws the losses, instead of training.

use crate::json;
use crate::output::{Output, Style};
use crate::remedy::typed_with;
use clap::Args;
use clione::base::error::Result;
use clione::prelude::*;
use clione::report::chart::{LineChart, Scale, Series};
use clione::train::file::Destination;
use clione::train::find_learning_rate::{Finding, RangeTest, Trial};
use std::path::PathBuf;

/// The lines of the curve on a terminal.
const LINES: usize = 12;

#[derive(Args)]
#[command(next_help_heading = "Finding a learning rate")]
pub struct RateFlags {
    /// Try ever larger learning rates out, draw the losses and suggest one, instead of training
    #[arg(long, conflicts_with = "resume")]
    pub find_learning_rate: bool,

    /// Draw the losses as an SVG picture too
    #[arg(long, value_name = "FILE", requires = "find_learning_rate")]
    chart: Option<PathBuf>,
}

impl RateFlags {
    /// Tries rates out, and says what came of it.
    pub fn run(
        &self,
        recipe: &Recipe,
        source: &Source,
        training: &Dataset,
        (is_json, may_replace): (bool, bool),
        output: &Output,
    ) -> Result<()> {
        let picture = self.chart.as_deref().map(|path| Destination::check(path, may_replace)).transpose()?;
        let finding = RangeTest::default().run_recipe(recipe, source, training)?;
        let chart = chart(&finding);
        if let Some(picture) = picture {
            picture.write(chart.svg().as_bytes())?;
        }
        if is_json {
            return output.result(&as_json(&finding)?);
        }
        let drawing = chart.text(output.width(), LINES);
        output.result(&format!("{}\n{}", output.paint_dots(Style::Blue, &drawing), as_text(&finding)))?;
        if let Some(rate) = finding.suggestion() {
            let command =
                typed_with(&format!("--learning-rate {rate:.1e}"), &["--find-learning-rate", "--chart", "--json"]);
            output.hint(&format!("\nnext:\n  {command}\n"));
        }
        Ok(())
    }
}

fn chart(finding: &Finding) -> LineChart {
    // Where the loss runs away it would flatten all the rest.
    let highest = finding.trials.first().map_or(0.0, |trial| trial.smoothed);
    let ceiling = finding.trials.iter().take(10).fold(highest, |highest, trial| highest.max(trial.smoothed)) * 1.5;
    let line = |name: &str, loss: &dyn Fn(&Trial) -> f64| Series {
        name: name.to_owned(),
        points: finding.trials.iter().map(|trial| (trial.learning_rate, loss(trial))).collect(),
    };
    LineChart {
        title: "Loss while the learning rate grows".to_owned(),
        x_label: "learning rate".to_owned(),
        y_label: "loss".to_owned(),
        x_scale: Scale::Logarithmic,
        series: vec![line("smoothed", &|trial| trial.smoothed.min(ceiling))],
    }
}

fn as_text(finding: &Finding) -> String {
    match (finding.suggestion(), finding.steepest, finding.below_lowest) {
        (Some(rate), Some(steepest), Some(below)) => format!(
            "the loss falls fastest at {steepest:.1e}; a tenth of where it is lowest is {below:.1e}\n\
             learning rate {rate:.1e}: the smaller of the two; at the lowest loss itself, training is about to break\n"
        ),
        _ => "the loss fell at none of these rates by more than chance: nothing is suggested\n".to_owned(),
    }
}

fn as_json(finding: &Finding) -> Result<String> {
    let column = |number: fn(&Trial) -> f64| -> Vec<f64> { finding.trials.iter().map(number).collect() };
    let mut object = serde_json::Map::new();
    object.insert("learning_rates".to_owned(), column(|trial| trial.learning_rate).into());
    object.insert("losses".to_owned(), column(|trial| trial.loss).into());
    object.insert("smoothed_losses".to_owned(), column(|trial| trial.smoothed).into());
    object.insert("steepest".to_owned(), finding.steepest.into());
    object.insert("below_lowest".to_owned(), finding.below_lowest.into());
    object.insert("suggestion".to_owned(), finding.suggestion().into());
    json::text(object)
}
