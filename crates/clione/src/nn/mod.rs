//! Networks: layers that append operations to a graph, the parameters they learn, and the losses they are measured by.

pub mod initializer;
pub mod layers;
pub mod loss;
pub mod model;
pub mod name;
pub mod network;
pub mod parameters;
pub mod settings;
pub mod size;
pub mod summary;
