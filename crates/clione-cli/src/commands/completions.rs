//! `clione completions`: what a shell needs to complete verbs and flags.

use crate::Arguments;
use crate::output::Output;
use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::{Shell, generate};
use clione::base::error::Result;

/// A shell whose completions can be written.
#[derive(Clone, Copy, ValueEnum)]
enum Known {
    Bash,
    Zsh,
    Fish,
}

/// The arguments of `clione completions`.
#[derive(Args)]
pub struct Completions {
    /// The shell
    shell: Known,
}

impl Completions {
    /// Writes the completions.
    pub fn run(self, output: &Output) -> Result<()> {
        let shell = match self.shell {
            Known::Bash => Shell::Bash,
            Known::Zsh => Shell::Zsh,
            Known::Fish => Shell::Fish,
        };
        let mut script = Vec::new();
        generate(shell, &mut Arguments::command(), "clione", &mut script);
        output.result(&String::from_utf8_lossy(&script))
    }
}
