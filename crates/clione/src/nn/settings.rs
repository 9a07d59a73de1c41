//! The settings of a layer as plain data: what a model file stores and a recipe says.

use crate::base::error::{Error, Result, nearest};

/// One value of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// A number: units, a rate.
    Number(f64),
    /// Yes or no: whether there is a bias.
    Flag(bool),
    /// A name: an activation, an initializer.
    Text(String),
}

/// The settings of one layer, by name, in a fixed order.
///
/// ```
/// use clione::nn::settings::{Setting, Settings};
/// let settings = Settings::new("dense", vec![("units".to_owned(), Setting::Number(32.0))]);
/// assert_eq!(settings.count("units").unwrap(), 32);
/// assert!(settings.count("rate").is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    owner: String,
    entries: Vec<(String, Setting)>,
}

impl Settings {
    /// The settings of `owner`, which errors name.
    pub fn new(owner: impl Into<String>, entries: Vec<(String, Setting)>) -> Self {
        Settings { owner: owner.into(), entries }
    }

    /// Every setting, in order.
    pub fn entries(&self) -> &[(String, Setting)] {
        &self.entries
    }

    /// Fails when there is a setting that is not among the `known`.
    pub fn only(&self, known: &[&str]) -> Result<()> {
        match self.entries.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => {
                let error = Error::usage(format!("{} has no setting `{name}`", self.owner));
                Err(match nearest(name, known.iter().copied()) {
                    Some(meant) => error.note(format!("did you mean `{meant}`?")),
                    None => error.note(format!("it has: {}", known.join(", "))),
                })
            }
        }
    }

    /// A number, or `default` where it is not given.
    pub fn number_or(&self, name: &str, default: f64) -> Result<f64> {
        match self.get(name) {
            None => Ok(default),
            Some(Setting::Number(number)) => Ok(*number),
            Some(other) => Err(self.wrong(name, "a number", other)),
        }
    }

    /// A whole number that must be given.
    pub fn count(&self, name: &str) -> Result<usize> {
        match self.get(name) {
            Some(Setting::Number(number)) if *number >= 0.0 && number.fract() == 0.0 && *number < 2f64.powi(53) => {
                Ok(*number as usize)
            }
            Some(other) => Err(self.wrong(name, "a whole number", other)),
            None => Err(Error::usage(format!("{} needs the setting `{name}`, a whole number", self.owner))),
        }
    }

    /// Yes or no, or `default` where it is not given.
    pub fn flag_or(&self, name: &str, default: bool) -> Result<bool> {
        match self.get(name) {
            None => Ok(default),
            Some(Setting::Flag(flag)) => Ok(*flag),
            Some(other) => Err(self.wrong(name, "true or false", other)),
        }
    }

    /// A name, or `default` where it is not given.
    pub fn text_or<'a>(&'a self, name: &str, default: &'a str) -> Result<&'a str> {
        match self.get(name) {
            None => Ok(default),
            Some(Setting::Text(text)) => Ok(text),
            Some(other) => Err(self.wrong(name, "a name", other)),
        }
    }

    fn get(&self, name: &str) -> Option<&Setting> {
        self.entries.iter().find(|(known, _)| known == name).map(|(_, setting)| setting)
    }

    fn wrong(&self, name: &str, expected: &str, found: &Setting) -> Error {
        Error::usage(format!("{}: `{name}` is {expected}, but this is {found:?}", self.owner))
    }
}
