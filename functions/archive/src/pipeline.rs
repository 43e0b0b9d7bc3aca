//! Streams input into an entry and on to the parts of an upload. Bounded channels connect the steps, and compression runs on a
//! blocking thread. Memory use is a few chunks, whatever the size of the input.

use std::io;

use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use hozon_shared::archive::checksum::Checksum;
use hozon_shared::archive::encoder::{Encoded, EntryEncoder};
use hozon_shared::archive::zip::local_header;
use hozon_shared::domain::progress::Amount;
use hozon_shared::ports::PortError;
use tokio::sync::mpsc;

use crate::progress::Tracker;
use crate::task_error::{TaskErrorKind, join};
use crate::upload::ObjectUpload;
use crate::work::WorkItem;

/// Number of chunks that may wait on each side of the compression.
const IN_FLIGHT: usize = 2;
/// Encoded bytes are passed on in chunks of about this size.
const CHUNK: usize = 1 << 20;

/// Converts pieces of input into the bytes of an entry. Runs on a blocking thread.
pub trait Encode: Send + 'static {
    type Piece: Send + 'static;

    fn piece(&mut self, piece: Self::Piece, to: &mut EntryEncoder) -> io::Result<()>;
    /// Encodes what follows the last piece.
    fn end(&mut self, to: &mut EntryEncoder) -> io::Result<()>;
    /// The progress that a piece represents.
    fn amount(piece: &Self::Piece) -> Amount;
}

/// Streams one entry into an object of its own. Returns the object's checksum, the entry, and the amount that was read.
pub async fn stream_entry<E: Encode>(
    progress: (&WorkItem, &Tracker<'_>),
    name: String,
    (encode, encoder): (E, EntryEncoder),
    input: BoxStream<'static, Result<E::Piece, PortError>>,
    upload: &mut ObjectUpload<'_>,
) -> Result<(Checksum, Encoded, Amount), TaskErrorKind> {
    let feeding = async |to_encode| feed::<E>(progress, input, to_encode).await;
    let sending = async |mut chunks: mpsc::Receiver<Vec<u8>>| {
        while let Some(chunk) = chunks.recv().await {
            upload.push(&chunk).await?;
        }
        Ok(())
    };
    let (read, encoded) = encode_between(feeding, (encode, encoder, name), sending).await?;
    let sum = upload.finish(&local_header(&encoded.entry)).await?;
    Ok((sum, encoded, read))
}

/// Runs the encoder on a blocking thread between who feeds it and who sends its chunks. The first error of the three ends all.
async fn encode_between<E: Encode>(
    feeding: impl AsyncFnOnce(mpsc::Sender<E::Piece>) -> Result<Amount, TaskErrorKind>,
    (encode, encoder, name): (E, EntryEncoder, String),
    sending: impl AsyncFnOnce(mpsc::Receiver<Vec<u8>>) -> Result<(), TaskErrorKind>,
) -> Result<(Amount, Encoded), TaskErrorKind> {
    let (to_encode, pieces) = mpsc::channel(IN_FLIGHT);
    let (to_upload, chunks) = mpsc::channel(IN_FLIGHT);
    let encoding = tokio::task::spawn_blocking(move || encode_all(encode, encoder, name, pieces, &to_upload));
    let (read, (), encoded) = tokio::try_join!(feeding(to_encode), sending(chunks), join(encoding))?;
    Ok((read, encoded))
}

/// Feeds the encoder. One that has ended before its input says why itself.
async fn feed<E: Encode>(
    (item, tracker): (&WorkItem, &Tracker<'_>),
    mut input: BoxStream<'static, Result<E::Piece, PortError>>,
    to_encode: mpsc::Sender<E::Piece>,
) -> Result<Amount, TaskErrorKind> {
    let mut read = Amount::default();
    while let Some(piece) = input.try_next().await? {
        read = read + E::amount(&piece);
        if to_encode.send(piece).await.is_err() {
            break;
        }
        tracker.read(item, read).await?;
    }
    Ok(read)
}

fn encode_all<E: Encode>(
    mut encode: E,
    mut encoder: EntryEncoder,
    name: String,
    mut pieces: mpsc::Receiver<E::Piece>,
    to_upload: &mpsc::Sender<Vec<u8>>,
) -> io::Result<Encoded> {
    while let Some(piece) = pieces.blocking_recv() {
        encode.piece(piece, &mut encoder)?;
        if encoder.waiting() >= CHUNK {
            pass_on(encoder.take(), to_upload)?;
        }
    }
    encode.end(&mut encoder)?;
    let (rest, encoded) = encoder.finish(name)?;
    pass_on(rest, to_upload)?;
    Ok(encoded)
}

/// Hands a chunk to who uploads, who ends early only with an error of their own, which is the answer then.
fn pass_on(chunk: Vec<u8>, to_upload: &mpsc::Sender<Vec<u8>>) -> io::Result<()> {
    to_upload.blocking_send(chunk).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails at its first piece.
    struct Broken;

    impl Encode for Broken {
        type Piece = ();

        fn piece(&mut self, (): (), _: &mut EntryEncoder) -> io::Result<()> {
            Err(io::Error::other("no memory"))
        }

        fn end(&mut self, _: &mut EntryEncoder) -> io::Result<()> {
            Ok(())
        }

        fn amount((): &()) -> Amount {
            Amount::default()
        }
    }

    async fn receive_all(mut chunks: mpsc::Receiver<Vec<u8>>) -> Result<(), TaskErrorKind> {
        while chunks.recv().await.is_some() {}
        Ok(())
    }

    #[tokio::test]
    async fn a_compression_that_fails_is_the_error_though_more_input_waits() {
        let feeding = async |to_encode: mpsc::Sender<()>| {
            while to_encode.send(()).await.is_ok() {}
            Ok(Amount::default())
        };
        let encode = (Broken, EntryEncoder::stored(), String::new());
        let failed = encode_between(feeding, encode, receive_all).await.err().expect("fails");
        assert_eq!((failed.code(), failed.cause().as_str()), ("COMPRESSION_FAILED", "no memory"));
    }

    #[tokio::test]
    async fn an_upload_that_fails_is_the_error_though_the_encoder_waits_for_it() {
        let feeding = async |to_encode: mpsc::Sender<()>| {
            to_encode.closed().await;
            Ok(Amount::default())
        };
        let sending = async |_| Err(PortError::new(hozon_shared::ports::ErrorKind::Full, "send a part").into());
        let encode = (Broken, EntryEncoder::stored(), String::new());
        let failed = encode_between(feeding, encode, sending).await.err().expect("fails");
        assert_eq!(failed.code(), "STORAGE_FULL");
    }
}
