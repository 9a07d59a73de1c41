//! W10: a large table of text read and made numbers, with missing values filled, numbers scaled and words as columns.

use crate::measure::{check, is_check, peak_memory, tell, threads};
use clione::base::rng::{Purpose, Rng};
use clione::data::prepare::prepare;
use clione::data::schema::Choices;
use clione::data::table::{ReadOptions, Table};
use clione::data::treatment::Missing;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

const ROWS: usize = 1_000_000;
const FLOATS: usize = 25;
const COLUMNS: usize = 30;
const COLOURS: [&str; 5] = ["red", "green", "blue", "black", "white"];
const PLACES: [&str; 8] = ["north", "east", "south", "west", "centre", "coast", "hills", "plain"];

/// Measures one pass: a second one in the same process would not show the peak of the first.
pub fn run(arguments: &[String]) {
    let threads = threads(arguments);
    let path = path();
    if !path.exists() {
        write_table(&path).expect("the table can be written");
    }
    if is_check(arguments) {
        let table = Table::read(&path, &ReadOptions::default()).expect("the table can be read");
        for name in ["f0", "i1"] {
            let numbers = table.column(table.find(name).expect("a column of the table")).numbers();
            check("W10", &format!("mean of {name}"), &[numbers.iter().sum::<f64>() / numbers.len() as f64]);
        }
        return check("W10", "rows", &[table.rows() as f64]);
    }
    let start = Instant::now();
    let options = ReadOptions { threads, ..ReadOptions::default() };
    let table = Table::read(&path, &options).expect("the table can be read");
    let read = start.elapsed().as_secs_f64();
    let choices = Choices { target: "f0".to_owned(), missing: Missing::Median, ..Choices::default() };
    let prepared = prepare(&table, &choices, 0.2, &Rng::new(0)).expect("the table can be prepared");
    let all = start.elapsed().as_secs_f64();
    assert_eq!(prepared.training.rows() + prepared.validation.rows(), ROWS);
    tell("W10", "read", threads, "s", read, &[read]);
    tell("W10", "read and prepare", threads, "s", all, &[all]);
    if let Some(memory) = peak_memory() {
        let times = memory * (1 << 20) as f64 / (ROWS * COLUMNS * 8) as f64;
        tell("W10", "peak memory", threads, "x the numbers", times, &[times]);
    }
}

/// Where the table is kept for both sides; it is written once.
fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench/w10.csv")
}

/// 25 columns of numbers with 17 digits, of which 24 lack one value in a hundred, 3 of whole numbers, 2 of words.
fn write_table(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path.parent().expect("it is in a folder"))?;
    // It appears when it is whole: a run may be stopped.
    let unfinished = path.with_extension("part");
    let mut file = BufWriter::new(File::create(&unfinished)?);
    for column in 0..FLOATS {
        write!(file, "f{column},")?;
    }
    writeln!(file, "i0,i1,i2,colour,place")?;
    let stream = Rng::new(10).stream(Purpose::Synthesize, 0, 0);
    for row in 0..ROWS {
        let uniform = |place: usize| stream.uniform_at((row * 64 + place) as u64);
        for column in 0..FLOATS {
            if column == 0 || uniform(column + 32) >= 0.01 {
                let digits = column % 6;
                let number = (uniform(column) - 0.5) * 10f64.powi(digits as i32);
                write!(file, "{number:.*}", 17 - digits)?;
            }
            write!(file, ",")?;
        }
        let below = |place: usize, bound: usize| (uniform(place) * bound as f64) as usize;
        write!(file, "{},{},{},", below(25, 100), below(26, 10_000), below(27, 1_000_000))?;
        writeln!(file, "{},{}", COLOURS[below(28, COLOURS.len())], PLACES[below(29, PLACES.len())])?;
    }
    file.flush()?;
    fs::rename(unfinished, path)
}
