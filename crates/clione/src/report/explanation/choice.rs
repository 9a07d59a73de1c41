//! Which derivatives a page works out: all of a small network, of a large one those with the largest gradients.

use crate::base::error::Result;
use crate::graph::NodeId;
use crate::see::explain::derivative::Derivative;
use crate::see::explain::row::{Element, Row};
use crate::see::explain::symbols::Symbols;

/// A network with at most so many parameters and inputs has all of its derivatives worked out.
const MOST_NUMBERS: usize = 400;

/// About how many are worked out otherwise.
const CHOSEN: usize = 60;

/// The derivatives of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Derivations {
    /// The one that was asked for first, where one was; then those with the largest gradients first.
    pub worked_out: Vec<Derivative>,
    /// How many there could be: as many as the network has inputs and parameters.
    pub possible: usize,
    /// Whether the first one was asked for.
    pub is_asked: bool,
}

/// Works out the derivatives of the loss by the parameters and inputs that matter most, and by the one that is asked for.
/// Without a loss there are none.
///
/// ```
/// use clione::prelude::*;
/// use clione::report::explanation::derivations;
/// use clione::see::explain::{row::Row, symbols::Symbols};
/// let model = Model::with_parameters(Network::new([2]).add(Dense::new(1)), vec![3.0, 4.0, 0.5])?;
/// let row = Row::new(&model, &[Loss::SumOfSquares], &[1.0, 2.0], Some(&[10.0]))?;
/// let found = derivations(&row, &Symbols::new(&row), None)?;
/// assert_eq!((found.worked_out.len(), found.possible), (2 + 1 + 2, 5));
/// assert_eq!(found.worked_out[0].name, "x[1]"); // 2·(11.5 - 10)·4 is the largest
/// # Ok::<(), Error>(())
/// ```
pub fn derivations(row: &Row, symbols: &Symbols, asked: Option<Element>) -> Result<Derivations> {
    let nodes: Vec<NodeId> = row.graph.parameters().iter().chain(&row.inputs).copied().collect();
    let possible = nodes.iter().map(|&node| row.values[node.0].len()).sum();
    if !row.loss_value().is_some_and(f64::is_finite) {
        return Ok(Derivations { possible, ..Derivations::default() });
    }
    let of_each = if possible <= MOST_NUMBERS { possible } else { CHOSEN.div_ceil(nodes.len()) };
    let size = |element: &Element| row.gradient(element.node).map_or(0.0, |gradient| gradient[element.index].abs());
    let mut chosen: Vec<Element> = Vec::new();
    for node in nodes {
        let mut elements: Vec<Element> = (0..row.values[node.0].len()).map(|index| Element { node, index }).collect();
        elements.sort_by(|a, b| size(b).total_cmp(&size(a)));
        elements.truncate(of_each);
        chosen.extend(elements.into_iter().filter(|&element| Some(element) != asked));
    }
    chosen.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let worked_out = asked.into_iter().chain(chosen).map(|element| Derivative::of(row, symbols, element));
    Ok(Derivations { worked_out: worked_out.collect::<Result<_>>()?, possible, is_asked: asked.is_some() })
}
