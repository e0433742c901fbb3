//! The extensions of a hello (IANA, TLS extension types).

use super::fields::*;
use super::handshake::{algorithm, each, list, sized};
use crate::layer::field::Field;
use crate::layer::walk::{Walked, Walker};
use crate::protocol::cursor::Cursor;

/// Tells the extensions at the end of a hello, if it has any; some differ by whose hello it is.
pub(super) fn walk(walker: &mut Walker<'_, '_>, message: &mut Cursor, client: bool) -> Walked {
    if message.left() == 0 {
        return Ok(());
    }
    let mut all = message.sized(walker, &EXTENSIONS_LENGTH, 2)?;
    while all.left() > 0 {
        walker.group(&EXTENSION, all.at..all.at, |walker| {
            let kind = all.number(walker, &EXTENSION_TYPE, 2)?;
            let mut data = all.sized(walker, &EXTENSION_LEN, 2)?;
            extension(walker, kind, &mut data, client)
        })?;
    }
    Ok(())
}

/// The extension that tells of versions, and the number of version 1.3.
const SUPPORTED_VERSIONS: [u8; 2] = [0, 43];
const VERSION_1_3: [u8; 2] = [3, 4];

/// Whether the bytes of a server's hello choose version 1.3.
pub(super) fn chooses_1_3(hello: &[u8]) -> bool {
    let session = hello.get(34).map_or(0, |length| usize::from(*length));
    // Behind the session's identifier: the suite, the compression, and the length of the extensions.
    let mut rest = hello.get(35 + session + 5..).unwrap_or_default();
    while let [a, b, high, low, behind @ ..] = rest {
        let length = usize::from(*high) << 8 | usize::from(*low);
        if [*a, *b] == SUPPORTED_VERSIONS {
            return behind.get(..2) == Some(&VERSION_1_3);
        }
        rest = behind.get(length..).unwrap_or_default();
    }
    false
}

fn extension(walker: &mut Walker<'_, '_>, kind: u64, data: &mut Cursor, client: bool) -> Walked {
    match kind {
        0 => server_names(walker, data),
        1 => data.take(walker, &MAX_FRAGMENT, 1),
        5 if client => {
            data.take(walker, &STATUS_TYPE, 1)?;
            data.sized(walker, &STATUS_IDS_LEN, 2)?;
            data.sized(walker, &STATUS_EXTS_LEN, 2).map(|_| ())
        }
        10 => {
            let groups = data.sized(walker, &GROUPS_LENGTH, 2)?;
            list(walker, groups, &GROUPS, &GROUP, 2)
        }
        11 => {
            let formats = data.sized(walker, &POINTS_LENGTH, 1)?;
            list(walker, formats, &POINTS, &POINT, 1)
        }
        13 | 50 => {
            let all = data.sized(walker, &SIG_ALGS_LENGTH, 2)?;
            algorithms(walker, all)
        }
        16 => protocols(walker, data, [&ALPN_LEN, &ALPN_LIST, &ALPN_STR_LEN, &ALPN_STR]),
        17513 | 17613 => protocols(walker, data, [&ALPS_LEN, &ALPS_LIST, &ALPS_STR_LEN, &ALPS_STR]),
        21 => data.tell_rest(walker, &PADDING),
        // They say all by being there.
        22 | 23 => Ok(()),
        27 => {
            let mut all = data.sized(walker, &COMPRESS_LEN, 1)?;
            each(walker, &mut all, &COMPRESS, 2)
        }
        28 => data.take(walker, &RECORD_SIZE, 2),
        41 if client => shared_keys(walker, data),
        41 => data.take(walker, &PSK_SELECTED, 2),
        42 if data.left() == 0 => Ok(()),
        43 if client => {
            let mut all = data.sized(walker, &VERSIONS_LEN, 1)?;
            each(walker, &mut all, &SUPPORTED_VERSION, 2)
        }
        43 => data.take(walker, &SUPPORTED_VERSION, 2),
        44 => sized(walker, data, &COOKIE_LEN, 2, &COOKIE),
        45 => {
            let mut all = data.sized(walker, &KE_MODES_LEN, 1)?;
            each(walker, &mut all, &KE_MODE, 1)
        }
        51 => key_shares(walker, data, client),
        65281 => sized(walker, data, &RENEGOTIATION_LEN, 1, &RENEGOTIATION),
        _ => walker.bytes(&EXTENSION_DATA, data.rest()),
    }
}

fn server_names(walker: &mut Walker<'_, '_>, data: &mut Cursor) -> Walked {
    // The server confirms it without a name.
    if data.left() == 0 {
        return Ok(());
    }
    let mut names = data.sized(walker, &SERVER_NAME_LIST_LEN, 2)?;
    while names.left() > 0 {
        names.take(walker, &SERVER_NAME_TYPE, 1)?;
        sized(walker, &mut names, &SERVER_NAME_LEN, 2, &SERVER_NAME)?;
    }
    Ok(())
}

pub(super) fn algorithms(walker: &mut Walker<'_, '_>, mut all: Cursor) -> Walked {
    walker.group(&SIG_ALGS, all.at..all.at, |walker| {
        while all.left() > 0 {
            algorithm(walker, &mut all)?;
        }
        Ok(())
    })
}

/// Protocols by their names. The fields are the length of all, their part, the length of one, and its name.
fn protocols(walker: &mut Walker<'_, '_>, data: &mut Cursor, fields: [&'static Field; 4]) -> Walked {
    let [all, part, length, name] = fields;
    let mut names = data.sized(walker, all, 2)?;
    walker.group(part, names.at..names.at, |walker| {
        while names.left() > 0 {
            sized(walker, &mut names, length, 1, name)?;
        }
        Ok(())
    })
}

fn shared_keys(walker: &mut Walker<'_, '_>, data: &mut Cursor) -> Walked {
    let mut identities = data.sized(walker, &PSK_IDENTITIES_LEN, 2)?;
    while identities.left() > 0 {
        walker.group(&PSK_IDENTITY, identities.at..identities.at, |walker| {
            sized(walker, &mut identities, &PSK_IDENTITY_LEN, 2, &PSK_IDENTITY_DATA)?;
            identities.take(walker, &PSK_AGE, 4)
        })?;
    }
    let binders = data.sized(walker, &PSK_BINDERS_LEN, 2)?;
    walker.group(&PSK_BINDERS, binders.rest(), |_| Ok(()))
}

/// A client offers several shares; a server has one, or names the group that it wants instead.
fn key_shares(walker: &mut Walker<'_, '_>, data: &mut Cursor, client: bool) -> Walked {
    if !client {
        return match data.left() {
            2 => data.take(walker, &SHARE_SELECTED, 2),
            _ => share(walker, data),
        };
    }
    let mut shares = data.sized(walker, &SHARES_LENGTH, 2)?;
    while shares.left() > 0 {
        share(walker, &mut shares)?;
    }
    Ok(())
}

fn share(walker: &mut Walker<'_, '_>, shares: &mut Cursor) -> Walked {
    walker.group(&SHARE, shares.at..shares.at, |walker| {
        shares.take(walker, &SHARE_GROUP, 2)?;
        sized(walker, shares, &SHARE_LENGTH, 2, &SHARE_KEY)
    })
}
