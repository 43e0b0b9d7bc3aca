//! The authorities that may sign a server's certificate.

use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::SourceError;
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// Returns the certificates in `ca` (PEM), or those of the system without it.
pub fn authorities(ca: Option<&str>) -> Result<Vec<CertificateDer<'static>>, SourceError> {
    match ca {
        Some(pem) => CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().map_err(not_trusted),
        None => Ok(rustls_native_certs::load_native_certs().certs.into_iter().filter(is_usable).collect()),
    }
}

/// Some authorities of operating systems have certificates that TLS cannot use.
fn is_usable(certificate: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(certificate.clone()).is_ok()
}

/// Converts an error of reading or using certificates.
pub fn not_trusted(error: impl std::error::Error + Send + Sync + 'static) -> SourceError {
    SourceError { kind: SourceErrorKind::Certificate, source: Some(Box::new(error)) }
}
