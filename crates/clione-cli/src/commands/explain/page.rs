//! The explanation as a page: everything is gathered here, and the library writes it.

use super::journey::batch_words;
use super::{Explained, agreement, ways_agree};
use clione::base::error::Result;
use clione::report::explanation::{Explanation, derivations};
use clione::train::file::Destination;

/// Writes the page; fails after that where ways of finding one of its derivatives disagree.
pub fn write(destination: Destination, explained: &Explained) -> Result<()> {
    let Explained { chosen, row, symbols, derivative, .. } = explained;
    let derivations = derivations(row, symbols, explained.asked)?;
    let page = Explanation {
        model: &explained.model,
        model_file: &explained.model_file,
        place: &chosen.place(),
        columns: &chosen.columns,
        names: &chosen.names,
        shape: &chosen.shape,
        target: chosen.target.as_ref().map(|target| target.text.as_str()).map_err(String::as_str),
        prediction: &explained.prediction,
        note: &batch_words(explained),
        row,
        symbols,
        walk: &explained.walk,
        derivations: &derivations,
        update: derivative.as_ref().and_then(|derived| derived.update.as_ref()),
        version: env!("CARGO_PKG_VERSION"),
    };
    destination.write(page.html().as_bytes())?;
    derivations.worked_out.iter().try_for_each(ways_agree)?;
    derivative.as_ref().map_or(Ok(()), agreement)
}
