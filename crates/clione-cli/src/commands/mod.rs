//! The verbs of the command, a file each.

mod check;
mod completions;
mod demo;
mod diagnosis;
mod doctor;
mod evaluate;
mod explain;
mod export;
mod inspect;
mod predict;
mod replay;
mod report;
mod rows;
mod show;
mod train;

use crate::output::Output;
use clap::Subcommand;
use clione::base::error::Result;

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Train the first network of the course and explain what came of it
    Demo(demo::Demo),
    /// Show what is in a table, and what looks wrong in it
    Inspect(inspect::Inspect),
    /// Train a model on a table or on images
    Train(Box<train::Train>),
    /// Write what a model says about the rows of a file
    Predict(predict::Predict),
    /// Measure a model on a labelled file
    Evaluate(evaluate::Evaluate),
    /// Follow one row through a model, and work one derivative out by the chain rule
    Explain(Box<explain::Explain>),
    /// Show what a model is made of and what its plans do
    Show(show::Show),
    /// Write a model as a source file in another language
    Export(export::Export),
    /// Go to any step of a recorded run, forward or back, and show every number of it
    Replay(replay::Replay),
    /// Compare the gradients that a network learns by with the slopes of its loss
    Check(Box<check::Check>),
    /// Say what keeps a network from learning, before training or after it
    Doctor(Box<doctor::Doctor>),
    /// Write the completions of a shell to standard output
    Completions(completions::Completions),
}

impl Command {
    /// Does it.
    pub fn run(self, output: &Output) -> Result<()> {
        match self {
            Command::Demo(demo) => demo.run(output),
            Command::Inspect(inspect) => inspect.run(output),
            Command::Train(train) => train.run(output),
            Command::Predict(predict) => predict.run(output),
            Command::Evaluate(evaluate) => evaluate.run(output),
            Command::Explain(explain) => explain.run(output),
            Command::Show(show) => show.run(output),
            Command::Export(export) => export.run(output),
            Command::Replay(replay) => replay.run(output),
            Command::Check(check) => check.run(output),
            Command::Doctor(doctor) => doctor.run(output),
            Command::Completions(completions) => completions.run(output),
        }
    }
}
