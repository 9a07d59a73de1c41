//! An epoch in small steps: which rows each minibatch takes.

use std::slice::Chunks;

/// The row numbers of one minibatch after another: `order` in pieces of `batch_size`, the last one may be shorter.
/// Nothing is allocated or copied; panics if `batch_size` is 0.
///
/// ```
/// use clione::data::batches::batches;
/// use clione::data::dataset::Dataset;
/// let data = Dataset::from_rows(&[[1.0], [2.0], [3.0]], &[[0.0], [0.0], [1.0]]);
/// let (mut inputs, mut targets) = ([0.0f32; 2], [0.0f32; 2]);
/// let mut sizes = Vec::new();
/// for rows in batches(&[2, 0, 1], 2) {
///     data.gather(rows, &mut inputs[..rows.len()], &mut targets[..rows.len()]);
///     sizes.push(rows.len());
/// }
/// assert_eq!(sizes, [2, 1]);
/// assert_eq!(inputs[0], 2.0);
/// ```
pub fn batches(order: &[u32], batch_size: usize) -> Chunks<'_, u32> {
    order.chunks(batch_size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_comes_once_and_the_last_batch_is_what_is_left() {
        let order: Vec<u32> = (0..10).rev().collect();
        let all: Vec<&[u32]> = batches(&order, 4).collect();
        assert_eq!(all, [&[9, 8, 7, 6][..], &[5, 4, 3, 2], &[1, 0]]);
        assert_eq!(batches(&order, 4).len(), 3);
    }

    #[test]
    fn a_batch_larger_than_the_data_is_all_of_it() {
        assert_eq!(batches(&[0, 1], 32).collect::<Vec<_>>(), [&[0, 1][..]]);
        assert_eq!(batches(&[], 32).len(), 0);
    }
}
