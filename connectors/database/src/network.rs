//! The addresses of a database's host.

use std::net::IpAddr;
use std::time::Duration;

use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::connection::DatabaseSettings;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::SourceError;
use tokio::net::lookup_host;

/// How long looking a host up may take, and connecting to it.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// After this long without traffic a connection is tried.
pub const KEEPALIVE: Duration = Duration::from_secs(20);

/// Looks the host up, if not every address may be called. The connection must then go to what was looked up, whatever the
/// name leads to later; `None` if every address may be called.
pub async fn allowed_addresses(settings: &DatabaseSettings, addresses: Addresses) -> Result<Option<Vec<IpAddr>>, SourceError> {
    if addresses == Addresses::Any {
        return Ok(None);
    }
    let lookup = lookup_host((settings.host.as_str(), settings.port));
    let unreachable = |error| SourceError { kind: SourceErrorKind::Unreachable, source: Some(Box::new(error)) };
    let found = tokio::time::timeout(CONNECT_TIMEOUT, lookup).await.map_err(|_| SourceErrorKind::Unreachable)?;
    let all = found.map_err(unreachable)?.map(|address| address.ip());
    let allowed: Vec<_> = all.filter(|address| addresses.allow(*address)).collect();
    if allowed.is_empty() { Err(SourceErrorKind::AddressNotAllowed.into()) } else { Ok(Some(allowed)) }
}
