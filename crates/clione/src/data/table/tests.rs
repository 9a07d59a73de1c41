//! Tests of `table`.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::base::error::Error;
use crate::data::cell::Cell;

fn read(text: &str) -> Result<Table> {
    read_with(text, &ReadOptions::default())
}

fn read_with(text: &str, options: &ReadOptions) -> Result<Table> {
    Table::from_bytes("x.csv", text.as_bytes().to_vec(), options)
}

fn refusal(text: &str) -> Error {
    read(text).unwrap_err()
}

#[test]
fn a_file_without_rows_is_refused() {
    assert_eq!(refusal("").headline(), "x.csv: is empty (0 bytes)");
    assert_eq!(refusal(" \n\n").headline(), "x.csv: holds only blanks (3 bytes)");
    assert_eq!(refusal("a,b,c,d,e\n").headline(), "x.csv: has a header (5 columns) but no rows");
    assert_eq!(refusal("a,b\n").exit_code(), 3);
}

#[test]
fn numbers_in_the_first_line_are_a_row_and_no_header() {
    let table = read("1,2,x\n3,4,y\n").unwrap();
    assert_eq!((table.rows(), table.names().join(" ").as_str()), (2, "c1 c2 c3"));
    assert_eq!(table.warnings, ["no header: columns named c1..c3; --header to override"]);
    let table = read_with("1,2\n3,4\n", &ReadOptions { header: Some(true), ..ReadOptions::default() }).unwrap();
    assert_eq!((table.rows(), table.names().join(" ").as_str()), (1, "1 2"));
    let table = read_with("a,b\n3,4\n", &ReadOptions { header: Some(false), ..ReadOptions::default() }).unwrap();
    assert_eq!((table.rows(), table.cell(0, 1)), (2, "b"));
}

#[test]
fn words_over_words_are_a_header_unless_they_come_again() {
    assert!(read("colour,taste\nred,sweet\nblue,sour\n").unwrap().has_header());
    assert!(!read("red,sweet\nblue,sour\nred,sour\n").unwrap().has_header());
}

#[test]
fn a_ragged_row_is_shown_and_may_be_skipped() {
    let text = "a,b,c\n1,2,3\n1,2\n1,2,3,4\n5,6,7\n";
    let error = refusal(text);
    assert_eq!(error.headline(), "x.csv:3: 2 cells found, 3 expected: \"1,2\"");
    assert_eq!(error.notes(), ["x.csv:4: 4 cells found, 3 expected: \"1,2,3,4\""]);
    let table = read_with(text, &ReadOptions { skip_bad_rows: true, ..ReadOptions::default() }).unwrap();
    assert_eq!((table.rows(), table.cell(1, 2), table.line(1)), (2, "7", 5));
    assert_eq!(table.warnings, ["2 rows skipped: too few or too many cells"]);
}

#[test]
fn a_title_line_is_suspected_when_most_rows_differ_from_it() {
    let error = refusal("Sales of 2024;\n1;2;3\n4;5;6\n");
    assert_eq!(error.notes().last().unwrap(), "most rows have 3 cells, the first line has 2: is it a title?");
}

#[test]
fn a_delimiter_at_the_end_of_every_line_makes_no_column() {
    let table = read("a,b,\n1,2,\n3,4,\n").unwrap();
    assert_eq!((table.columns(), table.cell(1, 1)), (2, "4"));
    assert_eq!(table.warnings, ["every line ends in a delimiter: the empty last column is dropped"]);
    let table = read("a,b\n1,2,\n3,4,\n").unwrap();
    assert_eq!(table.warnings, ["2 rows end in a delimiter: the empty cell is dropped"]);
    assert_eq!((table.columns(), table.cell(1, 0)), (2, "3"));
}

#[test]
fn a_byte_order_mark_and_all_line_ends_are_read() {
    let table = read("\u{feff}a,b\r\n1,2\r3,4\n5,6").unwrap();
    assert_eq!((table.rows(), table.names()[0].as_str(), table.place(2, 1)), (3, "a", "x.csv:4:3".to_string()));
}

