//! What must hold for any text in the variables of socket activation. The fuzz target and the replay share it.

use berkeley::decoders;

/// The process that asks.
const OWN: u32 = 4711;

/// Reads two lines as `LISTEN_PID` and `LISTEN_FDS`: only this process is promised sockets, as many as the number says;
/// what is no number is refused in one line. Gives how many sockets are promised; `None` for a refusal.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn check(text: &str) -> Option<u32> {
    let mut lines = text.splitn(2, '\n').map(str::to_owned);
    let (process, count) = (lines.next(), lines.next());
    let ours = process.as_ref().is_some_and(|process| process.parse() == Ok(OWN));
    let number = count.as_ref().and_then(|count| count.parse().ok());
    match decoders::promised_sockets(OWN, process, count) {
        Ok(promised) => {
            assert_eq!(promised, number.filter(|_| ours).unwrap_or(0), "{text:?}");
            Some(promised)
        }
        Err(error) => {
            let printed = error.to_string();
            assert!(printed.starts_with("inherit: the environment has LISTEN_"), "{printed:?}");
            assert!(!printed.contains(char::is_control), "{printed:?}");
            None
        }
    }
}
