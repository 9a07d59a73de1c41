//! How a number that was found is compared with one that was asked for: `>=0.75`.

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `<`
    Below,
}

impl Comparison {
    /// All four; those of two signs first, for the others begin as they do.
    pub fn all() -> &'static [Comparison] {
        &[Comparison::AtLeast, Comparison::AtMost, Comparison::Above, Comparison::Below]
    }

    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::AtLeast => ">=",
            Comparison::AtMost => "<=",
            Comparison::Above => ">",
            Comparison::Below => "<",
        }
    }

    /// As it is said.
    pub fn words(self) -> &'static str {
        match self {
            Comparison::AtLeast => "at least",
            Comparison::AtMost => "at most",
            Comparison::Above => "more than",
            Comparison::Below => "less than",
        }
    }

    /// Whether a value is so, beside a limit.
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Comparison::AtLeast => value >= limit,
            Comparison::AtMost => value <= limit,
            Comparison::Above => value > limit,
            Comparison::Below => value < limit,
        }
    }
}

/// What stands on the two sides of the last comparison of a text; nothing where it has none. One in brackets is part of a
/// name: a class may be called `a<b`.
///
/// ```
/// use clione::train::comparison::{Comparison, split};
/// assert_eq!(split("loss <= 0.4"), Some(("loss", Comparison::AtMost, "0.4")));
/// assert_eq!(split("recall(a>=b) > 0.5"), Some(("recall(a>=b)", Comparison::Above, "0.5")));
/// assert_eq!(split("loss = 0.4"), None);
/// ```
pub fn split(text: &str) -> Option<(&str, Comparison, &str)> {
    Comparison::all().iter().find_map(|&comparison| {
        let (left, right) = text.rsplit_once(comparison.sign())?;
        (!right.contains(')')).then_some((left.trim(), comparison, right.trim()))
    })
}
