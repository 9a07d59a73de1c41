//! A drawing in the language of Mermaid, which many sites draw in their pages.

use super::style::{BACKWARD, FORWARD, LEARNED, QUIET};
use super::{Diagram, Flow, Look, Node, share};
use crate::base::visible::is_hidden;
use std::fmt::Write;

pub(super) fn text(diagram: &Diagram) -> String {
    let mut text =
        format!("---\ntitle: {}\n---\nflowchart LR\n", title(&format!("{}: {}", diagram.title, diagram.subtitle)));
    let is_grouped = diagram.groups.len() > 1;
    for (number, group) in diagram.groups.iter().enumerate() {
        if is_grouped {
            let _ = writeln!(text, "  subgraph layer{number} [{}]", quoted(std::slice::from_ref(&group.name)));
            // The title of a group has room for one line.
            if !group.lines.is_empty() {
                let _ = writeln!(text, "    about{number}[{}]:::about", quoted(&group.lines));
            }
        }
        for (at, node) in diagram.nodes.iter().enumerate().filter(|(_, node)| node.group == number) {
            let _ = writeln!(text, "    {}", described(at, node));
        }
        if is_grouped {
            text.push_str("  end\n");
        }
    }
    let largest = diagram.largest().0;
    let mut styles = String::new();
    for (number, edge) in diagram.edges.iter().enumerate() {
        let (arrow, style) = match edge.flow {
            Flow::Weight(weight) => {
                let colour = if weight < 0.0 { BACKWARD } else { FORWARD };
                ("---", format!("stroke:{colour},stroke-width:{:.2}px", 0.3 + 3.0 * share(weight, largest)))
            }
            Flow::Value => ("-->", format!("stroke:{FORWARD}")),
            Flow::Gradient => ("-->", format!("stroke:{BACKWARD}")),
            Flow::Kept => ("-.->", format!("stroke:{QUIET}")),
        };
        let _ = writeln!(text, "  n{} {arrow} n{}", edge.from, edge.to);
        let _ = writeln!(styles, "  linkStyle {number} {style}");
    }
    text.push_str(&styles);
    let _ = write!(
        text,
        "  classDef given stroke:{QUIET}\n  classDef learned stroke:{LEARNED}\n  classDef forward stroke:{FORWARD}\n  \
         classDef result stroke:{FORWARD},stroke-width:3px\n  classDef backward stroke:{BACKWARD}\n  \
         classDef gradient stroke:{BACKWARD},stroke-width:3px\n  classDef unused stroke:{QUIET},stroke-dasharray:4 4\n  classDef about fill:none,stroke:none\n"
    );
    text
}

fn described(at: usize, node: &Node) -> String {
    let class = match node.look {
        _ if node.is_unused => "unused",
        Look::Input => "given",
        Look::Parameter => "learned",
        Look::Unit(_) | Look::Operation => "forward",
        Look::Result => "result",
        Look::Gradient => "backward",
        Look::ParameterGradient => "gradient",
    };
    let label = if node.lines.is_empty() { quoted(&[" ".to_owned()]) } else { quoted(&node.lines) };
    match node.look {
        Look::Unit(_) => format!("n{at}(({label})):::{class}"),
        Look::Input | Look::Parameter | Look::Operation | Look::Result | Look::Gradient | Look::ParameterGradient => {
            format!("n{at}[{label}]:::{class}")
        }
    }
}

/// Lines in quotes; every letter that could mean something to Mermaid or to the page is written by its number.
fn quoted(lines: &[String]) -> String {
    let escaped: Vec<String> = lines.iter().map(|line| line.chars().map(escaped).collect()).collect();
    format!("\"{}\"", escaped.join("<br/>"))
}

fn escaped(letter: char) -> String {
    match letter {
        letter if is_hidden(letter) => " ".to_owned(),
        letter if letter.is_ascii_punctuation() && !",.:()/-+=_'|".contains(letter) => {
            format!("#{};", u32::from(letter))
        }
        letter => letter.to_string(),
    }
}

/// A text of the front matter, which is YAML: in double quotes, where only quotes and backslashes mean something.
fn title(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if is_hidden(letter) => quoted.push(' '),
            // Titles are set as plain text; these could end the front matter or the picture around it.
            '<' => quoted.push('‹'),
            '>' => quoted.push('›'),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
