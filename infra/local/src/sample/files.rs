//! Attachments of the sample: notes, which compress well, and voice memos, which do not. A few are large. Their bytes
//! are generated while they are read.

use bytes::Bytes;
use fastrand::Rng;
use futures_util::{StreamExt, stream};
use hozon_shared::ports::ObjectBody;

use super::size::Size;

const CHUNK: u64 = 256 << 10;
const WAV_HEADER: u64 = 44;

/// Number and sizes of the files of each module.
pub struct FilePlan {
    small: u64,
    small_bytes: u64,
    large: u64,
    large_bytes: u64,
}

impl FilePlan {
    /// Returns the plan for a size of the sample.
    pub fn of(size: Size) -> Self {
        match size {
            Size::Small => Self { small: 128, small_bytes: 40_000, large: 2, large_bytes: 1 << 20 },
            Size::Medium => Self { small: 1_500, small_bytes: 40_000, large: 4, large_bytes: 16 << 20 },
            Size::Large => Self { small: 34_000, small_bytes: 16_000, large: 6, large_bytes: 56 << 20 },
        }
    }

    /// Total number of files of all modules.
    pub fn count(&self) -> u64 {
        let modules = super::modules::ALL.iter().filter(|module| module.has_files).count();
        self.files_each() * modules as u64
    }

    /// Number of files per module.
    pub fn files_each(&self) -> u64 {
        self.small + self.large
    }

    /// Iterates over the files of one module.
    pub fn files(&self) -> impl Iterator<Item = SampleFile> + '_ {
        (0..self.files_each()).map(|number| {
            let mut random = Rng::with_seed(number);
            let is_large = number >= self.small;
            let bytes = if is_large { self.large_bytes } else { random.u64(0..self.small_bytes) };
            SampleFile { number, bytes, is_sound: is_large || random.bool() }
        })
    }
}

/// A file before its generation.
pub struct SampleFile {
    /// Number within its module.
    pub number: u64,
    bytes: u64,
    is_sound: bool,
}

impl SampleFile {
    /// Number of the record to which the file belongs; each record has two files.
    pub fn record(&self) -> u64 {
        self.number / 2
    }

    /// File name; some are problematic on some systems.
    pub fn name(&self) -> String {
        match (self.is_sound, self.number % 50) {
            (true, _) => format!("留守番電話 {}.wav", self.number + 1),
            (false, 7) => "CON.txt".to_owned(),
            (false, 11) => "見積書/最終版?.txt".to_owned(),
            (false, _) => format!("議事録 第{}回.txt", self.number + 1),
        }
    }

    /// Media type.
    pub fn content_type(&self) -> &'static str {
        if self.is_sound { "audio/wav" } else { "text/plain; charset=utf-8" }
    }

    /// Generates the bytes as a stream.
    pub fn body(&self) -> ObjectBody {
        if self.is_sound { sound(self.number, self.bytes) } else { note(self.number, self.bytes) }
    }
}

/// Noise as 16-bit sound at 8 kHz.
fn sound(seed: u64, bytes: u64) -> ObjectBody {
    let samples = bytes.saturating_sub(WAV_HEADER) & !1;
    let header = stream::iter([Ok(Bytes::from(wav_header(u32::try_from(samples).unwrap_or(u32::MAX))))]);
    let noise = stream::unfold((Rng::with_seed(seed), samples), |(mut random, left)| async move {
        let size = left.min(CHUNK);
        let mut chunk = vec![0; usize::try_from(size).unwrap_or(0)];
        random.fill(&mut chunk);
        (size > 0).then(|| (Ok(Bytes::from(chunk)), (random, left - size)))
    });
    header.chain(noise).boxed()
}

fn wav_header(bytes: u32) -> Vec<u8> {
    const RATE: u32 = 8_000;
    let mut header = Vec::with_capacity(44);
    header.extend_from_slice(b"RIFF");
    header.extend_from_slice(&bytes.saturating_add(36).to_le_bytes());
    header.extend_from_slice(b"WAVEfmt ");
    header.extend_from_slice(&16u32.to_le_bytes());
    header.extend_from_slice(&[1, 0, 1, 0]);
    header.extend_from_slice(&RATE.to_le_bytes());
    header.extend_from_slice(&(RATE * 2).to_le_bytes());
    header.extend_from_slice(&[2, 0, 16, 0]);
    header.extend_from_slice(b"data");
    header.extend_from_slice(&bytes.to_le_bytes());
    header
}

/// Minutes of a meeting, repeated.
fn note(number: u64, bytes: u64) -> ObjectBody {
    let line = format!("議事録 第{}回: 価格、納期、保守について打ち合わせ。次回は来月。\r\n", number + 1);
    let text = line.repeat(usize::try_from(bytes).unwrap_or(0) / line.len());
    stream::iter([Ok(Bytes::from(text))]).boxed()
}
