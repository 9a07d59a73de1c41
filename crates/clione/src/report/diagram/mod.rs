//! A drawing of a network or of its computation as plain data, which is written as SVG, DOT or Mermaid.

mod boxes;
mod computation;
mod dot;
mod layout;
mod mermaid;
mod network;
mod style;
#[cfg(test)]
mod tests;
mod units;

pub use computation::computation;
pub use network::network;

use crate::base::error::{Error, Result};
use crate::data::infer::Task;
use crate::train::file::Source;
use std::path::Path;

/// How a drawing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A picture for browsers, laid out here.
    Svg,
    /// The language of Graphviz, which lays it out itself.
    Dot,
    /// The language of Mermaid, which many sites draw in their pages.
    Mermaid,
}

impl Format {
    /// All of them.
    pub fn all() -> &'static [Format] {
        &[Format::Svg, Format::Dot, Format::Mermaid]
    }

    /// How the names of its files end.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Svg => "svg",
            Format::Dot => "dot",
            Format::Mermaid => "mmd",
        }
    }

    /// The format of a file of this name. Fails when it ends in another way than the three.
    ///
    /// ```
    /// use clione::report::diagram::Format;
    /// assert_eq!(Format::of("net.SVG".as_ref()).unwrap(), Format::Svg);
    /// assert!(Format::of("net.png".as_ref()).unwrap_err().to_string().contains(".svg, .dot or .mmd"));
    /// ```
    pub fn of(path: &Path) -> Result<Format> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let found = Format::all().iter().find(|format| ending.as_deref() == Some(format.extension()));
        found.copied().ok_or_else(|| {
            Error::usage(format!("{}: a diagram is a file .svg, .dot or .mmd", path.display()))
                .note(".svg is a picture, .dot is for Graphviz, .mmd for Mermaid")
                .remedy(format!("--diagram {}", path.with_extension(Format::Svg.extension()).display()))
        })
    }

    /// The most weights that are drawn one by one: what lays out a text itself is slow, or refuses, above some hundreds.
    fn most_weights(self) -> usize {
        match self {
            Format::Svg => 4096,
            Format::Dot => 400,
            Format::Mermaid => 200,
        }
    }
}

/// What inputs and outputs of a network are called; where names are missing, numbers stand for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The numbers of a row.
    pub inputs: Vec<String>,
    /// The numbers that come out.
    pub outputs: Vec<String>,
    /// What is predicted.
    pub target: Option<String>,
}

impl Names {
    /// The names that the preprocessing of a model gives to the `outputs` numbers of its network and to its inputs.
    pub fn of(source: &Source, outputs: usize) -> Names {
        let (inputs, target) = match source {
            Source::Images { .. } => (Vec::new(), None),
            Source::Table(preprocessing) => (preprocessing.feature_names(), Some(&preprocessing.target)),
        };
        let outputs = match (source.classes(), target) {
            (classes, _) if classes.len() == outputs => classes.to_vec(),
            // One number for two classes is the probability of the second.
            ([_, second], None) if outputs == 1 => vec![second.clone()],
            ([_, second], Some(target)) if outputs == 1 => vec![format!("{} = {second}", target.name)],
            (_, Some(target)) if outputs == 1 && target.task == Task::Regression => vec![target.name.clone()],
            _ => Vec::new(),
        };
        Names { inputs, outputs, target: target.map(|target| target.name.clone()) }
    }
}

/// What is drawn: nodes and the edges between them, in groups from left to right.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagram {
    /// The headline.
    pub title: String,
    /// A line below it.
    pub subtitle: String,
    /// Whether units or boxes are drawn.
    pub arrangement: Arrangement,
    /// Layers from left to right; a single one without a name where nothing is grouped.
    pub groups: Vec<Group>,
    /// What is drawn, each node after those that it depends on.
    pub nodes: Vec<Node>,
    /// Lines from node to node.
    pub edges: Vec<Edge>,
}

/// What the nodes of a drawing are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrangement {
    /// A circle for each unit, a column for each group.
    Units,
    /// Boxes with words; those of a backward pass below the others.
    Boxes,
}

