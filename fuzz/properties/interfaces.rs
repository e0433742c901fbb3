//! What must hold for any bytes taken for the kernel's list of interfaces. The fuzz target and the replay of its corpus
//! share it.

use berkeley::decoders;

/// Decodes: no more may be found than there are bytes for, in order; a refusal is one line with its errno. Gives how
/// many interfaces there are, and how many addresses; `None` for a list that is refused or not of one piece.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn check(bytes: &[u8]) -> Option<(usize, usize)> {
    let found = match decoders::interfaces(bytes) {
        Ok(found) => found?,
        Err(error) => {
            let printed = error.to_string();
            assert!(error.raw_os_error().is_some() && !printed.contains(char::is_control), "{printed:?}");
            return None;
        }
    };
    assert!(found.is_sorted_by_key(|interface| interface.index));
    let addresses: usize = found.iter().map(|interface| interface.addresses.len()).sum();
    // Each has a message of its own: the header, the fixed part, and for an address an attribute.
    assert!(found.len() * 32 + addresses * 32 <= bytes.len(), "{} bytes", bytes.len());
    let hardware: usize = found.iter().map(|interface| interface.hardware_address.len()).sum();
    assert!(hardware <= bytes.len());
    for interface in &found {
        // A byte that is no UTF-8 becomes three.
        assert!(interface.name.len() <= 3 * bytes.len() && !interface.name.contains('\0'));
        assert!(interface.addresses.iter().all(|address| address.peer != Some(address.ip)));
        assert!(!format!("{interface:?}").contains(char::is_control));
    }
    Some((found.len(), addresses))
}
