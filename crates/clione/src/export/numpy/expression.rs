//! A Python expression with what binds its parts, so that it has the parentheses that it needs and no others.

/// How strongly the outermost operation of an expression binds, from the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    /// `a + b`, `a - b`
    Sum,
    /// `a * b`, `a / b`
    Product,
    /// `a @ b`, which binds like a product, but is not mixed with one without parentheses.
    MatrixProduct,
    /// `-a`
    Minus,
    /// `a ** b`
    Power,
    /// A name, a number, a call.
    Atom,
}

/// A Python expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expression {
    text: String,
    binding: Binding,
}

impl Expression {
    /// A name or a number that is not negative.
    pub(super) fn atom(text: impl Into<String>) -> Self {
        Expression { text: text.into(), binding: Binding::Atom }
    }

    /// A number, in the fewest digits that name it.
    pub(super) fn number(value: f64) -> Self {
        let binding = if value < 0.0 { Binding::Minus } else { Binding::Atom };
        Expression { text: number(value), binding }
    }

    /// `function(arguments)`.
    pub(super) fn call(function: &str, arguments: &[&str]) -> Self {
        Expression::atom(format!("{function}({})", arguments.join(", ")))
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// a + b
    pub(super) fn plus(self, other: Expression) -> Self {
        self.binary("+", Binding::Sum, other)
    }

    /// a - b
    pub(super) fn minus(self, other: Expression) -> Self {
        self.binary("-", Binding::Sum, other)
    }

    /// a * b
    pub(super) fn times(self, other: Expression) -> Self {
        self.binary("*", Binding::Product, other)
    }

    /// a / b
    pub(super) fn over(self, other: Expression) -> Self {
        self.binary("/", Binding::Product, other)
    }

    /// a @ b
    pub(super) fn matmul(self, other: Expression) -> Self {
        self.binary("@", Binding::MatrixProduct, other)
    }

    /// -a
    pub(super) fn negated(self) -> Self {
        Expression { text: format!("-{}", self.within(Binding::Minus)), binding: Binding::Minus }
    }

    /// a ** 2
    pub(super) fn squared(self) -> Self {
        self.raised_to(Expression::number(2.0))
    }

    /// a ** b
    pub(super) fn raised_to(self, exponent: Expression) -> Self {
        let text = format!("{} ** {}", self.within(Binding::Atom), exponent.within(Binding::Minus));
        Expression { text, binding: Binding::Power }
    }

    /// a.T
    pub(super) fn transposed(self) -> Self {
        Expression::atom(format!("{}.T", self.within(Binding::Atom)))
    }

    /// a[..., start:end]
    pub(super) fn columns(self, start: usize, end: usize) -> Self {
        Expression::atom(format!("{}[..., {start}:{end}]", self.within(Binding::Atom)))
    }

    fn binary(self, sign: &str, binding: Binding, right: Expression) -> Self {
        // Only a chain of sums or of products reads well without parentheses on the left; on the right it means another thing.
        let left = match (self.binding, binding) {
            (Binding::Product, Binding::MatrixProduct) | (Binding::MatrixProduct, Binding::Product) => {
                self.in_parentheses()
            }
            _ => self.within(binding),
        };
        let right = match right.binding {
            inner if inner <= binding || (binding > Binding::Sum && inner < Binding::Power) => right.in_parentheses(),
            _ => right.text,
        };
        Expression { text: format!("{left} {sign} {right}"), binding }
    }

    /// The text, in parentheses unless it binds as strongly as this.
    fn within(&self, binding: Binding) -> String {
        if self.binding < binding { self.in_parentheses() } else { self.text.clone() }
    }

    fn in_parentheses(&self) -> String {
        format!("({})", self.text)
    }
}

/// A number as Python reads it: `2`, `0.1`, `1e-07`.
pub(super) fn number(value: f64) -> String {
    let is_whole = value.fract() == 0.0 && value.abs() < 1e15;
    if is_whole { format!("{value:.0}") } else { format!("{value:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Expression {
        Expression::atom(text)
    }

    #[test]
    fn parentheses_stand_where_python_needs_them_and_nowhere_else() {
        let difference = || name("a").minus(name("b"));
        assert_eq!(difference().squared().text(), "(a - b) ** 2");
        assert_eq!(Expression::number(2.0).times(difference()).text(), "2 * (a - b)");
        assert_eq!(name("c").minus(difference()).text(), "c - (a - b)");
        assert_eq!(difference().minus(name("c")).text(), "a - b - c");
        assert_eq!(name("x").matmul(name("w")).plus(name("b")).text(), "x @ w + b");
        assert_eq!(name("x").times(name("m")).matmul(name("w").transposed()).text(), "(x * m) @ w.T");
        assert_eq!(name("x").matmul(name("w")).times(name("m")).text(), "(x @ w) * m");
        assert_eq!(name("a").raised_to(name("b").negated()).raised_to(name("c")).text(), "(a ** -b) ** c");
        assert_eq!(name("a").raised_to(name("b").squared()).negated().text(), "-a ** b ** 2");
        assert_eq!(difference().negated().text(), "-(a - b)");
        assert_eq!(name("a").times(name("b")).over(name("n")).text(), "a * b / n");
        assert_eq!(name("a").times(name("b").over(name("n"))).text(), "a * (b / n)");
        assert_eq!(name("a").minus(Expression::number(-2.0)).text(), "a - -2");
    }

    #[test]
    fn numbers_are_those_that_python_reads() {
        let texts = [0.0, -3.0, 0.1, 1e-7, 1e300, 1.5e-310].map(number);
        assert_eq!(texts, ["0", "-3", "0.1", "1e-7", "1e300", "1.5e-310"]);
    }
}
