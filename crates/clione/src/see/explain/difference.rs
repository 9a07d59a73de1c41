//! The central difference: how much the loss changes where one number is moved a little up and a little down.

use super::row::{Element, Row};
use super::slope::bends_at_zero;
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId};

/// The steps that are tried, as shares of the largest power of ten that is not above the number (of 1 for small numbers).
const STEPS: [f64; 7] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8];

/// A difference that is known this well, by its own estimate, need not be found better.
const GOOD: f64 = 1e-10;

/// Two losses at equal distances from a number, and their difference quotient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quotient {
    /// h.
    pub step: f64,
    /// L(w + h).
    pub above: f64,
    /// L(w - h).
    pub below: f64,
    /// (L(w + h) - L(w - h)) / 2h.
    pub value: f64,
}

/// What trying it out gives for dL/dw.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The quotients that `value` is made of, the longer step first; none at a kink, one where others cross a kink.
    pub quotients: Vec<Quotient>,
    /// Of two quotients the value to which they tend as h becomes 0 (Richardson 1911): with r = h₁/h₂ it is
    /// (r²·q₂ - q₁) / (r² - 1).
    pub value: f64,
    /// How far the value may be off because losses have 16 digits only.
    pub rounding: f64,
    /// Where the loss bends, so that no step is short enough: the value that stands at the bend.
    pub kink: Option<String>,
}

/// Moves one number of an input or a parameter and looks at the loss. A step must not cross a bend of relu or of an
/// absolute value, where the slope is another one on the other side: then a shorter one is taken. `name` says what a value
/// is called that stands at a bend.
///
/// Panics when the row has no loss, or the number is one that is computed.
///
/// ```
/// use clione::prelude::*;
/// use clione::see::explain::{difference::difference, row::{Element, Row}};
/// let model = Model::with_parameters(Network::new([1]).add(Dense::new(1)), vec![3.0, 0.5])?;
/// let row = Row::new(&model, &[Loss::SumOfSquares], &[2.0], Some(&[6.0]))?;
/// let weight = Element { node: row.parameter("dense1.weights").unwrap(), index: 0 };
/// let difference = difference(&row, weight, &|_| String::new());
/// assert!((difference.value - 2.0).abs() < 1e-10); // 2·(3·2 + 0.5 - 6)·2
/// # Ok::<(), Error>(())
/// ```
pub fn difference(row: &Row, element: Element, name: &dyn Fn(Element) -> String) -> Difference {
    let loss = row.loss.expect("a row with a target");
    let at = row.value(element);
    let sides = sides(&row.graph, &row.values);
    let unit = unit_of(at);
    let noise = 4.0 * f64::EPSILON * largest(row);
    let mut quotients: Vec<Quotient> = Vec::new();
    let mut best: Option<(f64, Difference)> = None;
    let mut kink = None;
    for share in STEPS {
        let step = share * unit;
        let (above, below) = (row.with(element, at + step), row.with(element, at - step));
        let crossed = [&above, &below].into_iter().find_map(|values| crossed(&row.graph, &sides, values));
        if let Some(crossed) = crossed {
            kink = Some(name(crossed));
            continue;
        }
        let (above, below) = (above[loss.0][0], below[loss.0][0]);
        let quotient = Quotient { step, above, below, value: (above - below) / ((at + step) - (at - step)) };
        if let Some(&longer) = quotients.last() {
            let found = refined(longer, quotient, noise);
            // What is left of the error is far smaller than what the refinement changed.
            let doubt = 1e-2 * (found.value - quotient.value).abs() + found.rounding;
            let is_good = doubt <= GOOD * found.value.abs();
            if best.as_ref().is_none_or(|(known, _)| doubt < *known) {
                best = Some((doubt, found));
            }
            if is_good {
                break;
            }
        }
        quotients.push(quotient);
    }
    match (best, quotients.last()) {
        (Some((_, found)), _) => found,
        (None, Some(&only)) => {
            Difference { quotients: vec![only], value: only.value, rounding: noise / only.step, kink: None }
        }
        (None, None) => Difference { quotients: Vec::new(), value: f64::NAN, rounding: f64::NAN, kink },
    }
}

/// What two quotients tend to.
fn refined(longer: Quotient, shorter: Quotient, noise: f64) -> Difference {
    let ratio = (longer.step / shorter.step) * (longer.step / shorter.step);
    let value = (ratio * shorter.value - longer.value) / (ratio - 1.0);
    Difference { quotients: vec![longer, shorter], value, rounding: noise / shorter.step, kink: None }
}

