//! Dates and times as people write them: read by the civil calendar, and taken apart into year, month, day and clock.

use crate::data::named::named;

named! {
    /// In which order a date has its numbers.
    DayOrder, "order of a date" {
        /// 2019-03-23: the year first. A year of four digits in front is always read so.
        YearFirst "ymd",
        /// 23.3.2019: the day first.
        DayFirst "dmy",
        /// 3/23/2019: the month first.
        MonthFirst "mdy",
    }
}

named! {
    /// A number that a date becomes.
    DatePart, "part of a date" {
        /// The year.
        Year "year",
        /// The month, from 1.
        Month "month",
        /// The day of the month, from 1.
        Day "day",
        /// The day of the week: Monday is 0.
        Weekday "weekday",
        /// The hour, from 0 to 23.
        Hour "hour",
        /// The minute.
        Minute "minute",
    }
}

const SECONDS_OF_A_DAY: f64 = 86_400.0;

impl DatePart {
    /// This part of a moment, which is given in seconds since 1970 began.
    ///
    /// ```
    /// use clione::data::date::{DatePart, DayOrder, read};
    /// let moment = read("2019-03-23 20:21:09", DayOrder::YearFirst).expect("a date");
    /// assert_eq!((DatePart::Weekday.of(moment), DatePart::Hour.of(moment)), (5.0, 20.0));
    /// ```
    pub fn of(self, moment: f64) -> f64 {
        let days = (moment / SECONDS_OF_A_DAY).floor();
        let seconds = moment - days * SECONDS_OF_A_DAY;
        let civil = || civil_from_days(days as i64);
        match self {
            DatePart::Year => civil().0 as f64,
            DatePart::Month => civil().1 as f64,
            DatePart::Day => civil().2 as f64,
            // The first day of 1970 was a Thursday.
            DatePart::Weekday => (days as i64 + 3).rem_euclid(7) as f64,
            DatePart::Hour => (seconds / 3600.0).floor(),
            DatePart::Minute => (seconds / 60.0).floor() % 60.0,
        }
    }
}

/// Days since 1970 began, with the time of day as a fraction.
pub(super) fn days(moment: f64) -> f64 {
    moment / SECONDS_OF_A_DAY
}

/// The seconds since 1970 began, as the text has it: a time zone behind it is not counted in. A time without a date is
/// one of the first day; a month without a day begins. Months may be English words: 1 January 2020, Jan 1, 2020, 1-Jan-20.
/// None where the text is no date.
///
/// ```
/// use clione::data::date::{DayOrder, read};
/// assert_eq!(read("1970-01-02 00:00:10 UTC", DayOrder::YearFirst), Some(86_410.0));
/// assert_eq!(read("1/2/1970", DayOrder::MonthFirst), Some(86_400.0));
/// assert_eq!(read("0:30", DayOrder::YearFirst), Some(1800.0));
/// assert_eq!(read("30.2.1970", DayOrder::DayFirst), None);
/// assert_eq!(read("Fri, 2nd January 1970 0:30", DayOrder::YearFirst), Some(88_200.0));
/// ```
pub fn read(text: &str, order: DayOrder) -> Option<f64> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    read_numbers(text, order).or_else(|| read_written(text))
}

/// A date or time of numbers alone.
fn read_numbers(text: &str, order: DayOrder) -> Option<f64> {
    let (day, clock) = match text.split_once([' ', 'T']) {
        Some((day, clock)) if !day.contains(':') => (day, clock.trim()),
        None if !text.contains(':') => (text, ""),
        Some(_) | None => ("", text),
    };
    let days = if day.is_empty() { 0 } else { read_day(day.trim_end_matches('Z'), order)? };
    let seconds = if clock.is_empty() { 0.0 } else { read_clock(clock)? };
    Some(days as f64 * SECONDS_OF_A_DAY + seconds)
}

/// The months, and the days of the week that may stand before a date; three letters of each will do.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The place of a word among names that may be cut to their first letters.
fn place_among(names: &[&str], word: &str) -> Option<usize> {
    let word = word.to_ascii_lowercase();
    names.iter().position(|name| *name == word || (word.len() == 3 && name.starts_with(&word)))
}

