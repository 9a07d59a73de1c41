//! Neural networks from scratch that you can see through.
//!
//! A network is a graph of whole operations ([`graph`]), built by layers ([`nn`]). Its gradient is derived from the graph by the
//! chain rule and is itself graph. A plan ([`plan`]) fuses steps and gives every value a place, and an executor ([`cpu`])
//! runs it without allocating. Results are the same bits on any number of threads and any instruction set.
//!
//! ```
//! use clione::prelude::*;
//!
//! # let text: String = (0..60).map(|i| format!("{},{},{}\n", i % 7, i % 5, if i % 7 > i % 5 { "more" } else { "less" })).collect();
//! # let folder = std::env::temp_dir().join(format!("clione-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder).unwrap();
//! # let path = folder.join("table.csv");
//! # std::fs::write(&path, text).unwrap();
//! let table = Table::read(&path, &ReadOptions::default())?;
//! let data = prepare(&table, &Choices::default(), 0.2, &Rng::new(0))?; // the last column is the target
//! let hidden = Dense::new(16).activation(Activation::Relu);
//! let output = Dense::new(1).activation(Activation::Sigmoid); // two classes: one probability
//! let mut model = Model::<f32>::new(Network::new([2]).add(hidden).add(output), 0)?;
//! let history = Fit::default().run(&mut model, &data.training, Some(&data.validation))?;
//! let last = history.epochs.last().expect("there is one");
//! assert!(last.validation_metric >= Some(0.9)); // the accuracy on held-out rows
//! # std::fs::remove_dir_all(folder).unwrap();
//! # Ok::<(), Error>(())
//! ```
//!
//! The layers, each of which uses only those above it:
//!
//! - [`base`]: numbers, shapes, randomness, errors.
//! - [`graph`]: what to compute, and its gradient.
//! - [`plan`]: in which steps, and where each value lies.
//! - [`cpu`]: doing it, with kernels for each instruction set.
//! - [`nn`]: layers, losses, initializers, networks and models.
//! - [`optim`]: optimizers, learning-rate schedules, clipping.
//! - [`data`]: from files to rows of numbers.
//! - [`train`]: the training loop, predictions, metrics, the model file.
//! - [`see`]: what became of a training run, and why.
//! - [`export`]: a model as a source file in another language.
//! - [`report`]: tables, charts and pictures.

pub mod base;
pub mod cpu;
pub mod data;
pub mod export;
pub mod graph;
pub mod nn;
pub mod optim;
pub mod plan;
pub mod report;
pub mod see;
pub mod train;

/// What most programs need, in one line.
pub mod prelude {
    pub use crate::base::error::{Error, Result};
    pub use crate::base::rng::Rng;
    pub use crate::data::dataset::Dataset;
    pub use crate::data::prepare::prepare;
    pub use crate::data::schema::Choices;
    pub use crate::data::table::{ReadOptions, Table};
    pub use crate::graph::activation::Activation;
    pub use crate::nn::initializer::Initializer;
    pub use crate::nn::layers::{Add, Concat, Dense, Dropout, Flatten, Softmax};
    pub use crate::nn::loss::Loss;
    pub use crate::nn::model::Model;
    pub use crate::nn::network::Network;
    pub use crate::nn::summary::summary;
    pub use crate::optim::optimizer::Optimizer;
    pub use crate::optim::schedule::Schedule;
    pub use crate::train::file::{SavedModel, Source};
    pub use crate::train::fit::{Fit, Next};
    pub use crate::train::metric::Metric;
    pub use crate::train::recipe::Recipe;
}

/// The Rust of the project's README is compiled with the documentation's examples.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
