//! How many numbers a network has, counted before any of them is there: those it learns, and those it makes of its rows.

use super::network::Built;
use crate::base::shape::Shape;
use crate::graph::op::Op;

/// The most numbers that one value, or all parameters together, may have: more have no address on any machine.
pub const MOST_NUMBERS: usize = isize::MAX as usize / size_of::<f64>();

/// The numbers of a network that was built for some rows; each count is the largest possible one where it would be larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// What is learned.
    pub parameters: u128,
    /// Inputs and results of all operations together, each counted once.
    pub values: u128,
    /// The largest of them alone.
    pub largest: u128,
}

impl Built {
    /// Counts the numbers from shapes alone.
    ///
    /// ```
    /// use clione::prelude::*;
    /// let size = Network::new([4]).add(Dense::new(8).without_bias()).build(2)?.size();
    /// assert_eq!((size.parameters, size.values, size.largest), (4 * 8, 2 * 4 + 2 * 8, 2 * 8));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn size(&self) -> Size {
        let mut size = Size { parameters: 0, values: 0, largest: 0 };
        for (_, node) in self.graph.nodes() {
            let numbers = numbers_of(node.shape);
            if let Op::Parameter(_) = node.op {
                size.parameters = size.parameters.saturating_add(numbers);
            } else {
                size.values = size.values.saturating_add(numbers);
                size.largest = size.largest.max(numbers);
            }
        }
        size
    }
}

/// The product of all sizes, where the machine's own numbers are too short for it too.
fn numbers_of(shape: Shape) -> u128 {
    match shape.elements() {
        usize::MAX => shape.sizes().iter().fold(1, |product: u128, &size| product.saturating_mul(size as u128)),
        elements => elements as u128,
    }
}

#[cfg(test)]
mod tests {
    use crate::nn::layers::{Concat, Dense};
    use crate::nn::network::Network;

    #[test]
    fn what_no_machine_can_address_is_refused_with_the_layer_and_without_a_panic() {
        let mut network = Network::new([1 << 40]);
        let mut value = network.input(0);
        for number in 0..40 {
            value = network.apply(&format!("join{number}"), Concat, &[value, value]);
        }
        let error = network.build(1).expect_err("2^80 numbers").to_string();
        assert!(error.starts_with("layer `join19`: a value of 1x1152921504606846976 numbers"), "{error}");
        let wide = Network::new([1 << 40]).add(Dense::new(1 << 40));
        let error = wide.build(1).expect_err("2^80 weights").to_string();
        assert!(error.starts_with("layer `dense1`"), "{error}");
        assert!(Network::new([1 << 40]).build(1 << 40).is_err());
    }
}