/// A date whose month is an English word, perhaps with a clock behind it.
pub(super) fn read_written(text: &str) -> Option<f64> {
    let is_letter = |c: char| c.is_ascii_alphabetic();
    // A quick end for the words of other columns.
    if text.len() > 40 || !text.contains(is_letter) || !text.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let clock = text.find(':').map(|colon| text[..colon].rfind([' ', 'T', ',']).map_or(0, |start| start + 1));
    let (day, clock) = text.split_at(clock.unwrap_or(text.len()));
    let mut parts = day
        .trim_end_matches('T')
        .split([' ', ',', '-', '/', '.'])
        .filter(|part| !part.is_empty() && *part != "of")
        .peekable();
    if parts.peek().is_some_and(|part| place_among(&WEEKDAYS, part).is_some()) {
        parts.next();
    }
    let parts: Vec<&str> = parts.collect();
    let month_of = |part: &str| place_among(&MONTHS, if part == "Sept" { "sep" } else { part }).map(|at| at as i64 + 1);
    let day_of =
        |part: &str| digits(["st", "nd", "rd", "th"].iter().find_map(|end| part.strip_suffix(end)).unwrap_or(part));
    let year_of = |part: &str| if part.len() == 4 { digits(part) } else { None };
    let (year, month, day) = match *parts.as_slice() {
        [day, month, year] if month_of(month).is_some() && year_of(day).is_none() => {
            let year = if year.len() == 2 { digits(year).map(full_year)? } else { year_of(year)? };
            (year, month_of(month)?, day_of(day)?)
        }
        [year, month, day] if month_of(month).is_some() => (year_of(year)?, month_of(month)?, day_of(day)?),
        [month, day, year] => (year_of(year)?, month_of(month)?, day_of(day)?),
        [month, year] => (year_of(year)?, month_of(month)?, 1),
        _ => return None,
    };
    let seconds = if clock.is_empty() { 0.0 } else { read_clock(clock)? };
    Some(day_number(year, month, day)? as f64 * SECONDS_OF_A_DAY + seconds)
}

/// The orders in which numbers of a date are tried.
const ORDERS: [DayOrder; 3] = [DayOrder::YearFirst, DayOrder::DayFirst, DayOrder::MonthFirst];

/// What a column of dates says about the order of its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FoundOrder {
    /// This one.
    Order(DayOrder),
    /// Every value could be written in any of these.
    Ambiguous(Vec<DayOrder>),
}

/// Finds whether the day or the month comes first, from all values of a column: 23 can only be a day. With points
/// between the numbers the day comes first. 20-01-02 with dashes and a short year may also begin with the year.
pub(super) fn order_of<'a>(texts: impl Iterator<Item = &'a str>) -> FoundOrder {
    let (mut year_first, mut day_first, mut month_first, mut count) = (0, 0, 0, 0);
    let (mut differ, mut points, mut short_years) = (false, true, false);
    for text in texts {
        let [by_year, by_day, by_month] = ORDERS.map(|order| read(text, order));
        count += 1;
        year_first += usize::from(by_year.is_some());
        day_first += usize::from(by_day.is_some());
        month_first += usize::from(by_month.is_some());
        if by_day != by_month {
            differ = true;
            points &= text.contains('.') && !text.contains(['/', '-']);
        }
        short_years |= by_year.is_some() && by_year != by_day && text.contains('-');
    }
    if short_years && year_first == count {
        let fits = [year_first, day_first, month_first].map(|read| read == count);
        let orders = ORDERS.into_iter().zip(fits).filter(|&(_, fits)| fits);
        let orders: Vec<DayOrder> = orders.map(|(order, _)| order).collect();
        return if orders.len() == 1 { FoundOrder::Order(orders[0]) } else { FoundOrder::Ambiguous(orders) };
    }
    FoundOrder::Order(match day_first.cmp(&month_first) {
        _ if !differ => DayOrder::YearFirst,
        std::cmp::Ordering::Greater => DayOrder::DayFirst,
        std::cmp::Ordering::Less => DayOrder::MonthFirst,
        std::cmp::Ordering::Equal if points => DayOrder::DayFirst,
        std::cmp::Ordering::Equal if day_first == count => {
            return FoundOrder::Ambiguous(vec![DayOrder::DayFirst, DayOrder::MonthFirst]);
        }
        // Days first and months first in one column: whichever is taken, some value cannot be read.
        std::cmp::Ordering::Equal => DayOrder::DayFirst,
    })
}

