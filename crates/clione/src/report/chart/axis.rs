//! The axes of a chart: from where to where, ticks at round numbers, and what the ticks are called.

/// How places along the axis follow from numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps add the same.
    #[default]
    Linear,
    /// Equal steps multiply by the same; numbers that are not above 0 have no place.
    Logarithmic,
}

/// The range of one direction, and a tick at each multiple of `step` in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    pub from: f64,
    pub to: f64,
    pub step: f64,
    pub scale: Scale,
}

impl Axis {
    /// From `low` to `high`, with about so many ticks at round numbers.
    pub fn new(low: f64, high: f64, ticks: usize) -> Self {
        // A range that is empty for the eye is widened; half of the value is seen at every size.
        let half = if low == 0.0 { 0.5 } else { low.abs() / 2.0 };
        let (from, to) = if high - low > 1e-12 * low.abs() { (low, high) } else { (low - half, low + half) };
        Axis { from, to, step: round_step((to - from) / ticks as f64), scale: Scale::Linear }
    }

    /// The same axis for numbers that are counted by their powers of ten.
    pub fn in_scale(self, scale: Scale) -> Self {
        match scale {
            Scale::Linear => self,
            Scale::Logarithmic => Axis { step: self.step.ceil(), scale, ..self },
        }
    }

    /// Begins and ends at a tick.
    pub fn rounded(self) -> Self {
        let Axis { from, to, step, scale } = self;
        Axis { from: (from / step).floor() * step, to: (to / step).ceil() * step, step, scale }
    }

    pub fn ticks(self) -> impl Iterator<Item = f64> {
        let (first, last) = ((self.from / self.step - 1e-9).ceil() as i64, (self.to / self.step + 1e-9).floor() as i64);
        (first..=last).map(move |tick| tick as f64 * self.step)
    }

    /// Where a value lies: 0 at the beginning, 1 at the end.
    pub fn share(self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }

    /// A tick as text, with as many decimals as the step has; thousands as k, millions as M.
    pub fn name(self, tick: f64) -> String {
        if self.scale == Scale::Logarithmic {
            return format!("1e{tick:.0}");
        }
        let size = self.from.abs().max(self.to.abs());
        let (unit, letter) = match size {
            1e-4..1e4 => (1.0, ""),
            1e4..1e7 => (1e3, "k"),
            1e7..1e10 => (1e6, "M"),
            _ => return format!("{tick:.1e}"),
        };
        let decimals = (-(self.step / unit).log10() - 1e-9).ceil().max(0.0) as usize;
        let letter = if tick == 0.0 { "" } else { letter };
        format!("{:.decimals$}{letter}", tick / unit)
    }
}

/// 1, 2 or 5 times a power of ten, the smallest that is not below `at_least`.
fn round_step(at_least: f64) -> f64 {
    let power = 10f64.powf(at_least.log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    factors
        .into_iter()
        .map(|factor| factor * power)
        .find(|&step| step >= at_least * (1.0 - 1e-9))
        .unwrap_or(power * 10.0)
}

/// The least and the greatest of some finite numbers; none without one.
pub(super) fn range(numbers: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    numbers.filter(|number| number.is_finite()).fold(None, |found, number| match found {
        None => Some((number, number)),
        Some((low, high)) => Some((f64::min(low, number), f64::max(high, number))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(axis: Axis) -> Vec<String> {
        axis.ticks().map(|tick| axis.name(tick)).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(names(Axis::new(0.0, 1.29, 5).rounded()), ["0.0", "0.5", "1.0", "1.5"]);
        assert_eq!(names(Axis::new(1.0, 1500.0, 4)), ["500", "1000", "1500"]);
        assert_eq!(names(Axis::new(0.0, 500_001.0, 4)), ["0", "200k", "400k"]);
        assert_eq!(names(Axis::new(0.0, 25_000_000.0, 5)), ["0", "5M", "10M", "15M", "20M", "25M"]);
    }

    #[test]
    fn a_range_of_one_value_has_room_around_it() {
        for value in [0.0, 1.0, -3.0, 1e300, 1e-300] {
            let axis = Axis::new(value, value, 4);
            assert!(axis.from < value && value < axis.to && axis.share(value).is_finite(), "{value}");
        }
    }
}
