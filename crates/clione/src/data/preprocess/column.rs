//! How one input column becomes numbers: what is measured of it on the training rows, and how a cell is read and encoded.

use std::collections::HashMap;

use super::scale::{ln_1_plus, mean, median, most_frequent, shift_and_scale, sorted};
use crate::base::error::{Error, Result};
use crate::data::cell::{Cell, is_missing};
use crate::data::date::{self, DatePart, DayOrder};
use crate::data::findings::{Findings, list, quoted};
use crate::data::frame::Frame;
use crate::data::infer::Kind;
use crate::data::schema::{Input, categories};
use crate::data::table::Column;
use crate::data::target::word_place;
use crate::data::treatment::{Fill, Missing, Treatment};

/// How one input column becomes numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct InputColumn {
    /// The name of the column.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// What is done to them.
    pub treatment: Treatment,
    /// What is taken off a number or the place in an order: the mean, the median, the least value, or 0.
    pub shift: f64,
    /// What it is then divided by; never 0.
    pub scale: f64,
    /// The known categories, in the order of their inputs; of a boolean column the words for 0 and 1.
    pub categories: Vec<String>,
    /// Categories that are not among `categories` share one more input, because few training rows had them.
    pub other: bool,
    /// In which order dates have their numbers.
    pub day_order: DayOrder,
    /// What is made of a date.
    pub parts: Vec<FittedPart>,
    /// What is done where there is no value.
    pub missing: Fill,
    /// What stands in for a missing value: a number, the place of a category in `categories`, or the seconds of a date.
    /// None: a missing category is none of the known ones, or missing values are refused.
    pub fill: Option<f64>,
    /// What could stand in where missing values are refused or left out: the median, or the most frequent category.
    pub usual: Option<f64>,
    /// One more input follows, which is 1 where the value was missing.
    pub indicator: bool,
    /// The number 0 stands for a missing value.
    pub zero_is_missing: bool,
}

/// A part of a date, z = (part − shift) / scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FittedPart {
    /// Which part.
    pub part: DatePart,
    /// The mean over the training rows.
    pub shift: f64,
    /// The standard deviation over the training rows.
    pub scale: f64,
}

impl InputColumn {
    /// Measures what the treatment needs on some rows; `rare` is how few rows make a category one of the others.
    pub(super) fn fit(frame: &Frame, input: &Input, rare: usize, rows: &[u32]) -> Result<Self> {
        let mut column = InputColumn {
            name: frame.names()[input.column].clone(),
            kind: input.kind,
            treatment: input.treatment,
            shift: 0.0,
            scale: 1.0,
            categories: Vec::new(),
            other: false,
            day_order: input.day_order,
            parts: Vec::new(),
            missing: input.fill.clone(),
            fill: None,
            usual: None,
            indicator: false,
            zero_is_missing: input.zero_is_missing,
        };
        column.find_categories(frame, input, rare, rows);
        let reader = ColumnReader::new(&column, frame, input.column);
        let (mut values, mut unknown) = (Vec::with_capacity(rows.len()), Findings::default());
        let mut look_at = |row: usize, values: &mut Vec<f64>| match reader.read(row) {
            Reading::Value(value) => values.push(value),
            Reading::Missing => {}
            Reading::Unknown | Reading::Unreadable => unknown.add(|| reader.cannot_read(row, true)),
        };
        let rows_here = rows.iter().map(|&row| row as usize);
        match reader.numbers() {
            Some(numbers) => rows_here.for_each(|row| match numbers[row] {
                number if !(number.is_nan() || column.zero_is_missing && number == 0.0) => values.push(number),
                _ => look_at(row, &mut values),
            }),
            None => rows_here.for_each(|row| look_at(row, &mut values)),
        }
        drop(reader);
        if unknown.count() > 0 {
            let error = unknown.into_error();
            let name = &column.name;
            return Err(match column.treatment {
                Treatment::Log => error.remedy(format!("--treat '{name}=standardise'")),
                Treatment::Ordinal => error.note("each value must stand in the order that was given"),
                Treatment::Standardise | Treatment::MinMax | Treatment::Robust | Treatment::Unscaled => error,
                Treatment::Boolean | Treatment::OneHot | Treatment::Date => error,
            });
        }
        match column.treatment {
            Treatment::Log => {
                let logarithms: Vec<f64> = values.iter().map(|&value| ln_1_plus(value)).collect();
                (column.shift, column.scale) = shift_and_scale(&column.name, column.treatment, &logarithms)?;
            }
            Treatment::Date => column.find_parts(&values)?,
            Treatment::Standardise
            | Treatment::MinMax
            | Treatment::Robust
            | Treatment::Unscaled
            | Treatment::Ordinal
            | Treatment::Boolean
            | Treatment::OneHot => {
                (column.shift, column.scale) = shift_and_scale(&column.name, column.treatment, &values)?;
            }
        }
        let some_missing = values.len() < rows.len();
        column.find_fill(values, some_missing)?;
        Ok(column)
    }

