//! TLS on tokio: rustls encrypts, and an `AsyncSocket` is what it reads from and writes to.
//!
//! Shows that any TLS library which takes tokio's `AsyncRead` and `AsyncWrite` takes an `AsyncSocket`, after as before
//! the handshake, and how each side ends what it has to say (`close_notify`).
//!
//! ```text
//! cargo run --example async_tls --features tokio serve 127.0.0.1:12345 certificate.pem key.pem      # one client
//! cargo run --example async_tls --features tokio ask localhost 12345 certificate.pem hello
//! ```
//!
//! A certificate for it:
//!
//! ```text
//! openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout key.pem \
//!     -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE -out certificate.pem
//! ```

use std::process::ExitCode;

#[cfg(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match tls::run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("async_tls: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Where Cargo.toml leaves rustls out.
#[cfg(not(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64"))))]
fn main() -> ExitCode {
    eprintln!("async_tls: built without TLS");
    ExitCode::FAILURE
}

#[cfg(all(target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tls {
    use std::error::Error;
    use std::sync::Arc;
    use std::time::Duration;

    use berkeley::{Connector, create_server_async, option};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    /// A peer that says nothing for so long is let go.
    const PATIENCE: Duration = Duration::from_secs(60);

    pub(super) async fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match arguments[..] {
            ["serve", address, certificate, key] => serve(address, server_config(certificate, key)?).await,
            ["ask", host, port, authority, line] => {
                let answer = ask(host, port.parse()?, client_config(authority)?, line).await?;
                println!("{}", answer.escape_ascii());
                Ok(())
            }
            _ => {
                Err("usage: async_tls [serve ADDRESS CERTIFICATE KEY | ask HOST PORT AUTHORITY LINE]".into())
            }
        }
    }

    fn server_config(certificate: &str, key: &str) -> Result<Arc<ServerConfig>, Box<dyn Error>> {
        let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_file(key)?;
        Ok(Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?))
    }

    /// Trusts what `authority` has signed, and nothing else.
    fn client_config(authority: &str) -> Result<Arc<ClientConfig>, Box<dyn Error>> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(authority)? {
            roots.add(certificate?)?;
        }
        Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
    }

    /// Sends back to one client what it sends.
    async fn serve(address: &str, config: Arc<ServerConfig>) -> Result<(), Box<dyn Error>> {
        let server = create_server_async(address)?;
        println!("listening on {}", server.local_address()?);
        let (client, peer) = server.accept().await?;
        client.set(option::tcp::NODELAY, true)?;
        let mut client = timeout(PATIENCE, TlsAcceptor::from(config).accept(client)).await??;
        let (mut buffer, mut total) = (vec![0; 16 * 1024], 0);
        loop {
            match timeout(PATIENCE, client.read(&mut buffer)).await?? {
                0 => break,
                length => {
                    timeout(PATIENCE, client.write_all(&buffer[..length])).await??;
                    total += length;
                }
            }
        }
        // Sends what is still held back, and says that no more comes.
        timeout(PATIENCE, client.shutdown()).await??;
        println!("{peer} is done after {total} bytes");
        Ok(())
    }

    async fn ask(
        host: &str,
        port: u16,
        config: Arc<ClientConfig>,
        line: &str,
    ) -> Result<Vec<u8>, Box<dyn Error>> {
        let name = ServerName::try_from(host.to_owned())?;
        let socket = Connector::new().timeout(Some(PATIENCE)).connect_async(host, port).await?;
        let mut server = timeout(PATIENCE, TlsConnector::from(config).connect(name, socket)).await??;
        timeout(PATIENCE, server.write_all(line.as_bytes())).await??;
        timeout(PATIENCE, server.shutdown()).await??;
        let mut answer = Vec::new();
        timeout(PATIENCE, server.read_to_end(&mut answer)).await??;
        Ok(answer)
    }
}
