//! The way to the endpoint that is connected to: through which proxies, and what it is told of the client.

use clap::Args;

use crate::endpoint::Endpoint;
use crate::exit::Failure;
use crate::open::via;
use crate::preamble::proxy::Version;

/// The way to the endpoint that is connected to.
#[derive(Args, Debug, Default)]
pub struct ViaArgs {
    /// Connect through PROXY; once more for the next one
    ///
    /// socks5://host:port, socks4a:// or http://, over a Unix socket socks5:unix:/path. The proxy looks names up. A
    /// user stands before the host, USER@host; ?password-file=FILE and ?password-env=NAME say where the password is.
    /// "env" is the proxy that the variable `ALL_PROXY` names, which counts for nothing else.
    #[arg(long, value_name = "PROXY", hide_short_help = true)]
    pub via: Vec<String>,
    /// First say who the client is: v1 or v2
    ///
    /// A header of the PROXY protocol, for servers that expect one.
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(Version), hide_short_help = true)]
    pub proxy_protocol: Option<Version>,
}

impl ViaArgs {
    /// Sets the way on the endpoints, of which each is reached by the same.
    ///
    /// # Errors
    ///
    /// Fails for what is no proxy, and for an endpoint to which there is no such way.
    pub fn set_on(&self, endpoints: &mut [Endpoint]) -> Result<(), Failure> {
        let proxies = via::proxies(&self.via)?;
        for endpoint in endpoints {
            if let Some(version) = self.proxy_protocol {
                endpoint.set_proxy_protocol(version).map_err(Failure::misuse)?;
            }
            via::set(endpoint, &proxies)?;
        }
        Ok(())
    }
}
