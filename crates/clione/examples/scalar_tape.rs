//! The article's network on a tape of single numbers, to which the chain rule is applied by reading it backwards.
//!
//! Every sum and product is written down while it is computed. `cargo run --example scalar_tape 42`

mod article;

use article::{HIDDEN, ITERATIONS, ROWS, Trained, first_weights};

/// A number on the tape.
#[derive(Clone, Copy)]
struct Number(usize);

/// A line of the tape: a value, the (at most two) lines it came from, and how fast it changes with each of them.
struct Line {
    value: f64,
    from: [(Number, f64); 2],
}

/// Everything that was computed, in order.
#[derive(Default)]
struct Tape {
    lines: Vec<Line>,
}

impl Tape {
    /// A number that was not computed: it comes from nothing.
    fn given(&mut self, value: f64) -> Number {
        let nothing = (Number(self.lines.len()), 0.0);
        self.write(value, [nothing; 2])
    }

    /// y = a + b, so dy/da = 1 and dy/db = 1.
    fn add(&mut self, a: Number, b: Number) -> Number {
        self.write(self.value(a) + self.value(b), [(a, 1.0), (b, 1.0)])
    }

    /// y = a · b, so dy/da = b and dy/db = a.
    fn mul(&mut self, a: Number, b: Number) -> Number {
        let (of_a, of_b) = (self.value(a), self.value(b));
        self.write(of_a * of_b, [(a, of_b), (b, of_a)])
    }

    /// y = 1 / (1 + e^-x), so dy/dx = y · (1 - y).
    fn sigmoid(&mut self, x: Number) -> Number {
        let y = 1.0 / (1.0 + (-self.value(x)).exp());
        self.write(y, [(x, y * (1.0 - y)), (x, 0.0)])
    }

    fn value(&self, x: Number) -> f64 {
        self.lines[x.0].value
    }

    fn write(&mut self, value: f64, from: [(Number, f64); 2]) -> Number {
        self.lines.push(Line { value, from });
        Number(self.lines.len() - 1)
    }

    /// How fast `loss` changes with each number of the tape.
    ///
    /// Every line stands behind those it came from. So when a line is reached from behind, everything that uses it has
    /// already added its share, and its gradient can be passed on.
    fn backward(&self, loss: Number) -> Vec<f64> {
        let mut gradients = vec![0.0; self.lines.len()];
        gradients[loss.0] = 1.0;
        for (index, line) in self.lines.iter().enumerate().rev() {
            for (from, slope) in line.from {
                gradients[from.0] += slope * gradients[index];
            }
        }
        gradients
    }
}

/// σ(Σᵢ xᵢ·wᵢ): one unit of the network.
fn unit(tape: &mut Tape, inputs: &[Number], weights: &[Number]) -> Number {
    let mut sum = tape.given(0.0);
    for (&x, &w) in inputs.iter().zip(weights) {
        let product = tape.mul(x, w);
        sum = tape.add(sum, product);
    }
    tape.sigmoid(sum)
}

/// Trains the network from the weights of this seed.
pub fn train(seed: u32) -> Trained {
    let mut weights = first_weights(seed);
    let (mut predictions, mut last_loss) = (Vec::new(), 0.0);
    for _ in 0..ITERATIONS {
        let mut tape = Tape::default();
        let w: Vec<Number> = weights.iter().map(|&weight| tape.given(weight)).collect();
        let (first, second) = w.split_at(3 * HIDDEN);
        let mut loss = tape.given(0.0);
        predictions.clear();
        for (inputs, target) in ROWS {
            let x = inputs.map(|input| tape.given(input));
            // Weights lie row by row, so those of one hidden unit are HIDDEN apart.
            let hidden: Vec<Number> = (0..HIDDEN)
                .map(|j| unit(&mut tape, &x, &[first[j], first[HIDDEN + j], first[2 * HIDDEN + j]]))
                .collect();
            let output = unit(&mut tape, &hidden, second);
            predictions.push(tape.value(output));

            let minus_target = tape.given(-target);
            let error = tape.add(output, minus_target);
            let square = tape.mul(error, error);
            loss = tape.add(loss, square);
        }
        let gradients = tape.backward(loss);
        for (weight, number) in weights.iter_mut().zip(&w) {
            *weight -= gradients[number.0];
        }
        last_loss = tape.value(loss);
    }
    Trained { weights, predictions, loss: last_loss }
}

fn main() {
    article::print(&train(article::seed()));
}
