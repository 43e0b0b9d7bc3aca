//! What must stay secret and the same from start to start: the store's keys and the token issuer's key, in one file that only its owner
//! may read.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use hozon_shared::settings::AccessKey;
use serde::{Deserialize, Serialize};

/// The secrets of a data folder.
#[derive(Clone, Serialize, Deserialize)]
pub struct Secrets {
    functions: Key,
    signer: Key,
    /// PKCS #8 document of the token issuer's P-256 key.
    issuer: Vec<u8>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Key {
    id: String,
    secret: String,
}

impl Secrets {
    /// Reads the file, or makes it where there is none.
    pub fn load(path: &Path) -> Result<Self> {
        match std::fs::read(path) {
            Ok(json) => serde_json::from_slice(&json).with_context(|| format!("understand {}", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let made = Self::generate()?;
                made.save(path).with_context(|| format!("write {}", path.display()))?;
                Ok(made)
            }
            Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
        }
    }

    /// The key that the functions use.
    pub fn functions(&self) -> AccessKey {
        AccessKey { id: self.functions.id.clone(), secret: self.functions.secret.clone() }
    }

    /// The key that links are signed with.
    pub fn signer(&self) -> AccessKey {
        AccessKey { id: self.signer.id.clone(), secret: self.signer.secret.clone() }
    }

    /// The token issuer's key, as a PKCS #8 document.
    pub fn issuer(&self) -> &[u8] {
        &self.issuer
    }

    fn generate() -> Result<Self> {
        let random = SystemRandom::new();
        let issuer = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        Ok(Self {
            functions: Key::generate("HOZONFUNCTIONS", &random)?,
            signer: Key::generate("HOZONSIGNER", &random)?,
            issuer: issuer.map_err(|_| anyhow!("no key can be made"))?.as_ref().to_vec(),
        })
    }

    fn save(&self, path: &Path) -> Result<()> {
        // Temporary files are readable by their owner only, and stay so.
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }
}

impl Key {
    fn generate(id: &str, random: &SystemRandom) -> Result<Self> {
        let mut bytes = [0; 30];
        random.fill(&mut bytes).map_err(|_| anyhow!("there is no source of random numbers"))?;
        Ok(Self { id: id.to_owned(), secret: bytes.iter().map(|byte| format!("{byte:02x}")).collect() })
    }
}
