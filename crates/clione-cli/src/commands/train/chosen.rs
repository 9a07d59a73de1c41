//! The recipe of a run: what a recipe file says, and what flags say instead.

use crate::arguments::Machine;
use crate::output::Output;
use crate::settings::RecipeFlags;
use clione::base::error::{Error, Result};
use clione::data::file;
use clione::data::findings::grouped;
use clione::prelude::*;
use clione::train::class_weights::ClassWeights;
use clione::train::recipe::selection::{Place, Selection};
use clione::train::recipe::settings::Setting;
use clione::train::recipe::value::Value;
use std::path::Path;

/// No recipe is longer than this.
const LARGEST: u64 = 1 << 20;

/// A recipe as text, and what errors call it.
pub struct RecipeText {
    /// What errors call it.
    pub source: String,
    /// TOML.
    pub text: String,
}

/// Reads a recipe file. Fails when it cannot be read, or is no text.
pub fn read_recipe(path: &Path) -> Result<RecipeText> {
    let contents = file::read(path, LARGEST)?;
    // A model begins with the length of its header and a brace.
    let is_model = contents.bytes.get(8) == Some(&b'{');
    let text = String::from_utf8(contents.bytes).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        let error = Error::usage(format!("{}: is no recipe: byte {byte} is not UTF-8 text", contents.source));
        if is_model { error.remedy(format!("clione show {} --recipe > recipe.toml", contents.source)) } else { error }
    })?;
    Ok(RecipeText { source: contents.source, text })
}

/// What a recipe and the command line have chosen; the command line wins. A file that is not where a path leads is looked for
/// beside the recipe.
///
/// Fails when something chosen is no setting, or out of its range.
pub fn chosen(text: Option<&RecipeText>, table: Option<&Path>, flags: &RecipeFlags) -> Result<Recipe> {
    let mut selection = match text {
        Some(RecipeText { source, text }) => Selection::from_toml(source, text)?,
        None => Selection::default(),
    };
    if let Some(table) = table {
        let file = Setting::all().iter().find(|setting| setting.name == "file").expect("a recipe names its file");
        selection.choose(file, Value::One(table.display().to_string()), Place::Flag)?;
    }
    flags.choose(&mut selection)?;
    let mut recipe = selection.recipe()?;
    if let Some(text) = text {
        recipe = recipe.beside(Path::new(&text.source));
    }
    if table.is_some() {
        // A path that is no text stays what it is.
        recipe.files.table = table.map(Path::to_owned);
    }
    Ok(recipe)
}

/// The recipe with the machine to run on; says on the way what looks odd.
pub fn on_machine(mut recipe: Recipe, machine: &Machine, output: &Output) -> Result<Recipe> {
    let Fit { learning_rate, epochs, stopping, .. } = recipe.fit;
    if learning_rate > 10.0 {
        output.warning(&format!("--learning-rate {learning_rate} is very large; 0.0001 to 0.1 is usual"));
    }
    if epochs > 1_000_000 && stopping.is_none() {
        let epochs = grouped(epochs);
        output.warning(&format!("{epochs} epochs take a while; --patience 20 stops when it gets no better"));
    }
    if recipe.fit.class_weights != ClassWeights::Equal {
        output.hint(
            "--class-weights: probabilities become those of rows weighted so, not of the rows as they come;\n\
             to keep them, leave the weights out and choose a threshold: clione evaluate MODEL FILE --threshold f1\n",
        );
    }
    recipe.fit.threads = machine.threads(output)?;
    recipe.fit.instruction_set = machine.instruction_set()?;
    Ok(recipe)
}
