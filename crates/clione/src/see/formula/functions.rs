//! The functions that stand in formulas, each with its own formula; activations also with that of their slope.

use super::expression::{Expression, Function, Operator};
use super::scalar::read;
use crate::graph::Graph;
use crate::graph::op::Op;
use crate::see::notation::{Letter, Symbol};

/// A function and its formula.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionDefinition {
    /// The function.
    pub function: Function,
    /// What it is applied to.
    pub arguments: Vec<Symbol>,
    /// Its value.
    pub formula: Expression,
    /// What the formula does not show; may be empty.
    pub note: &'static str,
}

/// The functions of some formulas in the order in which they come, each activation followed by its slope.
pub(super) fn used<'a>(formulas: impl Iterator<Item = &'a Expression>, graph: &Graph) -> Vec<FunctionDefinition> {
    let mut functions: Vec<Function> = Vec::new();
    for formula in formulas {
        formula.visit(&mut |part| {
            let Expression::Call(function, _) = part else { return };
            if functions.contains(function) {
                return;
            }
            let value = if let Function::Slope(of) = function { Some(Function::Activation(*of)) } else { None };
            match functions.iter().position(|known| Some(*known) == value) {
                Some(at) => functions.insert(at + 1, *function),
                None => functions.push(*function),
            }
        });
    }
    functions.into_iter().filter_map(|function| definition(function, graph)).collect()
}

/// The formula of a function; none for those that everybody knows.
fn definition(function: Function, graph: &Graph) -> Option<FunctionDefinition> {
    let variable = Symbol::of(Letter::Variable);
    match function {
        Function::Activation(activation) => {
            let formula = read(activation.formula(), Some(function));
            Some(FunctionDefinition { function, arguments: vec![variable], formula, note: "" })
        }
        Function::Slope(activation) => {
            let formula = read(activation.slope_formula(), Some(Function::Activation(activation)));
            Some(FunctionDefinition { function, arguments: vec![variable], formula, note: "" })
        }
        Function::Operation(name) => {
            let operation = graph.nodes().map(|(_, node)| node.op).find(|operation| operation.name() == name);
            definition_of_operation(function, operation?)
        }
        Function::Exp
        | Function::Ln
        | Function::Sqrt
        | Function::Erf
        | Function::Max
        | Function::Min
        | Function::Flatten => None,
    }
}

fn definition_of_operation(function: Function, operation: Op) -> Option<FunctionDefinition> {
    let variable = Symbol::of(Letter::Variable);
    let limited = |text: &str| FunctionDefinition {
        function,
        arguments: vec![variable.clone(), Symbol::of(Letter::Limit)],
        formula: read(text, None),
        note: "",
    };
    match operation {
        Op::Sign(_) => {
            let formula = read("1 if z > 0 else -1 if 0 > z else 0", None);
            Some(FunctionDefinition { function, arguments: vec![variable], formula, note: "" })
        }
        Op::Huber(..) => Some(limited("δ * (abs(z) - δ / 2) if abs(z) > δ else z^2 / 2")),
        Op::Clamp(..) => Some(limited("max(-δ, min(z, δ))")),
        Op::Within(..) => Some(limited("1 if δ > abs(z) else 0")),
        Op::Softmax(_) => {
            let powers = read("exp(z)", None);
            let ones = Expression::Symbol(Symbol::of(Letter::Ones));
            let sums = Expression::both(Operator::Product, powers.clone(), ones);
            let formula = Expression::both(Operator::Over, powers, sums);
            let note = "each row of powers over its sum";
            Some(FunctionDefinition { function, arguments: vec![variable], formula, note })
        }
        Op::Input(_)
        | Op::Parameter(_)
        | Op::Constant(..)
        | Op::Mask { .. }
        | Op::MatMul(..)
        | Op::Transpose(_)
        | Op::Add(..)
        | Op::Sub(..)
        | Op::Mul(..)
        | Op::Scale(..)
        | Op::Square(_)
        | Op::Abs(_)
        | Op::Activate(..)
        | Op::Slope(..)
        | Op::SoftmaxCrossEntropy(..)
        | Op::SigmoidCrossEntropy(..)
        | Op::SumTo(..)
        | Op::Broadcast(..)
        | Op::Reshape(..)
        | Op::Concat(..)
        | Op::Slice { .. }
        | Op::Pad { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::activation::Activation;
    use crate::see::formula::text;

    #[test]
    fn every_formula_in_a_table_is_read() {
        for &activation in Activation::all() {
            for function in [Function::Activation(activation), Function::Slope(activation)] {
                let definition = definition(function, &Graph::new()).expect("an activation has a formula");
                assert!(!text::expression(&definition.formula).is_empty());
            }
        }
    }
}