/// The number of a day, 0 for the first of 1970.
fn read_day(text: &str, order: DayOrder) -> Option<i64> {
    let separator = ['-', '/', '.'].into_iter().find(|&separator| text.contains(separator))?;
    let parts: Vec<&str> = text.split(separator).collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let numbers: Vec<i64> = parts.iter().map(|part| digits(part)).collect::<Option<_>>()?;
    let (year, month, day) = match (lengths.as_slice(), numbers.as_slice(), order) {
        ([4, 1..=2, 1..=2], &[year, month, day], _) => (year, month, day),
        ([4, 2], &[year, month], _) if separator != '.' => (year, month, 1),
        ([2, 1..=2, 1..=2], &[year, month, day], DayOrder::YearFirst) => (full_year(year), month, day),
        ([1..=2, 1..=2, 2], &[day, month, year], DayOrder::DayFirst) => (full_year(year), month, day),
        ([1..=2, 1..=2, 2], &[month, day, year], DayOrder::MonthFirst) => (full_year(year), month, day),
        ([1..=2, 1..=2, 4], &[day, month, year], DayOrder::DayFirst) => (year, month, day),
        ([1..=2, 1..=2, 4], &[month, day, year], DayOrder::MonthFirst) => (year, month, day),
        _ => return None,
    };
    day_number(year, month, day)
}

/// The number of a day that there is.
fn day_number(year: i64, month: i64, day: i64) -> Option<i64> {
    let days = (1..=12).contains(&month).then(|| days_from_civil(year, month, day))?;
    // A day beyond its month would be one of the next.
    (civil_from_days(days) == (year, month, day)).then_some(days)
}

/// A year of two digits, as POSIX has it: 69 is 1969, 68 is 2068.
fn full_year(year: i64) -> i64 {
    if year < 69 { 2000 + year } else { 1900 + year }
}

