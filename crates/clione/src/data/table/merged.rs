//! The parts of a table put together in order, on whatever number of threads they are made.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use crate::base::error::{Error, Result};
use crate::data::findings::grouped;
use crate::data::table::blocks::{Block, Blocks, Trouble};
use crate::data::table::column::Column;
use crate::data::table::flaw::Flaw;
use crate::data::table::layout::Layout;
use crate::data::table::part::{BadRows, Part, Place, Scheme, mostly_empty, too_many_columns, too_sparse};

/// What came of a block: its part, what is wrong in it, or what is wrong with its bytes.
type Read = std::result::Result<std::result::Result<Part, Flaw>, Trouble>;

/// Reads all blocks and hands their parts on in order, whatever the number of threads. What is wrong with the bytes is
/// told after the parts that come before.
pub(super) fn read_parts(
    mut blocks: Blocks,
    scheme: &Scheme,
    threads: usize,
    mut take: impl FnMut(Read) -> Result<()>,
) -> Result<()> {
    let read = |block: &Block| Part::read(block, scheme, usize::MAX);
    if threads <= 1 {
        return read_in_turn(blocks, scheme, take);
    }
    thread::scope(|scope| {
        let (send_block, waiting) = mpsc::channel::<(usize, Block)>();
        let (send_part, parts) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let start = |_: &usize| {
            let (waiting, send_part) = (Arc::clone(&waiting), send_part.clone());
            let work = move || {
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((number, block)) = next else { return };
                    // Nobody listens any more once an earlier part is wrong.
                    if send_part.send((number, read(&block), block)).is_err() {
                        return;
                    }
                }
            };
            thread::Builder::new().spawn_scoped(scope, work).is_ok()
        };
        let threads = (0..threads).take_while(start).count();
        drop(send_part);
        if threads == 0 {
            return read_in_turn(blocks, scheme, take);
        }
        // A part may be ready before an earlier one is.
        let mut ready = BTreeMap::new();
        let (mut sent, mut taken, mut is_at_end, mut trouble) = (0, 0, false, None);
        loop {
            // Few blocks are under way at once, so that they take little memory.
            while !is_at_end && sent - taken < threads + 2 {
                match blocks.next(scheme.layout) {
                    Ok(Some(block)) => {
                        send_block.send((sent, block)).expect("the threads wait for blocks");
                        sent += 1;
                    }
                    Ok(None) => is_at_end = true,
                    Err(found) => (is_at_end, trouble) = (true, Some(found)),
                }
            }
            if taken == sent {
                return trouble.map_or(Ok(()), |trouble| take(Err(trouble)));
            }
            let part = loop {
                match ready.remove(&taken) {
                    Some(part) => break part,
                    None => {
                        let (number, part, block) = parts.recv().expect("the threads answer for every block");
                        ready.insert(number, part);
                        blocks.reuse(block);
                    }
                }
            };
            take(Ok(part))?;
            taken += 1;
        }
    })
}

/// Reads block after block on the thread that asks for them.
fn read_in_turn(mut blocks: Blocks, scheme: &Scheme, mut take: impl FnMut(Read) -> Result<()>) -> Result<()> {
    loop {
        match blocks.next(scheme.layout) {
            Ok(Some(block)) => {
                take(Ok(Part::read(&block, scheme, usize::MAX)))?;
                blocks.reuse(block);
            }
            Ok(None) => return Ok(()),
            Err(trouble) => return take(Err(trouble)),
        }
    }
}

/// The parts that were read so far as one.
pub(super) struct Merged {
    pub names: Vec<String>,
    pub columns: Vec<Column>,
    pub rows: usize,
    /// How many lines the parts and what comes before them have.
    pub lines_before: u64,
    pub places: Vec<Place>,
    pub surplus: usize,
    pub bad: BadRows,
    pub bytes: u64,
    /// How many bytes all parts will have.
    pub expected_bytes: u64,
}

impl Merged {
    pub(super) fn new(lines_before: u64, names: Vec<String>) -> Self {
        let (columns, places, bad) = (Vec::new(), Vec::new(), BadRows::default());
        Merged { names, columns, rows: 0, lines_before, places, surplus: 0, bad, bytes: 0, expected_bytes: 0 }
    }

    /// Appends the next part.
    pub(super) fn take(&mut self, mut part: Part, source: &str, scheme: &Scheme) -> Result<()> {
        let rows = self.rows + part.rows;
        if rows > u32::MAX as usize {
            return Err(Error::data(format!("{}: more than {} rows", source, grouped(u32::MAX as usize))));
        }
        self.bytes += part.bytes;
        if scheme.layout == Layout::Objects {
            part.columns = self.in_order(&part.names, part.columns, part.rows, source, scheme)?;
        }
        let is_first = self.columns.is_empty();
        self.columns.resize_with(part.columns.len(), Column::default);
        for (all, column) in self.columns.iter_mut().zip(&part.columns) {
            if is_first && part.bytes < self.expected_bytes {
                let share = self.expected_bytes as f64 / part.bytes as f64;
                all.reserve((part.rows as f64 * share * 1.01) as usize);
            }
            all.push_missing(self.rows - all.rows());
            all.append(column);
        }
        let (row, lines_before) = (self.rows, self.lines_before);
        let absolute = |place: &Place| Place {
            row: row + place.row,
            offset: place.offset,
            lines_before: lines_before + place.lines_before,
        };
        self.places.extend(part.places.iter().map(absolute));
        self.bad.append(part.bad, lines_before);
        self.surplus += part.surplus;
        self.lines_before += part.lines;
        self.rows = rows;
        Ok(())
    }

    /// The columns of some objects in the order of all that are known, new ones behind them.
    fn in_order(
        &mut self,
        names: &[String],
        columns: Vec<Column>,
        rows: usize,
        source: &str,
        scheme: &Scheme,
    ) -> Result<Vec<Column>> {
        let known: HashMap<&str, usize> = self.names.iter().map(String::as_str).zip(0..).collect();
        let places: Vec<Option<usize>> = names.iter().map(|name| known.get(name.as_str()).copied()).collect();
        let new = names.iter().zip(&places).filter(|(_, place)| place.is_none()).map(|(name, _)| name.clone());
        let mut all = self.names.clone();
        all.extend(new);
        self.names = all;
        let limit = scheme.column_limit;
        if self.names.len() > limit {
            return Err(too_many_columns(self.names.len(), limit).in_file(source));
        }
        if too_sparse(self.rows + rows, self.names.len(), self.bytes) {
            return Err(mostly_empty(self.rows + rows, self.names.len()).in_file(source));
        }
        let mut ordered: Vec<Column> = Vec::new();
        ordered.resize_with(self.names.len(), Column::default);
        let mut next = self.names.len() - places.iter().filter(|place| place.is_none()).count();
        for (place, column) in places.into_iter().zip(columns) {
            let place = place.unwrap_or_else(|| {
                next += 1;
                next - 1
            });
            ordered[place] = column;
        }
        ordered.iter_mut().for_each(|column| column.push_missing(rows - column.rows()));
        Ok(ordered)
    }
}
