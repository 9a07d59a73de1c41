//! Numbers that begin at the start of a cache line, so that no vector of them lies across two lines.

use super::real::Real;
use std::ops::{Deref, DerefMut};

/// The bytes of a cache line, and of the widest vector.
const LINE: usize = 64;

/// A slice of fixed length whose first number lies at a multiple of 64 bytes.
///
/// ```
/// use clione::base::aligned::Aligned;
/// let mut numbers = Aligned::<f32>::zeros(100);
/// numbers[99] = 1.0;
/// assert_eq!(numbers.as_ptr().addr() % 64, 0);
/// assert_eq!(numbers.clone().iter().sum::<f32>(), 1.0);
/// ```
#[derive(Debug)]
pub struct Aligned<T> {
    /// Is never grown, so its numbers stay where they are.
    storage: Vec<T>,
    start: usize,
    length: usize,
}

impl<T: Real> Aligned<T> {
    /// So many zeros.
    pub fn zeros(length: usize) -> Self {
        let spare = spare::<T>(length);
        let storage = vec![T::ZERO; length + spare];
        let start = start(&storage, spare);
        Aligned { storage, start, length }
    }
}

/// How many numbers more are reserved, so that one of the first lies at the beginning of a line: none where there are none.
fn spare<T>(length: usize) -> usize {
    if length == 0 { 0 } else { (LINE / size_of::<T>()).saturating_sub(1) }
}

/// Which number of the storage that is. A pointer may be one that cannot be aligned; that is only slower.
fn start<T>(storage: &[T], spare: usize) -> usize {
    storage.as_ptr().align_offset(LINE).min(spare)
}

impl<T: Clone> From<&[T]> for Aligned<T> {
    fn from(numbers: &[T]) -> Self {
        let spare = spare::<T>(numbers.len());
        let mut storage = Vec::with_capacity(numbers.len() + spare);
        let start = start(&storage, spare);
        storage.extend(numbers.iter().cycle().take(start).cloned());
        storage.extend_from_slice(numbers);
        Aligned { storage, start, length: numbers.len() }
    }
}

impl<T: Clone> From<Vec<T>> for Aligned<T> {
    fn from(numbers: Vec<T>) -> Self {
        Aligned::from(&*numbers)
    }
}

impl<T: Clone> Clone for Aligned<T> {
    fn clone(&self) -> Self {
        Aligned::from(&**self)
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.storage[self.start..self.start + self.length]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.storage[self.start..self.start + self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_begins_on_a_line_also_when_it_is_copied_or_moved() {
        for length in 0..70_usize {
            let mut numbers = Aligned::<f64>::zeros(length);
            (0..length).for_each(|at| numbers[at] = at as f64);
            let moved = vec![numbers.clone(), numbers];
            for numbers in &moved {
                assert!(numbers.is_empty() || numbers.as_ptr().addr() % LINE == 0);
                assert!(numbers.iter().enumerate().all(|(at, &number)| number == at as f64));
                assert_eq!(numbers.len(), length);
            }
        }
    }
}