/// A layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// More about it, line by line.
    pub lines: Vec<String>,
}

/// A unit, a layer or an operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What is written: the name first.
    pub lines: Vec<String>,
    /// What is said when it is pointed at.
    pub about: String,
    /// What it is.
    pub look: Look,
    /// Its group.
    pub group: usize,
    /// Whether nothing that is asked for depends on it, so that no plan computes it.
    pub is_unused: bool,
}

/// What a node is, and so how it looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look {
    /// A unit, and its bias if it has one.
    Unit(Option<f64>),
    /// Something handed in.
    Input,
    /// Something learned.
    Parameter,
    /// Something computed.
    Operation,
    /// What comes out: a prediction, a loss.
    Result,
    /// Something computed on the way to gradients.
    Gradient,
    /// The gradient of a parameter.
    ParameterGradient,
}

impl Look {
    /// Whether it belongs to the backward pass.
    fn is_backward(self) -> bool {
        match self {
            Look::Gradient | Look::ParameterGradient => true,
            Look::Unit(_) | Look::Input | Look::Parameter | Look::Operation | Look::Result => false,
        }
    }
}

/// A line from a node to one that depends on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// The node where it begins.
    pub from: usize,
    /// The node where it ends.
    pub to: usize,
    /// What flows there.
    pub flow: Flow,
}

/// What flows along an edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flow {
    /// A value, times this weight.
    Weight(f64),
    /// A value of the forward pass.
    Value,
    /// A gradient.
    Gradient,
    /// A value of the forward pass that the backward pass needs.
    Kept,
}

impl Diagram {
    /// The drawing as a file of this format.
    pub fn text(&self, format: Format) -> String {
        match (format, self.arrangement) {
            (Format::Svg, Arrangement::Units) => units::svg(self),
            (Format::Svg, Arrangement::Boxes) => boxes::svg(self),
            (Format::Dot, _) => dot::text(self),
            (Format::Mermaid, _) => mermaid::text(self),
        }
    }

    /// The largest absolute weight, and the largest absolute bias; those that are not finite do not count.
    fn largest(&self) -> (f64, f64) {
        let largest = |numbers: &mut dyn Iterator<Item = f64>| {
            numbers.filter(|number| number.is_finite()).fold(0.0, |largest: f64, number| largest.max(number.abs()))
        };
        let weight = |edge: &Edge| if let Flow::Weight(weight) = edge.flow { Some(weight) } else { None };
        let bias = |node: &Node| if let Look::Unit(bias) = node.look { bias } else { None };
        (largest(&mut self.edges.iter().filter_map(weight)), largest(&mut self.nodes.iter().filter_map(bias)))
    }
}

/// The most layers of a drawing: nobody could read more, and lines that pass so many boxes take long to be laid out.
const MOST_LAYERS: usize = 400;

/// Fails when there are more layers than a drawing can show.
fn check_layers(count: usize) -> Result<()> {
    if count <= MOST_LAYERS {
        return Ok(());
    }
    let count = crate::data::findings::grouped(count);
    Err(Error::usage(format!("a diagram shows at most {MOST_LAYERS} layers, but this network uses {count}")))
}

/// A number as a share of the largest, from 0 to 1; one that is not finite counts as the largest.
fn share(number: f64, largest: f64) -> f64 {
    match number.abs() / largest {
        _ if !number.is_finite() => 1.0,
        share if share.is_finite() => share,
        _ => 0.0,
    }
}

/// The most letters of a name that are written; the whole name is said when its node is pointed at.
const LONGEST: usize = 28;

/// A name that is short enough to be written, on one line.
fn shown(name: &str) -> String {
    let name: Vec<char> = name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if name.len() <= LONGEST {
        name.iter().collect()
    } else {
        name[..LONGEST - 1].iter().chain(['…'].iter()).collect()
    }
}

/// Words in lines of about so many letters.
fn lines_of(words: &str, letters: usize) -> Vec<String> {
    crate::report::text::wrapped(words, letters).lines().map(shown).collect()
}
