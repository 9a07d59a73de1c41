//! The training as a run did it: first weights, the update of a step, the learning rate, the loop.

use super::expression::number;
use super::network::NetworkSource;
use super::writer::Writer;
use crate::base::error::{Error, Result};
use crate::nn::initializer::Initializer;
use crate::nn::loss::{Loss, Reduction};
use crate::nn::parameters::ParameterSpec;
use crate::optim::clip::Clip;
use crate::optim::optimizer::{Optimizer, SMALLEST_MEAN, SMALLEST_SQUARE};
use crate::optim::schedule::Schedule;
use crate::train::class_weights::ClassWeights;
use crate::train::fit::Fit;
use crate::train::stopping::EarlyStopping;

/// A run as it is written.
pub(super) struct TrainingSource<'a> {
    pub fit: &'a Fit,
    pub loss: Loss,
    /// Whether one batch holds all rows.
    pub is_full_batch: bool,
    /// Whether rows are held back, so that a loss is measured on them.
    pub has_held_back: bool,
    /// What each class weighs, where they do not weigh alike.
    pub class_weights: Option<ClassWeightsSource>,
}

/// How rows of the classes weigh.
pub(super) enum ClassWeightsSource {
    /// By how many rows the classes have.
    Balanced,
    /// So much each.
    Fixed(Vec<f64>),
}

impl ClassWeightsSource {
    /// What was asked for, with a weight for every class.
    pub(super) fn of(weights: &ClassWeights, classes: &[String]) -> Option<Self> {
        match weights {
            ClassWeights::Equal => None,
            ClassWeights::Balanced => Some(ClassWeightsSource::Balanced),
            ClassWeights::Given(given) => {
                let weight =
                    |class: &String| given.iter().find(|(name, _)| name == class).map_or(1.0, |(_, weight)| *weight);
                Some(ClassWeightsSource::Fixed(classes.iter().map(weight).collect()))
            }
        }
    }
}

/// The line that draws a parameter as it was before the training.
pub(super) fn first_values(spec: &ParameterSpec, position: usize) -> Result<String> {
    let [inputs, outputs] = spec.shape.sizes() else {
        return Err(Error::usage(format!("parameter `{}` is {}: NumPy source is for matrices", spec.name, spec.shape)));
    };
    let shape = format!("({inputs}, {outputs})");
    Ok(match spec.initializer {
        Initializer::Zeros => format!("np.zeros({shape}, PRECISION)"),
        Initializer::Constant(value) => format!("np.full({shape}, {}, PRECISION)", number(value)),
        Initializer::NumpyUniform => format!("random.random_sample({shape}).astype(PRECISION)"),
        Initializer::GlorotUniform
        | Initializer::GlorotNormal
        | Initializer::HeUniform
        | Initializer::HeNormal
        | Initializer::FanInUniform
        | Initializer::Orthogonal => {
            format!("{}({position}, {inputs}, {outputs}).astype(PRECISION)", spec.initializer.name())
        }
    })
}

