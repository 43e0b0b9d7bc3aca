//! Multipart uploads in S3.

use std::ops::Range;

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;

use super::errors::port_error;
use super::objects::S3Objects;
use crate::ports::{ErrorKind, ObjectRef, PartTag, PortError, UploadId, Uploads};

#[async_trait]
impl Uploads for S3Objects {
    async fn begin(&self, at: &ObjectRef, content_type: &str) -> Result<UploadId, PortError> {
        let request = self.client.create_multipart_upload().bucket(self.buckets.name(at.bucket)).key(&at.key);
        let (mode, until) = self.locks.of(at).unzip();
        let request = request.set_object_lock_mode(mode).set_object_lock_retain_until_date(until);
        let answer = request.content_type(content_type).send().await.map_err(port_error("begin an upload"))?;
        let id = answer.upload_id.ok_or_else(|| PortError::new(ErrorKind::Corrupt, "begin an upload"))?;
        Ok(UploadId(id))
    }

    async fn part(&self, at: &ObjectRef, upload: &UploadId, number: i32, body: Bytes) -> Result<PartTag, PortError> {
        let request = self.client.upload_part().bucket(self.buckets.name(at.bucket)).key(&at.key);
        let request = request.upload_id(&upload.0).part_number(number).body(ByteStream::from(body));
        let answer = request.send().await.map_err(port_error("send a part"))?;
        tag(answer.e_tag)
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
        tag(answer.copy_part_result.and_then(|result| result.e_tag))
    }

    async fn complete(&self, at: &ObjectRef, upload: &UploadId, parts: Vec<PartTag>) -> Result<(), PortError> {
        let parts = (1..).zip(parts).map(|(number, tag)| CompletedPart::builder().part_number(number).e_tag(tag.0).build());
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
        let request = self.client.complete_multipart_upload().bucket(self.buckets.name(at.bucket)).key(&at.key);
        let request = request.upload_id(&upload.0).multipart_upload(parts);
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

fn tag(tag: Option<String>) -> Result<PartTag, PortError> {
    tag.map(PartTag).ok_or_else(|| PortError::new(ErrorKind::Corrupt, "send a part"))
}

/// Percent-encodes a key for the copy-source header, which the SDK leaves to its caller.
fn copy_source_key(key: &str) -> String {
    let mut encoded = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => encoded.push(byte as char),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_copy_source_is_percent_encoded() {
        assert_eq!(super::copy_source_key("work/1/あ b+.seg"), "work/1/%E3%81%82%20b%2B.seg");
    }
}
