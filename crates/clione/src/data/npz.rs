//! Several arrays of NumPy in one file (`.npz`): a zip file whose members are arrays.
//!
//! Which of them is the table: the one that is named behind the file, `FILE.npz:NAME`; else the one called `x`, `X` or
//! `data`; else the only one with two dimensions; else the only one. Where there is also `y`, it becomes the last column.

use crate::base::error::{Error, Result};
use crate::data::file;
use crate::data::findings::{counted, grouped, list, quoted};
use crate::data::npy::{self, Array};
use crate::data::table::{ReadOptions, Table, by_place};

/// The first bytes of a zip file.
const MAGIC: &[u8] = b"PK\x03\x04";

/// `FILE.npz:NAME` in two.
pub(super) fn split(path: &str) -> Option<(&str, &str)> {
    let (file, name) = path.rsplit_once(':')?;
    (file.ends_with(".npz") && !name.is_empty() && !name.contains('/')).then_some((file, name))
}

/// Whether a file begins as a zip file whose first member is an array.
pub(super) fn begins_with_array(bytes: &[u8]) -> bool {
    let name = || {
        let length = number(bytes, 26, 2)? as usize;
        bytes.get(30..30 + length)
    };
    bytes.starts_with(MAGIC) && name().is_some_and(|name| name.ends_with(b".npy"))
}

/// A file in a zip file.
#[derive(Debug)]
struct Member<'a> {
    name: String,
    packed: &'a [u8],
    is_deflated: bool,
    length: u64,
}

/// Reads a table from a file of arrays.
pub(super) fn read(source: &str, bytes: &[u8], wanted: Option<&str>, options: &ReadOptions) -> Result<Table> {
    let members = members(source, bytes)?;
    let names: Vec<&str> = members.iter().map(|member| member.array_name()).collect();
    let find = |name: &str| members.iter().find(|member| member.array_name() == name);
    let open = |member: &Member| -> Result<Array> {
        let place = format!("{source}:{}", member.array_name());
        let bytes = member.unpack(&place, options.size_limit)?;
        if !bytes.starts_with(npy::MAGIC) {
            return Err(Error::data(format!("{place}: is no array of NumPy")));
        }
        Array::read(&place, &bytes, options.column_limit)
    };
    if let Some(name) = wanted {
        let Some(member) = find(name) else {
            return Err(Error::data(format!("{source}: no array {}", quoted(name)))
                .note(format!("arrays: {}", list(names.iter().copied()))));
        };
        let columns = open(member)?.columns;
        return Ok(npy::table(source, by_place(columns.len()), false, columns, options));
    }
    let named = ["x", "X", "data"].into_iter().find_map(find);
    let inputs = match (named, members.as_slice()) {
        (Some(member), _) | (None, [member]) => open(member)?,
        (None, several) => {
            let mut only = None;
            for member in several {
                let array = open(member)?;
                if array.is_table && only.replace(array).is_some() {
                    only = None;
                    break;
                }
            }
            only.ok_or_else(|| {
                Error::data(format!("{source}: which of its {} is the table?", counted(names.len(), "array")))
                    .note(format!("arrays: {}", list(names.iter().copied())))
                    .remedy(format!("{source}:{}", names.first().unwrap_or(&"NAME")))
            })?
        }
    };
    let mut columns = inputs.columns;
    let mut names = by_place(columns.len());
    let targets = named.and_then(|_| find("y")).map(open).transpose()?;
    let has_targets = targets.is_some();
    if let Some(targets) = targets {
        let (rows, found) = (columns[0].len(), targets.columns[0].len());
        if targets.columns.len() != 1 || found != rows {
            return Err(Error::data(format!(
                "{source}:y: {} of {}, but x has {}",
                counted(found, "row"),
                counted(targets.columns.len(), "number"),
                counted(rows, "row")
            ))
            .note("y is one number for each row of x"));
        }
        columns.extend(targets.columns);
        names.push("y".to_string());
    }
    Ok(npy::table(source, names, has_targets, columns, options))
}

impl Member<'_> {
    /// The name without its ending.
    fn array_name(&self) -> &str {
        self.name.strip_suffix(".npy").unwrap_or(&self.name)
    }

    fn unpack(&self, place: &str, limit: u64) -> Result<Vec<u8>> {
        let limit = limit.min(file::most_unpacked(self.packed.len() as u64));
        if self.length > limit {
            let (packed, limit) = (grouped(self.packed.len()), grouped(limit as usize));
            return Err(Error::data(format!("{place}: {packed} packed bytes unpack to more than {limit}")));
        }
        let bytes = if self.is_deflated { file::inflate(self.packed, self.length) } else { Some(self.packed.to_vec()) };
        bytes.filter(|bytes| bytes.len() as u64 == self.length).ok_or_else(|| {
            Error::data(format!(
                "{place}: does not unpack to the {} bytes it should have",
                grouped(self.length as usize)
            ))
        })
    }
}

