//! Pages as a browser takes them: whole, harmless, never too large, and with the numbers that the row has.

use super::*;
use crate::base::rng::Rng;
use crate::data::prepare::prepare;
use crate::data::table::{ReadOptions, Table};
use crate::see::explain::address::find_parameter;
use crate::train::apply::predict_on_one_thread;
use crate::train::file::Source;
use crate::train::fit::{Fit, Next};
use crate::train::recipe::Recipe;
use crate::train::recipe::selection::Selection;

/// The page about the first row that was trained on of a table whose last column is predicted, and the journey of that row.
fn page(text: &str, layers: &[usize], asked: Option<&str>) -> (String, Walk) {
    let table = Table::from_bytes("x.csv", text.as_bytes().to_vec(), &ReadOptions::default()).unwrap();
    let chosen = Selection::from_toml("a recipe", "[training]\noptimizer = \"adam\"\n").unwrap();
    let optimizer = chosen.recipe().unwrap().fit.optimizer;
    let fit = Fit { epochs: 2, learning_rate: 0.01, optimizer, keep_last: true, ..Fit::default() };
    let recipe = Recipe { layers: layers.to_vec(), fit, ..Recipe::default() };
    let prepared = prepare(&table, &recipe.choices, 0.2, &Rng::new(0)).unwrap();
    let names = prepared.preprocessing.feature_names();
    let columns = prepared.preprocessing.inputs.iter().map(|input| InputColumn {
        name: input.name.clone(),
        text: Some(input.name.clone()),
        treatment: input.treatment.name().to_owned(),
        width: input.width(),
    });
    let columns: Vec<InputColumn> = columns.collect();
    let source = Source::Table(prepared.preprocessing);
    let run = recipe.train(source, &prepared.training, Some(&prepared.validation), &mut |_| Next::Continue).unwrap();
    let first = prepared.training.part(&[0]);
    let (mut inputs, mut targets) = (vec![0.0; first.inputs().columns()], vec![0.0; first.targets().width()]);
    first.gather(&[0], &mut inputs, &mut targets);
    let row = Row::new(&run.saved.weights.in_64_bits(), &[run.saved.loss], &inputs, Some(&targets)).unwrap();
    let symbols = Symbols::new(&row);
    let asked = asked.map(|typed| find_parameter(&row, &symbols, typed).unwrap());
    let walk = Walk::of(&row, &symbols).unwrap();
    let found = derivations(&row, &symbols, asked).unwrap();
    let page = Explanation {
        model: &run.saved,
        model_file: "folder/<x>.clione",
        place: "row 1 of x.csv (line 2)",
        columns: &columns,
        names: &names,
        shape: &[inputs.len()],
        target: Ok("<i>this"),
        prediction: &predict_on_one_thread(&run.saved, first.inputs()).swap_remove(0),
        note: "",
        row: &row,
        symbols: &symbols,
        walk: &walk,
        derivations: &found,
        update: None,
        version: "1.2.3",
    };
    (page.html(), walk.clone())
}

fn flowers() -> String {
    let row = |i: usize| format!("{},{},{}\n", i * 7 % 20, i % 5, ["low", "high"][usize::from(i * 7 % 20 < 8)]);
    format!("length,width,size\n{}", (0..60).map(row).collect::<String>())
}

/// The page without its script.
fn markup_of(html: &str) -> String {
    assert_eq!(html.matches(frame::SCRIPT).count(), 1);
    html.replace(frame::SCRIPT, "")
}

/// What stands between `<` and `>`, one after another.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).map(|piece| piece.split_once('>').expect("a tag ends").0)
}

#[test]
fn every_tag_is_closed_in_its_turn_and_every_link_leads_somewhere() {
    let (html, _) = page(&flowers(), &[3], None);
    let html = markup_of(&html);
    let mut open = Vec::new();
    for tag in tags(&html) {
        let name = tag.split([' ', '\n']).next().unwrap();
        match name.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed), "before <{tag}>"),
            None if ["meta", "link", "!doctype", "br", "wbr"].contains(&name) || tag.ends_with('/') => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    let places = |start: &str| -> BTreeSet<String> {
        html.split(start).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let (links, ids) = (places(" href=\"#"), places(" id=\""));
    assert!(links.contains("hidden1.weights[1,2]") && links.contains("hidden1.bias[0]") && links.contains("x[1]"));
    assert!(links.is_subset(&ids), "{:?}", links.difference(&ids));
}

#[test]
fn a_small_network_has_every_derivative_worked_out_with_the_numbers_of_the_row() {
    let (html, walk) = page(&flowers(), &[3], None);
    assert!(html.contains("15 of 15 derivatives") && html.contains("all of them"), "2·3 + 3 + 3 + 1 + 2");
    for parameter in walk.parameters.iter().filter(|parameter| parameter.shape.sizes() == [2, 3]) {
        for (at, gradient) in parameter.gradients.iter().enumerate() {
            let name = format!("{}[{},{}]", parameter.name, at / 3, at % 3);
            let key = format!("<data data-key=\"gradients.{name}\" value=\"{gradient}\">");
            assert!(html.contains(&key), "{key}");
            let (_, card) = html.split_once(&format!("id=\"{name}\"")).expect("a card for each");
            let card = card.split("</article>").next().unwrap();
            assert!(card.contains(&format!("data-key=\"by_backpropagation\" value=\"{gradient}\"")), "{card}");
            assert!(!card.contains("class=\"bad\""), "{card}");
        }
    }
    let loss = walk.loss.unwrap();
    assert!(html.contains(&format!("<data data-key=\"loss.value\" value=\"{loss}\">")));
}

