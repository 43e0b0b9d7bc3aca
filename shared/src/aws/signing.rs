//! Signing with an asymmetric key of AWS KMS, whose private part never leaves KMS. Two kinds of keys are used:
//! `ECC_NIST_P256` and `ECC_NIST_EDWARDS25519` (AWS KMS developer guide: "Key spec reference").

use async_trait::async_trait;
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use tokio::sync::OnceCell;

use super::errors::port_error;
use super::lazily::Lazily;
use crate::domain::statement::{MAX_STATEMENT_BYTES, StatementKey};
use crate::ports::{ErrorKind, PortError, Signer};

/// A key of KMS.
pub struct KmsSigner {
    client: Lazily<Client>,
    /// Id or ARN of the key.
    key: String,
    known: OnceCell<KnownKey>,
}

/// What KMS says about the key. It never changes for a key id.
struct KnownKey {
    public: StatementKey,
    algorithm: SigningAlgorithmSpec,
}

impl KmsSigner {
    pub(super) fn new(client: Lazily<Client>, key: String) -> Self {
        Self { client, key, known: OnceCell::new() }
    }

    async fn known(&self) -> Result<&KnownKey, PortError> {
        self.known.get_or_try_init(|| self.ask()).await
    }

    async fn ask(&self) -> Result<KnownKey, PortError> {
        let what = "read the public key of statements";
        let answer = self.client.get_public_key().key_id(&self.key).send().await.map_err(port_error(what))?;
        let usable = [SigningAlgorithmSpec::EcdsaSha256, SigningAlgorithmSpec::Ed25519Sha512];
        let algorithm = usable.into_iter().find(|one| answer.signing_algorithms().contains(one));
        let algorithm =
            algorithm.ok_or_else(|| PortError::new(ErrorKind::Refused, "find a way to sign with the key of statements"))?;
        let public = answer.public_key.ok_or_else(|| PortError::new(ErrorKind::Corrupt, what))?;
        Ok(KnownKey { public: StatementKey(public.into_inner()), algorithm })
    }
}

#[async_trait]
impl Signer for KmsSigner {
    async fn sign(&self, text: &[u8]) -> Result<Vec<u8>, PortError> {
        if text.len() > MAX_STATEMENT_BYTES {
            return Err(PortError::new(ErrorKind::Refused, "sign a statement that is too long"));
        }
        let algorithm = self.known().await?.algorithm.clone();
        let request = self.client.sign().key_id(&self.key).message(Blob::new(text));
        let request = request.message_type(MessageType::Raw).signing_algorithm(algorithm);
        let answer = request.send().await.map_err(port_error("sign a statement"))?;
        let signature = answer.signature.ok_or_else(|| PortError::new(ErrorKind::Corrupt, "read a signature"))?;
        Ok(signature.into_inner())
    }

    async fn public_key(&self) -> Result<StatementKey, PortError> {
        Ok(self.known().await?.public.clone())
    }
}