/// The seconds of `20:42:59`, `7:30 PM`, `20:42:59.25Z`, `20:42+02:00`.
fn read_clock(text: &str) -> Option<f64> {
    let zone = text.find(['+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone);
    if !zone.is_empty() && !zone[1..].bytes().all(|byte| byte.is_ascii_digit() || byte == b':') {
        return None;
    }
    let clock = ["UTC", "GMT", "Z"].iter().find_map(|zone| clock.trim().strip_suffix(zone)).unwrap_or(clock).trim();
    let half = |ends: [&str; 2]| ends.iter().find_map(|end| clock.strip_suffix(end)).map(str::trim);
    let (clock, hours) = match (half(["AM", "am"]), half(["PM", "pm"])) {
        (Some(clock), _) => (clock, Some(0)),
        (None, Some(clock)) => (clock, Some(12)),
        (None, None) => (clock, None),
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (digits(parts.next()?)?, digits(parts.next()?)?);
    let seconds = match parts.next() {
        None => 0.0,
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => text.parse::<f64>().ok()?,
        Some(_) => return None,
    };
    let hour = match hours {
        None => hour,
        Some(later) if (1..=12).contains(&hour) => hour % 12 + later,
        Some(_) => return None,
    };
    let fits = hour < 24 && minute < 60 && seconds < 60.0 && parts.next().is_none();
    fits.then_some((hour * 3600 + minute * 60) as f64 + seconds)
}

/// A whole number of at most four digits.
fn digits(text: &str) -> Option<i64> {
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

/// Days since 1970 began, in the Gregorian calendar carried on in both directions. The year is taken to begin in March,
/// so that the day that comes every four years is its last (Howard Hinnant, "chrono-compatible low-level date
/// algorithms", 2013).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day: the way back.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_eight_centuries_comes_back() {
        let mut expected = (1600, 1, 1);
        for days in days_from_civil(1600, 1, 1)..days_from_civil(2400, 1, 1) {
            assert_eq!(civil_from_days(days), expected);
            let (year, month, day) = expected;
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = [31, 28 + i64::from(is_leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month as usize - 1];
            expected = match (month, day) {
                (12, 31) => (year + 1, 1, 1),
                _ if day == length => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
        }
    }

    #[test]
    fn dates_are_read_as_they_are_written() {
        let parts = |text, order| {
            let moment = read(text, order)?;
            Some(
                [DatePart::Year, DatePart::Month, DatePart::Day, DatePart::Hour, DatePart::Minute]
                    .map(|p| p.of(moment)),
            )
        };
        let same = [2019.0, 3.0, 23.0, 20.0, 21.0];
        for (text, order) in [
            ("2019-03-23 20:21:09", DayOrder::YearFirst),
            ("2019-03-23T20:21:09Z", DayOrder::DayFirst),
            ("2019-03-23 20:21:09 UTC", DayOrder::MonthFirst),
            ("2019-03-23T20:21:09.75+02:00", DayOrder::YearFirst),
            ("2019/3/23 20:21", DayOrder::YearFirst),
            ("23.3.2019 20:21", DayOrder::DayFirst),
            ("3/23/19 8:21 PM", DayOrder::MonthFirst),
            ("19-03-23 8:21pm", DayOrder::YearFirst),
        ] {
            assert_eq!(parts(text, order), Some(same), "{text}");
        }
        assert_eq!(parts("1949-01", DayOrder::YearFirst), Some([1949.0, 1.0, 1.0, 0.0, 0.0]));
        assert_eq!(parts("00:04:18", DayOrder::YearFirst), Some([1970.0, 1.0, 1.0, 0.0, 4.0]));
        assert_eq!(parts("12:05 AM", DayOrder::YearFirst), Some([1970.0, 1.0, 1.0, 0.0, 5.0]));
        for text in
            ["2019-02-29", "2019-13-01", "31.4.2019", "24:00", "7:60", "13:00 PM", "1.5", "x", "", "1-2-3-4", "7:3:x"]
        {
            assert_eq!(read(text, DayOrder::DayFirst), None, "{text}");
        }
    }

    #[test]
    fn the_order_follows_from_the_values_of_the_column() {
        let found = |texts: &[&str]| order_of(texts.iter().copied());
        assert_eq!(found(&["3/4/19", "3/23/19"]), FoundOrder::Order(DayOrder::MonthFirst));
        assert_eq!(found(&["3/4/19", "23/3/19"]), FoundOrder::Order(DayOrder::DayFirst));
        assert_eq!(found(&["2019-03-04", "7:30"]), FoundOrder::Order(DayOrder::YearFirst));
        assert_eq!(found(&["3.4.2019"]), FoundOrder::Order(DayOrder::DayFirst));
        let either = vec![DayOrder::DayFirst, DayOrder::MonthFirst];
        assert_eq!(found(&["3/4/19", "3/3/19"]), FoundOrder::Ambiguous(either));
        // 2020 in January, or January 2001 and December 2031.
        let either = vec![DayOrder::YearFirst, DayOrder::DayFirst];
        assert_eq!(found(&["20-01-01", "20-12-31"]), FoundOrder::Ambiguous(either));
        assert_eq!(found(&["99-01-01", "20-12-31"]), FoundOrder::Order(DayOrder::YearFirst));
        assert_eq!(found(&["1-Jan-20", "31-Dec-20"]), FoundOrder::Order(DayOrder::YearFirst));
    }

    #[test]
    fn months_may_be_english_words() {
        let day = read("2020-08-01", DayOrder::YearFirst);
        for text in [
            "1 August 2020",
            "Aug 01 2020",
            "August 1, 2020",
            "1-Aug-20",
            "01/AUG/2020",
            "2020 aug 1",
            "1st of August 2020",
            "Sat, 1 Aug 2020",
            "Saturday, August 1st, 2020",
            "Aug 2020",
        ] {
            assert_eq!(read(text, DayOrder::MonthFirst), day, "{text}");
        }
        assert_eq!(read("1 Aug 2020 7:30 PM", DayOrder::DayFirst), day.map(|day| day + 70_200.0));
        assert_eq!(read("01-AUG-2020T19:30", DayOrder::DayFirst), day.map(|day| day + 70_200.0));
        for text in ["May", "March 3", "31 Feb 2020", "Jan Smith 2020", "1 Au 2020", "Decade 2020", "2020"] {
            assert_eq!(read(text, DayOrder::DayFirst), None, "{text}");
        }
    }
}
