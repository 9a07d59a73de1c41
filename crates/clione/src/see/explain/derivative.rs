//! One derivative worked out by the chain rule: every factor with its formula and number, and the sum over all paths.
//!
//! From the number that is varied all numbers are found that change with it, up to the loss. What each of them does to the
//! loss follows from the loss down: dL/du = Σ dL/dv · dv/du over all v that are computed from u. Beside the result stand
//! what backpropagation found, by the gradient that training uses, and what moving the number a little does.

use super::difference::{Difference, difference};
use super::factor::{Factor, Step, Writer};
use super::partial::partials;
use super::row::{Element, Row};
use super::symbols::{LOSS, Role, Symbols};
use super::web::{Partials, Web};
use crate::base::error::{Error, Result};
use crate::graph::NodeId;

/// More paths than this are not written out one by one.
pub const MOST_PATHS: usize = 8;

/// How many terms of a sum are kept, the largest first; the others are added up.
pub const MOST_TERMS: usize = 8;

/// How far the chain rule may be from backpropagation, as a share of the sum of all |paths|.
const SAME: f64 = 1e-12;

/// How far a difference may be from a derivative, as a share of it.
const NEAR: f64 = 1e-6;

/// dL/dw for one number w, a parameter or an input: worked out, and compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Derivative {
    /// What w is called: `hidden1.weights[2,1]`.
    pub name: String,
    /// The letter for it in fractions: w for a weight, b for a bias; an input keeps its name.
    pub letter: String,
    /// The number w itself.
    pub value: f64,
    /// The loss.
    pub loss: f64,
    /// In how many ways w reaches the loss.
    pub paths: f64,
    /// Each way as a product, where there are at most [`MOST_PATHS`].
    pub products: Vec<Product>,
    /// From the loss back to w: how dL/du of every value u on the way that matters most is summed up.
    pub sums: Vec<Sum>,
    /// Every value that w reaches on its way to the loss, the ones nearest to the loss first.
    pub levels: Vec<Level>,
    /// The sum over all paths.
    pub by_chain_rule: f64,
    /// The sum over all paths of their absolute values: what rounding is measured by.
    pub magnitude: f64,
    /// What backpropagation found.
    pub by_backpropagation: f64,
    /// What moving w a little found.
    pub difference: Difference,
}

/// One way from w to the loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// The values on the way: w first, the loss last.
    pub through: Vec<String>,
    /// The factors, the one nearest to the loss first.
    pub factors: Vec<Factor>,
    /// Their product.
    pub value: f64,
}

/// dL/du = Σ dL/dv · dv/du for one value u.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    /// u.
    pub of: String,
    /// The layer that u belongs to.
    pub layer: String,
    /// The largest terms, the largest first.
    pub terms: Vec<Term>,
    /// The terms that are not among them.
    pub rest: Rest,
    /// dL/du.
    pub value: f64,
}

/// dL/dv · dv/du.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// dL/dv.
    pub upstream: f64,
    /// dv/du.
    pub factor: Factor,
    /// The product.
    pub value: f64,
}

/// What was not shown of a sum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rest {
    /// How many terms.
    pub count: usize,
    /// What they are together.
    pub sum: f64,
}

/// One value of the network, as far as w reaches it.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// What it is called, without an index: `z2`.
    pub symbol: String,
    /// The layer that it belongs to.
    pub layer: String,
    /// How many of its numbers w reaches.
    pub reached: usize,
    /// Those through which most of dL/dw goes, the largest first.
    pub units: Vec<Reached>,
    /// What goes through the others.
    pub rest: Rest,
}

/// A number v that w reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// What it is called: `z2[3]`.
    pub name: String,
    /// dL/dv.
    pub gradient: f64,
    /// dv/dw.
    pub sensitivity: f64,
    /// dL/dv · dv/dw: how much of dL/dw goes through it.
    pub share: f64,
}

