//! Secrets that persist across restarts: keys for the stores, for the token issuer and for payments. They are in one
//! file, which only its owner may read.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use hozon_emulator_stripe::StripeKeys;
use hozon_shared::domain::plain_link::LinkKey;
use hozon_shared::settings::AccessKey;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Beginning of the names of the secrets with connections' credentials.
pub const CONNECTIONS: &str = "connections/";
/// Beginning of the names of the secrets with the keys of erased records' hashes.
pub const ERASURES: &str = "erasures/";
/// Name of the secret with the payment provider's keys.
pub const PAYMENTS: &str = "payments";
/// Name of the secret with the link signer's key.
pub const SIGNER: &str = "signer";
/// Id of the key that signs statements.
pub const STATEMENTS: &str = "statements";
/// Name of the secret with the key for links without a query string.
pub const PLAIN_LINKS: &str = "plain-links";

/// The secrets of a data folder.
#[derive(Clone, Serialize, Deserialize)]
pub struct LocalSecrets {
    functions: Key,
    signer: Key,
    /// PKCS #8 document of the token issuer's P-256 key.
    issuer: Vec<u8>,
    /// Missing in files of earlier versions.
    #[serde(default)]
    payments: StripeKeys,
    /// Missing in files of earlier versions.
    plain_links: Option<LinkKey>,
    /// PKCS #8 document of the Ed25519 key that signs statements. Missing in files of earlier versions.
    #[serde(default)]
    statements: Vec<u8>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Key {
    id: String,
    secret: String,
}

impl LocalSecrets {
    /// Reads the file, or creates it. A file of an earlier version is completed.
    pub fn load(path: &Path) -> Result<Self> {
        let loaded: Self = match std::fs::read(path) {
            Ok(json) => serde_json::from_slice(&json).with_context(|| {
                let path = path.display();
                format!("parse {path}: restore it from a backup, or delete it, which invalidates all existing links and tokens")
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Self::generate()?.saved(path),
            Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
        };
        let is_complete = !loaded.payments.api_key.is_empty() && loaded.plain_links.is_some() && !loaded.statements.is_empty();
        if is_complete { Ok(loaded) } else { loaded.completed()?.saved(path) }
    }

    /// Adds the keys that files of earlier versions lack.
    fn completed(mut self) -> Result<Self> {
        if self.payments.api_key.is_empty() {
            self.payments = generate_payments(&SystemRandom::new())?;
        }
        if self.statements.is_empty() {
            self.statements = generate_statements(&SystemRandom::new())?;
        }
        if self.plain_links.is_some() { Ok(self) } else { self.with_plain_links() }
    }

    fn saved(self, path: &Path) -> Result<Self> {
        self.save(path).with_context(|| format!("write {}", path.display()))?;
        Ok(self)
    }

    /// Access key of the functions.
    pub fn functions(&self) -> AccessKey {
        AccessKey { id: self.functions.id.clone(), secret: self.functions.secret.clone() }
    }

    /// Access key that signs links.
    pub fn signer(&self) -> AccessKey {
        AccessKey { id: self.signer.id.clone(), secret: self.signer.secret.clone() }
    }

    /// The token issuer's key as a PKCS #8 document.
    pub fn issuer(&self) -> &[u8] {
        &self.issuer
    }

    /// The key that signs statements as a PKCS #8 document.
    pub fn statements(&self) -> &[u8] {
        &self.statements
    }

    /// Keys of the payment provider.
    pub fn payments(&self) -> StripeKeys {
        self.payments.clone()
    }

    /// Key for links without a query string.
    pub fn plain_links(&self) -> Option<LinkKey> {
        self.plain_links.clone()
    }

    /// Returns the values of Secrets Manager by name.
    pub fn stored(&self) -> BTreeMap<String, String> {
        let (payments, signer) = (self.payments(), self.signer());
        let payments = json!({ "api_key": payments.api_key, "webhook_secrets": [payments.webhook_secret] });
        let signer = json!({ "id": signer.id, "secret": signer.secret });
        let stored = [(PAYMENTS, payments), (SIGNER, signer), (PLAIN_LINKS, json!(self.plain_links()))];
        stored.map(|(name, value)| (name.to_owned(), value.to_string())).into()
    }

    fn with_plain_links(self) -> Result<Self> {
        let key = LinkKey { id: "local".to_owned(), secret: generate_text(&SystemRandom::new())? };
        Ok(Self { plain_links: Some(key), ..self })
    }

    fn generate() -> Result<Self> {
        let random = SystemRandom::new();
        let issuer = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        Self {
            functions: Key::generate("HOZONFUNCTIONS", &random)?,
            signer: Key::generate("HOZONSIGNER", &random)?,
            issuer: issuer.map_err(|_| anyhow!("no key can be made"))?.as_ref().to_vec(),
            payments: generate_payments(&random)?,
            plain_links: None,
            statements: generate_statements(&random)?,
        }
        .with_plain_links()
    }

    fn save(&self, path: &Path) -> Result<()> {
        // Temporary files are readable only by their owner, and stay so.
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }
}

impl Key {
    fn generate(id: &str, random: &SystemRandom) -> Result<Self> {
        Ok(Self { id: id.to_owned(), secret: generate_text(random)? })
    }
}

fn generate_payments(random: &SystemRandom) -> Result<StripeKeys> {
    let api_key = format!("sk_local_{}", generate_text(random)?);
    Ok(StripeKeys { api_key, webhook_secret: format!("whsec_{}", generate_text(random)?) })
}

fn generate_statements(random: &SystemRandom) -> Result<Vec<u8>> {
    let key = Ed25519KeyPair::generate_pkcs8(random).map_err(|_| anyhow!("no key can be made"))?;
    Ok(key.as_ref().to_vec())
}

fn generate_text(random: &SystemRandom) -> Result<String> {
    let mut bytes = [0; 30];
    random.fill(&mut bytes).map_err(|_| anyhow!("there is no source of random numbers"))?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_an_earlier_version_gets_keys_for_payments_and_keeps_the_rest() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secrets.json");
        let made = LocalSecrets::load(&path).expect("makes it");
        let mut json: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).expect("reads")).expect("JSON");
        for added in ["payments", "statements"] {
            json.as_object_mut().expect("an object").remove(added);
        }
        std::fs::write(&path, json.to_string()).expect("writes");
        let again = LocalSecrets::load(&path).expect("reads");
        assert_eq!(again.signer().secret, made.signer().secret);
        assert!(again.payments().api_key.starts_with("sk_local_") && again.payments().webhook_secret.starts_with("whsec_"));
        let kept = LocalSecrets::load(&path).expect("reads");
        assert_eq!((kept.payments().api_key, kept.statements()), (again.payments().api_key, again.statements()));
        assert!(!again.statements().is_empty() && again.statements() != made.statements());
    }
}