    /// The categories of the training rows in their order, without the rare ones.
    fn find_categories(&mut self, frame: &Frame, input: &Input, rare: usize, rows: &[u32]) {
        self.categories = match (self.kind, self.treatment) {
            (Kind::Number | Kind::Date, _) => Vec::new(),
            (Kind::Boolean, _) => input.words.clone(),
            (Kind::Category, _) if !input.words.is_empty() => input.words.clone(),
            (Kind::Category, _) => categories(frame, input.column, rows),
        };
        if self.kind != Kind::Category || !input.words.is_empty() {
            return;
        }
        if self.treatment == Treatment::OneHot && rare > 1 {
            let mut counts: HashMap<&str, usize> = HashMap::new();
            for row in rows.iter().map(|&row| row as usize) {
                *counts.entry(frame.cell(row, input.column).trim()).or_default() += 1;
            }
            let before = self.categories.len();
            self.categories.retain(|category| counts.get(category.as_str()).is_some_and(|&count| count >= rare));
            self.other = self.categories.len() < before;
        }
        if let Fill::Constant(word) = &self.missing
            && !self.categories.contains(word)
        {
            self.categories.push(word.clone());
            self.categories.sort_unstable();
        }
        if self.treatment == Treatment::Ordinal {
            let number = |category: &String| category.parse::<f64>().ok().filter(|number| !number.is_nan());
            if self.categories.iter().all(|category| number(category).is_some()) {
                self.categories.sort_by(|a, b| number(a).partial_cmp(&number(b)).expect("numbers are in order"));
            }
        }
    }

    /// The parts that vary; the year of dates that are all alike. The weekday says something new only where days vary:
    /// months that all begin on their first have one, too.
    fn find_parts(&mut self, moments: &[f64]) -> Result<()> {
        for &part in DatePart::all() {
            let values: Vec<f64> = moments.iter().map(|&moment| part.of(moment)).collect();
            let is_new = part != DatePart::Weekday || self.parts.iter().any(|fitted| fitted.part == DatePart::Day);
            if is_new && values.iter().any(|&value| value != values[0]) {
                let (shift, scale) = shift_and_scale(&self.name, Treatment::Date, &values)?;
                self.parts.push(FittedPart { part, shift, scale });
            }
        }
        if self.parts.is_empty() {
            let shift = moments.first().map_or(0.0, |&moment| DatePart::Year.of(moment));
            self.parts.push(FittedPart { part: DatePart::Year, shift, scale: 1.0 });
        }
        Ok(())
    }

    /// What stands in for a missing value, and whether an input says that it was missing.
    fn find_fill(&mut self, mut values: Vec<f64>, some_missing: bool) -> Result<()> {
        let missing = match &self.missing {
            Fill::Constant(constant) => {
                self.fill = Some(self.constant(constant)?);
                return Ok(());
            }
            Fill::With(Missing::Refuse | Missing::Drop) => {
                let is_number = !matches!(self.treatment, Treatment::OneHot | Treatment::Boolean);
                self.usual = match values.is_empty() {
                    true => None,
                    false if is_number => Some(median(&mut values)),
                    false => most_frequent(&sorted(&values)),
                };
                return Ok(());
            }
            Fill::With(missing) => *missing,
        };
        let has_own_category = self.treatment == Treatment::OneHot && missing != Missing::Mode;
        self.indicator = some_missing && (has_own_category || missing == Missing::Indicator);
        if (has_own_category && some_missing) || (values.is_empty() && self.treatment == Treatment::OneHot) {
            return Ok(());
        }
        self.fill = Some(match (missing, self.treatment) {
            // A column without any training value tells nothing; 0 keeps it silent.
            _ if values.is_empty() => 0.0,
            (Missing::Mode, _) | (_, Treatment::OneHot | Treatment::Boolean) => {
                most_frequent(&sorted(&values)).expect("there are values")
            }
            (Missing::Median, _) => median(&mut values),
            (Missing::Mean | Missing::Indicator | Missing::Refuse | Missing::Drop, _) => mean(&values),
        });
        Ok(())
    }

