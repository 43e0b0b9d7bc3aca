//! Verification of the `Stripe-Signature` header: a hexadecimal HMAC-SHA256 over the message's time and raw body.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::ports::{ErrorKind, PortError};

/// Maximum difference between a message's time and the local clock, in either direction.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// Reasons why a signature is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header contains no time or no signature.
    #[error("the signature header cannot be read")]
    Malformed,
    /// The message's time is outside the tolerance.
    #[error("the message's time is more than five minutes from now")]
    NotNow,
    /// No signature was made with one of the configured secrets.
    #[error("no signature matches a configured secret")]
    Foreign,
}

/// Verifies that one of the header's signatures was made with one of the secrets over this body, within the tolerance
/// of now.
pub fn verify(header: &str, body: &[u8], secrets: &[String], now: DateTime<Utc>) -> Result<(), PortError> {
    let refused = |error| PortError::with(ErrorKind::Refused, "verify a Stripe message", error);
    let (time, signatures) = read(header).ok_or_else(|| refused(SignatureError::Malformed))?;
    let is_ours = |secret: &String| signatures.iter().any(|signature| is_of(secret, time, body, signature));
    if !secrets.iter().any(is_ours) {
        return Err(refused(SignatureError::Foreign));
    }
    let made = time.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let made = made.ok_or_else(|| refused(SignatureError::Malformed))?;
    if (now - made).abs() > TOLERANCE { Err(refused(SignatureError::NotNow)) } else { Ok(()) }
}

/// Parses the time, as text, and all signatures of the only supported scheme.
fn read(header: &str) -> Option<(&str, Vec<Vec<u8>>)> {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let (_, time) = parts().find(|(name, _)| *name == "t")?;
    let signatures: Vec<Vec<u8>> =
        parts().filter(|(name, _)| *name == "v1").filter_map(|(_, digits)| hex::decode(digits).ok()).collect();
    (!signatures.is_empty()).then_some((time, signatures))
}

/// Compares in constant time.
fn is_of(secret: &str, time: &str, body: &[u8], signature: &[u8]) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.verify_slice(signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with OpenSSL: `printf '1614265330.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test`.
    const BODY: &[u8] = br#"{"id":"evt_1"}"#;
    const TIME: i64 = 1_614_265_330;
    const SIGNATURE: &str = "347e9afe3d74ec4c5cbefd270edc9246513ae3da7b375223e302560fbd4146eb";

    fn verified(header: &str, secrets: &[&str], seconds_later: i64) -> Result<(), SignatureError> {
        let secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        let now = DateTime::from_timestamp(TIME + seconds_later, 0).expect("a time");
        verify(header, BODY, &secrets, now).map_err(|error| {
            assert_eq!(error.kind, ErrorKind::Refused);
            *error.source.and_then(|source| source.downcast().ok()).expect("a signature error")
        })
    }

    fn header() -> String {
        format!("t={TIME},v1={SIGNATURE},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39")
    }

    #[test]
    fn a_right_signature_is_believed_for_five_minutes_on_both_sides() {
        for later in [-300, 0, 300] {
            assert_eq!(verified(&header(), &["whsec_test"], later), Ok(()));
        }
        for later in [-301, 301, 86_400] {
            assert_eq!(verified(&header(), &["whsec_test"], later), Err(SignatureError::NotNow));
        }
    }

    #[test]
    fn any_of_several_secrets_and_signatures_will_do() {
        assert_eq!(verified(&header(), &["whsec_new", "whsec_test"], 0), Ok(()));
        let rolled = format!("t={TIME},v1={},v1={SIGNATURE}", "00".repeat(32));
        assert_eq!(verified(&rolled, &["whsec_test"], 0), Ok(()));
    }

    #[test]
    fn a_foreign_signature_is_refused() {
        assert_eq!(verified(&header(), &["whsec_other"], 0), Err(SignatureError::Foreign));
        assert_eq!(verified(&header(), &[], 0), Err(SignatureError::Foreign));
        let other_time = header().replace("t=1614265330", "t=1614265331");
        assert_eq!(verified(&other_time, &["whsec_test"], 0), Err(SignatureError::Foreign));
        assert_eq!(verified(&format!("t={TIME},v1={}", &SIGNATURE[..32]), &["whsec_test"], 0), Err(SignatureError::Foreign));
        let secrets = ["whsec_test".to_owned()];
        let now = DateTime::from_timestamp(TIME, 0).expect("a time");
        assert!(verify(&header(), br#"{"id":"evt_2"}"#, &secrets, now).is_err());
    }

    #[test]
    fn a_header_that_cannot_be_read_is_refused() {
        for header in ["", "t=1614265330", "v1=00", "t=1614265330,v1=xyz", "t=1614265330,v0=00", "t=1614265330,v1=0", "🎉,=,"] {
            assert_eq!(verified(header, &["whsec_test"], 0), Err(SignatureError::Malformed), "{header:?}");
        }
    }
}
