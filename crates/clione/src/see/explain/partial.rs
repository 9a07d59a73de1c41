//! The chain rule number by number: for each operation `dy[i]/dx[j]`, from the meaning of the operation alone.
//!
//! Nothing here is taken from `graph/vjp.rs`, which derives the gradient that training uses: each is held against the other.

use super::row::Element;
use super::slope::slope;
use crate::base::real::Real;
use crate::base::shape::Shape;
use crate::graph::activation::Activation;
use crate::graph::formula::{clamp, sign, within};
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId};

/// dy\[i\]/dx\[j\]: how much one number of a node changes with one number of a node that it is computed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Partial {
    /// x\[j\].
    pub of: Element,
    /// dy\[i\]/dx\[j\].
    pub value: f64,
    /// Why it is that.
    pub rule: Rule,
}

/// The rule that a [`Partial`] follows from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// y = x, or a sum with x in it: 1.
    Kept,
    /// y = a - x: -1.
    Negated,
    /// y = c · x: c.
    Scaled(f64),
    /// y = x · b, or a sum of such products: b.
    OtherFactor(Element),
    /// y = x²: 2x.
    Doubled(Element),
    /// y = |x|: the sign of x.
    SignOf(Element),
    /// y = x²/2 up to a limit, then a straight line: x, held between -limit and limit.
    Held(Element, f64),
    /// y = x, held between -limit and limit: 1 inside, 0 outside.
    Inside(Element, f64),
    /// a = f(z): f′(z).
    Slope(Activation, Element, Element),
    /// p = softmax(z), by the own z: p · (1 - p).
    SoftmaxOwn(Element),
    /// p = softmax(z), by the z of another probability q: -p · q.
    SoftmaxOther(Element, Element),
    /// L = -Σ t · ln softmax(z): p - t for the probability p of this z and its target t.
    SoftmaxError(SoftmaxError),
    /// L = softplus(z) - t · z: σ(z) - t.
    SigmoidError {
        /// z.
        logit: Element,
        /// t.
        target: Element,
    },
    /// A step: level everywhere but at its edges.
    Level,
}

/// The numbers of [`Rule::SoftmaxError`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoftmaxError {
    /// z.
    pub logit: Element,
    /// t.
    pub target: Element,
    /// p = softmax(z).
    pub probability: f64,
}

