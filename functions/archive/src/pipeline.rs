//! Streams input into an entry and on to segment parts. Bounded channels connect the steps, and compression runs on a
//! blocking thread. Memory use is a few chunks, whatever the size of the input.

use std::io;

use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use hozon_shared::archive::zip::local_header;
use hozon_shared::domain::progress::Amount;
use hozon_shared::ports::PortError;
use tokio::sync::mpsc;

use crate::checksum::Checksum;
use crate::encoder::{Encoded, EntryEncoder};
use crate::progress::Tracker;
use crate::task_error::TaskError;
use crate::upload::ObjectUpload;
use crate::work::Item;

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

/// Streams one entry into a segment of its own. Returns the segment's checksum, the entry, and the amount that was
/// read.
pub async fn stream_entry<E: Encode>(
    progress: (&Item, &Tracker<'_>),
    name: String,
    (encode, encoder): (E, EntryEncoder),
    input: BoxStream<'static, Result<E::Piece, PortError>>,
    upload: &mut ObjectUpload<'_>,
) -> Result<(Checksum, Encoded, Amount), TaskError> {
    let (to_encode, pieces) = mpsc::channel(IN_FLIGHT);
    let (to_upload, mut chunks) = mpsc::channel::<Vec<u8>>(IN_FLIGHT);
    let encoding = tokio::task::spawn_blocking(move || encode_all(encode, encoder, name, pieces, &to_upload));
    let feeding = feed::<E>(progress, input, to_encode);
    let sending = async {
        while let Some(chunk) = chunks.recv().await {
            upload.push(&chunk).await?;
        }
        Ok(())
    };
    let joined = async { encoding.await.map_err(|_| TaskError::stopped())?.map_err(|_| TaskError::stopped()) };
    let (read, (), encoded) = tokio::try_join!(feeding, sending, joined)?;
    let sum = upload.finish(&local_header(&encoded.entry)).await?;
    Ok((sum, encoded, read))
}

async fn feed<E: Encode>(
    (item, tracker): (&Item, &Tracker<'_>),
    mut input: BoxStream<'static, Result<E::Piece, PortError>>,
    to_encode: mpsc::Sender<E::Piece>,
) -> Result<Amount, TaskError> {
    let mut read = Amount::default();
    while let Some(piece) = input.try_next().await? {
        read = read + E::amount(&piece);
        to_encode.send(piece).await.map_err(|_| TaskError::stopped())?;
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

fn pass_on(chunk: Vec<u8>, to_upload: &mpsc::Sender<Vec<u8>>) -> io::Result<()> {
    to_upload.blocking_send(chunk).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
}