#[test]
fn a_gzipped_table_is_unpacked_and_noted() {
    let packed = file::tests::gzip(b"a,b\n1,2\n");
    let table = Table::from_bytes("x.csv", packed, &ReadOptions::default()).unwrap();
    assert_eq!((table.rows(), table.notes.as_slice()), (1, &["unpacked from gzip: 8 bytes".to_string()][..]));
}

#[test]
fn a_delimiter_that_parts_nothing_is_refused_and_the_right_one_named() {
    let options = ReadOptions { delimiter: Some(b','), ..ReadOptions::default() };
    let error = read_with("a;b\n1;2\n", &options).unwrap_err();
    assert!(error.headline().ends_with("did you mean --delimiter ';'?"), "{error}");
    assert_eq!(read("a;b\n1;2\n").unwrap().notes, ["the delimiter is ';'"]);
    let blanks = read("a b c\n1 2 3\n").unwrap();
    assert_eq!(
        (blanks.notes, blanks.names),
        (vec!["runs of blanks part the cells".to_string()], ["a", "b", "c"].map(str::to_string).to_vec())
    );
}

#[test]
fn quoted_cells_keep_what_is_in_them_and_places_stay_right() {
    let table = read("name,n\n\"Kelly,\nJames\",1\n\"5\"\" pipe\",2\nplain,3\n").unwrap();
    assert_eq!((table.cell(0, 0), table.cell(1, 0), table.cell(2, 0)), ("Kelly,\nJames", "5\" pipe", "plain"));
    assert_eq!((table.place(0, 1), table.place(1, 1)), ("x.csv:3:8".to_string(), "x.csv:4:12".to_string()));
}

#[test]
fn an_unclosed_quote_is_reported_where_it_opens() {
    let error = refusal("a,b\n1,2\n3,\"4\n5,6\n7,8\n");
    assert_eq!(error.headline(), "x.csv:3:3: this quote is never closed");
    assert_eq!(error.notes()[0], "it begins \"\\\"4\\n5,6\\n7,8\\n\"");
}

#[test]
fn names_are_trimmed_completed_and_told_apart() {
    let table = read("a, b,,a b\n1,2,3,4\n").unwrap();
    assert_eq!(table.names(), ["a", "b", "c3", "a b"]);
    assert_eq!(
        table.warnings,
        ["blanks around column names are dropped: \" b\"", "columns without a name are named c3"]
    );
    let error = refusal("a,b,a\n1,2,3\n");
    assert_eq!(error.headline(), "x.csv:1: columns 1 and 3 are both named \"a\"");
    let options = ReadOptions { rename_duplicates: true, ..ReadOptions::default() };
    assert_eq!(read_with("a,a_2,a,a\n1,2,3,4\n", &options).unwrap().names(), ["a", "a_2", "a_3", "a_4"]);
}

#[test]
fn columns_are_found_by_name_and_by_place() {
    let table = read("size,price\n1,2\n").unwrap();
    assert_eq!(table.find("-2").unwrap(), 0);
    for missing in ["0", "3", "-3", "99999999999999999999"] {
        assert!(table.find(missing).is_err(), "{missing}");
    }
    let error = table.find("Price ").unwrap_err();
    assert_eq!(error.headline(), "x.csv: no column \"Price\"");
    assert_eq!(error.notes(), ["did you mean \"price\"?", "columns: size, price"]);
}

#[test]
fn too_many_columns_name_the_limit() {
    let options = ReadOptions { column_limit: 3, ..ReadOptions::default() };
    let error = read_with("a,b,c,d\n1,2,3,4\n", &options).unwrap_err();
    assert_eq!(error.headline(), "x.csv:1: 4 columns, at most 3 are read");
}

#[test]
fn contradicting_options_are_refused() {
    let options = ReadOptions { thousands: Some('.'), ..ReadOptions::default() };
    assert_eq!(read_with("a\n1\n", &options).unwrap_err().exit_code(), 2);
    let options = ReadOptions { delimiter: Some(b'"'), ..ReadOptions::default() };
    assert_eq!(read_with("a\n1\n", &options).unwrap_err().exit_code(), 2);
}

