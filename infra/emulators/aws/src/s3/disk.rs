//! File storage of the S3 emulator. It reports a full disk and too few open files as such, which would otherwise look
//! like an internal error or a missing object, and verifies the CRC-32 with which an upload is completed, as S3 does.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crc32fast::Hasher;
use hozon_shared::telemetry::Causes;
use hyper::StatusCode;
use s3s::dto::*;
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result};
use s3s_fs::FileSystem;
use tokio::io::AsyncReadExt;

/// `errno` values for too many open files in the process and in the system; the standard library has no names for them.
const NO_FILE_LEFT: [i32; 2] = [24, 23];
/// Number of bytes read at once for a checksum.
const CHUNK: usize = 1 << 20;

pub struct Disk {
    files: FileSystem,
    root: PathBuf,
}

impl Disk {
    /// Stores buckets as folders below `root`, which must exist.
    pub fn new(root: &Path) -> anyhow::Result<Self> {
        let files = FileSystem::new(root).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        Ok(Self { files, root: root.to_owned() })
    }

    /// Replaces an S3 error by one that names the operating system error behind it.
    fn explain(&self, error: S3Error) -> S3Error {
        let Some(cause) = error.source() else { return error };
        let causes = std::iter::successors(Some(cause as &(dyn Error + 'static)), |cause| (**cause).source());
        for cause in causes {
            if let Some(refusal) = cause.downcast_ref::<io::Error>().and_then(|error| self.refusal(error)) {
                return refusal;
            }
            if cause.is::<serde_json::Error>() {
                return custom("ObjectDamaged", StatusCode::CONFLICT, format!("the metadata of the object is damaged: {cause}"));
            }
        }
        if *error.code() == S3ErrorCode::InternalError {
            tracing::error!(error = %Causes(cause), "the S3 emulator could not answer");
        }
        error
    }

    fn refusal(&self, error: &io::Error) -> Option<S3Error> {
        let root = self.root.display();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                let message = format!("the disk of {root} has no room left ({error})");
                Some(custom("XMinioStorageFull", StatusCode::INSUFFICIENT_STORAGE, message))
            }
            io::ErrorKind::PermissionDenied => {
                Some(S3Error::with_message(S3ErrorCode::AccessDenied, format!("the files of {root} may not be used ({error})")))
            }
            _ => error.raw_os_error().filter(|number| NO_FILE_LEFT.contains(number)).map(|_| {
                let message = format!("the program may not open more files ({error}); raise its limit, `ulimit -n`");
                custom("TooManyOpenFiles", StatusCode::SERVICE_UNAVAILABLE, message)
            }),
        }
    }

    /// Completes an upload, and deletes the object again if its CRC-32 differs from the expected one.
    async fn complete(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let CompleteMultipartUploadInput { bucket, key, checksum_crc32: expected, .. } = request.input.clone();
        let completed = self.files.complete_multipart_upload(request).await?;
        let Some(expected) = expected else { return Ok(completed) };
        let file = self.root.join(bucket).join(key);
        let found = crc32(&file).await.map_err(S3Error::internal_error)?;
        if STANDARD.encode(found.to_be_bytes()) == expected {
            return Ok(completed);
        }
        tokio::fs::remove_file(&file).await.map_err(S3Error::internal_error)?;
        Err(S3Error::with_message(S3ErrorCode::BadDigest, "the CRC-32 of the object differs from the expected one"))
    }
}

async fn crc32(file: &Path) -> io::Result<u32> {
    let mut file = tokio::fs::File::open(file).await?;
    let (mut hasher, mut chunk) = (Hasher::new(), vec![0; CHUNK]);
    loop {
        match file.read(&mut chunk).await? {
            0 => return Ok(hasher.finalize()),
            read => hasher.update(&chunk[..read]),
        }
    }
}

fn custom(code: &'static str, status: StatusCode, message: String) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), message);
    error.set_status_code(status);
    error
}

/// Forwards calls to the file storage. All other calls are answered as not implemented.
macro_rules! pass_on {
    ($($call:ident: $input:ident -> $output:ident;)*) => {
        #[async_trait::async_trait]
        impl S3 for Disk {
            $(
                async fn $call(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                    self.files.$call(request).await.map_err(|error| self.explain(error))
                }
            )*

            async fn complete_multipart_upload(
                &self,
                request: S3Request<CompleteMultipartUploadInput>,
            ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
                self.complete(request).await.map_err(|error| self.explain(error))
            }
        }
    };
}

pass_on! {
    abort_multipart_upload: AbortMultipartUploadInput -> AbortMultipartUploadOutput;
    copy_object: CopyObjectInput -> CopyObjectOutput;
    create_multipart_upload: CreateMultipartUploadInput -> CreateMultipartUploadOutput;
    delete_object: DeleteObjectInput -> DeleteObjectOutput;
    get_bucket_location: GetBucketLocationInput -> GetBucketLocationOutput;
    get_object: GetObjectInput -> GetObjectOutput;
    head_bucket: HeadBucketInput -> HeadBucketOutput;
    head_object: HeadObjectInput -> HeadObjectOutput;
    list_buckets: ListBucketsInput -> ListBucketsOutput;
    list_objects: ListObjectsInput -> ListObjectsOutput;
    list_objects_v2: ListObjectsV2Input -> ListObjectsV2Output;
    list_parts: ListPartsInput -> ListPartsOutput;
    put_object: PutObjectInput -> PutObjectOutput;
    upload_part: UploadPartInput -> UploadPartOutput;
    upload_part_copy: UploadPartCopyInput -> UploadPartCopyOutput;
}
