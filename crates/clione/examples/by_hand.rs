//! The article's class in plain Rust: matrices, a forward pass, and a backward pass that was derived on paper.
//! `cargo run --example by_hand 42`

mod article;

use article::{HIDDEN, ITERATIONS, ROWS, Trained, first_weights};

/// Numbers in rows and columns, row by row.
#[derive(Clone)]
struct Matrix {
    rows: usize,
    columns: usize,
    numbers: Vec<f64>,
}

impl Matrix {
    fn new(rows: usize, columns: usize, numbers: &[f64]) -> Self {
        Matrix { rows, columns, numbers: numbers.to_vec() }
    }

    /// y[i,j] = Σₖ a[i,k] · b[k,j]
    fn dot(&self, b: &Matrix) -> Matrix {
        let mut y = Matrix { rows: self.rows, columns: b.columns, numbers: vec![0.0; self.rows * b.columns] };
        for i in 0..self.rows {
            for j in 0..b.columns {
                for k in 0..self.columns {
                    y.numbers[i * b.columns + j] += self.numbers[i * self.columns + k] * b.numbers[k * b.columns + j];
                }
            }
        }
        y
    }

    /// y[j,i] = x[i,j]
    fn transposed(&self) -> Matrix {
        let number = |at: usize| self.numbers[at % self.rows * self.columns + at / self.rows];
        Matrix { rows: self.columns, columns: self.rows, numbers: (0..self.numbers.len()).map(number).collect() }
    }

    /// y = f(a, b), element by element.
    fn zip(&self, b: &Matrix, f: impl Fn(f64, f64) -> f64) -> Matrix {
        let numbers = self.numbers.iter().zip(&b.numbers).map(|(&a, &b)| f(a, b)).collect();
        Matrix { numbers, ..*self }
    }

    /// y = f(x), element by element.
    fn map(&self, f: impl Fn(f64) -> f64) -> Matrix {
        self.zip(self, |x, _| f(x))
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// σ′ in terms of y = σ(x).
fn sigmoid_slope(y: f64) -> f64 {
    y * (1.0 - y)
}

struct NeuralNetwork {
    input: Matrix,
    y: Matrix,
    weights1: Matrix,
    weights2: Matrix,
    layer1: Matrix,
    output: Matrix,
}

impl NeuralNetwork {
    fn new(input: Matrix, y: Matrix, seed: u32) -> Self {
        let weights = first_weights(seed);
        let (first, second) = weights.split_at(3 * HIDDEN);
        let weights1 = Matrix::new(3, HIDDEN, first);
        let weights2 = Matrix::new(HIDDEN, 1, second);
        let (layer1, output) = (Matrix::new(0, 0, &[]), y.map(|_| 0.0));
        NeuralNetwork { input, y, weights1, weights2, layer1, output }
    }

    fn feedforward(&mut self) {
        self.layer1 = self.input.dot(&self.weights1).map(sigmoid);
        self.output = self.layer1.dot(&self.weights2).map(sigmoid);
    }

    fn backprop(&mut self) {
        // forward: loss = Σ (y - output)²
        let d_output = self.y.zip(&self.output, |y, output| -2.0 * (y - output));
        // forward: output = σ(layer1 · weights2)
        let d_sum2 = d_output.zip(&self.output, |d, output| d * sigmoid_slope(output));
        let d_weights2 = self.layer1.transposed().dot(&d_sum2);
        let d_layer1 = d_sum2.dot(&self.weights2.transposed());
        // forward: layer1 = σ(input · weights1)
        let d_sum1 = d_layer1.zip(&self.layer1, |d, layer1| d * sigmoid_slope(layer1));
        let d_weights1 = self.input.transposed().dot(&d_sum1);

        self.weights1 = self.weights1.zip(&d_weights1, |weight, d| weight - d);
        self.weights2 = self.weights2.zip(&d_weights2, |weight, d| weight - d);
    }

    fn loss(&self) -> f64 {
        self.y.zip(&self.output, |y, output| (y - output) * (y - output)).numbers.iter().sum()
    }
}

/// Trains the network from the weights of this seed.
pub fn train(seed: u32) -> Trained {
    let input = Matrix::new(4, 3, ROWS.map(|(x, _)| x).as_flattened());
    let mut network = NeuralNetwork::new(input, Matrix::new(4, 1, &ROWS.map(|(_, y)| y)), seed);
    for _ in 0..ITERATIONS {
        network.feedforward();
        network.backprop();
    }
    let weights = [&network.weights1.numbers[..], &network.weights2.numbers].concat();
    Trained { weights, loss: network.loss(), predictions: network.output.numbers }
}

fn main() {
    article::print(&train(article::seed()));
}
