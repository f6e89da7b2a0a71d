//! The same engine in a terminal: the verbs, what they need, and how the program ends. A door: it translates between a
//! person (or a script) and the engine and decides nothing.

mod answers;
mod ask;
mod attend;
mod card;
mod console;
mod ending;
mod escape;
mod exit;
mod following;
mod in_doubt;
mod inputs;
mod interrupt;
mod keyboard;
mod line;
mod load;
mod phrases;
mod screen;
mod tree;
mod value;
mod verbs;
mod view;

use crate::{
    console::Console, exit::Exit, interrupt::Interrupt, keyboard::Keyboard, screen::Screen,
};
use clap::{ArgAction, Parser};
use std::{path::PathBuf, process::ExitCode, time::Duration};
use tracing_subscriber::EnvFilter;

const ABOUT: &str = "\
Run operations workflows. Every action that changes something waits for a person, and what that person approved is \
exactly what runs.

First steps:
  countersign workflows                    what can be run
  countersign run health_check             a first run: it only reads
  countersign runs                         what has been run
  countersign validate my.workflow.yaml    what is wrong with a file of your own
  countersign run --help                   more about a verb";

const ENVIRONMENT: &str = "\
Environment:
  COUNTERSIGN_DATA_DIR   the data folder
  COUNTERSIGN_TOKEN      a decider's token, where nobody sits at the door
  COUNTERSIGN_DOWNLOADS  where files go that you ask for [default: your folder for downloads]
  COUNTERSIGN_KEYCHAIN   session: never ask the keychain, keep secrets in memory only";

/// Run operations workflows; what you approve is what runs
#[derive(Debug, Parser)]
#[command(
    name = console::PROGRAM,
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    long_about = ABOUT,
    after_help = format!("{}\n\n{ENVIRONMENT}", exit::TABLE),
)]
struct Arguments {
    #[command(subcommand)]
    verb: verbs::Verb,

    /// The data folder [default: $COUNTERSIGN_DATA_DIR, else `countersign` in your XDG data folder]
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,

    /// Print one JSON object on standard output and everything else on standard error
    #[arg(long, global = true)]
    json: bool,

    /// Log what the engine does on standard error; twice for more ($RUST_LOG for less or other parts)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_stderr(arguments.verbose);
    let screen = Screen::new(arguments.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            let fault = api::Fault::new(
                "no_threads",
                "The program cannot start its threads",
                "Free some memory or processes and try again",
            );
            screen.fault(&fault.with_detail(error.to_string()));
            return ExitCode::from(Exit::Refused.code());
        }
    };
    let exit = runtime.block_on(async {
        let mut console = Console {
            screen,
            keyboard: Keyboard::default(),
            interrupt: Interrupt::listen(),
            data_dir: arguments.data_dir,
        };
        match arguments.verb.perform(&mut console).await {
            Ok(exit) => exit,
            Err(trouble) => {
                console.screen.fault(&trouble.fault);
                trouble.exit
            }
        }
    });
    // A thread that still reads the keyboard must not hold the program up.
    runtime.shutdown_timeout(Duration::from_millis(100));
    ExitCode::from(exit.code())
}

fn log_to_stderr(verbose: u8) {
    let by_flag = match verbose {
        0 => "off",
        1 => "info",
        _ => "debug",
    };
    let filter = match std::env::var("RUST_LOG") {
        Ok(filter) if !filter.is_empty() => EnvFilter::new(filter),
        Ok(_) | Err(_) => EnvFilter::new(by_flag),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
