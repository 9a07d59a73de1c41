//! The different words of a column, counted.

use std::collections::HashMap;

use crate::data::frame::Frame;
use crate::data::table::Column;

/// How often a word comes, and in which row first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    pub cells: usize,
    pub first: u32,
}

/// Words of a column as they are counted: by their place among its texts, where they have one.
pub(super) struct WordCounts<'a> {
    cells: Option<&'a Column>,
    /// One for each text of the column.
    of_texts: Vec<Count>,
    /// Numbers that are read as words, and what was worked out.
    of_others: HashMap<&'a str, Count>,
}

impl<'a> WordCounts<'a> {
    pub(super) fn of(frame: &'a Frame<'a>, column: usize) -> Self {
        let cells = frame.table_column(column);
        let texts = cells.map_or(0, |cells| cells.texts().len());
        WordCounts { cells, of_texts: vec![Count { cells: 0, first: 0 }; texts], of_others: HashMap::new() }
    }

    pub(super) fn add(&mut self, frame: &'a Frame<'a>, column: usize, row: u32) {
        let place = self.cells.and_then(|cells| cells.text_place(row as usize));
        let count = match place {
            Some(place) => &mut self.of_texts[place as usize],
            None => {
                let word = frame.cell(row as usize, column);
                self.of_others.entry(word).or_insert(Count { cells: 0, first: row })
            }
        };
        if count.cells == 0 {
            count.first = row;
        }
        count.cells += 1;
    }

    /// The words that were met, in order.
    pub(super) fn sorted(self) -> Vec<(&'a str, Count)> {
        let texts = self.cells.into_iter().flat_map(Column::texts).zip(self.of_texts);
        let mut words: Vec<(&str, Count)> = texts.filter(|(_, count)| count.cells > 0).chain(self.of_others).collect();
        words.sort_unstable_by_key(|&(word, _)| word);
        words
    }
}
