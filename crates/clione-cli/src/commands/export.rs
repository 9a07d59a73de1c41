//! `clione export`: a model as a source file in another language.

use crate::arguments::{Loading, choice, not_an_input, unknown_of};
use crate::output::Output;
use clap::Args;
use clione::base::error::{Error, Result};
use clione::export::{Language, Options, source};
use clione::train::file::Destination;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  clione export iris.clione --to numpy --output iris.py
  clione export iris.clione --to rust --output iris.rs
  clione export iris.clione --to c --output iris.c
  clione export iris.clione --to c | less";

/// The arguments of `clione export`.
#[derive(Args)]
#[command(before_help = EXAMPLES, help_template = crate::TEMPLATE)]
pub struct Export {
    /// The model
    #[arg(value_name = "MODEL")]
    model: PathBuf,

    #[command(flatten)]
    loading: Loading,

    /// The language: numpy (Python), rust (no_std) or c (C99) [default: as --output ends]
    #[arg(long, value_name = "NAME")]
    to: Option<String>,

    /// What the model is called in the source [default: as --output or MODEL is called]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// What to do with words that were not in training: refuse, or other (none of the known ones) [default: as
    /// clione train --unknown said]
    #[arg(long, value_name = "NAME")]
    unknown: Option<String>,

    /// Where the source is written [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Replace a file that is there already
    #[arg(long)]
    force: bool,
}

impl Export {
    /// Reads the model and writes it.
    pub fn run(self, output: &Output) -> Result<()> {
        // As with other commands, `-` is standard output.
        let file = self.output.as_deref().filter(|path| *path != Path::new("-"));
        not_an_input("--output", file, &[Some(self.model.as_path())])?;
        let language = self.language(file)?;
        let destination = file.map(|path| Destination::check(path, self.force)).transpose()?;
        let model = self.loading.load(&self.model)?;
        let unknown = unknown_of(self.unknown.as_deref(), &model)?;
        let stem = file.unwrap_or(&self.model).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = self.name.clone().or(stem).unwrap_or_else(|| Options::default().name);
        let text = source(&model, language, &Options { name, unknown })?;
        match destination {
            Some(destination) => destination.write(text.as_bytes()),
            None => output.data(&text),
        }
    }

    /// The language that was asked for, or the one that the file's name ends in.
    fn language(&self, file: Option<&Path>) -> Result<Language> {
        let all: Vec<Language> = Language::all().collect();
        if let Some(typed) = &self.to {
            return choice("--to", typed, |name| Language::named(name).ok(), &all, Language::name);
        }
        let ending = file.and_then(Path::extension);
        let meant = all.iter().copied().find(|language| ending.is_some_and(|ending| ending == language.extension()));
        meant.ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|language| language.name()).collect();
            let model = self.model.display();
            Error::usage(format!("the language is missing: expected --to with one of {}", names.join(", ")))
                .remedy(format!("clione export {model} --to {}", names[0]))
        })
    }
}
