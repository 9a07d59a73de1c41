//! The conditions that the doctor knows: for each what it means, the test that finds it, and where that is from.

use crate::data::inspect::doubt::Doubt;

macro_rules! conditions {
    ($($(#[doc = $doc:literal])* $name:literal => $variant:ident, $headline:literal;)*) => {
        /// Something that keeps a network from learning, in the order in which one causes the next: the table, the rows,
        /// the settings, the network before its first step, its way, its inside, and what came out of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Condition {
            /// A doubt about the table itself.
            Table(Doubt),
            $($(#[doc = $doc])* $variant,)*
        }

        impl Condition {
            /// Every condition, in the order of causes.
            ///
            /// ```
            /// use clione::see::doctor::Condition;
            /// assert!(Condition::all().iter().all(|&one| Condition::named(one.name()) == Some(one)));
            /// ```
            pub fn all() -> Vec<Condition> {
                let table = Doubt::all().iter().map(|&doubt| Condition::Table(doubt));
                table.chain([$(Condition::$variant),*]).collect()
            }

            /// The name that reports and JSON use.
            pub fn name(self) -> &'static str {
                match self {
                    Condition::Table(doubt) => doubt.name(),
                    $(Condition::$variant => $name,)*
                }
            }

            /// The condition of this name, if there is one.
            pub fn named(name: &str) -> Option<Condition> {
                Condition::all().into_iter().find(|condition| condition.name() == name)
            }

            /// What it says to a person, without numbers.
            pub fn headline(self) -> &'static str {
                match self {
                    Condition::Table(doubt) => doubt.headline(),
                    $(Condition::$variant => $headline,)*
                }
            }
        }
    };
}

conditions! {
    /// Every training target is the same: there is nothing to learn.
    "constant-target" => ConstantTarget, "the target never changes";
    /// The root mean square of an input column is above 10, or that of all is below 0.01. Inputs near 0 with spreads near 1
    /// are learned from at one learning rate (LeCun et al. 1998, "Efficient BackProp", section 4.3).
    "unscaled-inputs" => UnscaledInputs, "inputs are not scaled";
    /// The targets that the network must give itself have a mean or spread above 10: its output has far to go.
    "unscaled-target" => UnscaledTarget, "the target is not scaled";
    /// Fewer training rows than input columns, or fewer than 5 for each class: rows can be learned by heart.
    "few-rows" => FewRows, "there are too few rows";
    /// The rows held back are all of one class although there are more: nothing that is measured on them means anything.
    "one-class-validation" => OneClassValidation, "the rows held back are all of one class";
    /// More than one in twenty rows held back is also among the training rows, inputs and target, in a table with a
    /// column most of whose values are different: what is measured is partly memory.
    "shared-rows" => SharedRows, "rows held back are also learned from";

    /// Rows are taken in the order of the table, and neighbours have the same target far more often than chance makes it: each
    /// step undoes what the one before has learned of the other classes.
    "sorted-rows" => SortedRows, "rows that are sorted by the target are not shuffled";
    /// A class has a weight of 0, or below a thousandth of the largest: its rows teach nothing.
    "weightless-class" => WeightlessClass, "a class counts nothing";
    /// Hidden layers with a linear activation: together they are one linear function (Minsky and Papert 1969).
    "no-bend" => NoBend, "the hidden layers are linear";
    /// A hidden layer has a single unit, or fewer than a quarter of the outputs: all that is known must pass through it.
    "bottleneck" => Bottleneck, "a hidden layer is too narrow";
    /// More than 50 parameters for each number that is to be learned from.
    "huge-network" => HugeNetwork, "the network is huge for so few rows";
    /// Classes are learned with a loss for numbers: where a sigmoid is wrong and sure, its gradient vanishes (Bishop 1995,
    /// chapter 6).
    "wrong-loss" => WrongLoss, "the loss does not belong to the target";
    /// The learning rate is more than 50 times what is usual with the optimizer (momentum counted: η / (1 - momentum)).
    "rate-beyond-range" => RateBeyondRange, "the learning rate is far above what is usual";
    /// The learning rate is less than a fiftieth of what is usual with the optimizer.
    "rate-below-range" => RateBelowRange, "the learning rate is far below what is usual";
    /// All rows are one batch: each epoch is a single step.
    "batch-too-large" => BatchTooLarge, "the batch is as large as the data";
    /// Fewer than 100 steps in all.
    "few-steps" => FewSteps, "there are too few steps";
    /// The learning rate climbs for more than half of all steps.
    "long-warm-up" => LongWarmUp, "the learning rate climbs for too long";
    /// The mean of the learning rate over the run is below a twentieth of its full height.
    "fast-decay" => FastDecay, "the learning rate falls too fast";
    /// L2 of 0.1 or more, L1 of 0.01 or more, or a decay of 5 or more, for standardised inputs: weights are held at 0.
    "strong-penalty" => StrongPenalty, "the penalty on weights is very strong";
    /// Dropout above 0.7 leaves too little of each layer (Srivastava et al. 2014 used 0.5 in hidden layers).
    "strong-dropout" => StrongDropout, "dropout leaves too little";
    /// Gradients are clipped to below 0.01: steps of plain gradient descent become next to nothing.
    "tight-clip" => TightClip, "gradients are clipped to next to nothing";
    /// A loss must fall by more than a tenth of guessing to count as better: training stops before it has begun.
    "strict-stopping" => StrictStopping, "hardly any epoch can count as better";
    /// More than half of the rows are held back.
    "large-validation" => LargeValidation, "most rows are held back";

    /// All units of a hidden layer give the same before the first step: they get the same gradient and stay the same (Rumelhart
    /// et al. 1986).
    "symmetric-start" => SymmetricStart, "all units of a layer begin alike";
    /// The loss before the first step is above 20 for each number that is to be given: a guess among 1,000 classes loses 7.
    "blown-up-start" => BlownUpStart, "the network begins with huge outputs";
    /// More than 90 % of the slopes in a hidden layer are flat before the first step.
    "saturated-start" => SaturatedStart, "a hidden layer begins saturated";
    /// The gradient of the first weights is below a thousandth of that of the last ones before the first step (Hochreiter
    /// 1991; Glorot and Bengio 2010).
    "vanishing-gradients" => VanishingGradients, "gradients vanish on their way to the first layer";
    /// The gradient of the first weights is more than a thousand times that of the last ones before the first step.
    "exploding-gradients" => ExplodingGradients, "gradients explode on their way to the first layer";

    /// A loss was not finite, or ended above all that it was before.
    "diverged" => Diverged, "training diverged";
    /// Batches of fewer than 8 rows, and the loss rises by more than a twentieth of guessing in one of ten epochs,
    /// three times at least.
    "noisy-loss" => NoisyLoss, "steps follow single rows";
    /// The training loss rises by more than a tenth of guessing in one of ten epochs, three times at least, or ends above
    /// guessing and above where it began.
    "rate-too-high" => RateTooHigh, "the learning rate is too high";
    /// The loss falls to the end: over the last third of the way (the sum of learning rates) by more than 10 % of guessing, or by a
    /// third of all its fall where it is still above 80 %; and the learning rate is below a third of what is usual. Or all
    /// weights together moved by less than 5 %.
    "rate-too-low" => RateTooLow, "the learning rate is too low";
    /// The loss falls to the end as above, at a usual learning rate.
    "still-falling" => StillFalling, "training ends while the loss still falls";

    /// Predictions vary by less than a thousandth of what targets do.
    "constant-predictions" => ConstantPredictions, "every row gets the same prediction";
    /// At least 90 % of the units of a hidden layer with rectifiers give 0 for every row, or half of them where the training loss
    /// is above half of guessing (Lu et al. 2019, "Dying ReLU").
    "dead-units" => DeadUnits, "units of a layer are switched off for every row";
    /// At least 90 % of the units of a hidden layer with sigmoid or tanh are flat for every row, or half of them as above.
    "saturated-units" => SaturatedUnits, "units of a layer are saturated for every row";
    /// A weight beyond 1,000, or weights that grew to more than 30 times what they began with.
    "blown-up-weights" => BlownUpWeights, "weights have blown up";
    /// Few rows, the loss stands still, and each wrong row is blocked by a layer that is flat for it: rows look the same to the
    /// next layer.
    "stuck-rows" => StuckRows, "some rows cannot be told apart any more";

    /// The loss on rows held back ends more than 10 % of guessing above its lowest, and by more than 1 / √rows, which is chance,
    /// while the training loss is below it; or it was lowest early and a linear model is better. Only worth knowing where the
    /// best epoch was kept and no linear model is better.
    "overfitting" => Overfitting, "rows are learned by heart";
    /// The loss on rows held back is less than half of that on training rows, and more than 15 % of guessing below it.
    "validation-better" => ValidationBetter, "rows held back are easier than those learned from";
    /// A linear model is better: its losses, row by row, are lower by more than chance, or by a tenth of guessing and their
    /// standard error (`train/paired.rs`).
    "underfitting" => Underfitting, "a linear model is better";
    /// The loss on rows held back is not below 99 % of that of guessing; of the best of many epochs, not below 1 - 1 / (2 √rows).
    "no-better-than-guessing" => NoBetterThanGuessing, "no better than guessing";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_condition_has_a_name_of_its_own() {
        let names: HashSet<&str> = Condition::all().into_iter().map(Condition::name).collect();
        assert_eq!(names.len(), Condition::all().len());
        assert!(Condition::named("unknown").is_none());
    }
}
