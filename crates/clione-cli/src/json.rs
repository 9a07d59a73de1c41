//! What the verbs answer with `--json`: objects that say which version of their schema they follow.

use clione::base::error::{Error, Result};
use clione::base::visible::visible_in_json;
use serde::Serialize;

/// The version of every object; a field that changes its meaning or goes away raises it, a new field does not.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Versioned<T> {
    schema: u32,
    #[serde(flatten)]
    fields: T,
}

/// An object as text, on one line: the version of its schema, then its fields. What a terminal would follow is escaped.
pub fn text(fields: impl Serialize) -> Result<String> {
    let object = serde_json::to_string(&Versioned { schema: SCHEMA, fields });
    object
        .map(|object| visible_in_json(&object).into_owned() + "\n")
        .map_err(|error| Error::io(format!("cannot write the result as JSON: {error}")))
}
