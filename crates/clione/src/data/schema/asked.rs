//! What a person asked for each column, found in the table.

use super::Choices;
use crate::base::error::{Error, Result};
use crate::data::date::DayOrder;
use crate::data::dependence::{counts_time, is_left_out, split_column};
use crate::data::frame::Frame;
use crate::data::infer::{Kind, ReadAs};
use crate::data::treatment::{Fill, Treat, Treatment};

/// What was asked, column by column.
pub(super) struct Asked {
    /// The place of the target.
    pub target: usize,
    /// One for each column; the target counts as ignored.
    pub columns: Vec<AskedColumn>,
}

/// What was asked for one column.
#[derive(Clone)]
pub(super) struct AskedColumn {
    /// It does not go in.
    pub ignored: bool,
    /// The number 0 stands for a missing value.
    pub zero_is_missing: bool,
    /// Its numbers or codes are categories.
    category: bool,
    treat: Option<Treat>,
    /// What is done where it has no value.
    pub fill: Fill,
}

impl Asked {
    /// Finds every column that the choices name.
    pub(super) fn find(frame: &Frame, choices: &Choices) -> Result<Asked> {
        if !choices.scaling.is_of_numbers() {
            let names: Vec<&str> = Treatment::OF_NUMBERS.iter().map(|treatment| treatment.name()).collect();
            return Err(Error::usage(format!("numbers cannot be scaled by \"{}\"", choices.scaling.name()))
                .note(format!("choose from {}", names.join(", "))));
        }
        let target = frame.table().find(&choices.target)?;
        let nothing = AskedColumn {
            ignored: false,
            zero_is_missing: false,
            category: false,
            treat: None,
            fill: Fill::With(choices.missing),
        };
        let mut columns = vec![nothing; frame.names().len()];
        if !choices.only.is_empty() {
            (0..columns.len()).for_each(|column| columns[column].ignored = !frame.is_derived(column));
            for name in &choices.only {
                columns[frame.find(name)?].ignored = false;
            }
        }
        for name in &choices.ignore {
            columns[frame.find(name)?].ignored = true;
        }
        for name in &choices.zero_is_missing {
            columns[frame.find(name)?].zero_is_missing = true;
        }
        for name in &choices.categories {
            columns[frame.find(name)?].category = true;
        }
        for (name, treat) in &choices.treat {
            let column = &mut columns[frame.find(name)?];
            if column.treat.as_ref().is_some_and(|other| other != treat) {
                return Err(Error::usage(format!("column \"{name}\" is to be treated in two ways")));
            }
            column.treat = Some(treat.clone());
            column.ignored |= *treat == Treat::Ignore;
        }
        for (name, fill) in &choices.fill {
            columns[frame.find(name)?].fill = fill.clone();
        }
        if let Some((column, is_group)) = split_column(frame, choices)? {
            if column == target {
                let (name, flag) = (&frame.names()[column], if is_group { "group" } else { "time" });
                return Err(Error::usage(format!("column \"{name}\" cannot be the target and --{flag}")));
            }
            columns[column].ignored |= (is_group || counts_time(frame, column)) && is_left_out(frame, choices, column);
        }
        // `only` leaves the target out like any other column; it is not the person who ignores it then.
        let told = choices.ignore.iter().any(|name| frame.find(name) == Ok(target))
            || columns[target].treat == Some(Treat::Ignore);
        if told {
            let name = &frame.names()[target];
            return Err(Error::usage(format!("column \"{name}\" cannot be the target and be ignored")));
        }
        if columns[target].treat.is_some() {
            let name = &frame.names()[target];
            return Err(Error::usage(format!("column \"{name}\" is the target, and inputs alone are treated"))
                .note("--log-target learns the logarithm of a target"));
        }
        columns[target].ignored = true;
        Ok(Asked { target, columns })
    }
}

impl AskedColumn {
    /// Every cell is a word, also where it looks like a number.
    pub(super) fn reads_words(&self) -> bool {
        let is_of_words = |treat: &Treat| match treat {
            Treat::As(treatment) => matches!(treatment, Treatment::OneHot | Treatment::Ordinal),
            Treat::Order(_) => true,
            Treat::Date(_) | Treat::Ignore => false,
        };
        self.category || self.treat.as_ref().is_some_and(is_of_words)
    }

    /// Whether its whole numbers may turn out to be codes: nothing was said of it.
    pub(super) fn may_be_codes(&self) -> bool {
        !self.ignored && !self.category && !self.zero_is_missing && self.treat.is_none()
    }

    /// Its whole numbers are codes.
    pub(super) fn reads_codes(&mut self) {
        self.category = true;
    }

    /// How its cells are to be looked at.
    pub(super) fn read_as(&self) -> ReadAs {
        ReadAs { zero_is_missing: self.zero_is_missing, words: self.reads_words(), dates: self.reads_dates() }
    }

    /// Every cell is a date.
    pub(super) fn reads_dates(&self) -> bool {
        matches!(self.treat, Some(Treat::As(Treatment::Date) | Treat::Date(_)))
    }

    /// In which order dates have their numbers, if that was said.
    pub(super) fn day_order(&self) -> Option<DayOrder> {
        match self.treat {
            Some(Treat::Date(order)) => Some(order),
            Some(Treat::As(_) | Treat::Order(_) | Treat::Ignore) | None => None,
        }
    }

    /// The order of the categories, if one was given.
    pub(super) fn order(&self) -> &[String] {
        match &self.treat {
            Some(Treat::Order(order)) => order,
            Some(Treat::As(_) | Treat::Date(_) | Treat::Ignore) | None => &[],
        }
    }

    /// What is done to the values of a column of this kind. Fails where what was asked does not go with it.
    pub(super) fn treatment(&self, name: &str, kind: Kind, scaling: Treatment) -> Result<Treatment> {
        let asked = match &self.treat {
            None | Some(Treat::Ignore) => None,
            Some(Treat::As(treatment)) => Some(*treatment),
            Some(Treat::Order(_)) => Some(Treatment::Ordinal),
            Some(Treat::Date(_)) => Some(Treatment::Date),
        };
        let (usual, fits) = match kind {
            Kind::Number => (scaling, asked.is_none_or(Treatment::is_of_numbers)),
            Kind::Boolean => (Treatment::Boolean, asked.is_none()),
            Kind::Category => {
                let of_words = |treatment| matches!(treatment, Treatment::OneHot | Treatment::Ordinal);
                (Treatment::OneHot, asked.is_none_or(of_words))
            }
            Kind::Date => (Treatment::Date, asked.is_none_or(|treatment| treatment == Treatment::Date)),
        };
        let treatment = asked.unwrap_or(usual);
        if fits {
            return Ok(treatment);
        }
        let kind = kind.name();
        Err(Error::usage(format!("column \"{name}\": \"{}\" does not go with a {kind} column", treatment.name())))
    }
}
