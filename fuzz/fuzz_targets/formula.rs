//! The text of a formula, as a new column and as a question: it is refused, or goes through the rows of a table.

#![no_main]

use clione::prelude::*;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const TABLE: &str = "a,b,d,w,y\n1,2,2020-01-02,red,1\n2,0,2021-05-06,blue,2\n-3.5,1e308,,green,3\n\
                     4,5,2020-02-29T10:11:12,red,4\n";

static KNOWN: LazyLock<Table> =
    LazyLock::new(|| Table::from_bytes("table", TABLE.into(), &ReadOptions::default()).expect("the table can be read"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let formula = vec![text.to_owned()];
    for choices in [
        Choices { derive: formula.clone(), ..Choices::default() },
        Choices { keep: formula.clone(), ..Choices::default() },
    ] {
        let _ = prepare(&KNOWN, &choices, 0.25, &Rng::new(0));
    }
});
