//! What a person types to name a number of a parameter, or what a model must reach: it is refused, or is within.

#![no_main]

use clione::see::place::{index_of, places_of, shown, split};
use clione::train::require::Require;
use libfuzzer_sys::fuzz_target;

const SIZES: &[&[usize]] = &[&[4, 8], &[1, 8], &[3, 4, 5], &[1], &[], &[1, 1]];

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Require::parse(text);
    let Ok((name, places)) = split(text) else { return };
    for sizes in SIZES {
        if let Ok(index) = index_of(name, sizes, &places) {
            assert!(index < sizes.iter().product());
            let _ = (places_of(sizes, index), shown(sizes, index));
        }
    }
});
