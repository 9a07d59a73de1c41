//! The numbers that change with one of them: from a weight or an input up to the loss, and what each does to the loss.

use super::partial::Partial;
use super::row::{Element, Row};
use crate::graph::NodeId;

/// Shows a visitor the partial derivatives of one number by the numbers of wanted nodes.
pub(super) type Partials<'a> = dyn Fn(Element, &dyn Fn(NodeId) -> bool, &mut dyn FnMut(Partial)) + 'a;

/// Every number that changes with the first one, up to the loss, and what it is computed into.
pub(super) struct Web {
    /// The number that is varied first; each after those that it is computed from.
    pub elements: Vec<Element>,
    /// For each the places of those that are computed from it, and dv/du.
    pub into: Vec<Vec<(usize, f64)>>,
    /// The place of the loss; none where nothing reaches it.
    pub loss: Option<usize>,
}

impl Web {
    /// Goes from one number of an input or a parameter up to the loss. Panics when the row has no loss.
    pub fn new(row: &Row, source: Element, partials: &Partials<'_>) -> Web {
        let loss = row.loss.expect("a row with a target");
        // For each node the place of each of its numbers among the elements, where it is one of them.
        let mut places: Vec<Option<Vec<Option<usize>>>> = vec![None; row.graph.len()];
        let unreached = |node: NodeId| vec![None; row.graph.shape(node).elements()];
        let mut of_source = unreached(source.node);
        of_source[source.index] = Some(0);
        places[source.node.0] = Some(of_source);
        let mut web = Web { elements: vec![source], into: vec![Vec::new()], loss: None };
        for node in (source.node.0 + 1..=loss.0).map(NodeId) {
            if row.graph.op(node).operands().all(|operand| places[operand.0].is_none()) {
                continue;
            }
            let mut of_node = unreached(node);
            for (index, own_place) in of_node.iter_mut().enumerate() {
                let wanted = |operand: NodeId| places[operand.0].is_some();
                let mut from: Vec<(usize, f64)> = Vec::new();
                partials(Element { node, index }, &wanted, &mut |partial| {
                    let place = places[partial.of.node.0].as_ref().and_then(|places| places[partial.of.index]);
                    from.extend(place.map(|place| (place, partial.value)));
                });
                if !from.is_empty() {
                    let place = web.elements.len();
                    *own_place = Some(place);
                    web.elements.push(Element { node, index });
                    web.into.push(Vec::new());
                    from.into_iter().for_each(|(below, value)| web.into[below].push((place, value)));
                }
            }
            places[node.0] = of_node.iter().any(Option::is_some).then_some(of_node);
        }
        web.loss = places[loss.0].as_ref().and_then(|places| places[0]);
        web
    }

    /// For each element the sum over all that are computed from it of `share`(theirs, dv/du); 1 for the loss.
    pub fn gradients(&self, share: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let mut gradients = vec![0.0; self.elements.len()];
        for place in (0..self.elements.len()).rev() {
            gradients[place] = match self.loss == Some(place) {
                true => 1.0,
                false => self.into[place].iter().map(|&(above, value)| share(gradients[above], value)).sum(),
            };
        }
        gradients
    }

    /// For each element how much it changes with the first one.
    pub fn sensitivities(&self) -> Vec<f64> {
        let mut sensitivities = vec![0.0; self.elements.len()];
        sensitivities[0] = 1.0;
        for place in 0..self.elements.len() {
            for &(above, value) in &self.into[place] {
                sensitivities[above] += sensitivities[place] * value;
            }
        }
        sensitivities
    }
}
