//! What the project does to itself: `cargo xtask test`, and the steps it is made of.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is its output"
)]

mod causes;
mod corpora;
mod fuzz_filter;
mod manual;
mod measure;
mod prerequisites;
mod process;
mod readme;
mod rust_version;
mod schema;
mod suite;
mod transcript;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test        install what is missing (as root), check and test everything, run the lab
  schema      write schema/*.schema.json from the types
  causes      write docs/causes/ from the catalogue, and the list of the scenarios that prove each cause
  man         write crates/cli/man/sshdoctor.1 from the command line's definition
  dist-size   build the release binary; print its size, start-up time and peak memory beside their limits
  readme      try every command that README.md shows
  fuzz-filter [--cases N] [--seed S]
              compare what is said of random packet filters with what the kernel does
  corpora DIR read every rule set of a folder; where the kernel takes it, compare what is said of SYNs with what it does
  transcript  put what the program prints for a recorded case into README.md";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test"] => suite::run(),
        ["schema"] => schema::write(),
        ["causes"] => causes::write(),
        ["man"] => manual::write(),
        ["dist-size"] => measure::run(),
        ["readme"] => readme::check(),
        ["fuzz-filter", options @ ..] => fuzz_filter::run(options),
        ["corpora", folder] => corpora::run(folder),
        ["transcript"] => transcript::write(),
        [measure::CHILD, program, rest @ ..] => measure::child(program, rest),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