/// The largest power of ten that is not above |number|, at least 1.
fn unit_of(number: f64) -> f64 {
    let mut unit = 1.0;
    while unit * 10.0 <= number.abs() && unit < 1e300 {
        unit *= 10.0;
    }
    unit
}

/// The largest number on the way to the loss: the loss is known to 16 digits of it.
fn largest(row: &Row) -> f64 {
    let computed = row.graph.nodes().filter(|(_, node)| node.op.operands().next().is_some());
    computed.flat_map(|(id, _)| &row.values[id.0]).fold(1.0, |largest, number| number.abs().max(largest))
}

/// On which side of its bend each number stands that an operation with a bend is applied to.
fn sides(graph: &Graph, values: &[Vec<f64>]) -> Vec<(NodeId, Vec<i8>)> {
    let side = |x: f64| i8::from(x > 0.0) - i8::from(x < 0.0);
    let bends = graph.nodes().filter_map(|(_, node)| {
        let (x, limit) = match node.op {
            Op::Activate(activation, x) if bends_at_zero(activation) => (x, 0.0),
            Op::Abs(x) | Op::Sign(x) => (x, 0.0),
            Op::Huber(x, limit) | Op::Clamp(x, limit) | Op::Within(x, limit) => (x, limit),
            Op::Input(_)
            | Op::Parameter(_)
            | Op::Constant(..)
            | Op::Mask { .. }
            | Op::MatMul(..)
            | Op::Transpose(_)
            | Op::Add(..)
            | Op::Sub(..)
            | Op::Mul(..)
            | Op::Scale(..)
            | Op::Square(_)
            | Op::Activate(..)
            | Op::Slope(..)
            | Op::Softmax(_)
            | Op::SoftmaxCrossEntropy(..)
            | Op::SigmoidCrossEntropy(..)
            | Op::SumTo(..)
            | Op::Broadcast(..)
            | Op::Reshape(..)
            | Op::Concat(..)
            | Op::Slice { .. }
            | Op::Pad { .. } => return None,
        };
        Some((x, values[x.0].iter().map(|&x| side(x - limit) + side(x + limit)).collect()))
    });
    bends.collect()
}

/// The first number that has come to another side.
fn crossed(graph: &Graph, before: &[(NodeId, Vec<i8>)], values: &[Vec<f64>]) -> Option<Element> {
    before.iter().zip(sides(graph, values)).find_map(|((node, before), (_, after))| {
        let index = before.iter().zip(&after).position(|(before, after)| before != after)?;
        Some(Element { node: *node, index })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::activation::Activation;
    use crate::nn::layers::Dense;
    use crate::nn::loss::Loss;
    use crate::nn::model::Model;
    use crate::nn::network::Network;

    fn of_weight(activation: Activation, parameters: Vec<f64>, target: f64) -> Difference {
        let network = Network::new([1]).add(Dense::new(1).activation(activation));
        let model = Model::with_parameters(network, parameters).unwrap();
        let row = Row::new(&model, &[Loss::MeanAbsoluteError], &[2.0], Some(&[target])).unwrap();
        let element = Element { node: row.graph.parameters()[0], index: 0 };
        let name = |element: Element| row.graph.label(element.node);
        difference(&row, element, &name)
    }

    #[test]
    fn a_step_is_made_so_short_that_it_crosses_no_bend() {
        let near = of_weight(Activation::Relu, vec![1e-5, 0.0], 1.0);
        assert!((near.value + 2.0).abs() < 1e-8, "{near:?}");
        assert!(near.quotients[0].step < 1e-5, "{near:?}");
    }

    #[test]
    fn a_bend_at_the_very_place_is_named() {
        assert_eq!(of_weight(Activation::Relu, vec![0.0, 0.0], 1.0).kink.as_deref(), Some("dense1/add"));
        assert_eq!(of_weight(Activation::Linear, vec![0.5, 0.0], 1.0).kink.as_deref(), Some("loss/sub"));
    }

    #[test]
    fn a_smooth_loss_is_differentiated_to_ten_digits() {
        let smooth = of_weight(Activation::Tanh, vec![0.3, 0.1], 2.0);
        let t = crate::base::real::Real::tanh(0.7_f64);
        assert!((smooth.value + 2.0 * (1.0 - t * t)).abs() < 1e-10, "{smooth:?}");
    }
}