/// Shows `visit` dy/dx for one number y and every number x of a `wanted` node that y is computed from in one operation.
///
/// Panics at the slope of an activation, which stands in a backward pass only: nobody walks through one.
///
/// ```
/// use clione::graph::Graph;
/// use clione::see::explain::{partial::partials, row::Element};
/// let mut graph = Graph::new();
/// let w = graph.parameter([1, 1]);
/// let y = graph.square(w);
/// let values = [vec![3.0], vec![9.0]];
/// partials(&graph, &values, Element { node: y, index: 0 }, &|_| true, &mut |partial| {
///     assert_eq!((partial.of.node, partial.value), (w, 6.0)); // d(w²)/dw = 2w
/// });
/// ```
pub fn partials(
    graph: &Graph,
    values: &[Vec<f64>],
    y: Element,
    wanted: &dyn Fn(NodeId) -> bool,
    visit: &mut dyn FnMut(Partial),
) {
    let shape = graph.shape(y.node);
    let number = |of: Element| values[of.node.0][of.index];
    let at = |node: NodeId, index: usize| Element { node, index };
    let same = |node: NodeId| at(node, y.index);
    let mut give = |of: Element, value: f64, rule: Rule| {
        if wanted(of.node) {
            visit(Partial { of, value, rule });
        }
    };
    match graph.op(y.node) {
        Op::Input(_) | Op::Parameter(_) | Op::Constant(..) | Op::Mask { .. } => {}

        // y[i,j] = Σₖ a[i,k] · b[k,j]
        Op::MatMul(a, b) => {
            let (row, column) = (y.index / shape.columns(), y.index % shape.columns());
            let inner = graph.shape(a).columns();
            let pairs = (0..inner).map(|k| (at(a, row * inner + k), at(b, k * shape.columns() + column)));
            for (left, right) in pairs {
                give(left, number(right), Rule::OtherFactor(right));
                give(right, number(left), Rule::OtherFactor(left));
            }
        }
        // y[j,i] = x[i,j]
        Op::Transpose(x) => {
            let (rows, columns) = (shape.rows(), shape.columns());
            give(at(x, (y.index % columns) * rows + y.index / columns), 1.0, Rule::Kept);
        }
        Op::Add(a, b) => {
            give(same(a), 1.0, Rule::Kept);
            give(same(b), 1.0, Rule::Kept);
        }
        Op::Sub(a, b) => {
            give(same(a), 1.0, Rule::Kept);
            give(same(b), -1.0, Rule::Negated);
        }
        // y = a · b
        Op::Mul(a, b) => {
            give(same(a), number(same(b)), Rule::OtherFactor(same(b)));
            give(same(b), number(same(a)), Rule::OtherFactor(same(a)));
        }
        Op::Scale(x, factor) => give(same(x), factor, Rule::Scaled(factor)),
        Op::Square(x) => give(same(x), 2.0 * number(same(x)), Rule::Doubled(same(x))),
        Op::Abs(x) => give(same(x), sign(number(same(x))), Rule::SignOf(same(x))),
        Op::Huber(x, delta) => give(same(x), clamp(number(same(x)), delta), Rule::Held(same(x), delta)),
        Op::Clamp(x, limit) => give(same(x), within(number(same(x)), limit), Rule::Inside(same(x), limit)),
        Op::Sign(x) | Op::Within(x, _) => give(same(x), 0.0, Rule::Level),
        Op::Activate(activation, x) => {
            give(same(x), slope(activation, number(same(x))), Rule::Slope(activation, same(x), y));
        }
        Op::Slope(activation, _) => panic!("the slope of {} stands in a backward pass only", activation.name()),

        // y[i,j] = e^x[i,j] / Σₖ e^x[i,k], so dy[i,j]/dx[i,k] = y[i,j] · ((j = k) - y[i,k])
        Op::Softmax(x) => {
            for index in row_of(y.index, shape) {
                let other = at(y.node, index);
                if index == y.index {
                    give(at(x, index), number(y) * (1.0 - number(y)), Rule::SoftmaxOwn(y));
                } else {
                    give(at(x, index), -number(y) * number(other), Rule::SoftmaxOther(y, other));
                }
            }
        }
        // y[i] = ln Σⱼ e^z[i,j] - Σⱼ t[i,j] · z[i,j] for rows of t that sum to 1; targets are given, nobody asks for dy/dt
        Op::SoftmaxCrossEntropy(z, t) => {
            let columns = row_of(y.index * graph.shape(z).columns(), graph.shape(z));
            let probabilities = softmax(&values[z.0][columns.clone()]);
            for (index, probability) in columns.zip(probabilities) {
                let (logit, target) = (at(z, index), at(t, index));
                let rule = Rule::SoftmaxError(SoftmaxError { logit, target, probability });
                give(logit, probability - number(target), rule);
            }
        }
        // y = ln(1 + e^z) - t·z; targets are given
        Op::SigmoidCrossEntropy(z, t) => {
            let (logit, target) = (same(z), same(t));
            give(logit, number(logit).sigmoid() - number(target), Rule::SigmoidError { logit, target });
        }

        Op::SumTo(x, _) => {
            let from = graph.shape(x);
            let parts = (0..from.elements()).filter(|&index| repeated(index, shape, from) == y.index);
            parts.for_each(|index| give(at(x, index), 1.0, Rule::Kept));
        }
        Op::Broadcast(x, _) => give(at(x, repeated(y.index, graph.shape(x), shape)), 1.0, Rule::Kept),
        Op::Reshape(x, _) => give(same(x), 1.0, Rule::Kept),
        // y[i] = (a[i], b[i])
        Op::Concat(a, b) => {
            let (left, right) = (graph.shape(a).columns(), graph.shape(b).columns());
            let (row, column) = (y.index / shape.columns(), y.index % shape.columns());
            match column.checked_sub(left) {
                None => give(at(a, row * left + column), 1.0, Rule::Kept),
                Some(column) => give(at(b, row * right + column), 1.0, Rule::Kept),
            }
        }
        Op::Slice { of, start, width } => {
            let (row, column) = (y.index / width, y.index % width);
            give(at(of, row * graph.shape(of).columns() + start + column), 1.0, Rule::Kept);
        }
        Op::Pad { of, start, width } => {
            let inner = graph.shape(of).columns();
            let (row, column) = (y.index / width, y.index % width);
            if (start..start + inner).contains(&column) {
                give(at(of, row * inner + column - start), 1.0, Rule::Kept);
            }
        }
    }
}

/// Where the numbers of the row stand that has this one.
fn row_of(index: usize, shape: Shape) -> std::ops::Range<usize> {
    let first = index - index % shape.columns();
    first..first + shape.columns()
}

/// Which number of a value of shape `small` meets the number `index` of its repetition to `large`.
fn repeated(index: usize, small: Shape, large: Shape) -> usize {
    let (row, column) = (index / large.columns(), index % large.columns());
    let row = if small.rows() == 1 { 0 } else { row };
    let column = if small.columns() == 1 { 0 } else { column };
    row * small.columns() + column
}

