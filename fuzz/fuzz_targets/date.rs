//! The text of a date, in every order: it is none, or its parts are numbers.

#![no_main]

use clione::data::date::{DatePart, DayOrder, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for moment in DayOrder::all().iter().filter_map(|order| read(text, *order)) {
        assert!(moment.is_finite(), "{text}: {moment}");
        DatePart::all().iter().for_each(|part| assert!(part.of(moment).is_finite(), "{text}: {moment}"));
    }
});
