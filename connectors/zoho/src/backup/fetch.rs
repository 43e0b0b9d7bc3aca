//! Fetches the zips of a backup, each from where it is. A download that breaks off goes on with `Range`.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use hozon_shared::domain::backup_fault::BackupFault;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{SourceBytes, SourceError};
use tokio::time::Instant;

use super::ask::{IntoError, Offered, name_in};
use super::part::{Part, PartRequest};
use super::staging::{Begun, PIECE, Staging};
use crate::client::Client;

/// How long a call fetches before another one goes on. Far below what a function may last.
const WORK: Duration = Duration::from_secs(6 * 60);
/// Seconds until the next call.
const REST: u64 = 60;
/// Number of tries that bring nothing, one after the other.
const TRIES: u32 = 5;
/// Wait before the second of them; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// Fetches what is not there yet. Fails with `InProgress` where another call has to go on.
pub(crate) async fn all(client: &Client, staging: &Staging, offered: &Offered) -> Result<(), SourceError> {
    let until = Instant::now() + WORK;
    for link in &offered.links {
        let name = name_in(link)?;
        let mut download = Download { client, staging, offered, link, name, until, buffer: BytesMut::new() };
        download.fetch().await?;
    }
    Ok(())
}

/// Size of a zip that was fetched; `None` if it is not whole.
pub(crate) async fn size_of(staging: &Staging, name: &str) -> Result<Option<u64>, SourceError> {
    let Some(Begun { size, .. }) = staging.document(name).await? else { return Ok(None) };
    Ok((staging.pieces(name).await? == size.div_ceil(PIECE)).then_some(size))
}

/// The download of one zip.
struct Download<'a> {
    client: &'a Client,
    staging: &'a Staging,
    offered: &'a Offered,
    link: &'a str,
    name: String,
    until: Instant,
    /// What was read behind the stored pieces.
    buffer: BytesMut,
}

impl Download<'_> {
    async fn fetch(&mut self) -> Result<(), SourceError> {
        if size_of(self.staging, &self.name).await?.is_some() {
            return Ok(());
        }
        let mut begun: Option<Begun> = self.staging.document(&self.name).await?;
        let mut pieces = if begun.is_some() { self.staging.pieces(&self.name).await? } else { 0 };
        let (mut tries, mut wait) = (1, FIRST_WAIT);
        loop {
            let before = (pieces, self.buffer.len());
            match self.go_on(&mut begun, &mut pieces).await {
                Ok(()) => return Ok(()),
                Err(error) if error.kind != SourceErrorKind::Interrupted => return Err(error),
                Err(_) if (pieces, self.buffer.len()) != before => (tries, wait) = (1, FIRST_WAIT),
                Err(error) if tries == TRIES => return Err(error),
                Err(_) => {
                    tokio::time::sleep(wait).await;
                    (tries, wait) = (tries + 1, wait * 2);
                }
            }
        }
    }

    /// Reads on until the end or a break.
    async fn go_on(&mut self, begun: &mut Option<Begun>, pieces: &mut u64) -> Result<(), SourceError> {
        let offset = *pieces * PIECE + self.buffer.len() as u64;
        let etag = begun.as_ref().and_then(|begun| begun.etag.as_deref());
        let request = PartRequest { link: self.link, name: &self.name, offset, etag, expires: self.offered.expires() };
        let Part { found, bytes } = self.client.part(request).await?;
        match begun {
            Some(begun) if *begun == found => {}
            // Zoho has another zip under the same name now.
            Some(_) => return Err(BackupFault::Damaged(self.name.clone()).into_error()),
            None => {
                self.staging.set_document(&self.name, &found).await?;
                *begun = Some(found.clone());
            }
        }
        self.store(found.size, bytes, pieces).await
    }

    async fn store(&mut self, size: u64, mut bytes: SourceBytes, pieces: &mut u64) -> Result<(), SourceError> {
        loop {
            let read = *pieces * PIECE + self.buffer.len() as u64;
            if read >= size {
                break;
            }
            let Some(piece) = bytes.try_next().await? else { return Err(SourceErrorKind::Interrupted.into()) };
            self.add(piece, pieces).await?;
            if self.buffer.is_empty() && Instant::now() >= self.until {
                return Err(BackupFault::InProgress(REST).into_error());
            }
        }
        if *pieces * PIECE + self.buffer.len() as u64 > size {
            return Err(BackupFault::Damaged(self.name.clone()).into_error());
        }
        if !self.buffer.is_empty() {
            self.put(self.buffer.len(), pieces).await?;
        }
        Ok(())
    }

    async fn add(&mut self, piece: Bytes, pieces: &mut u64) -> Result<(), SourceError> {
        self.buffer.extend_from_slice(&piece);
        while self.buffer.len() as u64 >= PIECE {
            self.put(PIECE as usize, pieces).await?;
            if Instant::now() >= self.until {
                // What is behind the piece is read again by the next call.
                self.buffer.clear();
            }
        }
        Ok(())
    }

    async fn put(&mut self, bytes: usize, pieces: &mut u64) -> Result<(), SourceError> {
        let piece = self.buffer.split_to(bytes).freeze();
        self.staging.put_piece(&self.name, *pieces, piece).await?;
        *pieces += 1;
        Ok(())
    }
}
