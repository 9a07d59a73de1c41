//! Recipes as TOML: what they say with its place in the file, and the text that says a whole recipe.

use super::Recipe;
use super::selection::{Place, Selection};
use super::settings::{Section, Setting};
use super::value::{Form, Value};
use crate::base::error::{Error, Result, nearest};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

impl Selection {
    /// What a recipe says; `source` is what errors call it.
    ///
    /// Fails when the text is no TOML, when it has a key twice, or one that there is not.
    ///
    /// ```
    /// use clione::train::recipe::selection::Selection;
    /// let recipe = Selection::from_toml("r.toml", "[training]\nepochs = 7\n")?.recipe()?;
    /// assert_eq!(recipe.fit.epochs, 7);
    /// let error = Selection::from_toml("r.toml", "[training]\nepoch = 7\n").unwrap_err();
    /// assert_eq!(error.to_string(), "r.toml:2:1: no setting \"training.epoch\"\n  did you mean training.epochs?");
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn from_toml(source: &str, text: &str) -> Result<Selection> {
        let file = File { source, text };
        let table = DeTable::parse(text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            let place = file.place(span.clone());
            let found = text.get(span).filter(|found| !found.trim().is_empty() && !found.contains('\n'));
            let found = found.map_or(String::new(), |found| format!(" \"{found}\""));
            Error::usage(format!("{place}: no TOML: {}{found}", error.message()))
                .note("a recipe has lines as: epochs = 100")
        })?;
        let mut selection = Selection::default();
        for (name, part) in table.get_ref() {
            let place = file.place(name.span());
            let sections = Section::all().iter().map(|section| section.name());
            let Some(section) = Section::all().iter().find(|section| section.name() == name.get_ref()) else {
                let error = Error::usage(format!("{place}: no section \"{}\"", name.get_ref()));
                return Err(match (owner_of(name.get_ref()), nearest(name.get_ref(), sections.clone())) {
                    (Some(section), _) => error.note(format!("it is a setting of [{section}]")),
                    (None, Some(meant)) => error.note(format!("did you mean [{meant}]?")),
                    (None, None) => {
                        error.note(format!("a recipe has the sections {}", sections.collect::<Vec<_>>().join(", ")))
                    }
                });
            };
            let DeValue::Table(entries) = part.get_ref() else {
                let section = section.name();
                return Err(Error::usage(format!(
                    "{place}: \"{section}\" is a section: write [{section}] above its settings"
                )));
            };
            for (name, value) in entries {
                let place = file.place(name.span());
                let setting = setting(*section, name.get_ref()).map_err(|error| error.in_file(&place))?;
                let value = file.value(setting, value)?;
                selection.choose(setting, value, Place::Recipe(place))?;
            }
        }
        Ok(selection)
    }
}

/// The section that has a setting of this name.
fn owner_of(name: &str) -> Option<&'static str> {
    Setting::all().iter().find(|setting| setting.name == name).map(|setting| setting.section.name())
}

fn setting(section: Section, name: &str) -> Result<&'static Setting> {
    let mut here = Setting::all().iter().filter(|setting| setting.section == section);
    if let Some(found) = here.clone().find(|setting| setting.name == name) {
        return Ok(found);
    }
    let error = Error::usage(format!("no setting \"{}.{name}\"", section.name()));
    let meant = nearest(name, here.clone().map(|setting| setting.name))
        .map(|meant| format!("{}.{meant}", section.name()))
        .or_else(|| owner_of(name).map(|section| format!("{section}.{name}")))
        .or_else(|| {
            let all = Setting::all();
            let meant = nearest(name, all.iter().map(|setting| setting.name))?;
            owner_of(meant).map(|section| format!("{section}.{meant}"))
        });
    Err(match meant {
        Some(meant) => error.note(format!("did you mean {meant}?")),
        None => {
            let names: Vec<&str> = here.by_ref().map(|setting| setting.name).collect();
            error.note(format!("[{}] has {}", section.name(), names.join(", ")))
        }
    })
}

/// A recipe as it is read.
struct File<'a> {
    source: &'a str,
    text: &'a str,
}

