//! Thousands of broken files: whatever the bytes are, reading them ends, with a table or with an error.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use clione::base::rng::{Purpose, Rng, Stream};
use clione::data::prepare::prepare;
use clione::data::schema::Choices;
use clione::data::table::{ReadOptions, Table};
use clione::data::treatment::{Fill, Missing, Treat, Treatment, Unknown};

/// Numbers below some bound, one after another.
struct Numbers {
    stream: Stream,
    drawn: u64,
}

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.drawn += 1;
        (self.stream.uniform_at(self.drawn) * bound as f64) as usize
    }
}

const TABLE: &str = "age,sex,\"home town\",smokes,bought\n31,f,Rome,no,1\n45,m,\"Saint \"\"X\"\", Y\",yes,0\n27,f,?,no,1\n\
                     52,m,Rome,yes,0\n38,f,Oslo,no,1\n41,m,Oslo,yes,0\n";

/// Pieces that tables break on.
const PIECES: &[&str] = &[
    ",",
    ";",
    "\t",
    "|",
    "\"",
    "\"\"",
    "\n",
    "\r",
    "\r\n",
    " ",
    "-",
    "?",
    "NA",
    "1e400",
    "inf",
    "nan",
    "0",
    "-1.5",
    "12,500",
    "é",
    "\u{feff}",
    "\0",
    "2019-01-01",
    "yes",
    "True",
    "€5",
    "99999999999999999999",
    "word",
    "3,14",
    "\u{a0}",
    "'",
    "%",
    "x\ny",
];

fn read_and_prepare(bytes: Vec<u8>, options: &ReadOptions, choices: &Choices) {
    let Ok(table) = Table::from_bytes("x.csv", bytes, options) else { return };
    for row in 0..table.rows() {
        for column in 0..table.columns() {
            assert!(table.place(row, column).starts_with("x.csv:"));
        }
    }
    let Ok(prepared) = prepare(&table, choices, 0.3, &Rng::new(0)) else { return };
    let width = prepared.preprocessing.input_width();
    assert_eq!(prepared.preprocessing.feature_names().len(), width);
    for data in [&prepared.training, &prepared.validation] {
        let rows: Vec<u32> = (0..data.rows() as u32).collect();
        let mut inputs = vec![0.0f64; rows.len() * width];
        data.inputs().gather(&rows, &mut inputs);
        assert!(inputs.iter().all(|input| input.is_finite()));
    }
    let rows: Vec<u32> = (0..table.rows() as u32).collect();
    let _ = prepared.preprocessing.transform(&table, &rows, Unknown::Refuse);
}

const TREATS: &[&str] = &["robust", "one-hot", "ordinal", "date", "date(dmy)", "ordinal(f<m)", "ignore"];
const FILLS: &[&str] = &["0", "none", "2019-01-01", "mean", "drop", "indicator"];
const DERIVED: &[&str] =
    &["new = age / 2", "new = c1 ^ c2", "new = ln(c1)", "new = hour(c2)", "new = distance(c1, c1, 2, 3)"];
const KEPT: &[&str] = &["age > 30", "c1 != '?'", "not c1 < 3 or c2 = 4"];

