//! The meaning of every operation, in the plainest loops there are; tests, `check` and `see` compare against it.

use super::formula::{clamp, huber, sigmoid_cross_entropy, sign, within};
use super::op::Op;
use super::{Graph, NodeId};
use crate::base::real::Real;
use crate::base::shape::Shape;
use std::borrow::Cow;

/// The value of every node of `graph`, in the order of its nodes.
///
/// `inputs` and `parameters` hold one slice for each input and parameter of the graph; `mask` gives the numbers of
/// dropout's masks: (number of the mask, element) -> whether the element is kept.
///
/// Panics when a slice has not as many numbers as the shape it stands for.
pub fn evaluate<T: Real>(
    graph: &Graph,
    inputs: &[&[T]],
    parameters: &[&[T]],
    mask: &dyn Fn(usize, usize) -> bool,
) -> Vec<Vec<T>> {
    let values = evaluate_some(graph, inputs, parameters, mask, &|_| true, &mut |_, _| ());
    values.into_iter().map(Cow::into_owned).collect()
}

/// As [`evaluate`], but a value that `keep` does not ask for is given up behind its last use and is empty in the end; `look`
/// sees each when it is there. Parameters are not copied.
pub fn evaluate_some<'a, T: Real>(
    graph: &Graph,
    inputs: &[&'a [T]],
    parameters: &[&'a [T]],
    mask: &dyn Fn(usize, usize) -> bool,
    keep: &dyn Fn(NodeId) -> bool,
    look: &mut dyn FnMut(NodeId, &[T]),
) -> Vec<Cow<'a, [T]>> {
    let mut last_use: Vec<usize> = (0..graph.len()).collect();
    for (id, node) in graph.nodes() {
        node.op.operands().for_each(|operand| last_use[operand.0] = id.0);
    }
    let mut values: Vec<Cow<'a, [T]>> = Vec::with_capacity(graph.len());
    for (id, node) in graph.nodes() {
        let value = match node.op {
            Op::Input(number) => Cow::Borrowed(inputs[number]),
            Op::Parameter(number) => Cow::Borrowed(parameters[number]),
            Op::Mask { rate, number, shape } => {
                let kept = T::of(1.0 / (1.0 - rate));
                (0..shape.elements()).map(|element| if mask(number, element) { kept } else { T::ZERO }).collect()
            }
            _ => Cow::Owned(compute(graph, id, &values)),
        };
        assert_eq!(value.len(), node.shape.elements(), "`{}` is {}", graph.label(id), node.shape);
        look(id, &value);
        values.push(value);
        for used in node.op.operands().chain([id]) {
            if last_use[used.0] == id.0 && !keep(used) {
                values[used.0] = Cow::Borrowed(&[]);
            }
        }
    }
    values
}

/// Computes again what follows from the value of `changed`, up to the node `until`: `values` holds that of every node,
/// and a new one for `changed`. Gives the values that were there before, to be put back.
pub fn evaluate_again<T: Real>(
    graph: &Graph,
    values: &mut [Vec<T>],
    changed: NodeId,
    until: NodeId,
) -> Vec<(NodeId, Vec<T>)> {
    let mut follows = vec![false; graph.len()];
    follows[changed.0] = true;
    let mut before = Vec::new();
    for (id, node) in graph.nodes().take(until.0 + 1).skip(changed.0 + 1) {
        follows[id.0] = node.op.operands().any(|operand| follows[operand.0]);
        if follows[id.0] {
            let value = compute(graph, id, values);
            before.push((id, std::mem::replace(&mut values[id.0], value)));
        }
    }
    before
}

