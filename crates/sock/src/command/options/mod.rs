//! `sock options`: every option of a socket, read from a real one, with its unit and its meaning.
//!
//! [`subject`] makes the socket, [`select`] says which options, [`reading`] reads them and says in words why one cannot
//! be read, [`text`] and [`event`] print them. An option is never left out in silence: what a filter hides is counted.

mod event;
mod kind;
mod reading;
mod select;
mod subject;
mod text;

use crate::cli::OptionsArgs;
use crate::command::print::print;
use crate::exit::{Exit, Failure};
use crate::report::table::width_of_output;
use reading::Reading;
use select::Selection;
use subject::Subject;

/// Runs the command.
pub fn run(args: &OptionsArgs) -> Result<Exit, Failure> {
    // Before a connection is made for nothing.
    select::check(&args.only)?;
    let subject = Subject::open(args)?;
    let selection = Selection::new(&subject.levels, args)?;
    let readings: Vec<Reading> =
        selection.options.iter().map(|option| Reading::new(option, &subject)).collect();
    let shown = if args.json {
        event::all(&subject, &readings, &selection)
    } else {
        text::all(&subject, &readings, &selection, width_of_output())
    };
    print(shown.as_bytes()).map(|()| Exit::Done)
}
