//! How a row becomes the network's inputs: the lines that do for one row what preprocessing does for a table.

use super::Syntax;
use super::formula::Derived;
use super::row::Field;
use super::text::Text;
use crate::base::error::{Error, Result};
use crate::data::date::DatePart;
use crate::data::infer::Kind;
use crate::data::preprocess::InputColumn;
use crate::data::treatment::{Fill, Missing, Treatment, Unknown};

/// No input is farther from 0, as in clione itself.
pub(super) const FARTHEST: f64 = 1e30;

/// Writes the lines that set `z[first]` and those behind it from a column.
///
/// Fails when what stands in for a missing value is too far from the others.
pub(super) fn write(
    text: &mut Text,
    input: &InputColumn,
    source: &Source<'_>,
    first: usize,
    unknown: Unknown,
) -> Result<()> {
    let column = Column { input, source, first, unknown, language: text.language };
    if let Some(fill) = input.fill {
        column.check_fill(fill)?;
    }
    text.line("");
    text.comment(&format!("{}: {}", input.name, input.treatment.name()));
    match input.kind {
        Kind::Number | Kind::Date => column.write_number(text),
        Kind::Category | Kind::Boolean => column.write_category(text),
    }
    Ok(())
}

/// Where the value of a column comes from.
pub(super) struct Source<'a> {
    pub field: &'a Field,
    /// As the language writes it: `row.age`, or a variable.
    pub value: String,
    /// How it was worked out, if it was: then it is a variable already.
    pub derived: Option<&'a Derived>,
}

/// The table of a column's categories.
pub(super) fn table_name(field: &Field) -> String {
    format!("{}_CATEGORIES", field.name.to_ascii_uppercase())
}

struct Column<'a> {
    input: &'a InputColumn,
    source: &'a Source<'a>,
    first: usize,
    unknown: Unknown,
    language: Syntax,
}

