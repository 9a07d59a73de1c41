//! What can be done to the values of a column, to missing values, and to words that were never seen.

use crate::data::named::named;

named! {
    /// What is done to the values of an input column.
    Treatment, "treatment" {
        /// z = (x − mean) / deviation: every number column on the same scale.
        Standardise "standardise",
        /// z = (x − min) / (max − min): training values lie between 0 and 1.
        MinMax "min-max",
        /// z = x: numbers as they are.
        Unscaled "unscaled",
        /// z = 0 or 1: the first or the second of two words.
        Boolean "boolean",
        /// z = 1 in the column of the category, 0 in the columns of the others.
        OneHot "one-hot",
    }
}

named! {
    /// What is done where an input has no value.
    Missing, "treatment of missing values" {
        /// Nothing: a missing value is an error.
        Refuse "refuse",
        /// The mean of the training values; for words the most frequent one.
        Mean "mean",
        /// The median of the training values; for words the most frequent one.
        Median "median",
        /// The most frequent of the training values.
        Mode "mode",
        /// The row is left out.
        Drop "drop",
        /// The mean (words: none of them), and one more input that is 1 where the value was missing.
        Indicator "indicator",
    }
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
