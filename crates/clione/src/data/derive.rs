//! The formulas that a person gave with a table: columns that are worked out, and which rows are kept.

use std::collections::HashSet;

use crate::base::error::{Error, Result};
use crate::base::words::{field, in_single_quotes};
use crate::data::cell::Cell;
use crate::data::date::{DayOrder, FoundOrder, order_of};
use crate::data::findings::{counted, quoted};
use crate::data::formula::{Bound, Formula, Mention};
use crate::data::frame::Frame;
use crate::data::table::Table;

/// The formulas, and how the dates that they read are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Formulas {
    derive: Vec<(String, Formula)>,
    keep: Vec<Formula>,
    orders: Vec<(String, DayOrder)>,
}

impl Formulas {
    /// Reads `name = formula` for each column to be worked out, and a question for each that keeps rows.
    pub(super) fn read(derive: &[String], keep: &[String], orders: &[(String, DayOrder)]) -> Result<Formulas> {
        let derive = derive.iter().map(|text| Formula::read_named(text)).collect::<Result<_>>()?;
        let keep: Vec<Formula> = keep.iter().map(|text| Formula::read(text)).collect::<Result<_>>()?;
        match keep.iter().find(|formula| !formula.is_question()) {
            None => Ok(Formulas { derive, keep, orders: orders.to_vec() }),
            Some(formula) => Err(Error::usage(format!("{} does not ask which rows are kept", quoted(formula.text())))
                .note("a question has a comparison, as --keep 'fare >= 0 and fare <= 100'")),
        }
    }

    /// How the dates are written that formulas read: as told, else as the values of this table suggest.
    pub(super) fn find_orders(&mut self, table: &Table, told: &dyn Fn(usize) -> Option<DayOrder>) -> Result<()> {
        let mut orders = Vec::new();
        for (formula, mention) in self.mentions().filter(|(_, mention)| mention.is_date) {
            // A column that a formula made is a number, which the formula's own error says better.
            let Ok(column) = table.find(&mention.name) else { continue };
            let order = match told(column) {
                Some(order) => order,
                None => column_order(table, column, 0..table.rows() as u32)
                    .map_err(|error| error.note(format!("a formula reads it: {}", formula.text())))?,
            };
            orders.push((mention.name.clone(), order));
        }
        self.orders = orders;
        Ok(())
    }

    /// How the dates are written that formulas read, by column.
    pub(super) fn orders(&self) -> &[(String, DayOrder)] {
        &self.orders
    }

    /// The columns of the table that the new columns are made of, whether by way of each other or not.
    pub(super) fn sources(&self) -> impl Iterator<Item = &str> {
        let is_made = |name: &str| self.derive.iter().any(|(made, _)| made == name);
        let mentions = self.derive.iter().flat_map(|(_, formula)| formula.mentions());
        mentions.map(|mention| mention.name.as_str()).filter(move |name| !is_made(name))
    }

    /// Whether a formula makes a column of this name.
    pub(super) fn makes(&self, name: &str) -> bool {
        self.derive.iter().any(|(made, _)| made == name)
    }

    /// Fails when a formula reads what is neither one of these columns nor made by a formula before it, and when it makes
    /// one that is there already.
    pub(super) fn check_names(&self, columns: &HashSet<&str>) -> Result<()> {
        let mut made = HashSet::new();
        let check = |formula: &Formula, made: &HashSet<&str>| {
            let is_known = |mention: &&Mention| columns.contains(&*mention.name) || made.contains(&*mention.name);
            match formula.mentions().iter().find(|mention| !is_known(mention)) {
                None => Ok(()),
                Some(mention) => Err(Error::usage(format!(
                    "the formula {} reads {}, no column",
                    quoted(formula.text()),
                    quoted(&mention.name)
                ))),
            }
        };
        for (name, formula) in &self.derive {
            check(formula, &made)?;
            if columns.contains(name.as_str()) || !made.insert(name.as_str()) {
                return Err(Error::usage(format!(
                    "a new column cannot be called {}: there is one already",
                    quoted(name)
                )));
            }
        }
        self.keep.iter().try_for_each(|formula| check(formula, &made))
    }

    fn mentions(&self) -> impl Iterator<Item = (&Formula, &Mention)> {
        let formulas = self.derive.iter().map(|(_, formula)| formula).chain(&self.keep);
        formulas.flat_map(|formula| formula.mentions().iter().map(move |mention| (formula, mention)))
    }

