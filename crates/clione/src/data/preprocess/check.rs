//! Whether what is known about columns can be what was fitted to a table: asked of preprocessing that comes from a file.

use std::collections::HashSet;

use super::{FARTHEST, FittedPart, InputColumn, Preprocessing};
use crate::base::error::{Error, Result};
use crate::data::date::{DatePart, DayOrder, read};
use crate::data::derive::Formulas;
use crate::data::findings::quoted;
use crate::data::infer::{Kind, Task};
use crate::data::target::{TargetColumn, TargetTreatment};
use crate::data::treatment::{Fill, Missing, Treatment};

impl Preprocessing {
    /// Fails unless its parts agree with each other: every input is a column or worked out from columns, every kind has a
    /// treatment that goes with it, numbers are finite, scales positive, categories and classes different from each other.
    ///
    /// ```
    /// use clione::base::rng::Rng;
    /// use clione::data::{prepare::prepare, schema::Choices, table::{ReadOptions, Table}};
    /// let table = Table::from_bytes("x.csv", b"size,price\n1,10\n3,19\n2,31\n".to_vec(), &ReadOptions::default())?;
    /// let mut preprocessing = prepare(&table, &Choices::default(), 0.4, &Rng::new(2))?.preprocessing;
    /// assert!(preprocessing.check().is_ok());
    /// preprocessing.inputs[0].scale = 0.0;
    /// assert!(preprocessing.check().is_err());
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn check(&self) -> Result<()> {
        let Preprocessing { inputs, target, columns, header: _, derive, keep, date_orders, numbers } = self;
        if inputs.is_empty() {
            return Err(Error::model("its preprocessing has no input"));
        }
        if let Some(name) = first_repeated(columns) {
            return Err(Error::model(format!("two of its columns are called {}", quoted(name))));
        }
        let known: HashSet<&str> = columns.iter().map(String::as_str).collect();
        let formulas = Formulas::read(derive, keep, date_orders)?;
        formulas.check_names(&known)?;
        for (name, _) in date_orders {
            if !known.contains(name.as_str()) {
                return Err(Error::model(format!("it says how dates of {} are written, no column", quoted(name))));
            }
        }
        for number in numbers {
            if !known.contains(number.column.as_str()) {
                let name = quoted(&number.column);
                return Err(Error::model(format!("it says how the numbers of {name} are written, no column")));
            }
        }
        let mut taken = HashSet::new();
        for input in inputs {
            let wrong = |what: &str| Err(Error::model(format!("input {}: {what}", quoted(&input.name))));
            if !known.contains(input.name.as_str()) && !formulas.makes(&input.name) {
                return wrong("no column and no formula gives it");
            }
            if !taken.insert(&input.name) {
                return wrong("stands there twice");
            }
            if input.name == target.name {
                return wrong("is the target");
            }
            input.check().or_else(|what| wrong(&what))?;
        }
        if !known.contains(target.name.as_str()) {
            return Err(Error::model(format!("target {}: there is no such column", quoted(&target.name))));
        }
        let widths = inputs.iter().try_fold(0usize, |sum, input| sum.checked_add(input.width()));
        widths.ok_or_else(|| Error::model("its inputs are more than a machine can count"))?;
        target.check().map_err(|what| Error::model(format!("target {}: {what}", quoted(&target.name))))
    }
}

