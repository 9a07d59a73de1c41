//! Drawings of networks of many kinds: nothing in them touches, nothing is missing, and no name breaks the file.

use super::style::width;
use super::*;
use crate::graph::activation::Activation;
use crate::nn::layers::{Add, Concat, Dense, Dropout, Flatten, Softmax};
use crate::nn::loss::Loss;
use crate::nn::network::Network;
use crate::nn::summary::summary;

const HOSTILE: &str = "<a&b>\"';--> ]{#} `\\N";

fn dense(units: usize) -> Dense {
    Dense::new(units).activation(Activation::Relu)
}

fn words(count: usize) -> Vec<String> {
    (0..count).map(|number| if number == 3 { HOSTILE.to_owned() } else { format!("a long name {number}") }).collect()
}

/// Networks of all kinds, each with its loss.
fn networks() -> Vec<(Network, Loss)> {
    let classes = Loss::CategoricalCrossEntropy;
    let article = dense(4).activation(Activation::Sigmoid).without_bias();
    let article = Network::new([3]).add_named("hidden1", article).add_named("output", Dense::new(1).without_bias());
    let stack = |inputs: usize, hidden: &[usize], outputs| {
        let stack = hidden.iter().fold(Network::new([inputs]), |network, &units| network.add(dense(units)));
        stack.add(Dense::new(outputs)).add(Softmax)
    };
    let images =
        Network::new([28, 28]).add(Flatten).add(dense(30)).add(Dropout::new(0.25)).add(Dense::new(10)).add(Softmax);
    let mut residual = Network::with_inputs(&[("numbers", [6].into()), ("more", [5].into())]);
    let (x, z) = (residual.input(0), residual.input(1));
    let h = residual.apply("shared", dense(6), &[x]);
    let sum = residual.apply("skip", Add, &[x, h]);
    let again = residual.apply_again("shared", &[sum]).unwrap();
    let side = residual.apply("side", dense(4), &[z]);
    let join = residual.apply("join", Concat, &[again, side]);
    let first = residual.apply("first", Dense::new(1), &[join]);
    let second = residual.apply("second", Dense::new(2), &[side]);
    residual.outputs(&[first, second]);
    vec![
        (article, Loss::SumOfSquares),
        (stack(4, &[64, 32], 3), classes),
        (stack(784, &[512, 512], 10), classes),
        (stack(30, &[16], 2), classes),
        (stack(5, &[7; 12], 3), classes),
        (images, classes),
        (residual, Loss::MeanSquaredError),
    ]
}

/// Every drawing of a network.
fn drawings((network, loss): &(Network, Loss), format: Format) -> [Diagram; 2] {
    let inputs = network.inputs().map(|(_, shape)| shape.elements()).sum();
    let names = Names { inputs: words(inputs), outputs: words(3), target: Some(HOSTILE.to_owned()) };
    let count = network.build(1).unwrap().parameters.last().unwrap().range().end;
    let parameters: Vec<f64> = (0..count).map(|at| (at * 37 % 19) as f64 / 4.0 - 2.3).collect();
    let losses = vec![*loss; network.output_positions().count()];
    [
        super::network(network, &parameters, &names, format).unwrap(),
        computation(network, &losses, 8, false, &names).unwrap(),
    ]
}

/// Left, top, right, bottom.
type Box = [f64; 4];

/// The value of an attribute in a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}=\""))?.1.split_once('"').map(|(value, _)| value)
}

