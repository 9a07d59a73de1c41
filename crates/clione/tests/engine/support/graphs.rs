//! Random graphs with numbers for their inputs and parameters.

use super::dice::Dice;
use clione::base::rng::{Purpose, Rng};
use clione::base::shape::Shape;
use clione::cpu::executor::Draw;
use clione::graph::activation::Activation;
use clione::graph::{Graph, NodeId};

/// Values larger than this are scaled down before they are used any further.
const LARGEST: f64 = 20.0;

/// A number for every element of the inputs and parameters of a graph.
#[derive(Default)]
pub struct Numbers {
    /// The numbers of each input.
    pub inputs: Vec<Vec<f64>>,
    /// The numbers of each parameter.
    pub parameters: Vec<Vec<f64>>,
}

/// A graph of random operations, and what they are computed from.
pub struct RandomGraph {
    /// The graph.
    pub graph: Graph,
    /// What goes in.
    pub numbers: Numbers,
    /// Values that may be used further, each with a bound on its absolute numbers.
    values: Vec<(NodeId, f64)>,
    dice: Dice,
    masks: usize,
}

/// What the builders of the graph can be asked for, one after another.
const STEPS: usize = 21;

impl RandomGraph {
    /// A forward pass of `length` random operations on values whose sizes are some of `sizes`.
    pub fn new(seed: u64, length: usize, sizes: &[usize]) -> Self {
        let (graph, numbers, dice) = (Graph::new(), Numbers::default(), Dice::new(seed));
        let mut random = RandomGraph { graph, numbers, values: Vec::new(), dice, masks: 0 };
        let (rows, columns) = (random.dice.pick(sizes), random.dice.pick(sizes));
        random.leaf([rows, columns].into());
        random.leaf([rows, columns].into());
        if rows * columns < 2000 {
            random.leaf([rows, 2, columns].into());
        }
        // Sizes follow from each other, so that values fit together often.
        let sizes = [rows, columns, random.dice.pick(sizes)];
        for _ in 0..length {
            let step = random.dice.below(STEPS);
            random.append(step, &sizes);
        }
        random
    }

    /// A new input or parameter; it becomes the last value.
    fn leaf(&mut self, shape: Shape) -> NodeId {
        let numbers = self.dice.numbers(shape.elements());
        let id = if self.dice.below(2) == 0 {
            self.numbers.inputs.push(numbers);
            self.graph.input(shape)
        } else {
            self.numbers.parameters.push(numbers);
            self.graph.parameter(shape)
        };
        self.values.push((id, 1.0));
        id
    }

    /// A value of this shape, and its bound.
    fn value_of(&mut self, shape: Shape) -> (NodeId, f64) {
        let fitting: Vec<_> = self.values.iter().copied().filter(|(id, _)| self.graph.shape(*id) == shape).collect();
        match fitting.len() {
            0 => (self.leaf(shape), 1.0),
            count => fitting[self.dice.below(count)],
        }
    }

    /// A value of two axes, and its bound.
    fn matrix(&mut self) -> (NodeId, f64) {
        let matrices: Vec<_> =
            self.values.iter().copied().filter(|(id, _)| self.graph.shape(*id).rank() == 2).collect();
        self.dice.pick(&matrices)
    }

