//! What flags and a recipe have chosen, with where each was said; flags win, and all else has its default.

use super::Recipe;
use super::settings::Setting;
use super::value::Value;
use crate::base::error::{Error, Result};

/// Where something was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a recipe: `recipe.toml:3:1`.
    Recipe(String),
    /// On the command line.
    Flag,
}

/// One choice.
#[derive(Clone, Debug)]
struct Chosen {
    setting: &'static Setting,
    value: Value,
    place: Place,
}

/// Everything that was chosen.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    chosen: Vec<Chosen>,
}

impl Selection {
    /// Chooses a setting; a later choice takes the place of an earlier one of the same setting, and of those that
    /// cannot stand beside it.
    ///
    /// Fails when both were said in the same place.
    ///
    /// ```
    /// use clione::train::recipe::selection::{Place, Selection};
    /// use clione::train::recipe::{settings::Setting, value::Value};
    /// let mut selection = Selection::from_toml("r.toml", "[training]\nepochs = 7\nseed = 3\n")?;
    /// let epochs = Setting::all().iter().find(|setting| setting.name == "epochs").expect("there is one");
    /// selection.choose(epochs, Value::One("9".to_owned()), Place::Flag)?;
    /// let recipe = selection.recipe()?;
    /// assert_eq!((recipe.fit.epochs, recipe.fit.seed), (9, 3));
    /// # Ok::<(), clione::base::error::Error>(())
    /// ```
    pub fn choose(&mut self, setting: &'static Setting, value: Value, place: Place) -> Result<()> {
        let is_flag = |place: &Place| *place == Place::Flag;
        let excluded = setting.replaces();
        // The settings of an optimizer that was chosen in the same place belong to it.
        let is_replaced = |chosen: &Chosen| excluded.contains(&chosen.setting.name);
        let same_place = |chosen: &Chosen| is_flag(&chosen.place) == is_flag(&place);
        if let Some(other) = self.chosen.iter().find(|chosen| {
            is_replaced(chosen) && same_place(chosen) && chosen.setting.replaces().contains(&setting.name)
        }) {
            let (one, other) = (named(setting, &place), named(other.setting, &other.place));
            return Err(Error::usage(format!("{one} cannot be used with {other}: choose one of them")));
        }
        self.chosen
            .retain(|chosen| chosen.setting.name != setting.name && (!is_replaced(chosen) || same_place(chosen)));
        self.chosen.push(Chosen { setting, value, place });
        Ok(())
    }

    /// Whether a setting was chosen.
    pub fn has(&self, name: &str) -> bool {
        self.chosen.iter().any(|chosen| chosen.setting.name == name)
    }

    /// The recipe: what was chosen, and defaults for all else.
    ///
    /// Fails when a value is none for its setting, with the place where it was said.
    pub fn recipe(&self) -> Result<Recipe> {
        let mut recipe = usual();
        // In the order of the table, so that an optimizer comes before its settings.
        for setting in Setting::all() {
            for chosen in self.chosen.iter().filter(|chosen| chosen.setting.name == setting.name) {
                setting.choose(&mut recipe, &chosen.value).map_err(|error| chosen.at(error))?;
            }
        }
        recipe.fit.check()?;
        Ok(recipe)
    }
}

/// What a run begins with where nobody has chosen anything; `bench/tables` shows how it was found.
fn usual() -> Recipe {
    Recipe { layers: vec![64, 32], ..Recipe::default() }
}

impl Chosen {
    /// The error with the place of the choice in front; what would do instead, as a flag.
    fn at(&self, error: Error) -> Error {
        let text = self.value.text();
        let headline = match &self.place {
            Place::Flag => format!("{} {text}", named(self.setting, &self.place)),
            Place::Recipe(_) => format!("{} = {text}", named(self.setting, &self.place)),
        };
        error.in_file(&headline).map_remedy(|remedy| format!("--{} {remedy}", self.setting.flag()))
    }
}

/// A setting as it was called where it was said.
fn named(setting: &Setting, place: &Place) -> String {
    match place {
        Place::Flag => format!("--{}", setting.flag()),
        Place::Recipe(place) => format!("{place}: {}", setting.key()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(name: &str) -> &'static Setting {
        Setting::all().iter().find(|setting| setting.name == name).expect("there is one")
    }

    fn choose(selection: &mut Selection, name: &str, text: &str) -> Result<()> {
        selection.choose(setting(name), Value::One(text.to_owned()), Place::Flag)
    }

    #[test]
    fn settings_of_an_optimizer_go_when_another_is_chosen() {
        let toml = "[training]\noptimizer = \"sgd\"\noptimizer_settings = { momentum = 0.9 }\n";
        let mut selection = Selection::from_toml("r.toml", toml).expect("a good recipe");
        choose(&mut selection, "optimizer", "adam").expect("a flag wins");
        assert_eq!(selection.recipe().expect("good").fit.optimizer.name(), "adam");
    }

    #[test]
    fn the_learning_rate_is_that_of_the_optimizer_unless_it_is_chosen() {
        let mut selection = Selection::default();
        choose(&mut selection, "optimizer", "sgd").expect("known");
        assert_eq!(selection.recipe().expect("good").fit.learning_rate, 0.01);
        choose(&mut selection, "learning_rate", "0.5").expect("known");
        assert_eq!(selection.recipe().expect("good").fit.learning_rate, 0.5);
    }

    #[test]
    fn two_ways_to_clip_cannot_be_chosen_in_one_place() {
        let mut selection = Selection::default();
        choose(&mut selection, "clip_norm", "1").expect("the first");
        let error = choose(&mut selection, "clip_value", "1").expect_err("the second");
        assert_eq!(error.headline(), "--clip-value cannot be used with --clip-norm: choose one of them");
    }

    #[test]
    fn a_wrong_flag_is_named_with_what_would_do() {
        let mut selection = Selection::default();
        choose(&mut selection, "dropout", "2").expect("checked later");
        let error = selection.recipe().expect_err("out of range");
        assert_eq!(error.to_string(), "--dropout 2: expected at least 0 and less than 1\n  try: --dropout 0.5");
    }
}
