//! The numbers of the workloads: functions of their place alone, the same in `bench/peers/workloads.py`.

use clione::data::dataset::{Dataset, Matrix, Targets, Values};

/// Number `at` of a sequence: a multiple of 2⁻²⁴ from 0 to below 1, exact in `f32`.
pub fn uniform(at: usize, sequence: u64) -> f64 {
    let mixed =
        (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(sequence.wrapping_mul(0xd1b5_4a32_d192_ed03));
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    ((mixed ^ (mixed >> 32)) >> 40) as f64 / f64::from(1 << 24)
}

/// Rows of 8 numbers between -1 and 1, and one of two classes for each, the second in about a third.
pub fn table(rows: usize) -> Dataset {
    let values = (0..rows * 8).map(|at| 2.0 * uniform(at, 1) - 1.0).collect();
    let numbers = (0..rows).map(|row| u32::from(uniform(row, 2) < 0.35)).collect();
    dataset(rows, 8, Values::F64(values), numbers, 2)
}

/// Rows of bytes, as images are, and one of some classes for each.
pub fn images(rows: usize, columns: usize, classes: u32) -> Dataset {
    let bytes = (0..rows * columns).map(|at| (uniform(at, 3) * 256.0) as u8).collect();
    let numbers = (0..rows).map(|row| (uniform(row, 4) * f64::from(classes)) as u32).collect();
    dataset(rows, columns, Values::U8 { bytes, scale: 1.0 / 255.0 }, numbers, classes)
}

fn dataset(rows: usize, columns: usize, values: Values, numbers: Vec<u32>, classes: u32) -> Dataset {
    let names = (0..classes).map(|class| class.to_string()).collect();
    Dataset::new(Matrix::new(rows, columns, values), Targets::Classes { numbers, names })
        .expect("as many targets as rows")
}

/// The first weights and biases of a dense network: within 1/√inputs.
pub fn dense_parameters(widths: &[usize]) -> Vec<f32> {
    let mut parameters = Vec::new();
    for (layer, sizes) in widths.windows(2).enumerate() {
        let (inputs, outputs) = (sizes[0], sizes[1]);
        let bound = (inputs as f64).sqrt().recip();
        for (count, sequence) in [(inputs * outputs, 10 + 2 * layer as u64), (outputs, 11 + 2 * layer as u64)] {
            parameters.extend((0..count).map(|at| (bound * (2.0 * uniform(at, sequence) - 1.0)) as f32));
        }
    }
    parameters
}