impl File<'_> {
    /// `recipe.toml:3:7`
    fn place(&self, span: Range<usize>) -> String {
        let before = &self.text[..self.text.floor_char_boundary(span.start)];
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        let (lines, characters) = (before.matches('\n').count(), before[line..].chars().count());
        format!("{}:{}:{}", self.source, lines + 1, characters + 1)
    }

    fn value(&self, setting: &Setting, value: &Spanned<DeValue<'_>>) -> Result<Value> {
        Ok(match value.get_ref() {
            DeValue::Array(items) => {
                Value::Many(items.iter().map(|item| self.scalar(setting, item)).collect::<Result<_>>()?)
            }
            DeValue::Table(entries) => {
                let pair = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
                    let name: &toml::de::DeString<'_> = name.get_ref();
                    Ok((name.to_string(), self.scalar(setting, value)?))
                };
                Value::Pairs(entries.iter().map(pair).collect::<Result<_>>()?)
            }
            _ => Value::One(self.scalar(setting, value)?),
        })
    }

    fn scalar(&self, setting: &Setting, value: &Spanned<DeValue<'_>>) -> Result<String> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => {
                Ok(self.text[value.span()].replace('_', ""))
            }
            DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
                let place = self.place(value.span());
                Err(Error::usage(format!("{place}: {}: expected a text, a number, true or false", setting.key())))
            }
        }
    }
}

impl Recipe {
    /// The whole recipe as TOML: reading it gives the same recipe.
    ///
    /// ```
    /// use clione::train::recipe::{Recipe, selection::Selection};
    /// let recipe = Recipe { layers: vec![8, 4], ..Recipe::default() };
    /// assert!(recipe.to_toml().contains("layers = [8, 4]"));
    /// assert_eq!(Selection::from_toml("r.toml", &recipe.to_toml())?.recipe()?, recipe);
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        for &section in Section::all() {
            let lines: Vec<String> = Setting::all()
                .iter()
                .filter(|setting| setting.section == section)
                .filter_map(|setting| {
                    Some(format!("{} = {}\n", setting.name, written(setting.form, setting.value(self)?)))
                })
                .collect();
            if !lines.is_empty() {
                let blank = if text.is_empty() { "" } else { "\n" };
                text.push_str(&format!("{blank}[{}]\n{}", section.name(), lines.concat()));
            }
        }
        text
    }
}