fn unescaped(words: &str) -> String {
    words.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

/// The room of every word that is written.
fn written(svg: &str) -> Vec<(String, Box)> {
    let pieces = svg.split("<text").skip(1);
    let place = |piece: &str| {
        let (tag, rest) = piece.split_once('>').unwrap();
        let words = unescaped(rest.split_once("</text>").unwrap().0);
        let number = |name: &str| attribute(tag, name).unwrap().parse::<f64>().unwrap();
        let size = match attribute(tag, "class").unwrap() {
            "title" => style::TITLE,
            "name" | "label" => style::NAME,
            "bias" => 9.5,
            _ => style::SMALL,
        };
        let (wide, x, y) = (width(&words, size), number("x"), number("y"));
        let left = match attribute(tag, "text-anchor").unwrap() {
            "end" => x - wide,
            "middle" => x - wide / 2.0,
            _ => x,
        };
        (words, [left, y - 0.72 * size, left + wide, y + 0.2 * size])
    };
    pieces.map(place).collect()
}

fn rectangles(svg: &str, class: &str) -> Vec<Box> {
    let tags = svg.split("<rect").skip(1).map(|piece| piece.split_once("/>").unwrap().0);
    let number = |tag: &str, name: &str| attribute(tag, name).unwrap().parse::<f64>().unwrap();
    let of_class = |tag: &&str| attribute(tag, "class").is_some_and(|found| found.split(' ').any(|word| word == class));
    let corners = |tag| {
        let (x, y) = (number(tag, "x"), number(tag, "y"));
        [x, y, x + number(tag, "width"), y + number(tag, "height")]
    };
    tags.filter(of_class).map(corners).collect()
}

fn touch(a: &Box, b: &Box) -> bool {
    a[0] < b[2] - 0.2 && b[0] < a[2] - 0.2 && a[1] < b[3] - 0.2 && b[1] < a[3] - 0.2
}

#[test]
fn no_words_touch_others_and_all_lie_within_the_picture() {
    for network in networks() {
        for drawing in drawings(&network, Format::Svg) {
            let svg = drawing.text(Format::Svg);
            let size: Vec<f64> =
                attribute(&svg, "viewBox").unwrap().split(' ').map(|number| number.parse().unwrap()).collect();
            let places = written(&svg);
            for (number, (words, place)) in places.iter().enumerate() {
                let is_inside = place[0] >= 0.0 && place[1] >= 0.0 && place[2] <= size[2] && place[3] <= size[3];
                assert!(is_inside, "{words} lies outside");
                let other = places[..number].iter().find(|other| touch(&other.1, place));
                assert!(other.is_none(), "{words} touches {:?} in {}", other.unwrap().0, drawing.subtitle);
            }
        }
    }
}

#[test]
fn no_box_touches_another_and_each_stays_in_its_layer() {
    for network in networks() {
        for drawing in drawings(&network, Format::Svg) {
            let svg = drawing.text(Format::Svg);
            // Those of the legend come last and are no nodes.
            let boxes = rectangles(&svg, "box");
            let boxes = if drawing.arrangement == Arrangement::Boxes { &boxes[..drawing.nodes.len()] } else { &[] };
            for (number, place) in boxes.iter().enumerate() {
                assert!(!boxes[..number].iter().any(|other| touch(other, place)), "{:?}", drawing.nodes[number].lines);
            }
            let groups = rectangles(&svg, "group");
            for (place, node) in boxes.iter().zip(&drawing.nodes).filter(|_| !groups.is_empty()) {
                let group = groups[node.group];
                assert!(group[0] < place[0] && place[2] < group[2] && group[1] < place[1] && place[3] < group[3]);
            }
        }
    }
}

#[test]
fn lines_lead_forward_to_the_right_and_backward_to_the_left() {
    for network in networks() {
        let [_, drawing] = drawings(&network, Format::Svg);
        let (column, _) = layout::columns(&drawing);
        for edge in &drawing.edges {
            match edge.flow {
                Flow::Value | Flow::Weight(_) => assert!(column[edge.from] < column[edge.to]),
                Flow::Gradient => assert!(column[edge.to] < column[edge.from]),
                Flow::Kept => {}
            }
        }
    }
}

#[test]
fn every_layer_and_every_count_of_parameters_is_told_in_every_format() {
    for network in networks() {
        for &format in Format::all() {
            let text = drawings(&network, format)[0].text(format);
            for row in summary(&network.0).unwrap() {
                // Among units, a layer without any is a word below those that it works on.
                assert!(text.contains(&row.name) || text.contains(&row.description), "{} in\n{text}", row.name);
                let count = row.parameter_count();
                assert!(count == 0 || text.contains(&crate::data::findings::grouped(count)), "{count} in\n{text}");
            }
        }
    }
}

#[test]
fn every_operation_of_a_training_step_is_drawn() {
    let [_, drawing] = drawings(&networks()[0], Format::Svg);
    let training = crate::train::trainer::training_graph(&networks()[0].0, &[Loss::SumOfSquares], 8).unwrap();
    assert_eq!(drawing.nodes.len(), training.graph.len());
    for (id, node) in training.graph.nodes() {
        let about = format!("{}\nshape {}", training.graph.label(id), node.shape);
        assert!(drawing.nodes[id.0].about.starts_with(&about), "{about}");
        assert_eq!(drawing.nodes[id.0].look.is_backward(), node.is_backward);
    }
    let gradients = drawing.nodes.iter().filter(|node| node.look == Look::ParameterGradient).count();
    assert_eq!(gradients, training.graph.parameters().len());
}

#[test]
fn what_has_many_operations_is_gathered_by_layer() {
    let deep = &networks()[4];
    let [_, drawing] = drawings(deep, Format::Svg);
    assert!(drawing.subtitle.ends_with("gathered by layer"), "{}", drawing.subtitle);
    assert!(drawing.nodes.len() <= 2 * drawing.groups.len());
}

#[test]
fn hostile_names_stay_within_their_quotes() {
    for network in networks() {
        for drawing in drawings(&network, Format::Svg) {
            let svg = drawing.text(Format::Svg);
            assert_eq!(svg.matches("<svg").count(), 1);
            assert!(!svg.contains("<a&") && svg.contains("&lt;a&amp;b&gt;"));
            let dot = drawing.text(Format::Dot);
            for line in dot.lines() {
                // Without what is escaped, quotes come in pairs.
                let plain = line.replace("\\\\", "").replace("\\\"", "");
                assert_eq!(plain.matches('"').count() % 2, 0, "{line}");
            }
            let mermaid = drawing.text(Format::Mermaid);
            for line in mermaid.lines().skip(3) {
                assert!(
                    line.matches('"').count() <= 2 && !line.contains(['`', '<']) || line.contains("<br/>"),
                    "{line}"
                );
            }
        }
    }
}

#[test]
fn weights_that_are_no_numbers_are_drawn_as_such() {
    let network = Network::new([2]).add(Dense::new(1));
    let drawing = super::network(&network, &[f64::NAN, f64::INFINITY, 0.0], &Names::default(), Format::Svg).unwrap();
    let svg = drawing.text(Format::Svg);
    assert_eq!(svg.matches("class=\"weight odd\"").count(), 2);
    let attributes = svg.replace("<title>", "\n<title>");
    assert!(attributes.lines().filter(|line| !line.starts_with("<title>")).all(|line| !line.contains("NaN")), "{svg}");
    assert!(drawing.text(Format::Dot).contains("penwidth=3.30"));
}

#[test]
fn a_network_of_too_many_layers_is_refused_in_words() {
    let deep = (0..500).fold(Network::new([1]), |network, _| network.add(Activation::Relu));
    let refused = super::network(&deep, &[], &Names::default(), Format::Svg).unwrap_err().to_string();
    assert!(refused.contains("at most 400 layers") && refused.contains("501"), "{refused}");
}