    /// The table with the new columns; `find` says where a column of the table is. Fails where a cell cannot be read,
    /// or a new column has the name of another.
    pub(super) fn frame<'a>(&self, table: &'a Table, find: &dyn Fn(&str) -> Option<usize>) -> Result<Frame<'a>> {
        let mut frame = Frame::new(table);
        for (name, formula) in &self.derive {
            if frame.names().contains(name) {
                return Err(Error::usage(format!("a new column cannot be called \"{name}\": there is one already")));
            }
            let bound = Bound::new(
                formula,
                &frame,
                self.places(formula, &frame, find).map_err(|error| error.in_file("--derive"))?,
            );
            let values: Vec<Option<f64>> = (0..table.rows()).map(|row| bound.at(row)).collect::<Result<_>>()?;
            frame.push(name.clone(), &values);
        }
        Ok(frame)
    }

    /// How fast each column of a frame changes with one of them, in a row; a missing value moves nothing.
    pub(super) fn slopes(
        &self,
        frame: &Frame,
        find: &dyn Fn(&str) -> Option<usize>,
        row: usize,
        of: usize,
    ) -> Result<Vec<f64>> {
        let mut slopes = vec![0.0; frame.names().len()];
        slopes[of] = 1.0;
        for (made, (_, formula)) in (frame.table().columns()..).zip(&self.derive) {
            let places = self.places(formula, frame, find)?;
            let own: Vec<f64> = places.iter().map(|&(column, _)| slopes[column]).collect();
            // A column that formulas made moves with those it is made of, and not by itself.
            if made != of {
                slopes[made] = Bound::new(formula, frame, places).slope_at(row, &own)?.unwrap_or(0.0);
            }
        }
        Ok(slopes)
    }

    /// The place of each column that a formula mentions, and how its dates are written.
    fn places(
        &self,
        formula: &Formula,
        frame: &Frame,
        find: &dyn Fn(&str) -> Option<usize>,
    ) -> Result<Vec<(usize, DayOrder)>> {
        let place = |mention: &Mention| {
            let derived = (0..frame.names().len()).find(|&c| frame.is_derived(c) && frame.names()[c] == mention.name);
            let column = derived.or_else(|| find(&mention.name));
            let column = column.ok_or_else(|| formula.no_column(mention, frame.names()))?;
            let order = self.orders.iter().find(|(name, _)| *name == mention.name);
            Ok((column, order.map_or(DayOrder::YearFirst, |&(_, order)| order)))
        };
        formula.mentions().iter().map(place).collect()
    }

    /// Those of some rows that every question keeps, and a note for each that leaves rows out. A row for which the
    /// answer is missing is not kept.
    pub(super) fn kept_rows(
        &self,
        frame: &Frame,
        find: &dyn Fn(&str) -> Option<usize>,
        rows: Vec<u32>,
    ) -> Result<(Vec<u32>, Vec<String>)> {
        let (mut rows, mut notes) = (rows, Vec::new());
        for formula in &self.keep {
            let bound =
                Bound::new(formula, frame, self.places(formula, frame, find).map_err(|error| error.in_file("--keep"))?);
            let before = rows.len();
            let mut kept = Vec::with_capacity(before);
            for row in rows {
                if bound.at(row as usize)?.is_some_and(|answer| answer != 0.0) {
                    kept.push(row);
                }
            }
            rows = kept;
            if rows.len() < before {
                let left_out = before - rows.len();
                let are = if left_out == 1 { "is" } else { "are" };
                notes.push(format!("left out: {} that {are} not {}", counted(left_out, "row"), formula.text()));
            }
        }
        Ok((rows, notes))
    }

    /// The first formula that makes a column out of this one, and where it names it.
    pub(super) fn first_use(&self, name: &str) -> Option<(&Formula, &Mention)> {
        let uses = self.derive.iter().flat_map(|(_, formula)| formula.mentions().iter().map(move |m| (formula, m)));
        uses.into_iter().find(|(_, mention)| mention.name == name)
    }
}

/// Dates whose numbers could be in more than one order.
pub(super) struct OpenOrder {
    /// The row of the first date.
    row: usize,
    orders: Vec<DayOrder>,
}

impl OpenOrder {
    /// The question: `is "02/08/2020" day or month first? all values fit both`.
    pub(super) fn question(&self, table: &Table, column: usize) -> String {
        let text = quoted(table.cell(self.row, column).trim());
        let which = self.orders.iter().map(first_of).collect::<Vec<_>>().join(" or ");
        let all = if self.orders.len() == 2 { "both" } else { "all of these" };
        format!("is {text} {which} first? all values fit {all}")
    }

    /// The flag for each order, and what comes first in it.
    pub(super) fn answers(&self, name: &str) -> Vec<(String, &'static str)> {
        let treat = |order: &DayOrder| in_single_quotes(&format!("{}=date({})", field(name), order.name()));
        self.orders.iter().map(|order| (format!("--treat {}", treat(order)), first_of(order))).collect()
    }
}

fn first_of(order: &DayOrder) -> &'static str {
    match order {
        DayOrder::YearFirst => "year",
        DayOrder::DayFirst => "day",
        DayOrder::MonthFirst => "month",
    }
}

/// In which order a column of dates has its numbers, or in which it could have them.
pub(super) fn found_order(
    table: &Table,
    column: usize,
    rows: impl Iterator<Item = u32>,
) -> std::result::Result<DayOrder, OpenOrder> {
    let present = rows.filter(|&row| table.value(row as usize, column) != Cell::Missing);
    let rows: Vec<u32> = present.collect();
    match order_of(rows.iter().map(|&row| table.cell(row as usize, column))) {
        FoundOrder::Order(order) => Ok(order),
        FoundOrder::Ambiguous(orders) => Err(OpenOrder { row: rows[0] as usize, orders }),
    }
}

/// In which order a column of dates has its numbers. Fails where it could be either.
pub(super) fn column_order(table: &Table, column: usize, rows: impl Iterator<Item = u32>) -> Result<DayOrder> {
    found_order(table, column, rows).map_err(|open| {
        let name = &table.names()[column];
        let (place, question) = (table.place(open.row, column), open.question(table, column));
        let answers = open.answers(name);
        let (last, others) = answers.split_last().expect("one order alone is not ambiguous");
        let error = Error::data(format!("{place}: column \"{name}\": {question}"));
        let note =
            |error: Error, (flag, first): &(String, &str)| error.note(format!("{flag} if the {first} comes first"));
        others.iter().fold(error, note).remedy(&last.0)
    })
}