    /// A constant as a cell of the column would be read.
    fn constant(&self, text: &str) -> Result<f64> {
        let value = match self.kind {
            Kind::Number => text.parse().ok().filter(|&number| !self.cannot_take(number)),
            Kind::Boolean => word_place(&self.categories, text).map(|place| place as f64),
            Kind::Category => self.categories.iter().position(|word| word == text).map(|place| place as f64),
            Kind::Date => date::read(text, self.day_order),
        };
        value.ok_or_else(|| {
            let known = match self.categories.as_slice() {
                [] => String::new(),
                words => format!("; known: {}", list(words.iter().map(String::as_str))),
            };
            let (name, kind, text) = (&self.name, self.kind.name(), quoted(text));
            Error::usage(format!("column \"{name}\" is a {kind} column: {text} cannot stand in it{known}"))
        })
    }

    /// A number that the treatment has no value for.
    fn cannot_take(&self, number: f64) -> bool {
        !number.is_finite() || (self.treatment == Treatment::Log && number < 0.0)
    }

    /// How many inputs of the network the column makes.
    pub fn width(&self) -> usize {
        let values = match self.treatment {
            Treatment::OneHot => self.categories.len() + usize::from(self.other),
            Treatment::Date => self.parts.len(),
            Treatment::Standardise | Treatment::MinMax | Treatment::Robust | Treatment::Log => 1,
            Treatment::Unscaled | Treatment::Boolean | Treatment::Ordinal => 1,
        };
        values + usize::from(self.indicator)
    }

    /// What was measured, in a line: a formula of x with six digits of each number, the words in the order of their inputs, or the parts of a date.
    ///
    /// ```
    /// use clione::base::rng::Rng;
    /// use clione::data::{prepare::prepare, schema::Choices, table::{ReadOptions, Table}};
    /// let table = Table::from_bytes("x.csv", b"size,price\n1,10\n3,19\n2,31\n".to_vec(), &ReadOptions::default())?;
    /// let prepared = prepare(&table, &Choices::default(), 0.4, &Rng::new(2))?;
    /// assert_eq!(prepared.preprocessing.inputs[0].rule(), "(x - 2.5) / 0.5");
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn rule(&self) -> String {
        let InputColumn { shift, scale, .. } = self;
        match self.treatment {
            Treatment::Standardise | Treatment::MinMax | Treatment::Robust => {
                format!("{} / {}", less("x", *shift), short(*scale))
            }
            Treatment::Log => format!("{} / {}", less("ln(1 + x)", *shift), short(*scale)),
            Treatment::Unscaled => "x".to_string(),
            Treatment::Ordinal => self.categories.join(" < "),
            Treatment::Date => self.parts.iter().map(|fitted| fitted.part.name()).collect::<Vec<_>>().join(", "),
            Treatment::Boolean => self.categories.join(", "),
            Treatment::OneHot if self.other => format!("{}, and others", self.categories.join(", ")),
            Treatment::OneHot => self.categories.join(", "),
        }
    }

