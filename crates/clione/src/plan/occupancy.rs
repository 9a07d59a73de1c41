//! Which numbers of the arena are taken during which steps, so that the lowest free place is found without asking all values.
//!
//! A tree over the steps: a leaf is one step, and a node stands for the steps of the leaves below it. A value that is in
//! use from one step to another is noted at the few nodes that make up these steps, and, as taken somewhere below, at
//! the nodes above them. Places that touch are kept as one range, so a node holds few ranges however many values it has.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// What is taken when.
pub(super) struct Occupancy {
    /// The number of leaves, a power of two; node 1 is the root, the children of node i are 2i and 2i + 1.
    leaves: usize,
    /// Taken during all steps of a node.
    throughout: Vec<Ranges>,
    /// Taken during some step of a node.
    somewhere: Vec<Ranges>,
}

impl Occupancy {
    /// Nothing is taken yet; there are steps 0 to `steps`, both included.
    pub(super) fn new(steps: usize) -> Self {
        let leaves = (steps + 1).next_power_of_two();
        let empty = || (0..2 * leaves).map(|_| Ranges::default()).collect();
        Occupancy { leaves, throughout: empty(), somewhere: empty() }
    }

    /// Takes the lowest `length` numbers that are free during all of `steps`, and says where they begin.
    pub(super) fn take(&mut self, steps: RangeInclusive<usize>, length: usize) -> usize {
        let nodes = self.nodes_of(steps);
        let mut start = 0;
        // Whatever stands in the way pushes the place behind it, until nothing does.
        while let Some(end) = self.in_the_way(&nodes, start, length) {
            start = end;
        }
        let end = start.saturating_add(length);
        for &node in &nodes {
            self.throughout[node].add(start, end);
            let mut above = node;
            while above > 0 {
                self.somewhere[above].add(start, end);
                above /= 2;
            }
        }
        start
    }

    /// The end of something that is taken among `length` numbers from `start` on, during the steps of these nodes.
    fn in_the_way(&self, nodes: &[usize], start: usize, length: usize) -> Option<usize> {
        let end = start.saturating_add(length);
        nodes.iter().find_map(|&node| {
            let below = self.somewhere[node].overlapping(start, end);
            let above = std::iter::successors(Some(node / 2), |node| Some(node / 2)).take_while(|&node| node > 0);
            below.or_else(|| above.into_iter().find_map(|above| self.throughout[above].overlapping(start, end)))
        })
    }

    /// The fewest nodes whose steps are these.
    fn nodes_of(&self, steps: RangeInclusive<usize>) -> Vec<usize> {
        let (mut low, mut high) = (steps.start() + self.leaves, steps.end() + self.leaves + 1);
        let mut nodes = Vec::new();
        while low < high {
            if low % 2 == 1 {
                nodes.push(low);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                nodes.push(high);
            }
            (low, high) = (low / 2, high / 2);
        }
        nodes
    }
}

/// Ranges of numbers, end by start, none of which touch.
#[derive(Default)]
struct Ranges(BTreeMap<usize, usize>);

impl Ranges {
    /// The end of a range that shares a number with `start..end`.
    fn overlapping(&self, start: usize, end: usize) -> Option<usize> {
        let (_, &until) = self.0.range(..end).next_back()?;
        (until > start).then_some(until)
    }

    /// Adds `start..end` to the ranges, which may overlap it.
    fn add(&mut self, mut start: usize, mut end: usize) {
        while let Some((&from, &until)) = self.0.range(..=end).next_back() {
            if until < start {
                break;
            }
            self.0.remove(&from);
            (start, end) = (start.min(from), end.max(until));
        }
        self.0.insert(start, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::{Purpose, Rng};

    /// The same by asking every value that has a place already.
    fn by_asking_all(
        placed: &[(RangeInclusive<usize>, usize, usize)],
        steps: &RangeInclusive<usize>,
        length: usize,
    ) -> usize {
        let together = |other: &RangeInclusive<usize>| other.start() <= steps.end() && steps.start() <= other.end();
        let mut taken: Vec<(usize, usize)> = placed
            .iter()
            .filter(|(steps, ..)| together(steps))
            .map(|&(_, start, length)| (start, start + length))
            .collect();
        taken.sort_unstable();
        let mut start = 0;
        for (from, to) in taken {
            if start + length <= from {
                break;
            }
            start = start.max(to);
        }
        start
    }

    #[test]
    fn the_place_is_the_lowest_that_is_free_as_asking_every_value_finds_it() {
        for seed in 0..20 {
            let stream = Rng::new(seed).stream(Purpose::Shuffle, 0, 0);
            let number = |index: u64, below: u32| (stream.bits_at(index) % below) as usize;
            let count = 1 + number(0, 60);
            let mut occupancy = Occupancy::new(count);
            let mut placed = Vec::new();
            for value in 0..200 {
                let first = number(10 + 3 * value, count as u32 + 1);
                let last = first + number(11 + 3 * value, (count - first) as u32 + 1);
                let length = 16 * (1 + number(12 + 3 * value, 9));
                let expected = by_asking_all(&placed, &(first..=last), length);
                assert_eq!(occupancy.take(first..=last, length), expected, "value {value}, seed {seed}");
                placed.push((first..=last, expected, length));
            }
        }
    }
}
