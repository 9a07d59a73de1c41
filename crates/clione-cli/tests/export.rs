//! `clione export` as a person meets it: where the source goes, what it is called, and what is refused.

mod support;

use support::people_and_model;

#[test]
fn a_source_goes_to_standard_output_or_whole_into_a_file() {
    let folder = people_and_model();
    let shown = folder.run("export people.clione --to c").succeeds_saying(&[]).stdout;
    assert!(shown.starts_with("/* people: a network that clione trained"), "{shown}");
    assert!(shown.contains("const char *people_predict(const people_row *row, people_prediction *answer);"), "{shown}");
    assert!(shown.contains("double age;") && shown.contains("const char *sex;"), "{shown}");
    folder.run("export people.clione --to c -o people.c").succeeds_saying(&[]);
    assert_eq!(folder.read("people.c"), shown.as_bytes());
    // The name and the language follow from the file.
    folder.run("export people.clione -o buyers.rs").succeeds_saying(&[]);
    let rust = String::from_utf8_lossy(&folder.read("buyers.rs")).into_owned();
    assert!(rust.starts_with("//! buyers: ") && rust.contains("pub sex: Option<&'a str>,"), "{rust}");
    let named = folder.run("export people.clione --to c --name shop").succeeds_saying(&[]).stdout;
    assert!(named.contains("int shop_self_test(void);"), "{named}");
}

#[test]
fn nothing_is_replaced_unless_it_is_asked_for() {
    let folder = people_and_model();
    folder.write("people.c", "mine");
    folder.refuses("export people.clione --to c -o people.c", 5, &["people.c", "--force"]);
    folder.run("export people.clione --to c -o people.c --force").succeeds_saying(&[]);
    assert!(folder.read("people.c").len() > 1000);
    folder.refuses("export people.clione --to c --force -o people.clione", 2, &["is the file that is read"]);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let folder = people_and_model();
    folder.refuses("export people.clione --to rast", 2, &["did you mean rust?"]);
    folder.refuses("export people.clione", 2, &["the language is missing", "numpy, rust, c"]);
    folder.refuses("export people.csv --to c", 4, &["people.csv"]);
}
