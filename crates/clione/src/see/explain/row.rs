//! One row in a network: every value on the way to its loss, and every gradient on the way back, in 64 bits.

use crate::base::error::{Error, Result};
use crate::graph::backward::backward;
use crate::graph::op::Op;
use crate::graph::{Graph, NodeId, reference};
use crate::nn::loss::Loss;
use crate::nn::model::Model;
use crate::nn::network::Network;
use crate::nn::parameters::ParameterSpec;
use crate::train::trainer::{Weighting, loss_graph};

/// One number of the value of one node of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Element {
    /// The node.
    pub node: NodeId,
    /// Which of its numbers, row by row.
    pub index: usize,
}

/// One row that has gone through a network, as it does in a prediction: dropout leaves nothing out.
///
/// ```
/// use clione::prelude::*;
/// use clione::see::explain::row::Row;
/// let network = Network::new([2]).add(Dense::new(1));
/// let model = Model::with_parameters(network, vec![3.0, 4.0, 0.5])?; // two weights, a bias
/// let row = Row::new(&model, &[Loss::SumOfSquares], &[1.0, 2.0], Some(&[10.0]))?;
/// assert_eq!(row.loss_value(), Some(2.25)); // (3·1 + 4·2 + 0.5 - 10)²
/// let bias = row.parameter("dense1.bias").unwrap();
/// assert_eq!(row.gradient(bias), Some(&[3.0][..])); // 2·(11.5 - 10)
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Row {
    /// The network.
    pub network: Network,
    /// The forward pass, with the loss where the row has a target.
    pub graph: Graph,
    /// The node of each value of the network.
    pub of_network: Vec<NodeId>,
    /// The inputs of the network.
    pub inputs: Vec<NodeId>,
    /// What the network gives.
    pub outputs: Vec<NodeId>,
    /// What each output is compared with; empty where the row has no target.
    pub targets: Vec<NodeId>,
    /// The parameters in the order of the graph.
    pub parameters: Vec<ParameterSpec>,
    /// The loss of each output.
    pub losses: Vec<Loss>,
    /// The sum of the losses; none where the row has no target.
    pub loss: Option<NodeId>,
    /// The numbers of every node.
    pub values: Vec<Vec<f64>>,
    /// dL/dv for every node v of the forward pass that leads from inputs or parameters to the loss, by backpropagation.
    pub gradients: Vec<Option<Vec<f64>>>,
    /// What was handed in for the inputs of the graph: those of the network, then the targets.
    given: Vec<Vec<f64>>,
    /// The numbers of the parameters.
    learned: Vec<Vec<f64>>,
}

impl Row {
    /// Sends a row through a model; `inputs` and `targets` are shared out over its inputs and outputs in order, and each
    /// output has its loss.
    ///
    /// Fails when there are more or fewer numbers than the network takes and gives, or a loss does not fit its output.
    pub fn new(model: &Model<f64>, losses: &[Loss], inputs: &[f64], targets: Option<&[f64]>) -> Result<Row> {
        let network = model.network().clone();
        let mut built = network.build(1)?;
        let mut given = share_out(&built.graph, &built.inputs, inputs, "takes")?;
        if let Some(targets) = targets {
            given.extend(share_out(&built.graph, &built.outputs, targets, "gives")?);
        }
        let (of_network, inputs, outputs) = (built.values.clone(), built.inputs.clone(), built.outputs.clone());
        let parameters = std::mem::take(&mut built.parameters);
        let learned: Vec<Vec<f64>> = parameters.iter().map(|spec| model.parameters()[spec.range()].to_vec()).collect();
        let (graph, loss) = match targets {
            None => (built.graph, None),
            Some(_) => {
                let (graph, _, loss) = loss_graph(built, losses, Weighting::Alike)?;
                (graph, Some(loss))
            }
        };
        let mut row = Row {
            targets: graph.inputs()[inputs.len()..].to_vec(),
            values: Vec::new(),
            gradients: vec![None; graph.len()],
            losses: losses.to_vec(),
            network,
            graph,
            of_network,
            inputs,
            outputs,
            parameters,
            loss,
            given,
            learned,
        };
        row.run()?;
        Ok(row)
    }

