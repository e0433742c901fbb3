//! What must hold for any text given to the option table. The fuzz target and the replay of its corpus share it.

use berkeley::option;

/// Reads `name` or `name=value`: a value must print so that it reads back, an error must be one line and safe to print.
/// True if it is an option's name with a value that the option takes.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn check(text: &str) -> bool {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let option = match option::find(name) {
        Ok(option) => option,
        Err(error) => return refused(&error.to_string()),
    };
    assert_eq!(option::find(&option.to_string()), Ok(option));
    match option.parse(value) {
        Ok(read) => {
            let printed = read.to_string();
            let again = option.parse(Some(&printed));
            assert_eq!(again.as_ref().ok(), Some(&read), "{text:?} as {printed:?}: {again:?}");
            true
        }
        Err(error) => refused(&error.to_string()),
    }
}

fn refused(message: &str) -> bool {
    assert!(!message.is_empty() && !message.contains(char::is_control), "{message:?}");
    false
}
