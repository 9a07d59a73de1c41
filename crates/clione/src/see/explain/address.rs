//! From what a person types to one number of a network: `hidden1.weights[2,1]`, `age`, `x[3]`.

use super::row::{Element, Row};
use super::symbols::Symbols;
use crate::base::error::{Error, Result, nearest};
use crate::data::findings::list;
use crate::graph::NodeId;
use crate::see::place::{index_of, split};

/// Finds a number of a parameter: its name as in model files, then its place, counted from 0 as NumPy does. A bias has one
/// index, a matrix of weights two: which number comes in, and which unit it goes to.
///
/// Fails when there is no such parameter, or no such place in it.
///
/// ```
/// use clione::prelude::*;
/// use clione::see::explain::{address::find_parameter, row::Row, symbols::Symbols};
/// let model = Model::<f64>::new(Network::new([3]).add(Dense::new(4)), 0)?;
/// let row = Row::new(&model, &[], &[1.0, 2.0, 3.0], None)?;
/// let symbols = Symbols::new(&row);
/// assert_eq!(find_parameter(&row, &symbols, "dense1.weights[2,1]")?.index, 9);
/// let error = find_parameter(&row, &symbols, "dense1.weight[0,0]").unwrap_err().to_string();
/// assert!(error.contains("did you mean `dense1.weights`?"), "{error}");
/// # Ok::<(), Error>(())
/// ```
pub fn find_parameter(row: &Row, symbols: &Symbols, typed: &str) -> Result<Element> {
    let (name, places) = split(typed)?;
    let names = || row.parameters.iter().map(|spec| spec.name.as_str());
    let Some(node) = row.parameter(name) else {
        let error = Error::usage(format!("the model has no parameter `{name}`"));
        let error = match nearest(name, names()) {
            Some(meant) => error.note(format!("did you mean `{meant}`?")),
            None => error,
        };
        return Err(error.note(format!("parameters: {}", list(names()))));
    };
    let axes = symbols.symbol(node).map_or(&[][..], |symbol| symbol.axes());
    // The bias of a file is a matrix of one row.
    let places = match places.as_slice() {
        [0, place] if axes.len() == 1 => vec![*place],
        _ => places,
    };
    element(node, name, axes, &places)
}

/// Finds a number of the input: by the name of its column, or as `x[3]`, counted from 0.
///
/// Fails when there is no such input.
pub fn find_input(row: &Row, symbols: &Symbols, names: &[String], typed: &str) -> Result<Element> {
    if let Some(index) = names.iter().position(|name| name == typed.trim()) {
        return Ok(Element { node: row.inputs[0], index });
    }
    let (name, places) = split(typed)?;
    let is_it = |node: &&NodeId| symbols.symbol(**node).is_some_and(|symbol| symbol.name == name);
    if let Some(&node) = row.inputs.iter().find(is_it) {
        let axes = symbols.symbol(node).map_or(&[][..], |symbol| symbol.axes());
        return element(node, name, axes, &places);
    }
    let inputs: Vec<String> =
        row.inputs.iter().filter_map(|&node| symbols.symbol(node)).map(|s| s.name.clone()).collect();
    let known = || names.iter().chain(&inputs).map(String::as_str);
    let error = Error::usage(format!("the model has no input \"{}\"", typed.trim()));
    // A column of words or dates makes several inputs: `island=Dream`, `day month`.
    let makes = |name: &&str| name.strip_prefix(typed.trim()).is_some_and(|rest| rest.starts_with(['=', ' ']));
    if known().any(|name| makes(&name)) {
        return Err(error.note(format!("the column goes in as {}", list(known().filter(makes)))));
    }
    let error = match nearest(typed, known()) {
        Some(meant) => error.note(format!("did you mean \"{meant}\"?")),
        None => error,
    };
    Err(error.note(format!("inputs: {}", list(known()))))
}

/// The number at these places of a node.
fn element(node: NodeId, name: &str, axes: &[usize], places: &[usize]) -> Result<Element> {
    Ok(Element { node, index: index_of(name, axes, places)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::layers::Dense;
    use crate::nn::model::Model;
    use crate::nn::network::Network;

    #[test]
    fn what_is_typed_wrongly_is_told_with_the_shape() {
        let model = Model::<f64>::new(Network::new([3]).add_named("hidden1", Dense::new(4)), 0).unwrap();
        let row = Row::new(&model, &[], &[1.0, 2.0, 3.0], None).unwrap();
        let symbols = Symbols::new(&row);
        let find = |typed: &str| find_parameter(&row, &symbols, typed);
        assert_eq!(find("hidden1.bias[2]").unwrap().index, 2);
        assert_eq!(find("hidden1.bias[0,2]").unwrap().index, 2);
        for (typed, expected) in [
            ("hidden1.weights[3,0]", "`hidden1.weights` is 3x4: the first index goes from 0 to 2, but it is 3"),
            ("hidden1.weights[2,4]", "`hidden1.weights` is 3x4: the second index goes from 0 to 3, but it is 4"),
            ("hidden1.weights[2]", "`hidden1.weights` has 2 indices (3x4), but 1 was given"),
            ("hidden1.weights", "`hidden1.weights` has 2 indices (3x4), but 0 were given"),
            ("hidden1.weights[-1,0]", "\"hidden1.weights[-1,0]\": expected whole numbers in brackets"),
            ("hidden1.weights[1,0", "\"hidden1.weights[1,0\": expected whole numbers in brackets"),
            ("hiden1.weights[1,0]", "the model has no parameter `hiden1.weights`"),
        ] {
            assert!(find(typed).unwrap_err().headline().starts_with(expected), "{}", find(typed).unwrap_err());
        }
        let names = ["age".to_owned(), "size".to_owned(), "x y".to_owned()];
        let input = |typed: &str| find_input(&row, &symbols, &names, typed).map(|element| element.index);
        assert_eq!((input("size"), input("x[2]"), input("x y")), (Ok(1), Ok(2), Ok(2)));
        assert!(input("agee").unwrap_err().to_string().contains("did you mean \"age\"?"));
        assert!(input("x[3]").is_err());
    }
}
