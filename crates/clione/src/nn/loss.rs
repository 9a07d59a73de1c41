//! The losses: for each its formula, how it sums up a batch, and the operations it is made of.

use crate::base::error::{Error, Result};
use crate::base::shape::Shape;
use crate::graph::activation::Activation;
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId};
use crate::nn::network::Network;

/// How the losses of single numbers become the loss of a batch; it decides what a learning rate means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// The sum over rows and columns: twice the rows, twice the gradient.
    Sum,
    /// The mean over rows and columns.
    Mean,
    /// The mean over rows of a loss for each row.
    MeanOverRows,
}

impl Reduction {
    /// How summaries and formulas call it.
    pub fn name(self) -> &'static str {
        match self {
            Reduction::Sum => "sum over rows and columns",
            Reduction::Mean => "mean over rows and columns",
            Reduction::MeanOverRows => "mean over rows",
        }
    }
}

type Build = fn(&mut Graph, NodeId, NodeId) -> Result<NodeId>;

macro_rules! losses {
    ($($(#[doc = $doc:literal])* $name:literal $(| $alias:literal)* => $variant:ident, $reduction:ident, $build:expr;)*) => {
        /// A number that says how far predictions are from targets.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Loss {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Loss {
            /// Every loss, in the order of the table.
            pub fn all() -> &'static [Loss] {
                &[$(Loss::$variant),*]
            }

            /// The name that recipes, model files and the command line use.
            pub fn name(self) -> &'static str {
                match self { $(Loss::$variant => $name,)* }
            }

            /// The loss of this name or alias, if there is one.
            pub fn named(name: &str) -> Option<Loss> {
                match name {
                    $($name $(| $alias)* => Some(Loss::$variant),)*
                    _ => None,
                }
            }

            /// The formula and a word on it, as the documentation of the table has it.
            pub fn documentation(self) -> &'static [&'static str] {
                match self { $(Loss::$variant => &[$($doc),*],)* }
            }

            /// How a batch is summed up.
            pub fn reduction(self) -> Reduction {
                match self { $(Loss::$variant => Reduction::$reduction,)* }
            }

            fn builder(self) -> Build {
                match self { $(Loss::$variant => $build,)* }
            }
        }
    };
}

losses! {
    /// L = Σ (ŷ - y)²: the article's loss
    "sum_of_squares" | "sse" | "sum_of_squared_errors" => SumOfSquares, Sum, |graph, output, target| {
        let error = graph.sub(output, target)?;
        Ok(graph.square(error))
    };
    /// L = mean (ŷ - y)²
    "mean_squared_error" | "mse" => MeanSquaredError, Mean, |graph, output, target| {
        let error = graph.sub(output, target)?;
        Ok(graph.square(error))
    };
    /// L = mean |ŷ - y|
    "mean_absolute_error" | "mae" => MeanAbsoluteError, Mean, |graph, output, target| {
        let error = graph.sub(output, target)?;
        Ok(graph.abs(error))
    };
    /// L = mean of e²/2 where |e| = |ŷ - y| ≤ 1, |e| - 1/2 elsewhere (Huber 1964)
    "huber" | "smooth_l1" => Huber, Mean, |graph, output, target| {
        let error = graph.sub(output, target)?;
        graph.huber(error, 1.0)
    };
    /// L = mean -(y·ln ŷ + (1-y)·ln(1-ŷ)) for ŷ = σ(z), computed from the logit z
    "binary_cross_entropy" | "binary_crossentropy" | "bce" | "log_loss" => BinaryCrossEntropy, Mean, |graph, output, target| {
        let logits = sigmoid_logits(graph, output)?;
        graph.sigmoid_cross_entropy(logits, target)
    };
    /// L = mean over rows of -Σⱼ yⱼ·ln ŷⱼ for ŷ = softmax(z), computed from the logits z
    "categorical_cross_entropy" | "categorical_crossentropy" | "cross_entropy" => CategoricalCrossEntropy, MeanOverRows, |graph, output, target| {
        let logits = softmax_logits(graph, output)?;
        graph.softmax_cross_entropy(logits, target)
    };
}

impl Loss {
    /// Appends this loss of `output` against `target` and returns it as a single number.
    ///
    /// Fails when the shapes differ, or when a cross-entropy does not get the output activation it belongs to.
    ///
    /// ```
    /// use clione::graph::Graph;
    /// use clione::nn::loss::Loss;
    /// let mut graph = Graph::new();
    /// let (output, target) = (graph.input([4, 1]), graph.input([4, 1]));
    /// let loss = Loss::MeanSquaredError.build(&mut graph, output, target).unwrap();
    /// assert_eq!(graph.shape(loss).elements(), 1);
    /// assert!(Loss::BinaryCrossEntropy.build(&mut graph, output, target).is_err()); // no sigmoid there
    /// ```
    pub fn build(self, graph: &mut Graph, output: NodeId, target: NodeId) -> Result<NodeId> {
        self.append(graph, output, target, None)
    }