/// A file that is gone when the test is.
struct Written(PathBuf);

impl Written {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("clione-table-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        Written(path)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A table of several blocks, with what could be cut at the wrong place.
fn large() -> String {
    let row = |row: usize| match row % 5 {
        0 => format!("{row},\"two\nlines, {}\",007\n", row % 7),
        1 => format!("{row}.25,plain,7\r\n"),
        2 => format!("\n{row},\"5\"\" pipe\",\n"),
        3 => format!("-{row}e-3,d\"e,NA\r"),
        _ => format!("{row},{},1.50\n", "word".repeat(row % 30)),
    };
    "number,text,code\n".to_string() + &(0..700_000).map(row).collect::<String>()
}

#[test]
fn a_large_table_is_the_same_on_any_threads_and_kept_or_read_again() {
    let text = large();
    let file = Written::new("large.csv", &text);
    let whole = read_with(&text, &ReadOptions::default()).unwrap();
    assert_eq!(whole.rows(), 700_000);
    for threads in [1, 3] {
        let table = Table::read(&file.0, &ReadOptions { threads, ..ReadOptions::default() }).unwrap();
        assert_eq!((table.rows(), &table.warnings, table.names()), (whole.rows(), &whole.warnings, whole.names()));
        for column in 0..3 {
            assert!(table.column(column).values().eq(whole.column(column).values()));
            let (words, same) = (table.words(column).unwrap(), whole.words(column).unwrap());
            assert!((0..table.rows()).all(|row| words.get(row) == same.get(row)));
        }
        for row in (0..table.rows()).step_by(9973) {
            let place = |table: &Table| table.place(row, 2).rsplit_once("csv:").unwrap().1.to_string();
            assert_eq!((table.line(row), place(&table)), (whole.line(row), place(&whole)));
        }
        assert_eq!((table.cell(0, 2), table.cell(1, 2), table.cell(4, 2)), ("007", "7", "1.50"));
    }
}

#[test]
fn blocks_of_a_table_are_its_rows_in_order() {
    let text = large();
    let file = Written::new("blocks.csv", &text);
    let whole = read_with(&text, &ReadOptions::default()).unwrap();
    let mut blocks = TableBlocks::open(&file.0, &ReadOptions::default()).unwrap();
    let mut before = 0;
    while let Some(block) = blocks.next_block().unwrap() {
        assert_eq!(block.names(), whole.names());
        for row in (0..block.rows()).step_by(997) {
            assert_eq!(block.value(row, 0), whole.value(before + row, 0));
            assert_eq!((block.cell(row, 1), block.line(row)), (whole.cell(before + row, 1), whole.line(before + row)));
        }
        before += block.rows();
    }
    assert_eq!(before, whole.rows());
}

#[test]
fn a_file_that_changed_after_it_was_read_is_not_read_again() {
    let text = large();
    let file = Written::new("changed.csv", &text);
    let table = Table::read(&file.0, &ReadOptions::default()).unwrap();
    fs::write(&file.0, &text[..text.len() / 2]).unwrap();
    let error = table.words(2).unwrap_err();
    assert!(error.headline().ends_with("changed while it was read"), "{error}");
    assert_eq!((error.exit_code(), table.cell(1, 2)), (5, "(changed while it was read)"));
    assert!(table.place(1, 2).ends_with("(changed while it was read): row 2, column code"), "{}", table.place(1, 2));
    assert_eq!((table.value(1, 2), table.cell(1, 1)), (Cell::Number(7.0), "plain"));
}

#[test]
fn a_row_without_an_end_is_refused() {
    let endless = refusal(&format!("a,b\n1,2\n{}", "1".repeat(70 << 20)));
    assert_eq!(endless.headline(), "x.csv:3: a row of more than 67,108,864 bytes");
    let unclosed = refusal(&format!("a,b\n1,2\n3,\"{}", "1,2\n".repeat(18 << 20)));
    assert_eq!(unclosed.headline(), "x.csv:3:3: this quote is never closed");
}