    /// Forward, and backward where there is a loss, by the gradient that training derives.
    fn run(&mut self) -> Result<()> {
        let Some(loss) = self.loss else {
            self.values = self.evaluate(&self.graph, &self.given, &self.learned);
            return Ok(());
        };
        let mut derived = self.graph.clone();
        let wanted: Vec<NodeId> = self.inputs.iter().chain(self.graph.parameters()).copied().collect();
        let gradients = backward(&mut derived, loss, &wanted)?;
        let mut values = self.evaluate(&derived, &self.given, &self.learned);
        let of_node = |id: usize| gradients.of(NodeId(id)).map(|gradient| values[gradient.0].clone());
        self.gradients = (0..self.graph.len()).map(of_node).collect();
        values.truncate(self.graph.len());
        self.values = values;
        Ok(())
    }

    fn evaluate(&self, graph: &Graph, given: &[Vec<f64>], learned: &[Vec<f64>]) -> Vec<Vec<f64>> {
        fn slices(numbers: &[Vec<f64>]) -> Vec<&[f64]> {
            numbers.iter().map(Vec::as_slice).collect()
        }
        reference::evaluate(graph, &slices(given), &slices(learned), &|_, _| true)
    }

    /// The numbers of every node of the forward pass where one number of an input or a parameter is another one.
    ///
    /// Panics when the element is one that is computed.
    pub fn with(&self, element: Element, number: f64) -> Vec<Vec<f64>> {
        let (mut given, mut learned) = (self.given.clone(), self.learned.clone());
        match self.graph.op(element.node) {
            Op::Input(place) => given[place][element.index] = number,
            Op::Parameter(place) => learned[place][element.index] = number,
            _ => panic!("`{}` is computed; only inputs and parameters can be varied", self.graph.label(element.node)),
        }
        self.evaluate(&self.graph, &given, &learned)
    }

    /// One number.
    pub fn value(&self, element: Element) -> f64 {
        self.values[element.node.0][element.index]
    }

    /// dL/dv for every number of a node, by backpropagation; none where the loss does not depend on it, or there is none.
    pub fn gradient(&self, node: NodeId) -> Option<&[f64]> {
        self.gradients[node.0].as_deref()
    }

    /// The loss.
    pub fn loss_value(&self) -> Option<f64> {
        self.loss.map(|loss| self.values[loss.0][0])
    }

    /// The node of the parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<NodeId> {
        let place = self.parameters.iter().position(|spec| spec.name == name)?;
        Some(self.graph.parameters()[place])
    }

    /// The name of a parameter.
    pub fn parameter_name(&self, node: NodeId) -> Option<&str> {
        let place = self.graph.parameters().iter().position(|&parameter| parameter == node)?;
        Some(&self.parameters[place].name)
    }
}

/// The numbers of each node out of those of all, one after another.
fn share_out(graph: &Graph, nodes: &[NodeId], numbers: &[f64], what: &str) -> Result<Vec<Vec<f64>>> {
    let widths: Vec<usize> = nodes.iter().map(|&node| graph.shape(node).elements()).collect();
    let expected: usize = widths.iter().sum();
    if expected != numbers.len() {
        let found = numbers.len();
        return Err(Error::usage(format!(
            "the network {what} {expected} numbers for each row, but this one has {found}"
        )));
    }
    let mut rest = numbers;
    let parts = widths.iter().map(|&width| {
        let (part, others) = rest.split_at(width);
        rest = others;
        part.to_vec()
    });
    Ok(parts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::layers::{Dense, Dropout};

    #[test]
    fn dropout_leaves_nothing_out_and_a_row_without_a_target_has_no_gradients() {
        let network = Network::new([2]).add(Dropout::new(0.5)).add(Dense::new(1));
        let model = Model::with_parameters(network, vec![3.0, 4.0, 0.5]).unwrap();
        let row = Row::new(&model, &[], &[1.0, 2.0], None).unwrap();
        assert_eq!(row.values[row.outputs[0].0], [11.5]);
        assert_eq!((row.loss_value(), row.gradient(row.inputs[0])), (None, None));
        let error = Row::new(&model, &[], &[1.0], None).unwrap_err().to_string();
        assert_eq!(error, "the network takes 2 numbers for each row, but this one has 1");
    }
}
