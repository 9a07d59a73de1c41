//! A drawing in the language of Graphviz, which lays it out: `dot -Tsvg net.dot > net.svg`.

use super::style::{BACKWARD, FORWARD, LEARNED, QUIET};
use super::{Diagram, Flow, Look, Node, share};
use crate::base::visible::is_hidden;
use crate::report::text::short;
use std::fmt::Write;

pub(super) fn text(diagram: &Diagram) -> String {
    let mut text = String::from("digraph clione {\n");
    let title = quoted(&[diagram.title.clone(), diagram.subtitle.clone()].join("\n"));
    let _ = write!(
        text,
        "  graph [rankdir=LR, bgcolor=transparent, fontname=Helvetica, fontcolor=\"{QUIET}\", color=\"{QUIET}\", \
         labelloc=t, label={title}];\n  node [shape=box, style=rounded, fontname=Helvetica, fontsize=11, fontcolor=\"{QUIET}\"];\n  \
         edge [arrowsize=0.6];\n"
    );
    let is_grouped = diagram.groups.len() > 1;
    for (number, group) in diagram.groups.iter().enumerate() {
        if is_grouped {
            let label = std::iter::once(&group.name).chain(&group.lines).cloned().collect::<Vec<_>>().join("\n");
            let _ = writeln!(text, "  subgraph cluster_{number} {{ label={};", quoted(&label));
        }
        for (at, node) in diagram.nodes.iter().enumerate().filter(|(_, node)| node.group == number) {
            let _ = writeln!(text, "    {}", described(at, node));
        }
        if is_grouped {
            text.push_str("  }\n");
        }
    }
    let largest = diagram.largest().0;
    for edge in &diagram.edges {
        let looks = match edge.flow {
            Flow::Weight(weight) => {
                let colour = if weight < 0.0 { BACKWARD } else { FORWARD };
                let width = 0.3 + 3.0 * share(weight, largest);
                format!("color=\"{colour}\", penwidth={width:.2}, tooltip=\"{}\"", short(weight))
            }
            Flow::Value => format!("color=\"{FORWARD}\""),
            Flow::Gradient => format!("color=\"{BACKWARD}\""),
            // The backward pass is not to be drawn behind the forward pass because of what was kept.
            Flow::Kept => format!("color=\"{QUIET}\", style=dotted, constraint=false"),
        };
        // Graphviz draws what an edge leads to further to the right; the backward pass is to go to the left.
        let (first, second, head) = match edge.flow {
            Flow::Weight(_) => (edge.from, edge.to, ", arrowhead=none"),
            Flow::Value | Flow::Kept => (edge.from, edge.to, ""),
            Flow::Gradient => (edge.to, edge.from, ", dir=back"),
        };
        let _ = writeln!(text, "  n{first} -> n{second} [{looks}{head}];");
    }
    text.push_str("}\n");
    text
}

fn described(at: usize, node: &Node) -> String {
    let label = quoted(&node.lines.join("\n"));
    let colour = match node.look {
        Look::Input => QUIET,
        Look::Parameter => LEARNED,
        Look::Unit(_) | Look::Operation | Look::Result => FORWARD,
        Look::Gradient | Look::ParameterGradient => BACKWARD,
    };
    let shape = match node.look {
        Look::Unit(_) if node.lines.is_empty() => ", shape=circle, width=0.25, fixedsize=true",
        Look::Unit(_) => ", shape=oval",
        Look::Result | Look::ParameterGradient => ", penwidth=2.5",
        Look::Input | Look::Parameter | Look::Operation | Look::Gradient => "",
    };
    let dashes = if node.is_unused { ", style=\"rounded,dashed\"" } else { "" };
    format!("n{at} [label={label}, tooltip={}, color=\"{colour}\"{shape}{dashes}];", quoted(&node.about))
}

/// A text in quotes: in them only quotes, backslashes and line ends mean something, and `\N` and its like do not.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            // Graphviz reads names of letters, as in `&lt;`.
            '&' => quoted.push_str("&amp;"),
            letter if is_hidden(letter) => quoted.push(' '),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