#[test]
fn what_was_asked_for_is_seen_without_a_script() {
    for (asked, seen) in [(Some("hidden1.weights[1,0]"), "hidden1.weights[1,0]"), (None, "")] {
        let (html, _) = page(&flowers(), &[3], asked);
        assert_eq!(html.matches("class=\"card first\"").count(), 1);
        assert!(html.contains(&format!("class=\"card first\" id=\"{seen}")), "{seen}");
    }
}

#[test]
fn words_of_the_data_do_not_become_markup() {
    let names =
        ["<script>alert(1)</script>", "\"a\"\"b' onload=x\"", "</title></style><img src=x>", "</table><b>"].join(",");
    let row = |i: usize| format!("{i}.5,<i>{},{},{}\n", i % 3, i % 7, ["<script>x</script>", "</svg>&"][i % 2]);
    let (html, _) = page(&format!("{names}\n{}", (0..60).map(row).collect::<String>()), &[3], None);
    let html = markup_of(&html);
    let known =
        ["style", "script", "img"].map(|name| tags(&html).filter(|tag| tag.split(' ').next() == Some(name)).count());
    assert_eq!(known, [1, 1, 0], "the program's own");
    assert!(!html.contains("<i>this") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    let outside_of_values = |tag: &str| tag.split('"').step_by(2).collect::<String>();
    assert!(tags(&html).all(|tag| !outside_of_values(tag).contains("onload")));
    for word in ["http:", "https:", " src=\"", "@import", "url(", "<iframe", "<base"] {
        assert!(!html.contains(word), "{word}");
    }
}

#[test]
fn a_large_network_shows_what_matters_most_and_says_how_much() {
    let names: Vec<String> = (0..150).map(|column| format!("column{column}")).collect();
    let row = |i: usize| {
        let cells: Vec<String> = (0..149).map(|column| format!("{}.25", i * (column + 3) % 89)).collect();
        format!("{},{}\n", cells.join(","), ["a", "b", "c"][i % 3])
    };
    let table = format!("{}\n{}", names.join(","), (0..40).map(row).collect::<String>());
    for layers in [vec![90, 70], vec![12; 14]] {
        let (html, walk) = page(&table, &layers, Some("hidden1.weights[3,4]"));
        let parts: Vec<usize> = html.split("<section").flat_map(|part| part.split("<aside")).map(str::len).collect();
        assert!(html.len() < 1_000_000, "{} bytes: {parts:?}", html.len());
        let numbers = 149 + walk.parameters.iter().map(|parameter| parameter.values.len()).sum::<usize>();
        let words = format!(" of {} derivatives", crate::data::findings::grouped(numbers));
        assert!(html.contains(&words) && html.contains("those with the largest gradients"), "{words}");
        assert!(html.contains("class=\"card first\" id=\"hidden1.weights[3,4]\""));
        assert!(html.contains("data-from=\"x[3]\" data-to=\"a1[4]\""), "what was asked for stands in the picture");
        let (name, ..) = &walk.parameters[2].largest[0];
        assert!(html.contains(&format!("id=\"{name}\"")), "{name}");
    }
}

#[test]
fn the_script_of_the_page_is_the_only_one_that_may_run() {
    let hash = base64(&sha256(frame::SCRIPT.as_bytes()));
    assert!(frame::POLICY.contains(&format!("script-src 'sha256-{hash}';")), "script-src 'sha256-{hash}';");
}

/// The first 32 bits of the fractions of roots of the first primes (FIPS 180-4).
fn fractions<const N: usize>(root: fn(f64) -> f64) -> [u32; N] {
    let is_prime = |number: &u32| (2..*number).all(|divisor| !number.is_multiple_of(divisor));
    let mut primes = (2..).filter(is_prime);
    std::array::from_fn(|_| {
        let root = root(f64::from(primes.next().expect("there is no largest prime")));
        (root.fract() * 4_294_967_296.0) as u32
    })
}

/// FIPS 180-4.
fn sha256(bytes: &[u8]) -> Vec<u8> {
    let constants: [u32; 64] = fractions(f64::cbrt);
    let mut state: [u32; 8] = fractions(f64::sqrt);
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
    padded.extend((8 * bytes.len() as u64).to_be_bytes());
    for block in padded.chunks(64) {
        let mut words: Vec<u32> = block.chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect();
        for at in 16..64 {
            let (a, b) = (words[at - 15], words[at - 2]);
            let early = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
            let late = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
            words.push(words[at - 16].wrapping_add(early).wrapping_add(words[at - 7]).wrapping_add(late));
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for (word, constant) in words.iter().zip(constants) {
            let turned = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let chosen = (e & f) ^ (!e & g);
            let first = h.wrapping_add(turned).wrapping_add(chosen).wrapping_add(constant).wrapping_add(*word);
            let turned = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let second = turned.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(first), c, b, a, first.wrapping_add(second));
        }
        for (sum, number) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *sum = sum.wrapping_add(number);
        }
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(three.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let letter = char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]);
            text.push(if at > three.len() { '=' } else { letter });
        }
    }
    text
}
