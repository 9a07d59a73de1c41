//! A formula that can be read twice: with the names of its values, and with the numbers that they stand for.

/// A formula: words, and between them values that have a name and a number.
///
/// ```
/// use clione::see::explain::expression::Expression;
/// let slope = Expression::new().words("2·(").value("ŷ", 0.75).words(" - ").value("y", 1.0).words(")");
/// assert_eq!(slope.names(), "2·(ŷ - y)");
/// assert_eq!(slope.numbers(&|number| number.to_string()), "2·(0.75 - 1)");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expression {
    /// What stands one after another.
    pub parts: Vec<Part>,
}

/// A piece of an [`Expression`].
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Signs and words that stand there in any case.
    Words(String),
    /// A value.
    Value {
        /// What it is called.
        name: String,
        /// What it is.
        number: f64,
    },
}

impl Expression {
    /// Nothing yet.
    pub fn new() -> Self {
        Expression::default()
    }

    /// The same, and these words behind it.
    pub fn words(mut self, words: impl Into<String>) -> Self {
        self.parts.push(Part::Words(words.into()));
        self
    }

    /// The same, and a value behind it.
    pub fn value(mut self, name: impl Into<String>, number: f64) -> Self {
        self.parts.push(Part::Value { name: name.into(), number });
        self
    }

    /// The same, and all of another formula behind it.
    pub fn then(mut self, other: Expression) -> Self {
        self.parts.extend(other.parts);
        self
    }

    /// The formula, in parentheses unless it is a single value or a single word.
    pub fn grouped(self) -> Self {
        match self.parts.as_slice() {
            [] | [_] => self,
            _ => Expression::new().words("(").then(self).words(")"),
        }
    }

    /// The formula with names.
    pub fn names(&self) -> String {
        let text = |part: &Part| match part {
            Part::Words(words) => words.clone(),
            Part::Value { name, .. } => name.clone(),
        };
        self.parts.iter().map(text).collect()
    }

    /// The formula with numbers, each written by `number`; a negative one stands in parentheses unless a formula or a
    /// parenthesis begins with it.
    pub fn numbers(&self, number: &dyn Fn(f64) -> String) -> String {
        let words = |at: Option<usize>| match at.and_then(|at| self.parts.get(at)) {
            Some(Part::Words(words)) => words.as_str(),
            Some(Part::Value { .. }) | None => "",
        };
        let text = |(at, part): (usize, &Part)| match part {
            Part::Words(words) => words.clone(),
            Part::Value { number: value, .. } => {
                let is_first = at == 0 || words(at.checked_sub(1)).ends_with('(');
                let is_squared = words(at.checked_add(1)).starts_with('²');
                let is_bare = *value >= 0.0 || (is_first && !is_squared);
                if is_bare { number(*value) } else { format!("({})", number(*value)) }
            }
        };
        self.parts.iter().enumerate().map(text).collect()
    }

    /// Whether numbers say something that names do not.
    pub fn has_values(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Value { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_number_stands_in_parentheses_unless_something_begins_with_it() {
        let text = |number: f64| format!("{number}");
        let difference = Expression::new().value("a", -1.0).words(" - ").value("b", -2.0);
        assert_eq!(difference.numbers(&text), "-1 - (-2)");
        let twice = Expression::new().words("2·").then(difference.grouped());
        assert_eq!((twice.names().as_str(), twice.numbers(&text).as_str()), ("2·(a - b)", "2·(-1 - (-2))"));
        assert_eq!(Expression::new().value("a", -1.0).words("²").numbers(&text), "(-1)²");
        assert_eq!(Expression::new().value("a", 1.0).grouped().names(), "a");
    }
}