/// Three times in four nothing, else one of them.
fn one_of<'a>(numbers: &mut Numbers, choices: &'a [&'a str]) -> &'a [&'a str] {
    let chosen = numbers.below(4 * choices.len());
    choices.get(chosen..=chosen).unwrap_or_default()
}

fn some_options(numbers: &mut Numbers) -> (ReadOptions, Choices) {
    let options = ReadOptions {
        delimiter: [None, None, Some(b','), Some(b';'), Some(b' ')][numbers.below(5)],
        header: [None, Some(true), Some(false)][numbers.below(3)],
        decimal: ['.', ','][numbers.below(2)],
        thousands: [None, None, Some(','), Some('\'')][numbers.below(4)],
        latin1: numbers.below(2) == 0,
        skip_bad_rows: numbers.below(2) == 0,
        rename_duplicates: numbers.below(2) == 0,
        ..ReadOptions::default()
    };
    let choices = Choices {
        target: ["-1", "1", "bought", "age"][numbers.below(4)].to_string(),
        missing: Missing::all()[numbers.below(Missing::all().len())],
        drop_missing_target: numbers.below(2) == 0,
        scaling: Treatment::OF_NUMBERS[numbers.below(Treatment::OF_NUMBERS.len())],
        rare: numbers.below(3),
        log_target: numbers.below(4) == 0,
        treat: one_of(numbers, TREATS).iter().map(|treat| ("1".to_string(), Treat::named(treat).unwrap())).collect(),
        fill: one_of(numbers, FILLS).iter().map(|fill| ("2".to_string(), Fill::named(fill).unwrap())).collect(),
        derive: one_of(numbers, DERIVED).iter().map(ToString::to_string).collect(),
        keep: one_of(numbers, KEPT).iter().map(ToString::to_string).collect(),
        ..Choices::default()
    };
    (options, choices)
}

#[test]
fn random_bytes_never_panic() {
    for seed in 0..3000 {
        let mut numbers = Numbers { stream: Rng::new(seed).stream(Purpose::Synthesize, 0, 0), drawn: 0 };
        let length = numbers.below(200);
        let bytes = (0..length).map(|_| numbers.below(256) as u8).collect();
        let (options, choices) = some_options(&mut numbers);
        read_and_prepare(bytes, &options, &choices);
    }
}

#[test]
fn random_pieces_of_tables_never_panic() {
    for seed in 0..6000 {
        let mut numbers = Numbers { stream: Rng::new(seed).stream(Purpose::Synthesize, 1, 0), drawn: 0 };
        let count = numbers.below(80);
        let text: String = (0..count).map(|_| PIECES[numbers.below(PIECES.len())]).collect();
        let (options, choices) = some_options(&mut numbers);
        read_and_prepare(text.into_bytes(), &options, &choices);
    }
}

#[test]
fn a_table_with_any_few_changes_never_panics() {
    for seed in 0..6000 {
        let mut numbers = Numbers { stream: Rng::new(seed).stream(Purpose::Synthesize, 2, 0), drawn: 0 };
        let mut bytes = TABLE.as_bytes().to_vec();
        for _ in 0..1 + numbers.below(4) {
            let place = numbers.below(bytes.len());
            match numbers.below(4) {
                0 => bytes[place] = numbers.below(256) as u8,
                1 => bytes.truncate(place.max(1)),
                2 => drop(bytes.remove(place)),
                _ => drop(bytes.splice(place..place, PIECES[numbers.below(PIECES.len())].bytes())),
            }
            if bytes.is_empty() {
                break;
            }
        }
        let (options, choices) = some_options(&mut numbers);
        read_and_prepare(bytes, &options, &choices);
    }
}

#[test]
fn awkward_large_tables_are_read_in_linear_time() {
    let long = 2_000_000;
    let repeated = |piece: &str| piece.repeat(long / piece.len()).into_bytes();
    let mut name = "a,".repeat(20_000).into_bytes();
    name.extend(b"a\n");
    name.extend("1,".repeat(20_000).into_bytes());
    name.extend(b"1\n");
    let options = ReadOptions { rename_duplicates: true, skip_bad_rows: true, ..ReadOptions::default() };
    for bytes in [
        repeated("\""),
        repeated("\"\n"),
        repeated(","),
        repeated("\n"),
        repeated("a\n"),
        repeated("a,\"b\n"),
        repeated("\"a\"\"b\",1\n"),
        repeated("1,2019-01-01\n"),
        repeated("1,2\n1,2,3\n"),
        name,
    ] {
        let Ok(table) = Table::from_bytes("x.csv", bytes, &options) else { continue };
        let _ = prepare(&table, &Choices::default(), 0.3, &Rng::new(0));
    }
}
