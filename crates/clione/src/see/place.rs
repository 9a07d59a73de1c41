//! Places of numbers in what a network learns and computes, as a person types them: `hidden1.weights[2,1]`.

use crate::base::error::{Error, Result};

/// A name and the places behind it. Fails when what stands behind it is no list of whole numbers in brackets.
///
/// ```
/// use clione::see::place::split;
/// assert_eq!(split("hidden1.weights[2,1]")?, ("hidden1.weights", vec![2, 1]));
/// assert!(split("hidden1.weights[2,1").is_err());
/// # Ok::<(), clione::base::error::Error>(())
/// ```
pub fn split(typed: &str) -> Result<(&str, Vec<usize>)> {
    let typed = typed.trim();
    let Some((name, places)) = typed.split_once('[') else { return Ok((typed, Vec::new())) };
    let wrong = || Error::usage(format!("\"{typed}\": expected whole numbers in brackets, such as [0] or [2,1]"));
    let places = places.trim_end().strip_suffix(']').ok_or_else(wrong)?;
    let places = places.split(',').map(|place| place.trim().parse().map_err(|_| wrong()));
    Ok((name.trim(), places.collect::<Result<_>>()?))
}

/// How the indices of a value are called.
const ORDINALS: [&str; 3] = ["first", "second", "third"];

/// Which number stands at these places, counted from 0 as NumPy does, of a value of these sizes, row by row. A value of one
/// row needs no place for it, and a single number none at all.
///
/// Fails when there are more or fewer places, or one is past the end.
///
/// ```
/// use clione::see::place::index_of;
/// assert_eq!(index_of("hidden1.weights", &[4, 8], &[2, 1])?, 17);
/// assert_eq!(index_of("hidden1.bias", &[1, 8], &[3])?, 3);
/// assert!(index_of("hidden1.bias", &[1, 8], &[8]).is_err());
/// # Ok::<(), clione::base::error::Error>(())
/// ```
pub fn index_of(name: &str, sizes: &[usize], places: &[usize]) -> Result<usize> {
    let sizes = match sizes {
        [1, rest @ ..] if places.len() == rest.len() => rest,
        _ => sizes,
    };
    let shape = sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
    if sizes.iter().product::<usize>() == 1 && places.iter().all(|&place| place == 0) {
        return Ok(0);
    }
    if places.len() != sizes.len() {
        let (count, indices) = (places.len(), if sizes.len() == 1 { "index" } else { "indices" });
        let were = if count == 1 { "was" } else { "were" };
        let headline = format!("`{name}` has {} {indices} ({shape}), but {count} {were} given", sizes.len());
        return Err(Error::usage(headline).note(format!("such as: {name}[{}]", vec!["0"; sizes.len()].join(","))));
    }
    if let Some((axis, place)) = places.iter().enumerate().find(|(axis, place)| **place >= sizes[*axis]) {
        let (which, last) = (ORDINALS.get(axis).copied().unwrap_or("last"), sizes[axis] - 1);
        let headline = format!("`{name}` is {shape}: the {which} index goes from 0 to {last}, but it is {place}");
        return Err(Error::usage(headline).note("indices count from 0, as in NumPy"));
    }
    Ok(places.iter().zip(sizes).fold(0, |index, (place, size)| index * size + place))
}

/// The places of a number of a value of these sizes; the inverse of [`index_of`].
///
/// ```
/// use clione::see::place::places_of;
/// assert_eq!(places_of(&[4, 8], 17), [2, 1]);
/// ```
pub fn places_of(sizes: &[usize], index: usize) -> Vec<usize> {
    let mut rest = index;
    let mut places: Vec<usize> = Vec::with_capacity(sizes.len());
    for &size in sizes.iter().rev() {
        places.push(rest % size);
        rest /= size;
    }
    places.reverse();
    places
}

/// The same as brackets show them: `[2,1]`.
///
/// ```
/// use clione::see::place::shown;
/// assert_eq!(shown(&[4, 8], 17), "[2,1]");
/// ```
pub fn shown(sizes: &[usize], index: usize) -> String {
    let places: Vec<String> = places_of(sizes, index).iter().map(usize::to_string).collect();
    format!("[{}]", places.join(","))
}
