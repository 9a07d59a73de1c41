//! How many numbers there are along each axis of a value.

use std::fmt;

/// The most axes a value can have.
pub const MAX_RANK: usize = 4;

/// The sizes of a value along its axes, outermost first; numbers lie row by row, the last axis contiguous.
///
/// ```
/// use clione::base::shape::Shape;
/// let batch = Shape::from([128, 28, 28]);
/// assert_eq!((batch.elements(), batch.rows(), batch.columns()), (100_352, 3584, 28));
/// assert_eq!(batch.to_string(), "128x28x28");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    sizes: [usize; MAX_RANK],
    rank: usize,
}

impl Shape {
    /// The shape with these sizes; panics when there are none or more than [`MAX_RANK`].
    pub fn new(sizes: &[usize]) -> Self {
        assert!((1..=MAX_RANK).contains(&sizes.len()), "a shape has 1 to {MAX_RANK} axes, not {}", sizes.len());
        let mut padded = [1; MAX_RANK];
        padded[..sizes.len()].copy_from_slice(sizes);
        Shape { sizes: padded, rank: sizes.len() }
    }

    /// The sizes, outermost first.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes[..self.rank]
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The number of numbers: the product of all sizes, or the largest `usize` where that is more than a machine can count.
    pub fn elements(&self) -> usize {
        product(self.sizes())
    }

    /// The size of the last axis.
    pub fn columns(&self) -> usize {
        self.sizes[self.rank - 1]
    }

    /// The product of all sizes but the last, counted as [`Shape::elements`] are.
    pub fn rows(&self) -> usize {
        product(&self.sizes[..self.rank - 1])
    }

    /// The product of all sizes but the first, counted as [`Shape::elements`] are: the numbers of one example of a batch.
    pub fn elements_of_example(&self) -> usize {
        product(&self.sizes[1..self.rank])
    }

    /// The same shape with another first size: another number of rows in a batch.
    pub fn with_first(mut self, size: usize) -> Self {
        self.sizes[0] = size;
        self
    }

    /// The same shape with another last size.
    pub fn with_last(mut self, size: usize) -> Self {
        self.sizes[self.rank - 1] = size;
        self
    }
}

/// The product, which stays at the end of its range; a size of 0 makes it 0 wherever it stands.
fn product(sizes: &[usize]) -> usize {
    if sizes.contains(&0) { 0 } else { sizes.iter().fold(1, |product: usize, &size| product.saturating_mul(size)) }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(sizes: [usize; N]) -> Self {
        Shape::new(&sizes)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (axis, size) in self.sizes().iter().enumerate() {
            if axis > 0 {
                f.write_str("x")?;
            }
            write!(f, "{size}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_of_one_axis_is_one_row() {
        let shape = Shape::from([5]);
        assert_eq!((shape.rows(), shape.columns(), shape.elements(), shape.rank()), (1, 5, 5, 1));
    }

    #[test]
    fn another_first_or_last_size_leaves_the_other_axes_alone() {
        let shape = Shape::from([2, 3, 4]);
        assert_eq!(shape.with_first(7).sizes(), [7, 3, 4]);
        assert_eq!(shape.with_last(7).sizes(), [2, 3, 7]);
        assert_eq!(Shape::from([2]).with_last(7), Shape::from([7]));
    }

    #[test]
    fn shapes_of_different_rank_differ_even_when_they_hold_as_much() {
        assert_ne!(Shape::from([3]), Shape::from([3, 1]));
    }

    #[test]
    fn a_size_of_zero_makes_a_shape_without_elements() {
        assert_eq!(Shape::from([0, 4]).elements(), 0);
    }

    #[test]
    fn a_product_that_no_machine_can_count_stays_at_the_end_of_its_range() {
        let shape = Shape::from([1 << 40, 3, 1 << 40]);
        assert_eq!((shape.elements(), shape.rows()), (usize::MAX, 3 << 40));
        assert_eq!(Shape::from([usize::MAX, usize::MAX, 0]).elements(), 0);
        assert_eq!(Shape::from([5]).elements_of_example(), 1);
    }

    #[test]
    #[should_panic(expected = "a shape has 1 to 4 axes, not 5")]
    fn a_fifth_axis_is_refused() {
        Shape::new(&[1; 5]);
    }
}
