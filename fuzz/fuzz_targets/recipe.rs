//! The text of a recipe: it is refused, or is written so that it is read as the same.

#![no_main]

use clione::train::recipe::selection::Selection;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(recipe) = Selection::from_toml("recipe", text).and_then(|selection| selection.recipe()) else { return };
    let written = recipe.to_toml();
    let again = Selection::from_toml("again", &written).expect("what is written can be read");
    assert_eq!(again.recipe().expect("and is a recipe").to_toml(), written);
});