/// The value of one node from the values of the nodes before it.
fn compute<T: Real, V: AsRef<[T]>>(graph: &Graph, id: NodeId, values: &[V]) -> Vec<T> {
    let of = |x: NodeId| values[x.0].as_ref();
    let shape = graph.shape(id);
    let each = |x: NodeId, f: &dyn Fn(T) -> T| of(x).iter().map(|&x| f(x)).collect();
    let both = |a: NodeId, b: NodeId, f: &dyn Fn(T, T) -> T| of(a).iter().zip(of(b)).map(|(&a, &b)| f(a, b)).collect();
    match graph.op(id) {
        Op::Input(_) | Op::Parameter(_) | Op::Mask { .. } => unreachable!("handed in, not computed"),
        Op::Constant(value, _) => vec![T::of(value); shape.elements()],
        Op::MatMul(a, b) => {
            let (rows, columns, inner) = (shape.rows(), shape.columns(), graph.shape(a).columns());
            let mut y = vec![T::ZERO; rows * columns];
            for i in 0..rows {
                for j in 0..columns {
                    for k in 0..inner {
                        y[i * columns + j] = of(a)[i * inner + k].mul_add(of(b)[k * columns + j], y[i * columns + j]);
                    }
                }
            }
            y
        }
        Op::Transpose(x) => {
            let (rows, columns) = (shape.rows(), shape.columns());
            (0..rows * columns).map(|at| of(x)[(at % columns) * rows + at / columns]).collect()
        }
        Op::Add(a, b) => both(a, b, &|a, b| a + b),
        Op::Sub(a, b) => both(a, b, &|a, b| a - b),
        Op::Mul(a, b) => both(a, b, &|a, b| a * b),
        Op::Scale(x, c) => each(x, &|x| T::of(c) * x),
        Op::Square(x) => each(x, &|x| x * x),
        Op::Abs(x) => each(x, &|x| x.abs()),
        Op::Sign(x) => each(x, &sign),
        Op::Huber(x, delta) => each(x, &|x| huber(x, T::of(delta))),
        Op::Clamp(x, limit) => each(x, &|x| clamp(x, T::of(limit))),
        Op::Within(x, limit) => each(x, &|x| within(x, T::of(limit))),
        Op::Activate(activation, x) => each(x, &|x| activation.value(x)),
        Op::Slope(activation, x) => each(x, &|x| activation.slope(x)),
        Op::Softmax(x) => of(x).chunks(shape.columns()).flat_map(|row| softmax(row)).collect(),
        Op::SoftmaxCrossEntropy(z, t) => {
            let width = graph.shape(z).columns();
            let rows = of(z).chunks(width).zip(of(t).chunks(width));
            rows.map(|(z, t)| {
                let largest = largest(z);
                let sum = z.iter().fold(T::ZERO, |sum, &z| sum + (z - largest).exp());
                z.iter().zip(t).fold(T::ZERO, |loss, (&z, &t)| loss + t * (sum.ln() - (z - largest)))
            })
            .collect()
        }
        Op::SigmoidCrossEntropy(z, t) => both(z, t, &sigmoid_cross_entropy),
        Op::SumTo(x, to) => {
            let mut sums = vec![T::ZERO; to.elements()];
            for (element, &value) in of(x).iter().enumerate() {
                let at = repeated_index(element, to, graph.shape(x));
                sums[at] = sums[at] + value;
            }
            sums
        }
        Op::Broadcast(x, to) => {
            (0..to.elements()).map(|element| of(x)[repeated_index(element, graph.shape(x), to)]).collect()
        }
        Op::Reshape(x, _) => of(x).to_vec(),
        Op::Concat(a, b) => {
            let (left, right) = (graph.shape(a).columns(), graph.shape(b).columns());
            of(a).chunks(left).zip(of(b).chunks(right)).flat_map(|(a, b)| [a, b].concat()).collect()
        }
        Op::Slice { of: x, start, width } => {
            of(x).chunks(graph.shape(x).columns()).flat_map(|row| row[start..start + width].to_vec()).collect()
        }
        Op::Pad { of: x, start, width } => {
            let inner = graph.shape(x).columns();
            let mut y = vec![T::ZERO; shape.elements()];
            for (row, values) in y.chunks_mut(width).zip(of(x).chunks(inner)) {
                row[start..start + inner].copy_from_slice(values);
            }
            y
        }
    }
}

/// Which number of a value of shape `small` stands at `element` of its repetition to `large`.
fn repeated_index(element: usize, small: Shape, large: Shape) -> usize {
    if small.elements() == 1 {
        0
    } else if small.rows() == 1 {
        element % large.columns()
    } else {
        element / large.columns()
    }
}

fn largest<T: Real>(row: &[T]) -> T {
    row.iter().fold(row[0], |largest, &x| (x - largest).if_positive(x, largest))
}

fn softmax<T: Real>(row: &[T]) -> Vec<T> {
    let largest = largest(row);
    let powers: Vec<T> = row.iter().map(|&x| (x - largest).exp()).collect();
    let sum = powers.iter().fold(T::ZERO, |sum, &power| sum + power);
    powers.iter().map(|&power| power / sum).collect()
}
