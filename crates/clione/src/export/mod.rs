//! A trained model as a source file in another language: the same graph, with the same bits, without clione.

mod compiled;
mod derived;
mod numpy;

use crate::base::error::{Error, Result, nearest};
use crate::base::visible::visible;
use crate::data::treatment::Unknown;
use crate::train::file::{SavedModel, Source};
use compiled::Syntax;

/// A language that models are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Python with NumPy, to be read and to train again.
    Numpy,
    /// Rust without its standard library.
    Rust,
    /// C as of 1999, without anything that allocates.
    C,
}

/// Each language, its name, and how its files end.
const LANGUAGES: &[(Language, &str, &str)] =
    &[(Language::Numpy, "numpy", "py"), (Language::Rust, "rust", "rs"), (Language::C, "c", "c")];

impl Language {
    /// Every language, in the order of the table.
    pub fn all() -> impl Iterator<Item = Language> {
        LANGUAGES.iter().map(|&(language, ..)| language)
    }

    /// The name that the command line uses.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// How files in it end: `rs`, `c`.
    pub fn extension(self) -> &'static str {
        self.row().2
    }

    /// The language of this name.
    ///
    /// ```
    /// use clione::export::Language;
    /// assert_eq!(Language::named("rust")?, Language::Rust);
    /// assert!(Language::named("cobol").is_err());
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn named(name: &str) -> Result<Language> {
        Language::all().find(|language| language.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Language::all().map(Language::name).collect();
            let error = Error::usage(format!("no language \"{name}\": choose from {}", names.join(", ")));
            match nearest(name, names) {
                Some(near) => error.note(format!("did you mean \"{near}\"?")),
                None => error,
            }
        })
    }

    fn row(self) -> &'static (Language, &'static str, &'static str) {
        LANGUAGES.iter().find(|(language, ..)| *language == self).expect("every language has its row")
    }
}

/// What can be chosen for a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What the model is called in the source; in C the names of its functions begin so.
    pub name: String,
    /// What is done with categories that were not in training.
    pub unknown: Unknown,
}

impl Default for Options {
    fn default() -> Self {
        Options { name: "model".to_owned(), unknown: Unknown::Refuse }
    }
}

/// The model as a source file: preprocessing, network and self-test, with the bits of clione's own predictions.
///
/// Fails when something of the model cannot be said in the language.
pub fn source(model: &SavedModel, language: Language, options: &Options) -> Result<String> {
    check_texts(model)?;
    match language {
        Language::Numpy => numpy::source(model, options),
        Language::Rust => compiled::source(model, Syntax::Rust, options),
        Language::C => compiled::source(model, Syntax::C, options),
    }
}

/// Fails where a name or a word has a zero byte: in C a word ends there, and no table as text has one.
fn check_texts(model: &SavedModel) -> Result<()> {
    let classes = model.source.classes();
    let mut texts: Vec<(&str, &String)> = classes.iter().map(|class| ("class", class)).collect();
    if let Source::Table(preprocessing) = &model.source {
        texts.extend(preprocessing.columns.iter().map(|name| ("column", name)));
        texts.extend(preprocessing.derive.iter().map(|formula| ("formula", formula)));
        let words = preprocessing.inputs.iter().flat_map(|input| &input.categories);
        texts.extend(words.map(|word| ("word", word)));
    }
    match texts.into_iter().find(|(_, text)| text.contains('\0')) {
        None => Ok(()),
        Some((what, text)) => {
            let error =
                Error::usage(format!("the {what} \"{}\" has a zero byte, which no source can hold", visible(text)));
            Err(error.remedy("write it otherwise in the table, and train again"))
        }
    }
}
