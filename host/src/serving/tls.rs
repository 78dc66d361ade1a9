//! TLS where the host serves more than its own machine: a certificate and its key, read once at the start.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A file is not there, or no PEM of its kind.
    #[error(
        "{path} holds no {what} in PEM that can be read: give the file that the certificate authority's tool wrote"
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
        /// Why it is not.
        source: tokio_rustls::rustls::pki_types::pem::Error,
    },
    /// No certificate in the file.
    #[error("{0} holds no certificate: give the certificate with its chain, in PEM")]
    NoCertificate(PathBuf),
    /// The two do not belong together, or are of a kind that is not taken.
    #[error(
        "certificate and key do not belong together, or are of a kind that is not taken: use RSA, ECDSA or Ed25519"
    )]
    Pair(#[source] tokio_rustls::rustls::Error),
}

/// Reads a certificate with its chain, and its private key.
pub(crate) fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let file = |path: &Path, what| {
        let path = path.to_owned();
        move |source| TlsError::File { path, what, source }
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(file(certificate, "certificate"))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(certificate.to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(file(key, "private key"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