    /// What is done where there is no value, in a few words; none where it is refused.
    ///
    /// ```
    /// use clione::data::preprocess::Preprocessing;
    /// use clione::data::schema::{Choices, Schema};
    /// use clione::data::{table::{ReadOptions, Table}, treatment::Missing};
    /// let table = Table::from_bytes("x.csv", b"size,price\n1,10\n,19\n2,31\n3,35\n".to_vec(), &ReadOptions::default())?;
    /// let choices = Choices { missing: Missing::Indicator, ..Choices::default() };
    /// let schema = Schema::infer(&table, &choices)?;
    /// let preprocessing = Preprocessing::fit(&table, &schema, &choices, &schema.rows)?;
    /// assert_eq!(preprocessing.inputs[0].rule_for_missing().as_deref(), Some("2, and one more input"));
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn rule_for_missing(&self) -> Option<String> {
        if matches!(self.missing, Fill::With(Missing::Refuse)) {
            return None;
        }
        if matches!(self.missing, Fill::With(Missing::Drop)) {
            return Some("left out".to_string());
        }
        let word = |place: f64| self.categories.get(place as usize).cloned().unwrap_or_default();
        let filled = match (self.fill, self.kind) {
            (None, _) => "none of these".to_string(),
            (Some(fill), Kind::Number) => short(fill),
            (Some(fill), Kind::Boolean | Kind::Category) => word(fill),
            (Some(fill), Kind::Date) => {
                let [year, month, day] = [DatePart::Year, DatePart::Month, DatePart::Day].map(|part| part.of(fill));
                format!("{year}-{month:02}-{day:02}")
            }
        };
        Some(if self.indicator { format!("{filled}, and one more input") } else { filled })
    }

    /// What these inputs are called.
    pub(super) fn feature_names(&self) -> Vec<String> {
        let name = &self.name;
        let mut names: Vec<String> = match self.treatment {
            Treatment::OneHot => self.categories.iter().map(|category| format!("{name}={category}")).collect(),
            Treatment::Boolean => vec![format!("{name}={}", self.categories[1])],
            Treatment::Date => self.parts.iter().map(|fitted| format!("{name} {}", fitted.part.name())).collect(),
            Treatment::Standardise | Treatment::MinMax | Treatment::Robust => vec![name.clone()],
            Treatment::Log | Treatment::Unscaled | Treatment::Ordinal => vec![name.clone()],
        };
        if self.other {
            names.push(format!("{name} other"));
        }
        if self.indicator {
            names.push(format!("{name} missing"));
        }
        names
    }

    /// z = (x − shift) / scale, or a 1 in the place of the category.
    pub(crate) fn encode(&self, value: f64, out: &mut [f64]) {
        match self.treatment {
            Treatment::OneHot => out[value as usize] = 1.0,
            Treatment::Boolean => out[0] = value,
            Treatment::Date => {
                for (out, fitted) in out.iter_mut().zip(&self.parts) {
                    *out = (fitted.part.of(value) - fitted.shift) / fitted.scale;
                }
            }
            Treatment::Log => out[0] = (ln_1_plus(value) - self.shift) / self.scale,
            Treatment::Standardise | Treatment::MinMax | Treatment::Robust => {
                out[0] = (value - self.shift) / self.scale;
            }
            Treatment::Unscaled | Treatment::Ordinal => out[0] = (value - self.shift) / self.scale,
        }
    }
}

/// What a cell of an input column gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::data) enum Reading {
    /// A number, the place of a category, or the seconds of a date.
    Value(f64),
    /// Nothing.
    Missing,
    /// A word that is not among the categories.
    Unknown,
    /// A word or an infinite number in a number column, or no date.
    Unreadable,
}

/// Reads the cells of one column as an input column says.
pub(in crate::data) struct ColumnReader<'a> {
    input: &'a InputColumn,
    frame: &'a Frame<'a>,
    column: usize,
    places: HashMap<&'a str, f64>,
    /// The cells, unless the column was worked out, and what each of its texts gives.
    cells: Option<&'a Column>,
    of_texts: Vec<Reading>,
}

impl<'a> ColumnReader<'a> {
    /// A reader of the column at this place.
    pub(in crate::data) fn new(input: &'a InputColumn, frame: &'a Frame<'a>, column: usize) -> Self {
        let places = input.categories.iter().enumerate().map(|(place, name)| (name.as_str(), place as f64)).collect();
        let cells = frame.table_column(column);
        let mut reader = ColumnReader { input, frame, column, places, cells, of_texts: Vec::new() };
        if let Some(cells) = cells {
            let texts = cells.text_values().zip(cells.texts());
            reader.of_texts = texts.map(|(value, text)| reader.reading(value, || text)).collect();
        }
        reader
    }

