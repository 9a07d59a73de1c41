//! The program of the README: a table is read, a network is trained on it, and its accuracy on rows held back is printed.

use clione::prelude::*;

fn main() -> Result<()> {
    let table = Table::read("iris.csv", &ReadOptions::default())?;
    let data = prepare(&table, &Choices::default(), 0.2, &Rng::new(0))?;
    let hidden = Dense::new(16).activation(Activation::Relu);
    let network = Network::new([4]).add(hidden).add(Dense::new(3)).add(Softmax);
    let mut model = Model::<f32>::new(network, 0)?;
    let history = Fit::default().run(&mut model, &data.training, Some(&data.validation))?;
    let kept = history.kept().expect("an epoch");
    println!("epoch {}: accuracy {:.3}", kept.number, kept.validation_metric.unwrap_or(0.0));
    Ok(())
}
