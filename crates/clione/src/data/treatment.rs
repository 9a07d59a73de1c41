//! What can be done to the values of a column, to missing values, and to words that were never seen.

use crate::base::error::{Error, Result};
use crate::base::words::pairs;
use crate::data::date::DayOrder;
use crate::data::findings::quoted;
use crate::data::named::named;

named! {
    /// What is done to the values of an input column.
    Treatment, "treatment" {
        /// z = (x − mean) / deviation: every number column on the same scale.
        Standardise "standardise",
        /// z = (x − min) / (max − min): training values lie between 0 and 1.
        MinMax "min-max",
        /// z = (x − median) / (third quartile − first quartile): a few far values change nothing.
        Robust "robust",
        /// z = (ln(1 + x) − mean) / deviation for x ≥ 0: amounts of very different size.
        Log "log",
        /// z = x: numbers as they are.
        Unscaled "unscaled",
        /// z = 0 or 1: the first or the second of two words.
        Boolean "boolean",
        /// z = 1 in the column of the category, 0 in the columns of the others.
        OneHot "one-hot",
        /// z = (place − mean) / deviation: the place of a category in an order, from 0.
        Ordinal "ordinal",
        /// Year, month, day, weekday, hour and minute, those that vary, each standardised.
        Date "date",
    }
}

impl Treatment {
    /// The treatments of numbers, which a whole table can be given.
    pub const OF_NUMBERS: &[Treatment] =
        &[Treatment::Standardise, Treatment::MinMax, Treatment::Robust, Treatment::Log, Treatment::Unscaled];

    /// Whether numbers are treated like this.
    pub(super) fn is_of_numbers(self) -> bool {
        Treatment::OF_NUMBERS.contains(&self)
    }
}

/// What a person asks for one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Treat {
    /// This treatment; categories are put into order by themselves, dates are read as their values suggest.
    As(Treatment),
    /// The place of a category in this order.
    Order(Vec<String>),
    /// A date whose numbers come in this order.
    Date(DayOrder),
    /// The column is left out.
    Ignore,
}

impl Treat {
    /// `one-hot`, `robust`, ..., `ordinal(small<medium<large)`, `date(dmy)` or `ignore`.
    ///
    /// ```
    /// use clione::data::treatment::{Treat, Treatment};
    /// assert_eq!(Treat::named("min-max")?, Treat::As(Treatment::MinMax));
    /// assert_eq!(Treat::named("ordinal(low<high)")?.name(), "ordinal(low<high)");
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn named(text: &str) -> Result<Treat> {
        let text = text.trim();
        if text == IGNORE {
            return Ok(Treat::Ignore);
        }
        let Some((name, inside)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) else {
            return match Treatment::named(text)? {
                Treatment::Boolean => Err(Error::usage("columns of no and yes are recognised: nothing is to be asked")),
                treatment => Ok(Treat::As(treatment)),
            };
        };
        match Treatment::named(name)? {
            Treatment::Date => DayOrder::named(inside.trim()).map(Treat::Date),
            Treatment::Ordinal => {
                let order: Vec<String> = inside.split('<').map(|word| word.trim().to_string()).collect();
                let repeated = order.iter().enumerate().any(|(place, word)| order[..place].contains(word));
                if order.len() < 2 || repeated || order.iter().any(String::is_empty) {
                    return Err(Error::usage(format!(
                        "{}: expected different words with < between them",
                        quoted(text)
                    ))
                    .remedy("ordinal(small<medium<large)"));
                }
                Ok(Treat::Order(order))
            }
            other => Err(Error::usage(format!("\"{}\" takes nothing in parentheses", other.name()))),
        }
    }

    /// The text that [`Treat::named`] reads.
    pub fn name(&self) -> String {
        match self {
            Treat::As(treatment) => treatment.name().to_string(),
            Treat::Order(order) => format!("{}({})", Treatment::Ordinal.name(), order.join("<")),
            Treat::Date(order) => format!("{}({})", Treatment::Date.name(), order.name()),
            Treat::Ignore => IGNORE.to_string(),
        }
    }
}

const IGNORE: &str = "ignore";