impl Column<'_> {
    fn check_fill(&self, fill: f64) -> Result<()> {
        let mut inputs = vec![0.0_f64; self.input.width()];
        self.input.encode(fill, &mut inputs);
        if inputs.iter().all(|input| input.abs() <= FARTHEST) {
            return Ok(());
        }
        let name = &self.input.name;
        Err(Error::usage(format!("column \"{name}\": {fill} stands in for missing values, too far from all others"))
            .remedy(format!("train again with --fill '{name}=0'")))
    }

    fn refuses(&self) -> bool {
        matches!(self.input.missing, Fill::With(Missing::Refuse | Missing::Drop))
    }

    fn may_be_missing(&self) -> bool {
        self.source.derived.is_none_or(Derived::may_be_missing)
    }

    fn indicate(&self, text: &mut Text) {
        if self.input.indicator {
            text.line(format!("z[{}] = 1.0;", self.first + self.input.width() - 1));
        }
    }

    fn refuse_missing(&self, text: &mut Text) {
        text.refuse(&format!("{} is missing, and the model knows complete rows only", self.input.name));
    }

    /// A number, or a date as a number of seconds.
    fn write_number(&self, text: &mut Text) {
        let (name, value) = (&self.source.field.name, &self.source.value);
        let mut is_missing = format!("is_missing({name})");
        if self.input.zero_is_missing {
            is_missing.push_str(&format!(" || {name} == 0.0"));
        }
        let is_changed = !self.refuses() && self.input.fill.is_some();
        let (c, rust) = if is_changed { ("double", "let mut") } else { ("const double", "let") };
        if self.source.derived.is_none() {
            text.either(format!("{c} {name} = {value};"), format!("{rust} {name} = {value};"));
        }
        if self.may_be_missing() {
            text.condition(&is_missing);
            match self.input.fill {
                Some(fill) if !self.refuses() => {
                    text.line(format!("{name} = {};", self.language.double(fill)));
                    self.indicate(text);
                }
                _ => self.refuse_missing(text),
            }
            text.line("}");
        }
        if self.input.kind == Kind::Date {
            text.condition(&format!("!is_moment({name})"));
            text.refuse(&format!("{} is no date: seconds since 1970 began are expected", self.input.name));
            text.line("}");
        }
        if self.input.treatment == Treatment::Log {
            text.condition(&format!("{name} < 0.0"));
            text.refuse(&format!("{}: ln(1 + x) is for x of 0 and more", self.input.name));
            text.line("}");
        }
        self.encode(text, name);
    }

    /// A word, or a number that was worked out: the place among those that are known.
    fn write_category(&self, text: &mut Text) {
        let value = &self.source.value;
        if !self.may_be_missing() {
            return self.write_known(text, value);
        }
        text.condition(&format!(
            "{}({value})",
            if self.source.derived.is_some() { "is_missing" } else { "is_no_word" }
        ));
        if self.refuses() {
            self.refuse_missing(text);
        } else {
            match (self.input.fill, self.input.treatment) {
                (Some(fill), Treatment::OneHot) => self.encode(text, &format!("{fill}")),
                (Some(fill), _) => self.encode(text, &self.language.double(fill)),
                (None, _) => {}
            }
            self.indicate(text);
        }
        text.line("} else {");
        self.write_known(text, value);
        text.line("}");
    }

    fn write_known(&self, text: &mut Text, value: &str) {
        let (table, count) = (table_name(self.source.field), self.input.categories.len());
        if count == 0 {
            return self.encode(text, "0");
        }
        let place_of = match self.input.kind {
            _ if self.source.derived.is_some() => "place_of_number",
            Kind::Boolean => "place_in_any_case",
            Kind::Category | Kind::Number | Kind::Date => "place_of",
        };
        text.either(
            format!("const size_t at = {place_of}({value}, {table}, {count});"),
            format!("let at = {place_of}({value}, &{table});"),
        );
        let place = match (self.input.treatment, self.language) {
            (Treatment::OneHot, _) => "at",
            (_, Syntax::C) => "(double)at",
            (_, Syntax::Rust) => "at as f64",
        };
        if self.input.other {
            return self.encode(text, place);
        }
        match self.unknown {
            Unknown::Other => {
                text.condition(&format!("at < {count}"));
                self.encode(text, place);
                text.line("}");
            }
            Unknown::Refuse => {
                text.condition(&format!("at == {count}"));
                text.refuse(&format!("{}: a word that was not there in training", self.input.name));
                text.line("}");
                self.encode(text, place);
            }
        }
    }

    /// The inputs that become of a value.
    fn encode(&self, text: &mut Text, value: &str) {
        let (input, first) = (self.input, self.first);
        match input.treatment {
            Treatment::OneHot => match value.parse::<usize>() {
                Ok(place) => text.line(format!("z[{}] = 1.0;", first + place)),
                Err(_) if first == 0 => text.line(format!("z[{value}] = 1.0;")),
                Err(_) => text.line(format!("z[{first} + {value}] = 1.0;")),
            },
            Treatment::Boolean | Treatment::Unscaled => text.line(format!("z[{first}] = {value};")),
            Treatment::Log => {
                let logarithm = format!("ln_1_plus_{}({value})", super::text::kind(self.language, super::DOUBLE));
                text.line(format!("z[{first}] = {};", self.scaled(&logarithm, input.shift, input.scale)));
            }
            Treatment::Standardise | Treatment::MinMax | Treatment::Robust | Treatment::Ordinal => {
                text.line(format!("z[{first}] = {};", self.scaled(value, input.shift, input.scale)));
            }
            Treatment::Date => {
                for (place, fitted) in input.parts.iter().enumerate() {
                    let part = format!("{}({value})", part_function(fitted.part));
                    text.line(format!("z[{}] = {};", first + place, self.scaled(&part, fitted.shift, fitted.scale)));
                }
            }
        }
    }

    fn scaled(&self, value: &str, shift: f64, scale: f64) -> String {
        format!("({value} {}) / {}", self.language.less(shift), self.language.double(scale))
    }
}

/// The function that takes a part of a moment.
pub(super) fn part_function(part: DatePart) -> String {
    format!("{}_of", part.name())
}
