//! `--diagram` of `clione show`: the network or its computation, drawn into a file.

use super::plan::training_of;
use crate::output::Output;
use clap::{Args, ValueEnum};
use clione::base::error::Result;
use clione::prelude::*;
use clione::report::diagram::{Format, Names, computation, network};
use clione::train::file::{Destination, Weights};
use std::path::PathBuf;

/// What is drawn.
#[derive(Clone, Copy, ValueEnum)]
enum Subject {
    /// Units and weights, or a box for each layer where they are many
    Network,
    /// Every operation of a training step: forward, and backward below it
    Computation,
}

/// Whether something is drawn, and where.
#[derive(Args)]
pub struct Drawing {
    /// Draw into this file: .svg, .dot (Graphviz) or .mmd (Mermaid)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "recipe", "plan"])]
    diagram: Option<PathBuf>,

    /// What is drawn: network (weights, or layers where they are many) or computation (a training step, operation by operation)
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        default_value = "network",
        hide_possible_values = true,
        requires = "diagram"
    )]
    diagram_of: Subject,

    /// Replace the file if it exists
    #[arg(long, requires = "diagram")]
    force: bool,
}

impl Drawing {
    /// The place of the drawing if one is asked for. Fails when it cannot be written, or is of no known format.
    pub fn destination(&self) -> Result<Option<Destination>> {
        let Some(path) = &self.diagram else { return Ok(None) };
        Format::of(path)?;
        Ok(Some(Destination::check(path, self.force)?))
    }

    /// Draws the model and writes the file.
    pub fn write(&self, destination: Destination, model: &SavedModel, output: &Output) -> Result<()> {
        let Some(path) = &self.diagram else { return Ok(()) };
        let format = Format::of(path)?;
        let drawn = model.weights.network();
        let built = drawn.build(1)?;
        let width = built.outputs.first().map_or(0, |&output| built.graph.shape(output).columns());
        let names = Names::of(&model.source, width);
        let diagram = match self.diagram_of {
            Subject::Network => network(drawn, &numbers(&model.weights), &names, format)?,
            Subject::Computation => {
                let (is_weighted, rows) = training_of(model);
                computation(drawn, &vec![model.loss; built.outputs.len()], rows, is_weighted, &names)?
            }
        };
        destination.write(diagram.text(format).as_bytes())?;
        output.hint(&format!("{}: {}: {}\n", path.display(), diagram.title, diagram.subtitle));
        Ok(())
    }
}

/// What was learned, in the order of the network.
fn numbers(weights: &Weights) -> Vec<f64> {
    match weights {
        Weights::F32(model) => model.parameters().iter().map(|&number| f64::from(number)).collect(),
        Weights::F64(model) => model.parameters().to_vec(),
    }
}
