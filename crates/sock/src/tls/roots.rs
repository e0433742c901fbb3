//! The roots that chains are to lead to, and when each of them counts.
//!
//! rustls looks at the dates of every certificate of a chain but the root's. OpenSSL looks at those too, and so does
//! everybody who uses it: a root that has expired proves nothing.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{CertificateError, Error, RootCertStore};

use super::certificate::Certificate;
use super::refusal::{Refusal, out_of_date};

/// Makes a verifier by roots; `None` where none can be by these.
type Make<V> =
    Box<dyn Fn(Arc<RootCertStore>) -> Result<Arc<V>, rustls::server::VerifierBuilderError> + Send + Sync>;

/// What verifies chains by roots, of which each counts as long as its dates say.
pub(super) struct Roots<V: ?Sized> {
    all: Vec<CertificateDer<'static>>,
    by_all: Arc<V>,
    make: Make<V>,
    /// Whose they are, for people.
    whose: &'static str,
    /// The seconds at which all of them count: what is looked at for each peer, unless it is out of these.
    count: RangeInclusive<i64>,
}

impl<V: ?Sized> Roots<V> {
    /// # Errors
    ///
    /// Fails where `make` does by all of them.
    pub(super) fn new(
        all: Vec<CertificateDer<'static>>,
        whose: &'static str,
        make: Make<V>,
    ) -> Result<Self, rustls::server::VerifierBuilderError> {
        let by_all = make(store(&all))?;
        let count = all.iter().filter_map(Certificate::read).fold(i64::MIN..=i64::MAX, |count, it| {
            *count.start().max(&it.not_before())..=*count.end().min(&it.not_after())
        });
        Ok(Self { all, by_all, make, whose, count })
    }

    /// By all of them, whatever their dates.
    pub(super) fn by_all(&self) -> &V {
        &self.by_all
    }

    /// Has `verify` verify `chain`. Where it leads to a root that does not count `now`, and to no other, that root is
    /// the fault.
    pub(super) fn verify(
        &self,
        chain: &[&CertificateDer<'_>],
        now: UnixTime,
        verify: impl Fn(&V) -> Result<(), Error>,
    ) -> Result<(), (Error, Option<Refusal>)> {
        verify(&self.by_all).map_err(|error| (error, None))?;
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if self.count.contains(&seconds) {
            return Ok(());
        }
        let fault =
            |root: &CertificateDer<'_>| Certificate::read(root).and_then(|it| out_of_date(&it, seconds));
        let (old, current): (Vec<_>, Vec<_>) = self.all.iter().cloned().partition(|it| fault(it).is_some());
        if old.is_empty() || (self.make)(store(&current)).is_ok_and(|by_current| verify(&by_current).is_ok())
        {
            return Ok(());
        }
        let read: Vec<_> = chain.iter().filter_map(|der| Certificate::read(der)).collect();
        let has_issued = |root: &&CertificateDer<'_>| {
            Certificate::read(root).is_some_and(|root| read.iter().any(|it| it.is_issued_by(&root)))
        };
        let root = old.iter().find(has_issued).or(old.first());
        let refusal = root.map(|root| {
            let why = fault(root).unwrap_or_default();
            Refusal::new(root, format!("{why}, and it is a root {}", self.whose))
        });
        Err((CertificateError::Expired.into(), refusal))
    }
}

fn store(roots: &[CertificateDer<'static>]) -> Arc<RootCertStore> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots.iter().cloned());
    Arc::new(store)
}

impl<V: ?Sized> fmt::Debug for Roots<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roots").field("count", &self.all.len()).finish_non_exhaustive()
    }
}
