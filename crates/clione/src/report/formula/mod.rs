//! The formulas of a network laid out on a page: as text, as LaTeX, and as HTML with MathML.

mod html;
mod latex;
mod mathml;
mod text;

pub use html::html;
pub use latex::latex;
pub use text::text;

use crate::see::formula::{Definition, Formulas};

/// What stands on a page of formulas.
#[derive(Clone, Debug)]
pub struct FormulaPage<'a> {
    /// What the formulas are of, such as the name of a model.
    pub title: &'a str,
    /// The formulas.
    pub formulas: &'a Formulas,
    /// The loss in words: its name and how it sums up a batch.
    pub loss: &'a str,
    /// What else happens to gradients.
    pub notes: &'a [String],
}

impl FormulaPage<'_> {
    /// The definitions, section by section, each with its heading.
    fn definitions(&self) -> [(String, &[Definition]); 3] {
        let Formulas { forward, loss, gradients, .. } = self.formulas;
        let heading = format!("Loss: {}", self.loss);
        [("Forward pass".to_owned(), forward), (heading, loss), ("Gradients".to_owned(), gradients)]
    }
}

/// What stands in the section of functions, symbols, signs and notes.
const FUNCTIONS: &str = "Functions";
const SYMBOLS: &str = "Symbols";
const SIGNS: &str = "Signs";
const NOTES: &str = "Besides";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::layers::Dense;
    use crate::nn::loss::Loss;
    use crate::nn::network::Network;
    use crate::see::formula::{Rows, formulas};

    #[test]
    fn no_word_becomes_markup_or_a_command() {
        let network = Network::new([2]).add_named("a_b", Dense::new(1));
        let formulas = formulas(&network, &[Loss::MeanSquaredError], Rows::Alike).expect("a network that fits");
        let words = r"<b>\input{x}_%$&#";
        let page = FormulaPage { title: "<i>", formulas: &formulas, loss: words, notes: &[] };
        let html = html(&page);
        assert!(!html.contains("<b>") && !html.contains("<i>"), "{html}");
        let latex = latex(&page);
        let named: Vec<&str> = latex.lines().filter(|line| line.contains(words)).collect();
        assert!(!named.is_empty() && named.iter().all(|line| line.starts_with("% ")), "{latex}");
        assert!(latex.contains(r"\text{a\_b.weights}"), "{latex}");
    }
}
