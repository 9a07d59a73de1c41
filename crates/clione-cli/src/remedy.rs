//! Remedies as commands: the library knows only the flags that help, the command knows what was typed.

use crate::Arguments;
use clap::{Arg, ArgAction, CommandFactory};
use clione::base::error::Error;
use clione::base::words::shell_word;
use std::env;

/// The error with its remedy as a command that can be typed as it stands.
pub fn complete(error: Error) -> Error {
    let typed: Vec<String> = env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    error.map_remedy(|remedy| whole_command(remedy, &typed))
}

/// What was typed, with these flags instead of what they were before, and without those.
pub fn typed_with(flags: &str, without: &[&str]) -> String {
    let typed: Vec<String> = env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let typed: Vec<String> = without.iter().fold(typed, |typed, flag| without_flag(typed, flag));
    whole_command(flags, &typed)
}

/// A command without a flag, and without its value where it takes one.
fn without_flag(typed: Vec<String>, flag: &str) -> Vec<String> {
    let takes_value = Arguments::command().get_subcommands().any(|verb| {
        let known = verb.get_arguments().find(|argument| argument.get_long() == Some(&flag[2..]));
        known.is_some_and(|known| matches!(known.get_action(), ArgAction::Set) && takes_word(known))
    });
    if !takes_value {
        return typed.into_iter().filter(|word| word != flag).collect();
    }
    let mut words: Vec<&str> = typed.iter().map(String::as_str).collect();
    remove(&mut words, flag);
    words.into_iter().map(str::to_owned).collect()
}

/// A remedy that is flags only becomes what was typed with these flags, instead of what they were before.
fn whole_command(remedy: &str, typed: &[String]) -> String {
    if !remedy.starts_with("--") || typed.iter().any(|word| word == "--") {
        return remedy.to_owned();
    }
    let command = Arguments::command();
    let Some(verb) = typed.iter().find_map(|word| command.find_subcommand(word)) else { return remedy.to_owned() };
    let mut words: Vec<&str> = typed.iter().map(String::as_str).collect();
    for flag in remedy.split_whitespace().filter(|word| word.starts_with("--")) {
        let opposite = format!("--no-{}", &flag[2..]);
        words.retain(|word| *word != opposite);
        let known = verb.get_arguments().find(|argument| argument.get_long() == Some(&flag[2..]));
        match known.map(|known| (known.get_action(), takes_word(known))) {
            None => return format!("train again with {remedy}"),
            Some((ArgAction::Set, true)) => remove(&mut words, flag),
            Some((ArgAction::Set, false)) => words.retain(|word| word.split('=').next() != Some(flag)),
            Some(_) => {}
        }
    }
    let words: Vec<String> = words.into_iter().map(shell_word).collect();
    format!("clione {} {remedy}", words.join(" "))
}

/// Whether the word behind the flag is its value; that of a switch stands behind `=`.
fn takes_word(flag: &Arg) -> bool {
    flag.get_num_args().is_none_or(|count| count.min_values() > 0)
}

/// Takes a flag and its value out of a command.
fn remove(words: &mut Vec<&str>, flag: &str) {
    let mut is_value = false;
    words.retain(|word| {
        let is_removed = is_value || *word == flag || word.strip_prefix(flag).is_some_and(|rest| rest.starts_with('='));
        is_value = !is_value && *word == flag;
        !is_removed
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(remedy: &str, typed: &str) -> String {
        let typed: Vec<String> = typed.split(' ').map(str::to_owned).collect();
        whole_command(remedy, &typed)
    }

    #[test]
    fn flags_are_added_to_what_was_typed() {
        assert_eq!(completed("--thousands ','", "train a.csv -o m"), "clione train a.csv -o m --thousands ','");
        assert_eq!(completed("mkdir -p x", "train a.csv"), "mkdir -p x");
    }

    #[test]
    fn a_flag_takes_the_place_of_the_one_that_was_wrong() {
        assert_eq!(completed("--layers 32,16", "train --layers 0 a.csv"), "clione train a.csv --layers 32,16");
        assert_eq!(completed("--layers 32,16", "train a.csv --layers=0"), "clione train a.csv --layers 32,16");
    }

    #[test]
    fn a_flag_that_may_come_several_times_stays() {
        assert_eq!(
            completed("--ignore 'a b'", "train --ignore c a.csv"),
            "clione train --ignore c a.csv --ignore 'a b'"
        );
    }

    #[test]
    fn a_flag_of_another_verb_is_for_the_next_training() {
        assert_eq!(completed("--ignore 'x'", "predict m a.csv"), "train again with --ignore 'x'");
    }
}
