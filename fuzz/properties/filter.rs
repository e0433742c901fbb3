//! What must hold for any text given to the compiler of filters, and any instructions given to their interpreter. The
//! fuzz targets, the replay of their corpora and the property tests share it.

use berkeley_packet::LinkType;
use berkeley_packet::filter::{self, Instruction, Program};

/// The link types that filters know, and one that they do not.
const LINKS: [LinkType; 9] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::NULL,
    LinkType::LOOP,
    LinkType::from_raw(105),
];

/// Compiles a text for packets of every link type: a program must be one that the kernel would take, and run on any
/// packet; an error must be short, safe to print, and point into the text. True where Ethernet's can be compiled.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn text(text: &str) -> bool {
    let compiled = LINKS.map(|link| match filter::compile(text, link) {
        Ok(program) => {
            let again = Program::new(program.instructions().to_vec());
            assert_eq!(again.as_ref(), Ok(&program), "{text:?}");
            runs(&program, text.as_bytes());
            true
        }
        Err(error) => {
            let printed = error.to_string();
            assert!(printed.len() < 1_000 && printed.lines().count() == 3, "{printed:?}");
            assert!(printed.chars().all(is_shown), "{printed:?}");
            assert!(text.get(error.span()).is_some(), "{:?} of {text:?}", error.span());
            false
        }
    });
    compiled[0]
}

/// Reads bytes as instructions, eight a piece, and what is behind the first zero instruction as a packet: a program
/// must run on it and end. True where they are a program.
///
/// # Panics
/// When that does not hold.
pub(crate) fn program(bytes: &[u8]) -> bool {
    let (pieces, _) = bytes.as_chunks::<8>();
    let count = pieces.iter().position(|piece| *piece == [0; 8]).unwrap_or(pieces.len());
    let instructions: Vec<_> = pieces[..count].iter().map(|piece| instruction(*piece)).collect();
    match Program::new(instructions.clone()) {
        Ok(program) => {
            assert_eq!(program.instructions(), instructions);
            runs(&program, bytes.get(8 * (count + 1)..).unwrap_or_default());
            true
        }
        Err(error) => {
            assert!(error.index <= instructions.len() && !error.to_string().is_empty());
            false
        }
    }
}

/// Whether the character is as safe in a terminal as it is: neither a control character nor one that is not seen, such
/// as those that turn the direction of what follows.
fn is_shown(c: char) -> bool {
    matches!(c, '\n' | '"' | '\'' | '\\') || c.escape_debug().eq([c])
}

fn instruction(piece: [u8; 8]) -> Instruction {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
    let code = u16::try_from(number(&piece[..2])).expect("two bytes");
    Instruction { code, jt: piece[2], jf: piece[3], k: number(&piece[4..]) }
}

fn runs(program: &Program, packet: &[u8]) {
    for length in [packet.len(), 0, usize::MAX] {
        assert_eq!(program.matches(packet, length), program.run(packet, length) > 0);
    }
    assert_eq!(program.to_string().lines().count(), program.instructions().len());
}