fn softmax(z: &[f64]) -> Vec<f64> {
    let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = z.iter().map(|&z| Real::exp(z - largest)).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::reference::evaluate;

    /// Holds every partial derivative of the last node by each number of `x`, the only parameter, against a difference.
    fn hold(graph: &Graph, numbers: &[f64], targets: &[&[f64]]) {
        let last = NodeId(graph.len() - 1);
        let x = graph.parameters()[0];
        let at = |numbers: &[f64]| evaluate(graph, targets, &[numbers], &|_, _| true);
        let values = at(numbers);
        for index in 0..values[last.0].len() {
            let mut found = vec![0.0; numbers.len()];
            partials(graph, &values, Element { node: last, index }, &|node| node == x, &mut |partial| {
                found[partial.of.index] += partial.value;
            });
            for (place, found) in found.iter().enumerate() {
                let moved = |h: f64| {
                    let mut numbers = numbers.to_vec();
                    numbers[place] += h;
                    at(&numbers)[last.0][index]
                };
                let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                let name = graph.label(last);
                assert!((found - difference).abs() <= 1e-8, "{name} [{index}] by [{place}]: {found}, {difference}");
            }
        }
    }

    type Append = fn(&mut Graph, NodeId) -> NodeId;

    #[test]
    fn every_operation_has_the_partial_derivatives_that_a_difference_finds() {
        let numbers = [0.31, -0.42, 1.73, -2.04, 0.65, -0.16];
        let cases: &[Append] = &[
            |graph, x| graph.transpose(x).unwrap(),
            |graph, x| graph.scale(x, -0.7),
            |graph, x| graph.square(x),
            |graph, x| graph.abs(x),
            |graph, x| graph.sign(x),
            |graph, x| graph.huber(x, 0.5).unwrap(),
            |graph, x| graph.clamp(x, 0.5).unwrap(),
            |graph, x| graph.softmax(x).unwrap(),
            |graph, x| graph.add(x, x).unwrap(),
            |graph, x| graph.mul(x, x).unwrap(),
            |graph, x| graph.concat(x, x).unwrap(),
            |graph, x| graph.slice(x, 1, 2).unwrap(),
            |graph, x| graph.pad(x, 1, 5).unwrap(),
            |graph, x| graph.reshape(x, [3, 2]).unwrap(),
            |graph, x| graph.sum_to(x, [1, 1]).unwrap(),
            |graph, x| graph.sum_to(x, [1, 3]).unwrap(),
            |graph, x| graph.sum_to(x, [2, 1]).unwrap(),
        ];
        for append in cases {
            let mut graph = Graph::new();
            let x = graph.parameter([2, 3]);
            append(&mut graph, x);
            hold(&graph, &numbers, &[]);
        }
        for &activation in Activation::all() {
            let mut graph = Graph::new();
            let x = graph.parameter([2, 3]);
            graph.activate(activation, x);
            if activation != Activation::Linear {
                hold(&graph, &numbers, &[]);
            }
        }
        let targets = [0.2, 0.5, 0.3, 0.6, 0.1, 0.3];
        let with_targets: &[fn(&mut Graph, NodeId, NodeId) -> NodeId] = &[
            |graph, x, t| graph.sub(t, x).unwrap(),
            |graph, x, t| graph.mul(t, x).unwrap(),
            |graph, x, t| graph.softmax_cross_entropy(x, t).unwrap(),
            |graph, x, t| graph.sigmoid_cross_entropy(x, t).unwrap(),
            |graph, x, t| graph.concat(t, x).unwrap(),
        ];
        for append in with_targets {
            let mut graph = Graph::new();
            let x = graph.parameter([2, 3]);
            let t = graph.input([2, 3]);
            append(&mut graph, x, t);
            hold(&graph, &numbers, &[&targets]);
        }
        for (shape, to) in [([1, 1], [4, 6]), ([1, 6], [4, 6]), ([6, 1], [6, 4])] {
            let mut graph = Graph::new();
            let x = graph.parameter(shape);
            graph.broadcast(x, to).unwrap();
            hold(&graph, &numbers[..shape[0] * shape[1]], &[]);
        }
        for right in [true, false] {
            let mut graph = Graph::new();
            let x = graph.parameter([2, 3]);
            let other = graph.input([3, 2]);
            if right { graph.matmul(x, other) } else { graph.matmul(other, x) }.unwrap();
            hold(&graph, &numbers, &[&targets]);
        }
    }
}
