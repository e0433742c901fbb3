//! Who may come, by address: networks, lists of them, and the table in which a client is looked up.
//!
//! | file | holds |
//! |---|---|
//! | [`network`] | a network, `192.0.2.0/24` |
//! | [`list`] | files and values that name networks |
//! | [`table`] | which addresses are refused: the longest prefix wins |
//! | [`proxies`] | whose headers of the PROXY protocol are believed |
//!
//! Nothing here has a socket; only [`Access`] reads files.

mod list;
mod network;
mod proxies;
mod table;

use std::io::Read as _;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{PoisonError, RwLock};

pub use list::{Entry, ListError, parse};
pub use network::{Network, NetworkError};
pub use proxies::{Origin, Proxies};
pub use table::{Table, Verdict};

use crate::file::{When, open};
use crate::report::escape::escape;

/// The longest file of networks that is read, in bytes.
const LONGEST: u64 = 64 << 20;

/// How much of a path an error repeats.
const SHOWN: usize = 1_024;

/// What `--allow` and `--deny` say, read once, and again when that is asked for.
#[derive(Debug)]
pub struct Access {
    allow: Vec<Entry>,
    deny: Vec<Entry>,
    table: RwLock<Table>,
}

impl Access {
    /// Reads the files, if any.
    ///
    /// # Errors
    /// What is wrong with a file, behind its name, its line and its column.
    pub fn open(allow: &[Entry], deny: &[Entry]) -> Result<Self, String> {
        let table = RwLock::new(read(allow, deny, When::First)?);
        Ok(Self { allow: allow.to_vec(), deny: deny.to_vec(), table })
    }

    /// What is said to a client of this address.
    pub fn verdict(&self, address: IpAddr) -> Verdict {
        self.table.read().unwrap_or_else(PoisonError::into_inner).verdict(address)
    }

    /// What is said to a client without an address of IP: nobody can have allowed it.
    pub fn verdict_without_address(&self) -> Verdict {
        if self.allow.is_empty() { Verdict::Admitted } else { Verdict::Unlisted }
    }

    /// Whether anything of it came from files, which may have changed.
    pub fn has_files(&self) -> bool {
        self.allow.iter().chain(&self.deny).any(|entry| matches!(entry, Entry::File(_)))
    }

    /// Reads the files again; where that fails, all stays as it was. Reading waits for the disk.
    ///
    /// # Errors
    /// As [`open`](Self::open), and where a file is none that can be read twice.
    pub fn reload(&self) -> Result<(), String> {
        let table = read(&self.allow, &self.deny, When::Again)?;
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = table;
        Ok(())
    }
}

fn read(allow: &[Entry], deny: &[Entry], when: When) -> Result<Table, String> {
    // A file may be empty, and then it allows nobody.
    let allowed = if allow.is_empty() { None } else { Some(networks(allow, when)?) };
    Ok(Table::new(allowed.as_deref(), &networks(deny, when)?))
}

/// The networks of all entries.
fn networks(entries: &[Entry], when: When) -> Result<Vec<Network>, String> {
    let mut all = Vec::new();
    for entry in entries {
        match entry {
            Entry::Networks(networks) => all.extend(networks),
            Entry::File(path) => all.extend(networks_in(path, when)?),
        }
    }
    Ok(all)
}

fn networks_in(path: &Path, when: When) -> Result<Vec<Network>, String> {
    let mut bytes = Vec::new();
    let read = open(path, when).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("cannot read {}: {error}", shown(path)))?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("{}: longer than {} MiB", shown(path), LONGEST >> 20));
    }
    parse(&bytes).map_err(|error| format!("{}:{error}", shown(path)))
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes(), SHOWN).to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn verdict(access: &Access, client: &str) -> Verdict {
        access.verdict(client.parse().expect(client))
    }

    #[test]
    fn a_list_is_read_again_and_a_bad_one_keeps_what_was() {
        let folder = std::env::temp_dir().join(format!("sock-access-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("deny");
        fs::write(&path, "192.0.2.1\n").expect("a file");
        let entry = Entry::File(path.clone());
        let access = Access::open(&[], &[entry]).expect("a good list");
        assert!(access.has_files());
        assert_eq!(verdict(&access, "192.0.2.1"), Verdict::Denied);

        fs::write(&path, "192.0.2.2\n").expect("a file");
        assert_eq!(verdict(&access, "192.0.2.2"), Verdict::Admitted, "not before it is asked for");
        access.reload().expect("a good list");
        assert_eq!(verdict(&access, "192.0.2.1"), Verdict::Admitted);
        assert_eq!(verdict(&access, "192.0.2.2"), Verdict::Denied);

        fs::write(&path, "192.0.2.1\n  192.0.2.0/40\n").expect("a file");
        let error = access.reload().expect_err("a bad list");
        assert!(error.starts_with(&format!("{}:2:13: the prefix", path.display())), "{error}");
        assert_eq!(verdict(&access, "192.0.2.1"), Verdict::Admitted);
        assert_eq!(verdict(&access, "192.0.2.2"), Verdict::Denied, "what was read before holds");

        fs::remove_file(&path).expect("it is there");
        let error = access.reload().expect_err("no list");
        assert!(error.starts_with(&format!("cannot read {}: ", path.display())), "{error}");
        assert_eq!(verdict(&access, "192.0.2.2"), Verdict::Denied);
        fs::remove_dir_all(&folder).expect("it is there");
    }

    #[test]
    fn a_file_without_networks_allows_nobody() {
        let nobody = Access::open(&[Entry::File("/dev/null".into())], &[]).expect("an empty list");
        assert_eq!(verdict(&nobody, "192.0.2.1"), Verdict::Unlisted);
        let everybody = Access::open(&[], &[Entry::File("/dev/null".into())]).expect("an empty list");
        assert_eq!(verdict(&everybody, "192.0.2.1"), Verdict::Admitted);
    }

    #[test]
    fn what_cannot_be_read_twice_is_not_waited_for() {
        let access = Access::open(&[], &[Entry::File("/dev/null".into())]).expect("an empty list");
        assert_eq!(
            access.reload().expect_err("no file"),
            "cannot read /dev/null: not a regular file, so it is not read again"
        );
        let error = Access::open(&[Entry::File("/dev/zero".into())], &[]).expect_err("a file without end");
        assert_eq!(error, "/dev/zero: longer than 64 MiB");
    }
}
