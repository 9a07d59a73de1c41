//! The `clione` command: arguments in, library calls, words out.

mod arguments;
mod commands;
mod json;
mod output;
mod remedy;
mod settings;

use clap::Parser;
use commands::Command;
use output::{ColorChoice, Output};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  clione demo                                 the first network, explained
  clione train iris.csv -o iris.clione        a model of a table
  clione predict iris.clione new.csv          what it says about other rows
  clione evaluate iris.clione labelled.csv    how often it is right
  clione show iris.clione                     what it is made of";

const TEMPLATE: &str = "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// Neural networks from scratch that you can see through
#[derive(Parser)]
#[command(name = "clione", version, before_help = EXAMPLES, help_template = TEMPLATE, max_term_width = 100)]
#[command(disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// Use colours: auto, always or never
    #[arg(
        long,
        value_name = "WHEN",
        global = true,
        default_value = "auto",
        hide_possible_values = true,
        display_order = 100
    )]
    color: ColorChoice,

    /// Leave out progress and hints; warnings and errors stay
    #[arg(short, long, global = true, display_order = 101)]
    quiet: bool,
}

fn main() -> ExitCode {
    let Arguments { command, color, quiet } = Arguments::parse();
    let output = Output::new(color, quiet);
    match command.run(&output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error = remedy::complete(error);
            output.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
