//! How drawings look: colours for light and dark, the room that words take, and the pieces that all pictures have.

use super::Group;
use crate::report::markup::Markup;

/// Colours of the text formats, which cannot know what they are shown on: each can be seen on white and on black.
pub(super) const FORWARD: &str = "#2b83ba";
pub(super) const BACKWARD: &str = "#d9722e";
pub(super) const LEARNED: &str = "#2a9d76";
pub(super) const QUIET: &str = "#8a8f98";

/// Sizes of letters.
pub(super) const TITLE: f64 = 17.0;
pub(super) const NAME: f64 = 12.5;
pub(super) const SMALL: f64 = 11.0;

/// From one line of words to the next.
pub(super) const LINE: f64 = 15.0;

/// The room at the edges.
pub(super) const MARGIN: f64 = 24.0;

/// The first colour of each pair is for programs that do not know variables. Colours can be told apart by people who
/// confuse red and green (Okabe and Ito 2008).
const STYLE: &str = "\
.clione{--paper:#fff;--ink:#24292f;--soft:#57606a;--line:#d0d7de;--group:#f6f8fa;--blue:#0072b2;--orange:#c65400;--green:#007a5a}\
@media(prefers-color-scheme:dark){.clione{--paper:#14171c;--ink:#e6e9ee;--soft:#a3abb8;--line:#3a414c;--group:#1b2027;\
--blue:#56b4e9;--orange:#f0a03c;--green:#2fc79a}}\
.clione text{font-family:Helvetica,Arial,sans-serif;font-size:11px;fill:#57606a;fill:var(--soft)}\
.clione .title{font-size:17px;font-weight:bold;fill:#24292f;fill:var(--ink)}\
.clione .name{font-size:12.5px;font-weight:bold;fill:#24292f;fill:var(--ink)}\
.clione .label{font-size:12.5px;fill:#24292f;fill:var(--ink)}\
.clione .bias{font-size:9.5px;fill:#24292f;fill:var(--ink)}\
.clione .paper{fill:#fff;fill:var(--paper)}\
.clione .group{fill:#f6f8fa;fill:var(--group);stroke:#d0d7de;stroke:var(--line)}\
.clione .box{fill:#fff;fill:var(--paper);stroke-width:1.4}\
.clione .input{stroke:#57606a;stroke:var(--soft)}\
.clione .parameter{stroke:#007a5a;stroke:var(--green)}\
.clione .forward{stroke:#0072b2;stroke:var(--blue)}\
.clione .backward{stroke:#c65400;stroke:var(--orange)}\
.clione .result{stroke-width:3}\
.clione .unused{stroke-dasharray:3 3;stroke-opacity:.6}\
.clione .edge{fill:none;stroke-width:1.4}\
.clione .kept{stroke:#57606a;stroke:var(--soft);stroke-width:1;stroke-dasharray:2 3}\
.clione .head{stroke:none}\
.clione .head.forward{fill:#0072b2;fill:var(--blue)}.clione .head.backward{fill:#c65400;fill:var(--orange)}\
.clione .head.kept{fill:#57606a;fill:var(--soft)}\
.clione .weight{fill:none;stroke-linecap:round}\
.clione .odd{stroke:#24292f;stroke:var(--ink);stroke-dasharray:1 4}\
.clione .unit{fill:#fff;fill:var(--paper);stroke:#57606a;stroke:var(--soft);stroke-width:1.2}\
.clione .tint{stroke:none;pointer-events:none}.clione .tint.forward{fill:#0072b2;fill:var(--blue)}\
.clione .tint.backward{fill:#c65400;fill:var(--orange)}\
.clione .weight:hover{stroke-opacity:1;stroke-width:4}.clione .box:hover{stroke-width:3}";

/// About how much room words take, rather too much than too little: fonts differ.
///
/// Bold letters are wider by a tenth, which the estimate contains.
pub(super) fn width(words: &str, size: f64) -> f64 {
    let em = |letter: char| match letter {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.34,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' => 0.42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.98,
        'A'..='Z' | '&' | '…' | '→' | '×' => 0.76,
        '\u{0}'..='\u{7f}' => 0.62,
        '\u{80}'..='\u{10ff}' => 0.74,
        // Scripts with wide letters, and pictures.
        _ => 1.2,
    };
    size * words.chars().map(em).sum::<f64>()
}

/// The room of the widest line of a group.
pub(super) fn group_width(group: &Group) -> f64 {
    let lines = group.lines.iter().map(|line| width(line, SMALL));
    lines.fold(width(&group.name, NAME), f64::max)
}

/// A number of pixels as attributes are written.
pub(super) fn pixels(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Opens a picture of this size: its style, its paper, and its title.
pub(super) fn open(markup: &mut Markup, size: (f64, f64), title: &str, subtitle: &str) {
    let [across, down] = [size.0, size.1].map(|number| pixels(number.ceil()));
    let view = format!("0 0 {across} {down}");
    markup.open(
        "svg",
        &[
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("class", "clione"),
            ("viewBox", &view),
            ("width", &across),
            ("height", &down),
            ("style", "max-width:100%;height:auto"),
            ("role", "img"),
            ("aria-label", &format!("{title}: {subtitle}")),
        ],
    );
    markup.element("title", &[], title).literal("<style>").literal(STYLE).literal("</style>\n");
    markup.empty("rect", &[("class", "paper"), ("width", &across), ("height", &down)]).literal("\n");
    words(markup, "title", (MARGIN, MARGIN + 12.0), "start", title);
    words(markup, "small", (MARGIN, MARGIN + 32.0), "start", subtitle);
}

/// Where what is below the title begins.
pub(super) const TOP: f64 = MARGIN + 50.0;

/// Writes words at a place.
pub(super) fn words(markup: &mut Markup, class: &str, (x, y): (f64, f64), anchor: &str, words: &str) {
    let [x, y] = [x, y].map(pixels);
    markup.element("text", &[("class", class), ("x", &x), ("y", &y), ("text-anchor", anchor)], words).literal("\n");
}
