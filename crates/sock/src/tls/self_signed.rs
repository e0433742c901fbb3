//! A certificate of our own making, which a client pins.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::process;

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::files::{self, Own};
use crate::exit::{Exit, Failure};
use crate::file::When;

/// Whose it is, as it says itself.
const SUBJECT: &str = "sock self-signed";

/// What only the owner may read.
const MODE: u32 = 0o600;

/// What others may do.
const OTHERS: u32 = 0o077;

/// A certificate and its key.
pub(super) struct Made {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) key: PrivateKeyDer<'static>,
    pem: String,
}

/// Makes one for these names and addresses.
pub(super) fn made(hosts: &[String]) -> Result<Made, Failure> {
    let failed = |error| Failure::new(Exit::Tls, format_args!("make a certificate: {error}"));
    let key = KeyPair::generate().map_err(failed)?;
    let mut params = CertificateParams::new(hosts).map_err(failed)?;
    params.distinguished_name.push(DnType::CommonName, SUBJECT);
    // It is known by its key, which a date makes no safer.
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(9999, 12, 31);
    let certificate = params.self_signed(&key).map_err(failed)?;
    let pem = certificate.pem() + &key.serialize_pem();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    Ok(Made { certificate: certificate.der().clone(), key, pem })
}

/// The one of a file, made and written where there is none yet.
pub(super) fn kept(path: &Path, hosts: &[String]) -> Result<Own, Failure> {
    if !path.try_exists().unwrap_or(true) {
        let made = made(hosts)?;
        match keep(path, &made.pem) {
            Ok(()) => return Ok((vec![made.certificate], made.key)),
            // Another was quicker.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                let failure = Failure::io(format_args!("write {}", path.display()), &error);
                return Err(failure.done_to("write", path.display()));
            }
        }
    }
    read(path, When::First)
}

/// The one of a file that is there.
pub(super) fn read(path: &Path, when: When) -> Result<Own, Failure> {
    let file = files::open(path, when)?;
    refuse_open(&file, path)?;
    let pem = files::read_out(&file, path)?;
    Ok((files::certificates_in(&pem, path)?, files::key_in(&pem, path)?))
}

/// Writes a file that is not there yet; whole, or not at all, whoever looks meanwhile.
fn keep(path: &Path, pem: &str) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".new-{}", process::id()));
    let new = Path::new(&name);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(new)?;
    let kept = file.write_all(pem.as_bytes()).and_then(|()| fs::hard_link(new, path));
    // It is ours, whatever came of it.
    let _ = fs::remove_file(new);
    kept
}

/// A key that others can read is no secret.
fn refuse_open(file: &File, path: &Path) -> Result<(), Failure> {
    let mode = file.metadata().map_err(|error| files::unreadable(path, &error))?.mode();
    if mode & OTHERS == 0 {
        return Ok(());
    }
    let message = format!("{}: others may read this key (mode {:03o})", path.display(), mode & 0o777);
    Err(Failure::new(Exit::Tls, message).hint(format!("`chmod 600 {}` closes it", path.display())))
}
