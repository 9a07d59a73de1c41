//! What the three examples have in common: the article's rows, its first weights, and the table that they print.

use clione::base::numpy_random::NumpyRandom;

/// Inputs and target of each row; the third input is always 1.
pub const ROWS: [([f64; 3], f64); 4] =
    [([0.0, 0.0, 1.0], 0.0), ([0.0, 1.0, 1.0], 1.0), ([1.0, 0.0, 1.0], 1.0), ([1.0, 1.0, 1.0], 0.0)];

/// How many hidden units there are.
pub const HIDDEN: usize = 4;

/// How often all rows pass forward and backward.
pub const ITERATIONS: usize = 1500;

/// A trained network.
pub struct Trained {
    /// The weights after the last update: three rows of four, then one column of four.
    pub weights: Vec<f64>,
    /// The outputs of the last forward pass, which came before the last update.
    pub predictions: Vec<f64>,
    /// The sum of squared errors of these outputs.
    pub loss: f64,
}

/// The weights that `np.random.rand(3, 4)` and `np.random.rand(4, 1)` draw after `np.random.seed(seed)`.
pub fn first_weights(seed: u32) -> Vec<f64> {
    let mut random = NumpyRandom::new(seed);
    (0..3 * HIDDEN + HIDDEN).map(|_| random.next_f64()).collect()
}

/// The seed that stands behind the name of the program; 0 where there is none.
pub fn seed() -> u32 {
    match std::env::args().nth(1) {
        None => 0,
        Some(text) => text.parse().unwrap_or_else(|_| panic!("a seed is a whole number, but this is `{text}`")),
    }
}

/// Predictions beside the true values, as the article shows them.
pub fn print(trained: &Trained) {
    println!("x1  x2  x3    y  prediction");
    for ((x, y), prediction) in ROWS.iter().zip(&trained.predictions) {
        println!("{:>2}  {:>2}  {:>2}  {y:>3}  {prediction:.8}", x[0], x[1], x[2]);
    }
    println!("loss {:.8} after {ITERATIONS} iterations", trained.loss);
}