    /// Σ wᵣ·Lᵣ instead of Σ Lᵣ over the rows r, divided by the same count as without weights (not by Σ wᵣ, as PyTorch's
    /// `CrossEntropyLoss(weight=…)` does; its `BCEWithLogitsLoss(weight=…)` divides as here). So a row with the weight 2
    /// counts as much as if it were there twice, among as many rows. `weights` are rows x 1. Fails where [`Loss::build`]
    /// does, or when there is not a weight for each row.
    ///
    /// ```
    /// use clione::graph::Graph;
    /// use clione::nn::loss::Loss;
    /// let mut graph = Graph::new();
    /// let (output, target, weights) = (graph.input([4, 3]), graph.input([4, 3]), graph.input([4, 1]));
    /// let loss = Loss::MeanSquaredError.build_weighted(&mut graph, output, target, weights).unwrap();
    /// assert_eq!(graph.shape(loss).elements(), 1);
    /// ```
    pub fn build_weighted(self, graph: &mut Graph, output: NodeId, target: NodeId, weights: NodeId) -> Result<NodeId> {
        self.append(graph, output, target, Some(weights))
    }

    fn append(self, graph: &mut Graph, output: NodeId, target: NodeId, weights: Option<NodeId>) -> Result<NodeId> {
        graph.enter_layer("loss");
        let (expected, found) = (graph.shape(output), graph.shape(target));
        if expected != found {
            return Err(Error::usage(format!("the network gives {expected}, but the targets are {found}"))
                .note("each row needs as many targets as the last layer has units"));
        }
        let losses = self.builder()(graph, output, target)?;
        let one = Shape::new(&vec![1; graph.shape(losses).rank()]);
        let count = match self.reduction() {
            Reduction::Sum => 1,
            Reduction::Mean | Reduction::MeanOverRows => graph.shape(losses).elements(),
        };
        let losses = match weights {
            None => losses,
            Some(weights) => {
                let weights = graph.broadcast(weights, graph.shape(losses))?;
                graph.mul(weights, losses)?
            }
        };
        let sum = graph.sum_to(losses, one)?;
        Ok(graph.scale(sum, 1.0 / count as f64))
    }

    /// The loss that belongs to the last activation of a network: binary cross-entropy to sigmoid, categorical
    /// cross-entropy to softmax, the mean squared error to all else. Fails when layers do not fit each other.
    pub fn usual_for(network: &Network) -> Result<Loss> {
        let built = network.build(1)?;
        let output = built.outputs.first().map(|&output| built.graph.op(output));
        Ok(match output {
            Some(Op::Activate(Activation::Sigmoid, _)) => Loss::BinaryCrossEntropy,
            Some(Op::Softmax(_)) => Loss::CategoricalCrossEntropy,
            _ => Loss::MeanSquaredError,
        })
    }

    /// How much the loss of a batch of `rows` counts in the loss of a whole data set of `total` rows.
    pub fn weight(self, rows: usize, total: usize) -> f64 {
        match self.reduction() {
            Reduction::Sum => 1.0,
            Reduction::Mean | Reduction::MeanOverRows => rows as f64 / total as f64,
        }
    }
}

/// The value in front of the sigmoid that the network ends with.
fn sigmoid_logits(graph: &Graph, output: NodeId) -> Result<NodeId> {
    match graph.op(output) {
        Op::Activate(Activation::Sigmoid, z) => Ok(z),
        found => Err(wrong_output("binary cross-entropy needs an output with sigmoid", found)),
    }
}

/// The value in front of the softmax that the network ends with.
fn softmax_logits(graph: &Graph, output: NodeId) -> Result<NodeId> {
    match graph.op(output) {
        Op::Softmax(z) => Ok(z),
        found => Err(wrong_output("categorical cross-entropy needs an output with softmax", found)),
    }
}

fn wrong_output(expected: &str, found: Op) -> Error {
    Error::usage(format!("{expected}, but the network ends with {}", found.name())).note(
        "the usual pairs: sigmoid with binary_cross_entropy, softmax with categorical_cross_entropy, linear with mse",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loss_is_found_by_its_name() {
        for &loss in Loss::all() {
            assert_eq!(Loss::named(loss.name()), Some(loss));
            assert!(loss.documentation()[0].trim().starts_with("L = "));
        }
        assert_eq!(Loss::named("mse"), Some(Loss::MeanSquaredError));
    }

    #[test]
    fn a_cross_entropy_on_the_wrong_output_names_the_usual_pairs() {
        let mut graph = Graph::new();
        let (output, target) = (graph.input([4, 3]), graph.input([4, 3]));
        let error = Loss::CategoricalCrossEntropy.build(&mut graph, output, target).expect_err("no softmax");
        assert!(error.to_string().contains("softmax with categorical_cross_entropy"), "{error}");
    }
}
