//! Download links without a query string, such as `/d/<token>/Data_001.zip`. They serve clients that drop the query
//! string, and clients that send an `Authorization` header, which S3 rejects together with a presigned query. The token
//! contains the key id, the expiry time and the backup, and a MAC binds them to one object. On AWS,
//! infra/edge/downloads.js performs the same check (ADR 16).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::id::{BackupId, OrgId};

/// Path prefix of these links.
pub const PREFIX: &str = "/d/";
/// Prefix of the signed text. It keeps signatures made with this secret for other purposes from being valid here.
const PURPOSE: &str = "hozon-download-1";

/// A key that signs tokens. Its `Debug` output shows only the id.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkKey {
    /// Id that tokens carry: letters and digits.
    pub id: String,
    /// At least 256 random bits, as text.
    pub secret: String,
}

impl std::fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LinkKey({})", self.id)
    }
}

/// Reasons why a link is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefused {
    /// The link was not signed with a known key, or it was changed.
    #[error("the link is not valid")]
    Invalid,
    /// The link's time has passed.
    #[error("the link has expired")]
    Expired,
}

/// The zip to which a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedFile {
    pub org: OrgId,
    pub backup: BackupId,
    /// File name of the zip.
    pub name: String,
}

impl LinkedFile {
    /// Parses the object key of a zip in the archives bucket.
    pub fn of_key(key: &str) -> Option<Self> {
        let mut parts = key.strip_prefix("archives/")?.split('/');
        let (org, backup, name) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
        (parts.next().is_none() && is_plain(name)).then(|| Self { org, backup, name: name.to_owned() })
    }

    /// Returns the object key in the archives bucket.
    pub fn key(&self) -> String {
        format!("archives/{}/{}/{}", self.org, self.backup, self.name)
    }
}

impl LinkKey {
    /// Returns the path of a link that works until `until`. The same key, zip and time always give the same path.
    pub fn path(&self, file: &LinkedFile, until: DateTime<Utc>) -> String {
        let (id, until) = (&self.id, until.timestamp());
        let mac = URL_SAFE_NO_PAD.encode(self.mac(&file.key(), until).finalize().into_bytes());
        format!("{PREFIX}{id}.{until}.{}.{}.{mac}/{}", file.org, file.backup, file.name)
    }

    fn mac(&self, key: &str, until: i64) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(format!("{PURPOSE}\n{}\n{until}\n{key}", self.id).as_bytes());
        mac
    }
}

/// Verifies a path and returns the zip to which it leads. The MAC is compared in constant time.
pub fn read(path: &str, keys: &[LinkKey], now: DateTime<Utc>) -> Result<LinkedFile, LinkRefused> {
    let (token, name) = path.strip_prefix(PREFIX).and_then(|rest| rest.split_once('/')).ok_or(LinkRefused::Invalid)?;
    let [id, until, org, backup, mac] = token.split('.').collect::<Vec<_>>()[..] else { return Err(LinkRefused::Invalid) };
    let key = keys.iter().find(|key| key.id == id).ok_or(LinkRefused::Invalid)?;
    let file = LinkedFile::of_key(&format!("archives/{org}/{backup}/{name}")).ok_or(LinkRefused::Invalid)?;
    let until: i64 = until.parse().map_err(|_| LinkRefused::Invalid)?;
    let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| LinkRefused::Invalid)?;
    key.mac(&file.key(), until).verify_slice(&mac).map_err(|_| LinkRefused::Invalid)?;
    if now.timestamp() < until { Ok(file) } else { Err(LinkRefused::Expired) }
}

fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str) -> LinkKey {
        LinkKey { id: id.to_owned(), secret: format!("secret of {id}, long enough to be one") }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    fn file() -> LinkedFile {
        LinkedFile { org: OrgId(42), backup: BackupId(7), name: "Data_001.zip".to_owned() }
    }

    #[test]
    fn a_link_leads_to_its_zip_until_its_time_is_over() {
        let keys = [key("new"), key("old")];
        for key in &keys {
            let path = key.path(&file(), at(1_000));
            assert_eq!(read(&path, &keys, at(999)), Ok(file()), "{path}");
            assert_eq!(read(&path, &keys, at(1_000)), Err(LinkRefused::Expired));
        }
        assert_eq!(read(&key("gone").path(&file(), at(1_000)), &keys, at(999)), Err(LinkRefused::Invalid));
    }

    #[test]
    fn nothing_in_a_link_can_be_changed() {
        let keys = [key("new"), key("old")];
        let path = keys[0].path(&file(), at(1_000));
        for at_byte in 0..path.len() {
            let mut bytes = path.clone().into_bytes();
            bytes[at_byte] = if bytes[at_byte] == b'1' { b'2' } else { b'1' };
            let changed = String::from_utf8(bytes).expect("text");
            assert_eq!(read(&changed, &keys, at(0)), Err(LinkRefused::Invalid), "{changed}");
        }
        for other in
            [path.replace("new.", "old."), format!("{path}/"), path.replace("Data_001", "../Data_001"), path.replace('.', "")]
        {
            assert_eq!(read(&other, &keys, at(0)), Err(LinkRefused::Invalid), "{other}");
        }
    }

    #[test]
    fn only_zips_of_a_backup_have_links() {
        assert_eq!(LinkedFile::of_key(&file().key()), Some(file()));
        for other in ["archives/42/7/a/b", "archives/42/7/", "work/42/7/a.zip", "archives/x/7/a.zip", "archives/42/7/.."] {
            assert_eq!(LinkedFile::of_key(other), None, "{other}");
        }
    }
}