/// How near two ways of finding a derivative come to each other.
#[derive(Clone, Debug, PartialEq)]
pub enum Agreement {
    /// To so many digits; 16 are all that a number of 64 bits has.
    Digits(u32),
    /// As far as the rounding of the losses lets it be seen: a difference of losses says no more.
    AsFarAsSeen,
    /// The loss bends at this value, so there is no derivative to compare with.
    AtKink(String),
    /// Not at all: one of the two is wrong.
    No,
}

impl Agreement {
    /// Whether one of the two must be wrong.
    pub fn is_broken(&self) -> bool {
        match self {
            Agreement::No => true,
            Agreement::Digits(_) | Agreement::AsFarAsSeen | Agreement::AtKink(_) => false,
        }
    }

    /// The same in words.
    pub fn words(&self) -> String {
        match self {
            Agreement::Digits(16) => "the same to all 16 digits".to_owned(),
            Agreement::Digits(digits) => format!("the same to {digits} digits"),
            Agreement::AsFarAsSeen => "the same, as far as losses of 16 digits show it".to_owned(),
            Agreement::AtKink(at) => format!("cannot be taken: right at this {at} the loss bends"),
            Agreement::No => "NOT THE SAME: one of them is wrong".to_owned(),
        }
    }
}

impl Derivative {
    /// Works out dL/dw for one number of a parameter or an input.
    ///
    /// Fails when the row has no loss.
    ///
    /// ```
    /// use clione::prelude::*;
    /// use clione::see::explain::{derivative::Derivative, row::{Element, Row}, symbols::Symbols};
    /// let network = Network::new([1]).add(Dense::new(1).activation(Activation::Sigmoid));
    /// let model = Model::with_parameters(network, vec![2.0, 0.5])?;
    /// let row = Row::new(&model, &[Loss::SumOfSquares], &[1.5], Some(&[1.0]))?;
    /// let weight = Element { node: row.parameter("dense1.weights").unwrap(), index: 0 };
    /// let derivative = Derivative::of(&row, &Symbols::new(&row), weight)?;
    /// let fractions: Vec<String> = derivative.products[0].factors.iter().map(|factor| factor.fraction()).collect();
    /// assert_eq!(fractions, ["dL/dŷ", "dŷ/dz1", "dz1/dw"]);
    /// assert_eq!(derivative.products[0].factors[0].formula.names(), "2·(ŷ - y)");
    /// assert!(!derivative.with_backpropagation().is_broken() && !derivative.with_difference().is_broken());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn of(row: &Row, symbols: &Symbols, of: Element) -> Result<Derivative> {
        derive(row, symbols, of, &|y, wanted, visit| partials(&row.graph, &row.values, y, wanted, visit))
    }

    /// How near the chain rule comes to backpropagation: within 1e-12 of the sum of all |paths|, or not at all.
    pub fn with_backpropagation(&self) -> Agreement {
        let error = (self.by_chain_rule - self.by_backpropagation).abs();
        let agrees = error <= SAME * self.magnitude; // false for NaN
        if agrees { Agreement::Digits(digits(error, self.by_backpropagation)) } else { Agreement::No }
    }

    /// How near the chain rule comes to the difference: within 1e-6 of the derivative and the rounding of the losses.
    pub fn with_difference(&self) -> Agreement {
        if let Some(kink) = &self.difference.kink {
            return Agreement::AtKink(kink.clone());
        }
        let error = (self.by_chain_rule - self.difference.value).abs();
        let near = NEAR * self.by_chain_rule.abs();
        if error <= near {
            Agreement::Digits(digits(error, self.by_chain_rule))
        } else if error <= near + self.difference.rounding {
            Agreement::AsFarAsSeen
        } else {
            Agreement::No
        }
    }
}

