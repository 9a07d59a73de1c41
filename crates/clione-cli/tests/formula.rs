//! What `clione show --formula` writes of a model: text, LaTeX, and a page with MathML.

mod support;

use support::{Folder, houses, people_and_model};

#[test]
fn a_model_is_written_as_formulas_with_shapes_symbols_and_what_its_recipe_adds() {
    let folder = people_and_model();
    let text = folder.run("show people.clione --formula").succeeds_saying(&[]).stdout;
    for part in [
        "Ŷ  = σ(Z3)",
        "L = −1/n Σ (Y ⊙ ln(Ŷ) + (1 − Y) ⊙ ln(1 − Ŷ))",
        "dZ3 = (Ŷ − Y)/n",
        "relu(z)  = max(z, 0)",
        "relu′(z) = 1 if z > 0, else 0",
        "hidden1.bias, added to each row",
        "a batch has n = ",
        "weight decay: ",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert_eq!(text, folder.run("show people.clione --formula text").stdout);
}

#[test]
fn formulas_are_written_as_latex_and_as_a_page() {
    let folder = Folder::with("houses.csv", houses());
    let train = "train houses.csv --epochs 1 --layers 4 --l2 0.5 --ignore rooms -o houses.clione";
    folder.run(train).succeeds_saying(&[]);
    let latex = folder.run("show houses.clione --formula latex").succeeds_saying(&[]).stdout;
    for part in
        [r"\begin{align*}", r"dW_{2} &= A_{1}^{\top} \cdot d\hat{Y} && 4 \times 1", "% Besides: l2: each step adds 0.5"]
    {
        assert!(latex.contains(part), "{part} in\n{latex}");
    }
    assert_eq!(latex.matches(r"\begin{align*}").count(), latex.matches(r"\end{align*}").count());
    let page = folder.run("show houses.clione --formula mathml").succeeds_saying(&[]).stdout;
    assert!(page.starts_with("<!doctype html>") && page.contains("<math displaystyle"), "{page}");
    for tag in ["mrow", "msub", "msup", "mfrac", "table", "tr"] {
        let (open, close) = (page.matches(&format!("<{tag}>")).count(), page.matches(&format!("</{tag}>")).count());
        assert_eq!(open, close, "{tag}");
    }
    assert!(!page.contains("://"), "the page asks for something");
}

#[test]
fn a_form_that_there_is_not_is_refused() {
    let folder = people_and_model();
    let refused = folder.run("show people.clione --formula word");
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    assert_eq!(folder.run("show people.clione --formula text --json").code, 2);
}
