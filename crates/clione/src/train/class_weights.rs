//! Class weights: how much the mistakes on each class count while training.

use crate::base::error::{Error, Result, nearest};
use crate::base::words::{field, fields};
use crate::data::dataset::Targets;
use crate::data::findings::list;

/// How much a row of each class counts in the training loss; the validation loss and all metrics count each row once, so they
/// can be compared whatever the weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ClassWeights {
    /// Every row counts once.
    #[default]
    Equal,
    /// A row of class c counts n / (k · n_c) for n rows, n_c of them of class c, and k classes that have rows: all classes
    /// together count alike, and the weights of all rows add up to n (King and Zeng 2001; scikit-learn's `balanced`).
    Balanced,
    /// Each class by its name; one that is not named counts 1.
    Given(Vec<(String, f64)>),
}

const EQUAL: &str = "equal";
const BALANCED: &str = "balanced";

impl ClassWeights {
    /// Reads `equal`, `balanced`, or a weight for each class: `yes=3,no=1`; a class with a comma is in quotes, `"a,b"=3`.
    ///
    /// ```
    /// use clione::train::class_weights::ClassWeights;
    /// let weights = ClassWeights::parse("yes=3,no=1")?;
    /// assert_eq!(weights, ClassWeights::Given(vec![("yes".into(), 3.0), ("no".into(), 1.0)]));
    /// assert_eq!(ClassWeights::parse(&weights.text())?, weights);
    /// assert!(ClassWeights::parse("balance").unwrap_err().to_string().contains("balanced"));
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        match text.trim() {
            EQUAL => return Ok(ClassWeights::Equal),
            BALANCED => return Ok(ClassWeights::Balanced),
            _ => {}
        }
        let expected = "expected `equal`, `balanced`, or a weight for each class: `yes=3,no=1`";
        let wrong = |what: String| Error::usage(format!("class weights \"{text}\": {what}")).note(expected);
        let mut weights: Vec<(String, f64)> = Vec::new();
        for part in &fields(text) {
            let Some((class, weight)) = part.rsplit_once('=') else {
                let near = nearest(part, [EQUAL, BALANCED]);
                let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                return Err(wrong(format!("\"{}\" has no weight{hint}", part.trim())));
            };
            let number = weight.trim().parse().ok().filter(|weight: &f64| *weight >= 0.0 && weight.is_finite());
            let Some(number) = number else {
                return Err(wrong(format!(
                    "a weight is 0 or a positive number, but this one is \"{}\"",
                    weight.trim()
                )));
            };
            let class = class.trim().to_owned();
            if weights.iter().any(|(known, _)| *known == class) {
                return Err(wrong(format!("class \"{class}\" has two weights")));
            }
            weights.push((class, number));
        }
        Ok(ClassWeights::Given(weights))
    }

    /// The text that [`ClassWeights::parse`] reads.
    pub fn text(&self) -> String {
        match self {
            ClassWeights::Equal => EQUAL.to_owned(),
            ClassWeights::Balanced => BALANCED.to_owned(),
            ClassWeights::Given(weights) => {
                let pairs: Vec<String> =
                    weights.iter().map(|(class, weight)| format!("{}={weight}", field(class))).collect();
                pairs.join(",")
            }
        }
    }

    /// The weight of each class of these training targets; none where every row counts once.
    ///
    /// Fails where the targets are numbers, have no class of a name that was given, or all classes that they have weigh 0.
    pub fn of(&self, targets: &Targets) -> Result<Option<Vec<f64>>> {
        if *self == ClassWeights::Equal {
            return Ok(None);
        }
        let Targets::Classes { numbers, names } = targets else {
            return Err(Error::usage(format!("class weights \"{}\", but the target is a number", self.text()))
                .note("weights are for classes"));
        };
        let mut rows = vec![0_usize; names.len()];
        numbers.iter().for_each(|&class| rows[class as usize] += 1);
        let weights = match self {
            ClassWeights::Equal => vec![1.0; names.len()],
            ClassWeights::Balanced => {
                let classes = rows.iter().filter(|&&rows| rows > 0).count();
                let weight = |rows: usize| numbers.len() as f64 / (classes * rows) as f64;
                rows.iter().map(|&rows| if rows > 0 { weight(rows) } else { 1.0 }).collect()
            }
            ClassWeights::Given(given) => {
                let mut weights = vec![1.0; names.len()];
                for (class, weight) in given {
                    let Some(place) = names.iter().position(|name| name == class) else {
                        let known = list(names.iter().map(String::as_str));
                        let near = nearest(class, names.iter().map(String::as_str));
                        let hint = near.map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
                        return Err(Error::usage(format!("class weights: there is no class \"{class}\"{hint}"))
                            .note(format!("classes: {known}")));
                    };
                    weights[place] = *weight;
                }
                weights
            }
        };
        if rows.iter().zip(&weights).all(|(&rows, &weight)| rows == 0 || weight == 0.0) {
            return Err(Error::usage(format!("class weights \"{}\": no row counts, nothing to learn", self.text())));
        }
        Ok(Some(weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::{Matrix, Values};

    fn targets(numbers: &[u32]) -> Targets {
        Targets::Classes { numbers: numbers.to_vec(), names: ["no", "yes", "never"].map(String::from).to_vec() }
    }

    #[test]
    fn balanced_weights_let_all_classes_count_alike_and_add_up_to_the_rows() {
        let weights = ClassWeights::Balanced.of(&targets(&[0, 0, 0, 0, 0, 0, 1, 1])).unwrap().unwrap();
        assert_eq!(weights, [8.0 / 12.0, 2.0, 1.0]);
        assert_eq!(6.0 * weights[0] + 2.0 * weights[1], 8.0);
    }

    #[test]
    fn a_class_that_is_not_there_is_named_with_the_nearest_one() {
        let error = ClassWeights::parse("yess=3").unwrap().of(&targets(&[0, 1])).unwrap_err();
        assert_eq!(error.headline(), "class weights: there is no class \"yess\"; did you mean \"yes\"?");
        assert!(ClassWeights::parse("no=0,yes=0").unwrap().of(&targets(&[0, 1])).is_err());
        assert_eq!(ClassWeights::parse("yes=3").unwrap().of(&targets(&[0, 1])), Ok(Some(vec![1.0, 3.0, 1.0])));
        assert_eq!(ClassWeights::Equal.of(&targets(&[0, 1])), Ok(None));
        let numbers = Targets::Values(Matrix::new(1, 1, Values::F64(vec![1.0])));
        assert!(ClassWeights::Balanced.of(&numbers).is_err());
    }

    #[test]
    fn what_is_no_weight_is_refused() {
        for text in ["", "yes", "yes=", "yes=-1", "yes=nan", "yes=1,yes=2", "yes=1,", "balance"] {
            assert!(ClassWeights::parse(text).is_err(), "{text}");
        }
    }
}