impl InputColumn {
    /// What about it cannot be, in words.
    fn check(&self) -> std::result::Result<(), String> {
        let InputColumn {
            kind,
            treatment,
            shift,
            scale,
            categories,
            other,
            parts,
            missing,
            fill,
            usual,
            indicator,
            ..
        } = self;
        let goes_with = match kind {
            Kind::Number => treatment.is_of_numbers(),
            Kind::Boolean => *treatment == Treatment::Boolean,
            Kind::Category => matches!(treatment, Treatment::OneHot | Treatment::Ordinal),
            Kind::Date => *treatment == Treatment::Date,
        };
        if !goes_with {
            return Err(format!("\"{}\" does not go with a {} column", treatment.name(), kind.name()));
        }
        check_scale(*shift, *scale)?;
        let has_room = match kind {
            Kind::Number | Kind::Date => categories.is_empty(),
            Kind::Boolean => categories.len() == 2,
            Kind::Category => !categories.is_empty() || *other,
        };
        if !has_room {
            return Err(format!("a {} column does not have {} categories", kind.name(), categories.len()));
        }
        if let Some(word) = first_repeated(categories) {
            return Err(format!("two of its categories are called {}", quoted(word)));
        }
        if *other && *treatment != Treatment::OneHot {
            return Err("only one-hot columns have an input for others".to_string());
        }
        if (*kind == Kind::Date) == parts.is_empty() {
            return Err(format!("a {} column does not have {} parts of dates", kind.name(), parts.len()));
        }
        for (place, FittedPart { part, shift, scale }) in parts.iter().enumerate() {
            check_scale(*shift, *scale)?;
            if parts[..place].iter().any(|before| before.part == *part) {
                return Err(format!("the {} of its dates stands there twice", part.name()));
            }
        }
        if self.zero_is_missing && *kind != Kind::Number {
            return Err("0 stands for a missing value in number columns only".to_string());
        }
        if usual.is_some_and(|usual| !self.can_stand_in(usual)) {
            return Err("what is usual in it cannot stand in for a missing value".to_string());
        }
        if *indicator && !matches!(missing, Fill::With(missing) if !matches!(missing, Missing::Refuse | Missing::Drop))
        {
            return Err(format!("an input says what is missing, where missing values are \"{}\"", missing.name()));
        }
        match (missing, fill) {
            (Fill::With(Missing::Refuse | Missing::Drop), Some(_)) => {
                Err(format!("something stands in for missing values, which are \"{}\"", missing.name()))
            }
            (Fill::With(Missing::Refuse | Missing::Drop), None) => Ok(()),
            (_, None) if *treatment == Treatment::OneHot => Ok(()),
            (_, None) => Err(format!("nothing stands in for missing values, which are \"{}\"", missing.name())),
            (_, Some(fill)) if self.can_stand_in(*fill) => Ok(()),
            (_, Some(fill)) => Err(format!("{fill} cannot stand in for a missing value")),
        }
    }

    /// Whether a missing value can become this.
    fn can_stand_in(&self, fill: f64) -> bool {
        let is_place =
            fill >= 0.0 && fill.fract() == 0.0 && fill < self.categories.len() as f64 + f64::from(self.other);
        match (self.kind, self.treatment) {
            (Kind::Number, Treatment::Log) => fill.is_finite() && fill >= 0.0,
            (Kind::Number, _) => fill.is_finite() && ((fill - self.shift) / self.scale).abs() <= FARTHEST,
            // A mean of places lies between them; 0 stands for a column that had no value.
            (Kind::Category, Treatment::Ordinal) => (0.0..self.categories.len() as f64).contains(&fill),
            (Kind::Boolean | Kind::Category, _) => is_place,
            (Kind::Date, _) => is_moment(fill),
        }
    }
}

/// Whether a date can be so many seconds from 1970: those of the years that can be written.
fn is_moment(seconds: f64) -> bool {
    let last = read("9999-12-31", DayOrder::YearFirst).expect("the last day that is written with four digits");
    seconds.abs() <= last && DatePart::Year.of(seconds).is_finite()
}

impl TargetColumn {
    /// What about it cannot be, in words.
    fn check(&self) -> std::result::Result<(), String> {
        let TargetColumn { name: _, kind, task, classes, treatment, mean, scale } = self;
        check_scale(*mean, *scale)?;
        let count = classes.len();
        match (task, kind) {
            (Task::Regression, Kind::Number) if count == 0 => Ok(()),
            (Task::Regression, Kind::Number) => Err(format!("a number does not have {count} classes")),
            (Task::Regression, _) => Err(format!("a {} column is no number", kind.name())),
            (Task::Classification, Kind::Date) => Err("a date is no class".to_string()),
            (Task::Classification, _) if *treatment != TargetTreatment::Standardise => {
                Err("classes have no logarithm".to_string())
            }
            (Task::Classification, _) if count < 2 || (*kind == Kind::Boolean && count != 2) => {
                Err(format!("a {} column does not have {count} classes", kind.name()))
            }
            (Task::Classification, Kind::Number) if classes.iter().any(|class| class.parse::<f64>().is_err()) => {
                Err("its classes are numbers, but not all of their names are".to_string())
            }
            (Task::Classification, _) => match first_repeated(classes) {
                Some(class) => Err(format!("two of its classes are called {}", quoted(class))),
                None => Ok(()),
            },
        }
    }
}

/// Fails unless numbers can be shifted and scaled so.
fn check_scale(shift: f64, scale: f64) -> std::result::Result<(), String> {
    if shift.is_finite() && scale.is_normal() && scale > 0.0 {
        return Ok(());
    }
    Err(format!("values cannot be shifted by {shift} and scaled by {scale}"))
}

/// The first text that stands there a second time.
fn first_repeated(texts: &[String]) -> Option<&str> {
    let mut seen = HashSet::new();
    texts.iter().map(String::as_str).find(|text| !seen.insert(*text))
}