    /// The numbers of the column, where they are inputs but for shift and scale: all that are no NaN, and not 0 if that
    /// stands for a missing value.
    pub(super) fn numbers(&self) -> Option<&'a [f64]> {
        let is_number = self.input.kind == Kind::Number;
        let is_linear = match self.input.treatment {
            Treatment::Standardise | Treatment::MinMax | Treatment::Robust | Treatment::Unscaled => true,
            Treatment::Log | Treatment::Ordinal | Treatment::Boolean | Treatment::OneHot | Treatment::Date => false,
        };
        self.cells.filter(|_| is_number && is_linear).map(Column::numbers)
    }

    /// What the cell of a row gives.
    pub(in crate::data) fn read(&self, row: usize) -> Reading {
        match self.cells.and_then(|cells| cells.text_place(row)) {
            Some(place) => self.of_texts[place as usize],
            None => self.reading(self.frame.value(row, self.column), || self.frame.cell(row, self.column)),
        }
    }

    fn reading<'t>(&self, value: Cell, text: impl Fn() -> &'t str) -> Reading {
        if value == Cell::Missing || (self.input.zero_is_missing && value == Cell::Number(0.0)) {
            return Reading::Missing;
        }
        let text = || text().trim();
        match self.input.kind {
            Kind::Number => match value {
                Cell::Number(number) if !self.input.cannot_take(number) => Reading::Value(number),
                Cell::Missing => Reading::Missing,
                // In a column of numbers a word within quotes that may stand for no value does so.
                Cell::Word if is_missing(text()) => Reading::Missing,
                Cell::Number(_) | Cell::Infinite | Cell::TooLarge | Cell::Word => Reading::Unreadable,
            },
            Kind::Category => match self.places.get(text()) {
                Some(&place) => Reading::Value(place),
                None if self.input.other => Reading::Value(self.input.categories.len() as f64),
                None => Reading::Unknown,
            },
            Kind::Boolean => match word_place(&self.input.categories, text()) {
                Some(place) => Reading::Value(place as f64),
                None => Reading::Unknown,
            },
            Kind::Date => date::read(text(), self.input.day_order).map_or(Reading::Unreadable, Reading::Value),
        }
    }

    /// What is wrong with a cell that is unknown or unreadable; the first one of a column tells the known words.
    pub(super) fn cannot_read(&self, row: usize, is_first: bool) -> String {
        let place = self.frame.place(row, self.column);
        let (name, text) = (&self.input.name, quoted(self.frame.cell(row, self.column)));
        let start = format!("{place}: column \"{name}\": ");
        match (self.input.kind, self.frame.value(row, self.column)) {
            (Kind::Number, Cell::Number(number)) if self.input.cannot_take(number) => {
                format!("{start}ln(1 + x) is for x of 0 and more, not {number}")
            }
            (Kind::Number, Cell::Number(number)) => {
                format!("{start}{number} is too far from the values in training for a network to say anything")
            }
            (Kind::Number, _) => format!("{start}cannot read {text} as a finite number, as it was in training"),
            (Kind::Date, _) => {
                let order = self.input.day_order.name();
                format!("{start}cannot read {text} as a date or a time ({order}), as it was in training")
            }
            (Kind::Boolean | Kind::Category, _) => {
                let known = match is_first {
                    true => format!("; known: {}", list(self.input.categories.iter().map(String::as_str))),
                    false => String::new(),
                };
                let unknown = if self.input.treatment == Treatment::Ordinal {
                    "has no place"
                } else {
                    "was not there in training"
                };
                format!("{start}{text} {unknown}{known}")
            }
        }
    }
}

/// `(x - 2)`, `(x + 2)` for -2, and `x` for 0.
fn less(x: &str, shift: f64) -> String {
    match shift {
        0.0 => x.to_string(),
        shift if shift < 0.0 => format!("({x} + {})", short(-shift)),
        shift => format!("({x} - {})", short(shift)),
    }
}

/// A number in six digits that count.
fn short(number: f64) -> String {
    let rounded: f64 = format!("{number:.5e}").parse().unwrap_or(number);
    rounded.to_string()
}
