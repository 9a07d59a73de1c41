//! Arguments that several verbs take, and how their texts become values.

use clap::Args;
use clione::base::error::{Error, Result, nearest};
use clione::cpu::simd::InstructionSet;
use clione::data::findings::{counted, grouped};
use clione::data::idx::{Images, labelled, read_images, read_labels};
use clione::data::treatment::Unknown;
use clione::prelude::{Dataset, ReadOptions};
use std::fs;
use std::path::Path;

/// How a table is read.
#[derive(Args)]
#[command(next_help_heading = "Reading a table")]
pub struct Reading {
    /// The delimiter of the columns: ',', ';', '|' or tab; found if not given
    #[arg(long, value_name = "CHAR")]
    delimiter: Option<String>,

    /// The first line is a header
    #[arg(long, conflicts_with = "no_header")]
    header: bool,

    /// The first line is a row
    #[arg(long)]
    no_header: bool,

    /// The decimal mark, '.' or ','
    #[arg(long, value_name = "CHAR", default_value = ".")]
    decimal: String,

    /// The mark between thousands
    #[arg(long, value_name = "CHAR")]
    thousands: Option<String>,

    /// The encoding of the text: utf-8 or latin1
    #[arg(long, value_name = "NAME", default_value = "utf-8")]
    encoding: String,

    /// Leave rows out that have too many or too few fields
    #[arg(long)]
    skip_bad_rows: bool,

    /// Give columns of the same name different ones
    #[arg(long)]
    rename_duplicates: bool,

    /// The most columns that are read
    #[arg(long, value_name = "N")]
    column_limit: Option<usize>,
}

impl Reading {
    /// The options that the flags stand for.
    pub fn options(&self) -> Result<ReadOptions> {
        let default = ReadOptions::default();
        let latin1 = match self.encoding.to_lowercase().as_str() {
            "utf-8" | "utf8" => false,
            "latin1" | "latin-1" | "iso-8859-1" | "cp1252" => true,
            other => return Err(Error::usage(format!("--encoding {other}: expected utf-8 or latin1"))),
        };
        let header = match (self.header, self.no_header) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        Ok(ReadOptions {
            delimiter: self.delimiter.as_deref().map(delimiter).transpose()?,
            header,
            decimal: character("--decimal", &self.decimal)?,
            thousands: self.thousands.as_deref().map(|text| character("--thousands", text)).transpose()?,
            latin1,
            skip_bad_rows: self.skip_bad_rows,
            rename_duplicates: self.rename_duplicates,
            column_limit: self.column_limit.unwrap_or(default.column_limit),
            ..default
        })
    }
}

fn delimiter(text: &str) -> Result<u8> {
    match text {
        "\\t" | "tab" => Ok(b'\t'),
        _ if text.len() == 1 => Ok(text.as_bytes()[0]),
        _ => Err(Error::usage(format!("--delimiter {text}: expected one character, as ';' or tab"))),
    }
}

fn character(flag: &str, text: &str) -> Result<char> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(Error::usage(format!("{flag} {text}: expected one character"))),
    }
}

/// What the work runs on; no result depends on it.
#[derive(Args)]
pub struct Machine {
    /// How many threads share the work; no result depends on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = whole_number, allow_negative_numbers = true)]
    threads: Option<usize>,

    /// The instructions to use; no result depends on them
    #[arg(long, value_name = "NAME", hide = true)]
    instruction_set: Option<String>,
}

impl Machine {
    /// The number of threads, and a warning where there are more than cores.
    pub fn threads(&self) -> Result<(usize, Option<String>)> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let most = (4 * cores).max(8);
        match self.threads {
            None => Ok((cores, None)),
            Some(threads) if threads == 0 || threads > most => {
                let cores = counted(cores, "core");
                Err(Error::usage(format!("--threads {threads}: expected 1 to {most} (this machine has {cores})"))
                    .remedy("--threads 1"))
            }
            Some(threads) if threads > cores => {
                let cores = counted(cores, "core");
                Ok((threads, Some(format!("{threads} threads on {cores}: slower, with the same result"))))
            }
            Some(threads) => Ok((threads, None)),
        }
    }

    /// The instruction set.
    pub fn instruction_set(&self) -> Result<InstructionSet> {
        let Some(name) = &self.instruction_set else { return Ok(InstructionSet::detect()) };
        InstructionSet::named(name).ok_or_else(|| {
            let names: Vec<&str> = InstructionSet::available().iter().map(|set| set.name()).collect();
            Error::usage(format!("--instruction-set {name}: this processor has {}", names.join(", ")))
        })
    }
}