/// To how many digits numbers agree that are `error` apart.
fn digits(error: f64, of: f64) -> u32 {
    let mut share = if error == 0.0 { 0.0 } else { error / of.abs() };
    let mut digits = 0;
    while digits < 16 && share * 10.0 <= 1.0 {
        share *= 10.0;
        digits += 1;
    }
    digits
}

fn derive(row: &Row, symbols: &Symbols, of: Element, partials: &Partials<'_>) -> Result<Derivative> {
    let Some(loss) = row.loss else {
        return Err(Error::usage("a row without a target has no loss, so there is nothing to derive"));
    };
    let name = symbols.element(of).unwrap_or_else(|| row.graph.label(of.node));
    let letter = match symbols.symbol(of.node) {
        Some(symbol) if symbol.role == Role::Parameter && symbol.axes().len() > 1 => "w".to_owned(),
        Some(symbol) if symbol.role == Role::Parameter => "b".to_owned(),
        _ => name.clone(),
    };
    let writer = Writer { row, symbols, source: Some((of, &letter)) };
    let web = Web::new(row, of, partials);
    let gradients = web.gradients(|upstream, value| upstream * value);
    let magnitudes = web.gradients(|upstream, value| upstream * value.abs());
    let counts = web.gradients(|upstream, _| upstream);
    let telling = Telling { web: &web, writer: &writer, gradients: &gradients, counts: &counts };
    let products = if counts[0] <= MOST_PATHS as f64 { telling.products() } else { Vec::new() };
    Ok(Derivative {
        value: row.value(of),
        loss: row.values[loss.0][0],
        paths: counts[0],
        by_chain_rule: match products.as_slice() {
            [] => gradients[0],
            products => products.iter().map(|product| product.value).sum(),
        },
        products,
        sums: telling.sums(),
        levels: telling.levels(),
        magnitude: magnitudes[0],
        by_backpropagation: row.gradient(of.node).map_or(0.0, |gradient| gradient[of.index]),
        difference: difference(row, of, &|element| writer.place(element)),
        letter,
        name,
    })
}

/// Some steps from one value that has a name to the next one that has.
#[derive(Clone, Default)]
struct Way {
    /// The places of the elements on it, without the first one.
    places: Vec<usize>,
    steps: Vec<Step>,
    value: f64,
}

/// Puts a web into words.
struct Telling<'a> {
    web: &'a Web,
    writer: &'a Writer<'a>,
    gradients: &'a [f64],
    /// In how many ways each element reaches the loss.
    counts: &'a [f64],
}