/// A value as TOML writes it.
fn written(form: Form, value: Value) -> String {
    let scalar = |text: &str| match form {
        Form::Text | Form::Names | Form::Lines | Form::Pairs => quoted(text),
        Form::NumberOrText if text.parse::<f64>().is_err() => quoted(text),
        Form::Switch | Form::NumberOrText => text.to_owned(),
        Form::Number | Form::Numbers | Form::NumberPairs => number(text),
    };
    match value {
        Value::One(text) => scalar(&text),
        Value::Many(texts) => format!("[{}]", texts.iter().map(|text| scalar(text)).collect::<Vec<_>>().join(", ")),
        Value::Pairs(pairs) => {
            let pairs: Vec<String> =
                pairs.iter().map(|(name, text)| format!("{} = {}", key(name), scalar(text))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
    }
}

/// A text in quotes: quotes, backslashes and control characters are escaped.
fn quoted(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { quoted(name) }
}

/// TOML calls infinity `inf`, and so does Rust; a whole number beyond 64 bits must have a point.
fn number(text: &str) -> String {
    let is_long = text.len() > 18 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_long && text.parse::<i64>().is_err() { quoted(text) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Selection::from_toml("r.toml", text).and_then(|selection| selection.recipe()).unwrap_err().to_string()
    }

    #[test]
    fn what_there_is_not_is_an_error_with_its_place_and_what_was_meant() {
        for (text, expected) in [
            ("[trainig]\n", "r.toml:1:2: no section \"trainig\"\n  did you mean [training]?"),
            ("epochs = 3\n", "r.toml:1:1: no section \"epochs\"\n  it is a setting of [training]"),
            ("[data]\nepochs = 3\n", "r.toml:2:1: no setting \"data.epochs\"\n  did you mean training.epochs?"),
            ("[network]\n  layer = [3]\n", "r.toml:2:3: no setting \"network.layer\"\n  did you mean network.layers?"),
            ("data = 3\n", "r.toml:1:1: \"data\" is a section: write [data] above its settings"),
        ] {
            assert_eq!(error(text), expected);
        }
        assert!(
            error("[training]\nepochs = 3\nepochs = 4\n")
                .starts_with("r.toml:3:1: no TOML: duplicate key \"epochs\"\n")
        );
        let twice = "[training]\nepochs = 3\n[network]\n[training]\nseed = 3\n";
        assert!(error(twice).starts_with("r.toml:4:2: no TOML: duplicate key \"training\"\n"), "{}", error(twice));
        assert!(error("[training]\nepochs = \n").starts_with("r.toml:2:"));
    }

    #[test]
    fn a_wrong_value_is_an_error_with_its_place() {
        for (text, expected) in [
            ("[training]\nepochs = \"many\"\n", "r.toml:2:1: training.epochs = many: expected a whole number"),
            ("[training]\nepochs = [1, 2]\n", "r.toml:2:1: training.epochs = 1,2: expected one value, not a list"),
            ("[training]\nepochs = 1979-05-27\n", "r.toml:2:10: training.epochs: expected a text, a number"),
            ("[network]\ndropout = 1.5\n", "r.toml:2:1: network.dropout = 1.5: expected at least 0 and less than 1"),
            ("[data]\nmissing = \"men\"\n", "r.toml:2:1: data.missing = men: expected one of refuse, mean"),
            (
                "[training]\nl2 = -1\n",
                "r.toml:2:1: training.l2 = -1: expected 0 or a positive number\n  try: --l2 0.0001",
            ),
            ("[training]\nclip_norm = 0\n", "r.toml:2:1: training.clip_norm = 0: expected a positive number, or off"),
            (
                "[training]\noptimizer = \"sgd\"\noptimizer_settings = { momentum = 1.5 }\n",
                "r.toml:3:1: training.optimizer_settings = momentum=1.5: sgd: momentum is at least 0 and less than 1",
            ),
            ("[data]\nderive = [\"c = a +\"]\n", "r.toml:2:1: data.derive = c = a +: formula: expected a number"),
        ] {
            assert!(error(text).starts_with(expected), "{}", error(text));
        }
    }

    #[test]
    fn weights_may_be_a_table_and_layers_a_text() {
        let recipe = |text: &str| Selection::from_toml("r.toml", text).and_then(|selection| selection.recipe());
        let written = recipe("[network]\nlayers = \"8,4\"\n[training]\nclass_weights = { yes = 3, \"a,b\" = 0.5 }\n");
        let section = recipe("[network]\nlayers = [8, 4]\n[training.class_weights]\nyes = 3\n\"a,b\" = 0.5\n").unwrap();
        assert_eq!(written.unwrap(), section);
        assert_eq!(
            (section.layers.as_slice(), section.fit.class_weights.text()),
            (&[8, 4][..], "\"a,b\"=0.5,yes=3".to_owned())
        );
        assert_eq!(recipe(&section.to_toml()).unwrap(), section);
    }

    #[test]
    fn a_recipe_is_the_same_after_it_was_written_and_read() {
        let text = "[data]\ntarget = \"a \\\"b\\\"\"\nignore = [\"x\", \"y, z\"]\n[network]\nlayers = []\n\
            [training]\noptimizer = \"sgd\"\noptimizer_settings = { momentum = 0.9, nesterov = true }\n\
            patience = 5\nclip_norm = 1\nseed = 18446744073709551615\n[reading]\ndelimiter = \"\\t\"\nheader = false\n";
        let recipe = Selection::from_toml("r.toml", &text.replace("18446744073709551615", "\"18446744073709551615\""))
            .and_then(|selection| selection.recipe())
            .expect("a good recipe");
        assert_eq!((recipe.fit.seed, recipe.choices.ignore[1].as_str()), (u64::MAX, "y, z"));
        let again = Selection::from_toml("r.toml", &recipe.to_toml()).and_then(|selection| selection.recipe());
        assert_eq!(again.expect("its own text"), recipe, "{}", recipe.to_toml());
    }
}