    fn append(&mut self, step: usize, sizes: &[usize]) {
        let (x, bound) = if step < 4 { self.matrix() } else { self.dice.pick(&self.values.clone()) };
        let shape = self.graph.shape(x);
        let (rows, columns) = (shape.rows(), shape.columns());
        let (y, bound) = match step {
            0 | 1 => {
                let width = self.dice.pick(sizes);
                let (w, largest) = self.value_of([columns, width].into());
                (self.graph.matmul(x, w), columns as f64 * bound * largest)
            }
            2 => (self.graph.transpose(x), bound),
            3 if columns > 1 => {
                let (targets, largest) = self.value_of(shape);
                let loss = self.graph.softmax_cross_entropy(x, targets);
                (loss, columns as f64 * largest * (2.0 * bound + (columns as f64).ln()))
            }
            3 | 4 => {
                let (other, largest) = self.value_of(shape);
                (self.graph.add(x, other), bound + largest)
            }
            5 => {
                let (other, largest) = self.value_of(shape);
                (self.graph.sub(x, other), bound + largest)
            }
            6 => {
                let (other, largest) = self.value_of(shape);
                (self.graph.mul(x, other), bound * largest)
            }
            7 => {
                let factor = self.dice.pick(&[-1.0, 0.5, 3.0]);
                (Ok(self.graph.scale(x, factor)), bound * factor.abs())
            }
            8 => (Ok(self.graph.square(x)), bound * bound),
            9 => (Ok(self.graph.abs(x)), bound),
            10 => (Ok(self.graph.sign(x)), 1.0),
            11 => (self.graph.huber(x, 0.5), bound),
            12 => (self.graph.clamp(x, 0.5), 0.5),
            13 => {
                let (targets, largest) = self.value_of(shape);
                (self.graph.sigmoid_cross_entropy(x, targets), bound + 1.0 + largest * bound)
            }
            14 | 15 => {
                let activation = self.dice.pick(Activation::all());
                (Ok(self.graph.activate(activation, x)), bound + 1.0)
            }
            16 if columns > 1 => (self.graph.softmax(x), 1.0),
            16 => {
                let constant = self.graph.constant(0.25, shape);
                (self.graph.sub(constant, x), bound + 0.25)
            }
            17 => match self.dice.below(3) {
                0 => (self.graph.sum_to(x, [1, 1]), shape.elements() as f64 * bound),
                1 => (self.graph.sum_to(x, [1, columns]), rows as f64 * bound),
                _ => (self.graph.sum_to(x, [rows, 1]), columns as f64 * bound),
            },
            18 => {
                let small: Shape = self.dice.pick(&[[1, 1], [1, columns], [rows, 1]]).into();
                let (small, largest) = self.value_of(small);
                let repeated = self.graph.broadcast(small, shape).expect("a row, a column or one number");
                (self.graph.add(x, repeated), bound + largest)
            }
            19 => match self.dice.below(4) {
                0 => (self.graph.reshape(x, [shape.elements()]), bound),
                1 => (self.graph.reshape(x, [rows, columns]), bound),
                2 => {
                    let start = self.dice.below(columns);
                    let width = 1 + self.dice.below(columns - start);
                    (self.graph.slice(x, start, width), bound)
                }
                _ => {
                    let start = self.dice.below(3);
                    (self.graph.pad(x, start, start + columns + self.dice.below(3)), bound)
                }
            },
            _ if self.dice.below(2) == 0 => {
                let width = self.dice.pick(sizes);
                let (other, largest) = self.value_of(shape.with_last(width));
                (self.graph.concat(x, other), bound.max(largest))
            }
            _ => {
                self.masks += 1;
                let mask = self.graph.mask(0.25, self.masks - 1, shape).expect("a rate below 1");
                (self.graph.mul(x, mask), bound / 0.75)
            }
        };
        let y = y.expect("operands that were chosen to fit");
        // What has become large, in size or in numbers, is not used any further as it is.
        if self.graph.shape(y).elements() > 40_000 {
            return;
        }
        self.values.push(if bound > LARGEST { (self.graph.scale(y, 1.0 / bound), 1.0) } else { (y, bound) });
    }

    /// Appends the sum of the last values as a loss.
    pub fn loss(&mut self) -> NodeId {
        let last: Vec<NodeId> = self.values.iter().rev().take(4).map(|(id, _)| *id).collect();
        let sums = last.into_iter().map(|id| self.graph.sum_to(id, [1, 1]).expect("everything can be summed"));
        let sums: Vec<NodeId> = sums.collect();
        sums.into_iter().reduce(|sum, next| self.graph.add(sum, next).expect("single numbers")).expect("a value")
    }
}

/// Whether an element of a mask with the rate 0.25 is kept in this draw: what the executor does, written out.
pub fn is_kept(draw: Draw, number: usize, element: usize) -> bool {
    let stream = Rng::new(draw.seed).stream(Purpose::Dropout, draw.epoch, draw.step);
    stream.bits_at(((number as u64) << 40) + element as u64) >= 1 << 30
}