impl Telling<'_> {
    fn is_named(&self, place: usize) -> bool {
        self.writer.symbols.symbol(self.web.elements[place].node).is_some()
    }

    /// Every way from an element to the next ones that have a name.
    fn ways(&self, from: usize) -> Vec<Way> {
        let (mut open, mut done) = (vec![Way { value: 1.0, ..Way::default() }], Vec::new());
        while let Some(way) = open.pop() {
            let end = way.places.last().copied().unwrap_or(from);
            for &(above, value) in self.web.into[end].iter().rev() {
                let mut longer = way.clone();
                longer.places.push(above);
                longer.steps.push(Step { from: self.web.elements[end], to: self.web.elements[above], value });
                longer.value *= value;
                if self.is_named(above) { done.push(longer) } else { open.push(longer) }
            }
        }
        done.retain(|way| self.reaches_loss(self.end(way)));
        done
    }

    fn end(&self, way: &Way) -> usize {
        way.places.last().copied().expect("a way has an end")
    }

    fn reaches_loss(&self, place: usize) -> bool {
        self.counts[place] > 0.0
    }

    fn products(&self) -> Vec<Product> {
        let (mut open, mut done) = (vec![(0, Vec::<Way>::new())], Vec::new());
        while let Some((end, ways)) = open.pop() {
            if self.web.loss == Some(end) {
                done.push(self.product(&ways));
                continue;
            }
            let next = self.ways(end).into_iter().map(|way| (self.end(&way), [&ways[..], &[way]].concat()));
            open.extend(next);
        }
        done.sort_by(|a: &Product, b: &Product| b.value.abs().total_cmp(&a.value.abs()));
        done
    }

    fn product(&self, ways: &[Way]) -> Product {
        let factors: Vec<Factor> = ways.iter().rev().map(|way| self.writer.factor(&way.steps)).collect();
        let mut through: Vec<String> = factors.iter().rev().map(|factor| factor.by.clone()).collect();
        through.push(LOSS.to_owned());
        Product { value: factors.iter().map(|factor| factor.value).product(), factors, through }
    }

    /// The sums on the way from the loss to the first element, at each value along its largest term.
    fn sums(&self) -> Vec<Sum> {
        let (mut sums, mut place) = (Vec::new(), 0);
        while self.web.loss != Some(place) {
            let mut ways = self.ways(place);
            let of = |way: &Way| way.value * self.gradients[self.end(way)];
            ways.sort_by(|a, b| of(b).abs().total_cmp(&of(a).abs()));
            let Some(largest) = ways.first() else { break };
            let next = self.end(largest);
            let shown = ways.len().min(MOST_TERMS);
            let terms = ways[..shown].iter().map(|way| Term {
                upstream: self.gradients[self.end(way)],
                factor: self.writer.factor(&way.steps),
                value: of(way),
            });
            let element = self.web.elements[place];
            sums.push(Sum {
                of: self.writer.name(element),
                layer: self.layer(element.node),
                terms: terms.collect(),
                rest: Rest { count: ways.len() - shown, sum: ways[shown..].iter().map(of).sum() },
                value: self.gradients[place],
            });
            place = next;
        }
        sums.reverse();
        sums
    }

    fn levels(&self) -> Vec<Level> {
        let sensitivities = self.web.sensitivities();
        let mut levels = Vec::new();
        let mut places: Vec<usize> = (1..self.web.elements.len()).rev().collect();
        places.retain(|&place| self.is_named(place) && self.web.loss != Some(place) && self.reaches_loss(place));
        for level in places.chunk_by(|&a, &b| self.web.elements[a].node == self.web.elements[b].node) {
            let share = |place: usize| self.gradients[place] * sensitivities[place];
            let mut level = level.to_vec();
            level.sort_by(|&a, &b| share(b).abs().total_cmp(&share(a).abs()).then(a.cmp(&b)));
            let (shown, others) = level.split_at(level.len().min(MOST_TERMS));
            let reached = |&place: &usize| Reached {
                name: self.writer.name(self.web.elements[place]),
                gradient: self.gradients[place],
                sensitivity: sensitivities[place],
                share: share(place),
            };
            let node = self.web.elements[level[0]].node;
            levels.push(Level {
                symbol: self.writer.symbols.symbol(node).map_or_else(String::new, |symbol| symbol.name.clone()),
                layer: self.layer(node),
                reached: level.len(),
                units: shown.iter().map(reached).collect(),
                rest: Rest { count: others.len(), sum: others.iter().map(|&place| share(place)).sum() },
            });
        }
        levels
    }

    fn layer(&self, node: NodeId) -> String {
        self.writer.symbols.symbol(node).map_or_else(String::new, |symbol| symbol.layer.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::activation::Activation;
    use crate::nn::layers::{Add, Dense, Softmax};
    use crate::nn::loss::Loss;
    use crate::nn::model::Model;
    use crate::nn::network::Network;
    use crate::see::explain::partial::Partial;

    /// A net of three layers with a residual, and its row.
    fn row() -> Row {
        let mut network = Network::with_inputs(&[("x", [3].into())]);
        let x = network.input(0);
        let first = network.apply("hidden1", Dense::new(3).activation(Activation::Tanh), &[x]);
        let second = network.apply("hidden2", Dense::new(3).activation(Activation::Sigmoid), &[first]);
        let sum = network.apply("skip", Add, &[first, second]);
        let logits = network.apply("output", Dense::new(3), &[sum]);
        network.apply("softmax", Softmax, &[logits]);
        let model = Model::<f64>::new(network, 5).unwrap();
        Row::new(&model, &[Loss::CategoricalCrossEntropy], &[0.4, -1.1, 0.7], Some(&[0.0, 1.0, 0.0])).unwrap()
    }

    fn weight(row: &Row) -> Element {
        Element { node: row.parameter("hidden1.weights").unwrap(), index: 4 }
    }

    #[test]
    fn a_wrong_sign_in_one_partial_derivative_is_found_wherever_it_is() {
        let row = row();
        let symbols = Symbols::new(&row);
        let right = Derivative::of(&row, &symbols, weight(&row)).unwrap();
        assert!(!right.with_backpropagation().is_broken() && !right.with_difference().is_broken());
        let mut planted = 0;
        for (node, _) in row.graph.nodes() {
            let is_hit = std::cell::Cell::new(false);
            let wrong = derive(&row, &symbols, weight(&row), &|y, wanted, visit| {
                let mut flipped = |partial: Partial| {
                    let is_planted = y.node == node && partial.value != 0.0;
                    is_hit.set(is_hit.get() || is_planted);
                    visit(Partial { value: if is_planted { -partial.value } else { partial.value }, ..partial });
                };
                partials(&row.graph, &row.values, y, wanted, &mut flipped);
            });
            let wrong = wrong.unwrap();
            // The softmax of the output is not on the way: the loss goes through it to the logits.
            let is_aside = node == row.outputs[0];
            if is_hit.get() && !is_aside {
                assert!(wrong.with_backpropagation().is_broken(), "{}", row.graph.label(node));
                assert!(wrong.with_difference().is_broken(), "{}", row.graph.label(node));
                planted += 1;
            }
        }
        assert!(planted >= 8, "{planted}");
    }

    #[test]
    fn every_sum_is_the_sum_of_its_terms_and_every_level_of_a_stack_carries_all_of_the_derivative() {
        let row = row();
        let derivative = Derivative::of(&row, &Symbols::new(&row), weight(&row)).unwrap();
        assert_eq!(derivative.paths, 12.0); // three logits, each straight on and over three units
        assert!(derivative.products.is_empty());
        for sum in &derivative.sums {
            let terms: f64 = sum.terms.iter().map(|term| term.value).sum();
            assert!((terms + sum.rest.sum - sum.value).abs() < 1e-15, "{sum:?}");
            assert!(sum.terms.iter().all(|term| term.value == term.factor.value * term.upstream));
        }
        let symbols: Vec<&str> = derivative.levels.iter().map(|level| level.symbol.as_str()).collect();
        assert_eq!(symbols, ["z4", "a3", "a2", "z2", "a1", "z1"]);
        for level in derivative.levels.iter().filter(|level| ["z4", "a3", "a1", "z1"].contains(&level.symbol.as_str()))
        {
            let shares: f64 = level.units.iter().map(|unit| unit.share).sum();
            assert!((shares + level.rest.sum - derivative.by_chain_rule).abs() < 1e-15, "{level:?}");
        }
    }

    #[test]
    fn a_row_without_a_target_has_nothing_to_derive() {
        let model = Model::<f64>::new(Network::new([1]).add(Dense::new(1)), 0).unwrap();
        let row = Row::new(&model, &[], &[1.0], None).unwrap();
        let of = Element { node: row.inputs[0], index: 0 };
        assert!(Derivative::of(&row, &Symbols::new(&row), of).is_err());
    }

    #[test]
    fn digits_are_counted_down_from_sixteen() {
        assert_eq!([digits(0.0, 2.0), digits(2e-7, 1.0), digits(0.5, 1.0), digits(3.0, 1.0)], [16, 6, 0, 0]);
        assert_eq!(digits(1e-300, 0.0), 0);
    }
}
