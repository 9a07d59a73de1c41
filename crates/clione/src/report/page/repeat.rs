//! How the run is repeated bit for bit: the commands, the recipe, and what tells the model from all others.

use super::Page;
use super::figure::figure;
use crate::report::markup::Markup;

/// The longest recipe that is shown in full.
const LONGEST: usize = 20_000;

pub(super) fn write(page: &Page<'_>, markup: &mut Markup) {
    if !page.repeat.is_empty() {
        markup.literal("<p>Save the recipe below as <code>recipe.toml</code>, then:</p>\n<pre><code>");
        page.repeat.iter().for_each(|command| {
            markup.words(command).literal("\n");
        });
        markup.literal("</code></pre>\n");
    }
    markup.literal("<p>Same data, recipe and seed give the same model on every machine, bit for bit.</p>\n<dl>");
    markup.literal("<div><dt>clione</dt><dd>").words(page.version).literal("</dd></div>");
    if let Some(seed) = page.seed {
        let seed = figure("seed", seed as f64, &seed.to_string());
        markup.literal("<div><dt>seed</dt><dd>").append(&seed).literal("</dd></div>");
    }
    if let Some(checksum) = page.checksum {
        markup.literal("<div><dt>checksum of the model</dt><dd><code>").words(checksum).literal("</code></dd></div>");
    }
    markup.literal("</dl>\n<h3>Recipe</h3>\n<pre class=\"copy\" tabindex=\"0\" aria-label=\"Recipe\"><code>");
    let recipe = &page.saved.recipe;
    match recipe.char_indices().nth(LONGEST) {
        None => markup.words(recipe),
        Some((end, _)) => markup.words(&recipe[..end]).literal("\n# cut here; clione show says all of it"),
    };
    markup.literal("</code></pre>\n");
}