/// Reads images and their labels.
pub fn read_idx(images: &Path, labels: &Path, classes: Option<&[String]>) -> Result<(Dataset, Images)> {
    let read = read_images(images)?;
    let numbers = read_labels(labels)?;
    let data = labelled(read.clone(), &numbers, classes);
    Ok((data.map_err(|error| error.in_file(&labels.display().to_string()))?, read))
}

/// Fails when the result would take the place of a file that it is made from.
pub fn not_an_input(output: Option<&Path>, inputs: &[Option<&Path>]) -> Result<()> {
    let Some(output) = output else { return Ok(()) };
    let place = |path: &Path| fs::canonicalize(path).ok();
    match inputs.iter().flatten().find(|input| place(input).is_some_and(|place_of| place(output) == Some(place_of))) {
        None => Ok(()),
        Some(input) => Err(Error::usage(format!(
            "--output {}: is the file that is read, {}; it would be lost",
            output.display(),
            input.display()
        ))),
    }
}

/// A whole number that is not negative.
pub fn whole_number(text: &str) -> std::result::Result<usize, String> {
    text.trim().replace('_', "").parse().map_err(|_| "expected a whole number that is not negative".to_owned())
}

/// A whole number, at least 1.
pub fn count(text: &str) -> std::result::Result<usize, String> {
    let wrong = || "expected a whole number, at least 1".to_owned();
    whole_number(text).ok().filter(|&count| count > 0).ok_or_else(wrong)
}

/// A seed.
pub fn seed(text: &str) -> std::result::Result<u64, String> {
    text.trim().parse().map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
}

/// A number; ranges are checked where the number is used.
pub fn number(text: &str) -> std::result::Result<f64, String> {
    text.trim().parse().map_err(|_| "expected a number, as 0.001 or 1e-3".to_owned())
}

/// The most units that a layer may have.
const MOST_UNITS: usize = 1 << 30;

/// The most weights between hidden layers; more could not even be counted.
const MOST_WEIGHTS: u128 = 1 << 62;

/// The units of each hidden layer, separated by commas.
pub fn layers(text: &str) -> Result<Vec<usize>> {
    let wrong = |problem: String| Error::usage(format!("--layers {text}: {problem}")).remedy("--layers 32,16");
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let units: Vec<usize> = parts
        .zip(1..)
        .map(|(part, layer)| match part.parse() {
            Ok(0) => Err(wrong(format!("layer {layer} needs at least 1 unit, but it has 0"))),
            Ok(units) if units > MOST_UNITS => {
                Err(wrong(format!("layer {layer} may have at most {} units, but it has {part}", grouped(MOST_UNITS))))
            }
            Ok(units) => Ok(units),
            Err(_) => Err(wrong(format!("layer {layer} needs a whole number of units, at least 1, but it has {part}"))),
        })
        .collect::<Result<_>>()?;
    let weights: u128 = units.windows(2).map(|pair| pair[0] as u128 * pair[1] as u128).sum();
    if weights > MOST_WEIGHTS {
        Err(wrong(format!("{weights} weights are more than any machine holds")))
    } else {
        Ok(units)
    }
}

/// Names separated by commas.
pub fn names(texts: &[String]) -> Vec<String> {
    let parts = texts.iter().flat_map(|text| text.split(',')).map(|part| part.trim().to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

/// The choice of this name or alias, or an error that lists all.
pub fn choice<T: Copy>(
    flag: &str,
    typed: &str,
    named: impl Fn(&str) -> Option<T>,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T> {
    let plain = |name: &str| name.trim().to_lowercase().replace('-', "_");
    let found = all.iter().copied().find(|&choice| plain(name(choice)) == plain(typed));
    found.or_else(|| named(&plain(typed))).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|&choice| name(choice)).collect();
        let error = Error::usage(format!("{flag} {typed}: expected one of {}", names.join(", ")));
        match nearest(typed, names.iter().copied()) {
            Some(meant) => error.note(format!("did you mean {meant}?")).remedy(format!("{flag} {meant}")),
            None => error,
        }
    })
}

/// What is done with categories that were not in training.
pub fn unknown_named(typed: &str) -> Result<Unknown> {
    choice("--unknown", typed, |_| None, Unknown::all(), Unknown::name)
}