named! {
    /// What is done where an input has no value.
    Missing, "treatment of missing values" {
        /// Nothing: a missing value is an error.
        Refuse "refuse",
        /// The mean of the training values; a missing word is a category of its own.
        Mean "mean",
        /// The median of the training values; a missing word is a category of its own.
        Median "median",
        /// The most frequent of the training values, also for words.
        Mode "mode",
        /// The row is left out.
        Drop "drop",
        /// The mean, and one more input that is 1 where the value was missing.
        Indicator "indicator",
    }
}

/// What a person asks for the missing values of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Fill {
    /// What could be asked for the whole table.
    With(Missing),
    /// This number, word or date.
    Constant(String),
}

impl Fill {
    /// The name of a [`Missing`], or a constant: `0`, `none`, `'mean'` in quotes for the word.
    ///
    /// ```
    /// use clione::data::treatment::{Fill, Missing};
    /// assert_eq!(Fill::named("median")?, Fill::With(Missing::Median));
    /// assert_eq!(Fill::named("'median'")?, Fill::Constant("median".to_string()));
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn named(text: &str) -> Result<Fill> {
        let text = text.trim();
        if let Ok(missing) = Missing::named(text) {
            return Ok(Fill::With(missing));
        }
        let quoted = ['\'', '"'].iter().find_map(|&quote| text.strip_prefix(quote)?.strip_suffix(quote));
        match quoted.unwrap_or(text).trim() {
            "" => Err(Error::usage("nothing cannot stand in for a missing value").remedy("--fill 'age=0'")),
            constant => Ok(Fill::Constant(constant.to_string())),
        }
    }

    /// The text that [`Fill::named`] reads.
    pub fn name(&self) -> String {
        match self {
            Fill::With(missing) => missing.name().to_string(),
            Fill::Constant(constant) => format!("'{constant}'"),
        }
    }
}

/// Columns and what is asked for them: `income=robust,size=ordinal(small<large)`, cut as [`pairs`] are.
///
/// ```
/// use clione::data::treatment::{Fill, by_column};
/// let fills = by_column("age=0, `lot=size`='a, b'", Fill::named)?;
/// assert_eq!(fills[0], ("age".to_string(), Fill::Constant("0".to_string())));
/// assert_eq!(fills[1].0, "lot=size");
/// # Ok::<(), clione::base::error::Error>(())
/// ```
pub fn by_column<T>(text: &str, read: impl Fn(&str) -> Result<T>) -> Result<Vec<(String, T)>> {
    pairs(text)?.into_iter().map(|(column, asked)| Ok((column, read(&asked)?))).collect()
}

named! {
    /// What is done with a category that was not among the training rows.
    Unknown, "treatment of unknown categories" {
        /// Nothing: an unknown category is an error.
        Refuse "refuse",
        /// It is none of the known ones: all of its inputs are 0.
        Other "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_found_by_its_name() {
        for &treatment in Treatment::all() {
            assert_eq!(Treatment::named(treatment.name()), Ok(treatment));
        }
        for &missing in Missing::all() {
            assert_eq!(Missing::named(missing.name()), Ok(missing));
            assert_eq!(Fill::named(missing.name()), Ok(Fill::With(missing)));
        }
        let error = Missing::named("meen").unwrap_err();
        assert_eq!((error.exit_code(), error.notes()[0].as_str()), (2, "did you mean \"mean\"?"));
        for text in ["robust", "ordinal", "ordinal(a<b<c d)", "date", "date(mdy)", "ignore"] {
            assert_eq!(Treat::named(text).unwrap().name(), text);
        }
        for text in ["boolean", "robus", "ordinal(a)", "ordinal(a<a)", "date(ydm)", "robust(2)"] {
            assert_eq!(Treat::named(text).unwrap_err().exit_code(), 2, "{text}");
        }
    }

    #[test]
    fn columns_and_treatments_are_told_apart_by_the_outer_signs() {
        let read = |text: &str| by_column(text, Treat::named).unwrap();
        let pairs = read("income=robust, size = ordinal(a=1<b, c),`x,y`=ignore,");
        let names: Vec<String> = pairs.iter().map(|(name, treat)| format!("{name}: {}", treat.name())).collect();
        assert_eq!(names, ["income: robust", "size: ordinal(a=1<b, c)", "x,y: ignore"]);
        assert_eq!(by_column("robust", Treat::named).unwrap_err().exit_code(), 2);
    }
}
