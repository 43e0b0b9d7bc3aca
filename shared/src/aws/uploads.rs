//! Multipart uploads in S3. Each upload declares a full-object CRC-32 when it begins, for two reasons (Amazon S3 user
//! guide: "Checking object integrity"). S3 may answer InvalidPart to a part whose algorithm was not declared, and only
//! a full-object CRC-32 can be compared with one that was combined from the CRC-32s of the pieces. S3 computes it for
//! copied parts as well, and refuses to complete an object with a different checksum.

use std::ops::Range;

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::errors::port_error;
use super::objects::S3Objects;
use crate::ports::{ErrorKind, ObjectRef, PartTag, PortError, UploadId, Uploads};

#[async_trait]
impl Uploads for S3Objects {
    async fn begin(&self, at: &ObjectRef, content_type: &str) -> Result<UploadId, PortError> {
        let request = self.client.create_multipart_upload().bucket(self.buckets.name(at.bucket)).key(&at.key);
        let (mode, until) = self.locks.of(at).unzip();
        let request = request.set_object_lock_mode(mode).set_object_lock_retain_until_date(until);
        let request = request.checksum_algorithm(ChecksumAlgorithm::Crc32).checksum_type(ChecksumType::FullObject);
        let answer = request.content_type(content_type).send().await.map_err(port_error("begin an upload"))?;
        let id = answer.upload_id.ok_or_else(|| PortError::new(ErrorKind::Corrupt, "begin an upload"))?;
        Ok(UploadId(id))
    }

    async fn part(&self, at: &ObjectRef, upload: &UploadId, number: i32, body: Bytes) -> Result<PartTag, PortError> {
        let request = self.client.upload_part().bucket(self.buckets.name(at.bucket)).key(&at.key);
        let request = request.upload_id(&upload.0).part_number(number).body(ByteStream::from(body));
        let request = request.checksum_algorithm(ChecksumAlgorithm::Crc32);
        let answer = request.send().await.map_err(port_error("send a part"))?;
        tag(answer.e_tag, answer.checksum_crc32)
    }

    async fn copy_part(
        &self,
        at: &ObjectRef,
        upload: &UploadId,
        number: i32,
        from: &ObjectRef,
        range: Range<u64>,
    ) -> Result<PartTag, PortError> {
        let source = format!("{}/{}", self.buckets.name(from.bucket), copy_source_key(&from.key));
        let request = self.client.upload_part_copy().bucket(self.buckets.name(at.bucket)).key(&at.key);
        let request = request.upload_id(&upload.0).part_number(number).copy_source(source);
        let request = request.copy_source_range(format!("bytes={}-{}", range.start, range.end - 1));
        let answer = request.send().await.map_err(port_error("copy a part"))?;
        let result = answer.copy_part_result.ok_or_else(|| PortError::new(ErrorKind::Corrupt, "copy a part"))?;
        tag(result.e_tag, result.checksum_crc32)
    }

    async fn complete(
        &self,
        at: &ObjectRef,
        upload: &UploadId,
        parts: Vec<PartTag>,
        crc32: Option<u32>,
    ) -> Result<(), PortError> {
        let part = |(number, tag): (i32, PartTag)| {
            CompletedPart::builder().part_number(number).e_tag(tag.etag).set_checksum_crc32(tag.crc32).build()
        };
        let parts = CompletedMultipartUpload::builder().set_parts(Some((1..).zip(parts).map(part).collect())).build();
        let request = self.client.complete_multipart_upload().bucket(self.buckets.name(at.bucket)).key(&at.key);
        let request = request.upload_id(&upload.0).multipart_upload(parts).checksum_type(ChecksumType::FullObject);
        let request = request.set_checksum_crc32(crc32.map(|crc32| STANDARD.encode(crc32.to_be_bytes())));
        request.send().await.map(drop).map_err(port_error("complete an upload"))
    }

    async fn abort(&self, at: &ObjectRef, upload: &UploadId) -> Result<(), PortError> {
        let request = self.client.abort_multipart_upload().bucket(self.buckets.name(at.bucket)).key(&at.key);
        match request.upload_id(&upload.0).send().await.map_err(port_error("abort an upload")) {
            Err(error) if error.kind != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn tag(etag: Option<String>, crc32: Option<String>) -> Result<PartTag, PortError> {
    let etag = etag.ok_or_else(|| PortError::new(ErrorKind::Corrupt, "send a part"))?;
    Ok(PartTag { etag, crc32 })
}

/// All but the unreserved characters of RFC 3986 and slashes.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// Percent-encodes a key for the copy-source header, which the SDK does not do.
fn copy_source_key(key: &str) -> String {
    utf8_percent_encode(key, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_copy_source_is_percent_encoded() {
        assert_eq!(super::copy_source_key("work/1/あ b+.seg"), "work/1/%E3%81%82%20b%2B.seg");
    }
}