/// The members as the directory at the end of the file lists them.
fn members<'a>(source: &str, bytes: &'a [u8]) -> Result<Vec<Member<'a>>> {
    let damaged = |what: &str| Error::data(format!("{source}: damaged zip file: {what}"));
    // The directory's own record is the last, before a comment of at most 65,535 bytes.
    let last = bytes.len().saturating_sub(22 + 65_535);
    let end = bytes[last..].windows(4).rposition(|four| four == b"PK\x05\x06").map(|place| last + place);
    let end = end.ok_or_else(|| damaged("no directory at its end; is it cut?"))?;
    let cut = || damaged("its directory is cut");
    number(bytes, end + 20, 2).ok_or_else(cut)?;
    let count = number(bytes, end + 10, 2).ok_or_else(cut)?;
    let mut at = number(bytes, end + 16, 4).ok_or_else(cut)? as usize;
    let mut members = Vec::new();
    for _ in 0..count {
        if bytes.get(at..).is_none_or(|rest| !rest.starts_with(b"PK\x01\x02")) {
            return Err(cut());
        }
        let of = |place: usize, length: usize| number(bytes, at + place, length).ok_or_else(cut);
        let (flags, method) = (of(8, 2)?, of(10, 2)?);
        let (mut packed, mut length, mut offset) = (of(20, 4)?, of(24, 4)?, of(42, 4)?);
        let (name_length, extra_length, comment_length) = (of(28, 2)?, of(30, 2)?, of(32, 2)?);
        let name_start = at + 46;
        let extra_start = name_start + name_length as usize;
        let name = bytes.get(name_start..extra_start).ok_or_else(cut)?;
        let extra = bytes.get(extra_start..extra_start + extra_length as usize).ok_or_else(cut)?;
        wide_numbers(extra, [&mut length, &mut packed, &mut offset]).ok_or_else(cut)?;
        at = extra_start + extra_length as usize + comment_length as usize;
        let name = String::from_utf8_lossy(name).into_owned();
        if flags & 1 == 1 {
            return Err(damaged(&format!("{} is encrypted", quoted(&name))));
        }
        let is_deflated = match method {
            0 => false,
            8 => true,
            _ => return Err(damaged(&format!("{} is packed by method {method}; 0 and 8 are read", quoted(&name)))),
        };
        let outside = || damaged(&format!("{} lies outside of it", quoted(&name)));
        let local = usize::try_from(offset).map_err(|_| outside())?;
        if bytes.get(local..).is_none_or(|rest| !rest.starts_with(MAGIC)) {
            return Err(outside());
        }
        let before: u64 = [26, 28]
            .iter()
            .try_fold(30, |sum, place| Some(sum + number(bytes, local + place, 2)?))
            .ok_or_else(outside)?;
        let start = local + before as usize;
        let end = usize::try_from(packed).ok().and_then(|packed| start.checked_add(packed)).ok_or_else(outside)?;
        members.push(Member { packed: bytes.get(start..end).ok_or_else(outside)?, name, is_deflated, length });
    }
    Ok(members)
}

/// A number of some bytes, the lowest first.
fn number(bytes: &[u8], start: usize, length: usize) -> Option<u64> {
    let end = start.checked_add(length)?;
    Some(bytes.get(start..end)?.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

/// Numbers that do not fit 32 bits stand in the extra field with the mark 1, in order; NumPy writes it for every member.
fn wide_numbers(mut extra: &[u8], narrow: [&mut u64; 3]) -> Option<()> {
    const IN_EXTRA: u64 = 0xffff_ffff;
    let mut field: &[u8] = &[];
    while extra.len() >= 4 {
        let (mark, length) = (number(extra, 0, 2)?, number(extra, 2, 2)? as usize);
        let content = extra.get(4..4 + length)?;
        if mark == 1 {
            field = content;
        }
        extra = &extra[4 + length..];
    }
    for value in narrow.into_iter().filter(|value| **value == IN_EXTRA) {
        *value = number(field, 0, 8)?;
        field = &field[8..];
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn table(name: &str) -> Result<Table> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/arrays");
        Table::read(folder.join(name), &ReadOptions::default())
    }

    #[test]
    fn x_is_the_table_and_y_its_last_column() {
        let table = table("x_and_y.npz").unwrap();
        assert_eq!((table.rows(), table.names().join(" ").as_str()), (2, "c1 c2 c3 y"));
        assert_eq!((table.cell(0, 2), table.cell(1, 3)), ("300", "1"));
    }

    #[test]
    fn the_only_array_of_two_dimensions_is_the_table_also_packed() {
        assert_eq!(table("packed.npz").unwrap().columns(), 3);
    }

    #[test]
    fn an_array_can_be_named_and_must_be_where_it_is_unclear() {
        assert_eq!(table("unclear.npz:b").unwrap().rows(), 2);
        assert_eq!(table("packed.npz:numbers").unwrap().columns(), 1);
        let error = table("unclear.npz").unwrap_err();
        assert!(error.to_string().contains("which of its 2 arrays is the table?\n  arrays: a, b\n  try: "), "{error}");
        let error = table("unclear.npz:c").unwrap_err();
        assert!(error.headline().ends_with("unclear.npz: no array \"c\""), "{error}");
    }
}
