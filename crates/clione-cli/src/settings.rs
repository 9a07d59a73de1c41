//! The flags that stand for settings of a recipe: made from the table of settings, so that none is missing.

use crate::output::Output;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use clione::base::error::Result;
use clione::base::words::fields;
use clione::prelude::*;
use clione::train::recipe::selection::{Place, Selection};
use clione::train::recipe::settings::{Section, Setting};
use clione::train::recipe::value::{Form, Value};

/// What was chosen with the flags of some sections of a recipe; all of them, or only those of reading a table.
pub struct SettingFlags<const ALL: bool> {
    typed: Vec<(&'static Setting, Value)>,
}

/// What was chosen of a whole recipe.
pub type RecipeFlags = SettingFlags<true>;

/// What was chosen of how a table is read.
pub type Reading = SettingFlags<false>;

impl Reading {
    /// How the table is read. Fails when a value is none for its flag.
    pub fn options(&self) -> Result<ReadOptions> {
        let mut selection = Selection::default();
        self.choose(&mut selection)?;
        Ok(selection.recipe()?.reading)
    }

    /// How a table is read for a model: as the one that it was trained on, but for what was typed. Says what differs. Fails
    /// when a value is none for its flag.
    pub fn options_of(&self, model: &SavedModel, output: &Output) -> Result<ReadOptions> {
        let mut selection = Selection::from_toml("the recipe in the model", &model.recipe)?;
        let trained = selection.recipe()?;
        self.choose(&mut selection)?;
        let mut recipe = selection.recipe()?;
        if let (Source::Table(preprocessing), false) = (&model.source, self.has("number")) {
            recipe.reading.number.clone_from(&preprocessing.numbers);
        }
        // A table to predict lacks its target, and what training was told to ignore.
        recipe.reading.may_lack_columns = true;
        let text = |value: Option<Value>| value.map_or("what is found in the table".to_owned(), |value| value.text());
        for (setting, _) in &self.typed {
            let (before, now) = (setting.value(&trained), setting.value(&recipe));
            if before != now {
                let (flag, before, now) = (setting.flag(), text(before), text(now));
                output.warning(&format!("--{flag} {now}: the model was trained on a table read with {before}"));
            }
        }
        Ok(recipe.reading)
    }
}

impl<const ALL: bool> SettingFlags<ALL> {
    /// Chooses what was typed. Fails when two flags exclude each other.
    pub fn choose(&self, selection: &mut Selection) -> Result<()> {
        self.typed.iter().try_for_each(|(setting, value)| selection.choose(setting, value.clone(), Place::Flag))
    }

    fn has(&self, name: &str) -> bool {
        self.typed.iter().any(|(setting, _)| setting.name == name)
    }

    /// The settings that have a flag: the table to learn from is no flag but the word behind the verb.
    fn settings() -> impl Iterator<Item = &'static Setting> {
        let is_here = |section| ALL || section == Section::Reading;
        Setting::all().iter().filter(move |setting| is_here(setting.section) && setting.name != "file")
    }
}

impl<const ALL: bool> Args for SettingFlags<ALL> {
    fn augment_args(command: Command) -> Command {
        let default = Selection::default().recipe().expect("what is usual is in range");
        Self::settings().fold(command, |command, setting| {
            let flag = argument(setting, &default).help_heading(heading(setting.section));
            match setting.form {
                Form::Switch => command.arg(flag.conflicts_with(negated(setting.name))).arg(negation(setting)),
                _ => command.arg(flag),
            }
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<const ALL: bool> FromArgMatches for SettingFlags<ALL> {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let typed = Self::settings().filter_map(|setting| Some((setting, value(setting, matches)?)));
        Ok(SettingFlags { typed: typed.collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn heading(section: Section) -> &'static str {
    match section {
        Section::Data => "Data and columns",
        Section::Reading => "Reading a table",
        Section::Network => "Network",
        Section::Training => "Training",
        Section::Evaluation => "Evaluation",
    }
}

fn negated(name: &str) -> String {
    format!("no_{name}")
}

fn argument(setting: &'static Setting, default: &Recipe) -> Arg {
    let flag = Arg::new(setting.name).long(setting.flag()).help(help(setting, default));
    let flag = match setting.name {
        "target" => flag.short('t'),
        "optimizer_settings" => flag.alias("optimizer-setting"),
        "schedule_settings" => flag.alias("schedule-setting"),
        _ => flag,
    };
    match setting.form {
        Form::Switch => flag
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name("BOOL")
            .hide_possible_values(true),
        Form::Text | Form::Number | Form::NumberOrText => {
            flag.value_name(setting.placeholder).allow_hyphen_values(true)
        }
        Form::Names | Form::Numbers | Form::Lines | Form::Pairs | Form::NumberPairs => {
            // `--layers` is one value with commas, a list of names may be given in several flags.
            let action = if setting.form == Form::Numbers { ArgAction::Set } else { ArgAction::Append };
            flag.value_name(setting.placeholder).allow_hyphen_values(true).action(action)
        }
    }
}

/// `--no-header`
fn negation(setting: &'static Setting) -> Arg {
    let name = negated(setting.name);
    Arg::new(name.clone()).long(name.replace('_', "-")).action(ArgAction::SetTrue).hide(true)
}

/// What a setting means, what can be chosen, and what is chosen if nobody says anything.
fn help(setting: &Setting, default: &Recipe) -> String {
    let mut help = setting.help.to_owned();
    let choices = setting.choices();
    if !choices.is_empty() {
        help.push_str(&format!(": {}", choices.join(", ")));
    }
    match (setting.form, setting.value(default)) {
        (Form::Switch | Form::NumberPairs, _) | (_, None) => {}
        (_, Some(_)) if setting.name == "target" => help.push_str(" [default: the last]"),
        (_, Some(_)) if setting.name == "learning_rate" => {}
        (_, Some(value)) => help.push_str(&format!(" [default: {}]", value.text())),
    }
    help
}

/// What was typed for a setting.
fn value(setting: &Setting, matches: &ArgMatches) -> Option<Value> {
    let texts = matches.get_many::<String>(setting.name).map(|texts| texts.cloned().collect::<Vec<_>>());
    let parts = |texts: Vec<String>| texts.iter().flat_map(|text| fields(text)).collect();
    match setting.form {
        Form::Switch if matches.get_flag(&negated(setting.name)) => Some(Value::One("false".to_owned())),
        Form::Switch | Form::Text | Form::Number | Form::NumberOrText => texts?.pop().map(Value::One),
        Form::Names | Form::Numbers => Some(Value::Many(parts(texts?))),
        // Pairs are cut where their texts are read, which may have commas within.
        Form::Pairs | Form::NumberPairs | Form::Lines => texts.map(Value::Many),
    }
}