impl TrainingSource<'_> {
    /// What was chosen, as constants.
    pub(super) fn write_constants(&self, out: &mut Writer) {
        let Fit { epochs, batch_size, learning_rate, .. } = self.fit;
        out.line(0, &format!("EPOCHS = {epochs}"));
        if !self.is_full_batch {
            out.line(0, &format!("BATCH_SIZE = {batch_size}"));
        }
        out.line(0, &format!("LEARNING_RATE = {}", number(*learning_rate)));
    }

    /// What the optimizer remembers, as lines of the constructor.
    pub(super) fn write_memories(&self, out: &mut Writer) {
        let zeros = "[np.zeros_like(w) for w in self.parameters()]";
        let counts_steps = match self.fit.optimizer {
            Optimizer::Sgd { momentum: 0.0, .. } | Optimizer::Lbfgs { .. } => return,
            Optimizer::Sgd { .. } => {
                out.line(2, &format!("self.velocities = {zeros}"));
                false
            }
            Optimizer::RmsProp { .. } => {
                out.line(2, &format!("self.squares = {zeros}"));
                false
            }
            Optimizer::Adam { .. } | Optimizer::AdamW { .. } => {
                out.line(2, &format!("self.means = {zeros}"));
                out.line(2, &format!("self.squares = {zeros}"));
                true
            }
        };
        if counts_steps {
            out.line(2, "self.steps = 0");
        }
    }

    /// The method that lets parameters follow their gradients.
    pub(super) fn write_update(&self, out: &mut Writer) {
        let optimizer = self.fit.optimizer;
        out.line(1, "def update(self, gradients, rate):");
        match optimizer {
            Optimizer::Sgd { momentum: 0.0, .. } => out.docstring(2, "Gradient descent: w ← w - rate · g."),
            _ => out.docstring(2, &format!("{}: {}.", optimizer.name(), without_sources(optimizer.documentation()[0]))),
        }
        if let Clip::Norm(limit) = self.fit.clip {
            out.line(2, &format!("gradients = clip_by_norm(gradients, {})", number(limit)));
        }
        match optimizer {
            Optimizer::Sgd { momentum: 0.0, .. } | Optimizer::Lbfgs { .. } => {
                out.line(2, "for w, g in zip(self.parameters(), gradients):");
                self.write_adjustment(out);
                out.line(3, "w -= rate * g");
            }
            Optimizer::Sgd { momentum, nesterov } => {
                out.line(2, &format!("momentum = {}", number(momentum)));
                out.line(2, "for w, g, v in zip(self.parameters(), gradients, self.velocities):");
                self.write_adjustment(out);
                out.line(3, "v[:] = momentum * v + g");
                write_smallest(out, "v", SMALLEST_MEAN);
                out.line(3, if nesterov { "w -= rate * (g + momentum * v)" } else { "w -= rate * v" });
            }
            Optimizer::RmsProp { rho, epsilon } => {
                out.line(2, &format!("rho, epsilon = {}, {}", number(rho), number(epsilon)));
                out.line(2, "for w, g, v in zip(self.parameters(), gradients, self.squares):");
                self.write_adjustment(out);
                out.line(3, "v[:] = rho * v + (1 - rho) * g**2");
                write_smallest(out, "v", SMALLEST_SQUARE);
                out.line(3, "w -= rate * g / (np.sqrt(v) + epsilon)");
            }
            Optimizer::Adam { beta1, beta2, epsilon } => self.write_adam([beta1, beta2, epsilon], None, out),
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
                self.write_adam([beta1, beta2, epsilon], Some(weight_decay), out);
            }
        }
    }

    fn write_adam(&self, settings: [f64; 3], weight_decay: Option<f64>, out: &mut Writer) {
        out.line(2, "self.steps += 1");
        out.line(2, &format!("beta1, beta2, epsilon = {}", settings.map(number).join(", ")));
        out.line(2, "mean_share = 1 - beta1**self.steps");
        out.line(2, "square_share = 1 - beta2**self.steps");
        out.line(2, "for w, g, m, v in zip(self.parameters(), gradients, self.means, self.squares):");
        self.write_adjustment(out);
        out.line(3, "m[:] = beta1 * m + (1 - beta1) * g");
        write_smallest(out, "m", SMALLEST_MEAN);
        out.line(3, "v[:] = beta2 * v + (1 - beta2) * g**2");
        write_smallest(out, "v", SMALLEST_SQUARE);
        if let Some(decay) = weight_decay {
            out.line(3, &format!("w -= rate * {} * w", number(decay)));
        }
        out.line(3, "w -= rate * (m / mean_share) / (np.sqrt(v / square_share) + epsilon)");
    }

    /// What is done to a gradient before the rule sees it.
    fn write_adjustment(&self, out: &mut Writer) {
        let Fit { clip, l1, l2, .. } = *self.fit;
        if let Clip::Value(limit) = clip {
            out.line(3, &format!("g = np.clip(g, -{0}, {0})", number(limit)));
        }
        let penalty = match (l1 > 0.0, l2 > 0.0) {
            (false, false) => return,
            (true, false) => format!("{} * np.sign(w)", number(l1)),
            (false, true) => format!("{} * w", number(l2)),
            (true, true) => format!("{} * np.sign(w) + {} * w", number(l1), number(l2)),
        };
        out.line(3, &format!("g = g + {penalty}"));
    }

    /// The lines that work the factor of the schedule out; none where the rate stays as it is.
    fn factor(&self) -> Vec<String> {
        match self.fit.schedule {
            Schedule::Constant {} => Vec::new(),
            Schedule::Step { every, factor } => {
                vec![format!("factor = {}**(epoch // {})", number(factor), number(every.max(1.0)))]
            }
            Schedule::Exponential { factor } => vec![format!("factor = {}**epoch", number(factor))],
            Schedule::Cosine { floor } => {
                let mut lines = vec!["factor = (1 + math.cos(math.pi * done / steps)) / 2".to_owned()];
                if floor != 0.0 {
                    lines.push(format!("factor = {0} + (1 - {0}) * factor", number(floor)));
                }
                lines
            }
            Schedule::Plateau { floor, .. } => vec![format!("factor = {}", at_least(floor, "reduction"))],
            Schedule::OneCycle { rise, start_divisor, final_divisor } => vec![
                format!("first, top = 1 / {}, {} * steps - 1", number(start_divisor), number(rise)),
                "if done <= top and top > 0:".to_owned(),
                "    start, end, share = first, 1, done / top".to_owned(),
                "else:".to_owned(),
                format!("    start, end = 1, first / {}", number(final_divisor)),
                "    share = min((done - top) / (steps - 1 - top), 1)".to_owned(),
                "factor = end + (start - end) * (1 + math.cos(math.pi * share)) / 2".to_owned(),
            ],
            Schedule::InverseTime { decay } => vec![format!("factor = 1 / (1 + {} * epoch)", number(decay))],
        }
    }

    /// The function of the learning rate, where it changes.
    pub(super) fn write_learning_rate(&self, out: &mut Writer) {
        let arguments: Vec<&str> = self.rate_arguments().into_iter().map(|(name, _)| name).collect();
        if arguments.is_empty() {
            return;
        }
        out.line(0, &format!("def learning_rate({}):", arguments.join(", ")));
        let warm_up = self.fit.warm_up;
        let climb = if warm_up > 0 {
            format!("; over the first {warm_up} steps it climbs to its height")
        } else {
            String::new()
        };
        out.docstring(
            1,
            &format!("The rate η of a step: {}{climb}.", without_sources(self.fit.schedule.documentation()[0])),
        );
        let factor = self.factor();
        factor.iter().for_each(|line| out.line(1, line));
        let factor = if factor.is_empty() { "" } else { " * factor" };
        let climb = if warm_up > 0 { format!(" * min((done + 1) / {warm_up}, 1)") } else { String::new() };
        out.line(1, &format!("return LEARNING_RATE{factor}{climb}"));
        out.gap();
        out.gap();
    }

    /// What the learning rate depends on, and what that is where a step is made; nothing where the rate stays as it is.
    fn rate_arguments(&self) -> Vec<(&'static str, &'static str)> {
        let mut lines = self.factor().join(" ");
        if self.fit.warm_up > 0 {
            lines.push_str(" done");
        }
        let (done, steps) =
            if self.is_full_batch { ("epoch", "EPOCHS") } else { ("epoch * batches + batch", "EPOCHS * batches") };
        let is_used = |name: &str| lines.split(|sign: char| !sign.is_ascii_alphanumeric()).any(|word| word == name);
        let all = [("epoch", "epoch"), ("done", done), ("steps", steps), ("reduction", "reduction")];
        all.into_iter().filter(|(name, _)| is_used(name)).collect()
    }

    /// The learning rate where a step is made.
    fn rate(&self) -> String {
        let values: Vec<&str> = self.rate_arguments().into_iter().map(|(_, value)| value).collect();
        if values.is_empty() { "LEARNING_RATE".to_owned() } else { format!("learning_rate({})", values.join(", ")) }
    }

    /// The loop.
    pub(super) fn write_train(&self, network: &NetworkSource, out: &mut Writer) {
        let held_back = if self.has_held_back { ", held_back" } else { "" };
        out.line(0, &format!("def train(network, x, y{held_back}):"));
        let validation = if self.has_held_back { ", and on the rows held back" } else { "" };
        out.docstring(
            1,
            &format!("Learns from rows x and targets y; gives the loss of each epoch on them{validation}."),
        );
        let weights = match &self.class_weights {
            None => "",
            Some(weights) => {
                self.write_row_weights(weights, network.target_width(), out);
                ", weights"
            }
        };
        if !self.is_full_batch {
            out.line(1, "batches = math.ceil(len(x) / BATCH_SIZE)");
        }
        if matches!(self.fit.schedule, Schedule::Plateau { .. }) {
            out.line(1, "lowest, bad_epochs, reduction = math.inf, 0, 1");
        }
        if self.keeps_best() {
            let names = if self.stops_by_best() { "best_loss, best_epoch, best" } else { "best_loss, best" };
            let values = if self.stops_by_best() { "math.inf, 0, []" } else { "math.inf, []" };
            out.line(1, &format!("{names} = {values}"));
        }
        if self.has_own_stopping() {
            out.line(1, "lowest_loss, lowest_epoch = math.inf, 0");
        }
        out.line(1, "for epoch in range(EPOCHS):");
        let has_masks = network.has_masks();
        if self.is_full_batch {
            let place = if has_masks { ", (epoch, 0)" } else { "" };
            out.line(2, &format!("network.feedforward(x{place})"));
            out.line(2, &format!("loss = float(network.loss(y{weights}))"));
            out.line(2, &format!("network.update(network.backprop(y{weights}), {})", self.rate()));
        } else {
            self.write_batches(has_masks, weights, out);
        }
        if self.has_held_back {
            out.line(2, "network.feedforward(held_back[0])");
            out.line(2, "held_back_loss = float(network.loss(held_back[1]))");
            out.line(2, "yield epoch + 1, loss, held_back_loss");
        } else {
            out.line(2, "yield epoch + 1, loss");
        }
        self.write_end_of_epoch(out);
    }

    fn write_batches(&self, has_masks: bool, weights: &str, out: &mut Writer) {
        out.line(2, "loss = 0.0");
        if self.fit.shuffle {
            out.line(2, "order = permutation(\"shuffle\", (epoch, 0), len(x))");
        }
        out.line(2, "for batch in range(batches):");
        let rows = "batch * BATCH_SIZE:(batch + 1) * BATCH_SIZE";
        match self.fit.shuffle {
            true => out.line(3, &format!("rows = order[{rows}]")),
            false => out.line(3, "rows = slice(batch * BATCH_SIZE, (batch + 1) * BATCH_SIZE)"),
        }
        let place = if has_masks { ", (epoch, batch)" } else { "" };
        let of_rows = if weights.is_empty() { "y[rows]" } else { "y[rows], weights[rows]" };
        out.line(3, &format!("network.feedforward(x[rows]{place})"));
        let share = match self.loss.reduction() {
            Reduction::Sum => "",
            Reduction::Mean | Reduction::MeanOverRows => " * len(y[rows]) / len(y)",
        };
        out.line(3, &format!("loss += float(network.loss({of_rows})){share}"));
        let rate = self.rate();
        if rate.len() < 30 {
            out.line(3, &format!("network.update(network.backprop({of_rows}), {rate})"));
        } else {
            out.line(3, &format!("rate = {rate}"));
            out.line(3, &format!("network.update(network.backprop({of_rows}), rate)"));
        }
    }

    /// How much each row counts, from its class.
    fn write_row_weights(&self, weights: &ClassWeightsSource, width: usize, out: &mut Writer) {
        let classes = if width == 1 { "y[:, 0].astype(int)" } else { "y.argmax(axis=1)" };
        out.line(1, &format!("classes = {classes}"));
        match weights {
            ClassWeightsSource::Balanced => {
                out.line(1, "counts = np.bincount(classes, minlength=len(CLASSES))");
                out.line(1, "of_class = len(y) / (np.count_nonzero(counts) * np.maximum(counts, 1))");
            }
            ClassWeightsSource::Fixed(weights) => {
                let weights: Vec<String> = weights.iter().map(|&weight| number(weight)).collect();
                out.list(1, "of_class = np.array([", &weights, "])");
            }
        }
        out.line(1, "weights = of_class[classes].reshape(-1, 1).astype(PRECISION)");
    }

    /// What follows from the loss of an epoch.
    fn write_end_of_epoch(&self, out: &mut Writer) {
        let watched = if self.has_held_back { "held_back_loss" } else { "loss" };
        if let Schedule::Plateau { factor, patience, min_delta, floor } = self.fit.schedule {
            let (factor, patience) = (number(factor), number(patience));
            out.line(2, &format!("if {watched} < {}:", less("lowest", min_delta)));
            out.line(3, &format!("lowest, bad_epochs = {watched}, 0"));
            out.line(2, "else:");
            out.line(3, "bad_epochs += 1");
            out.line(2, &format!("if bad_epochs > {patience}:"));
            let reduction = at_least(floor, &format!("reduction * {factor}"));
            out.line(3, &format!("reduction, bad_epochs = {reduction}, 0"));
        }
        if self.keeps_best() {
            out.line(2, "if not best or held_back_loss < best_loss:");
            let with_epoch = "best_loss, best_epoch = held_back_loss, epoch";
            out.line(3, if self.stops_by_best() { with_epoch } else { "best_loss = held_back_loss" });
            out.line(3, "best = [w.copy() for w in network.parameters()]");
        }
        if let Some(rule) = self.fit.stopping.filter(|_| self.has_held_back) {
            let mut since = "best_epoch";
            if self.has_own_stopping() {
                since = "lowest_epoch";
                out.line(2, &format!("if epoch == 0 or held_back_loss < {}:", less("lowest_loss", rule.min_delta)));
                out.line(3, "lowest_loss, lowest_epoch = held_back_loss, epoch");
            }
            out.line(2, &format!("if epoch - {since} >= {}:", rule.patience));
            out.line(3, "break");
        }
        if self.keeps_best() {
            out.line(1, "for w, of_best_epoch in zip(network.parameters(), best):");
            out.line(2, "w[:] = of_best_epoch");
        }
    }

    /// Whether the epoch with the lowest loss on the rows held out is kept.
    fn keeps_best(&self) -> bool {
        self.has_held_back && !self.fit.keep_last
    }

    /// Whether early stopping waits for the best epoch that is kept.
    fn stops_by_best(&self) -> bool {
        self.keeps_best() && self.fit.stopping.is_some() && !self.has_own_stopping()
    }

    /// Whether the loss that early stopping waits for is another one than that of the best epoch.
    fn has_own_stopping(&self) -> bool {
        let is_own = |rule: EarlyStopping| rule.min_delta != 0.0 || self.fit.keep_last;
        self.has_held_back && self.fit.stopping.is_some_and(is_own)
    }
}

/// What counts as 0 among an optimizer's memories.
fn write_smallest(out: &mut Writer, memory: &str, smallest: f64) {
    out.line(3, &format!("{memory}[np.abs({memory}) < {}] = 0", number(smallest)));
}

/// A formula without the names of those who found it, which stand in parentheses and begin with a capital.
fn without_sources(documentation: &str) -> &str {
    let is_name = |at: usize| documentation[at + 2..].starts_with(char::is_uppercase);
    let end = documentation.match_indices(" (").map(|(at, _)| at).find(|&at| is_name(at));
    documentation[..end.unwrap_or(documentation.len())].trim()
}

/// `value`, or what is left of it when something is taken off.
fn less(value: &str, taken: f64) -> String {
    if taken == 0.0 { value.to_owned() } else { format!("{value} - {}", number(taken)) }
}

/// `value`, but no less than a floor that is 0 where there is none.
fn at_least(floor: f64, value: &str) -> String {
    if floor == 0.0 { value.to_owned() } else { format!("max({value}, {})", number(floor)) }
}
