//! DeleteObjects as S3 answers it: an error of one key is part of an answer with status 200.

use s3s::dto::{DeleteObjectInput, DeleteObjectsInput, Error};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};

/// Maximum number of keys in a request.
const MAX_KEYS: usize = 1_000;

/// Refuses what S3 refuses: too many keys, and a body without a checksum (S3 API reference: DeleteObjects).
pub fn check(request: &S3Request<DeleteObjectsInput>) -> S3Result<()> {
    let is_checksum = |name: &str| name == "content-md5" || name.starts_with("x-amz-checksum-");
    if !request.headers.keys().any(|name| is_checksum(name.as_str())) {
        let message = "the request needs the header Content-MD5 or x-amz-checksum-*";
        return Err(S3Error::with_message(S3ErrorCode::InvalidRequest, message));
    }
    if request.input.delete.objects.len() > MAX_KEYS {
        return Err(S3Error::with_message(S3ErrorCode::MalformedXML, "the request names more than 1,000 keys"));
    }
    Ok(())
}

/// Returns the request for the deletion of one of the objects.
pub fn single(request: &S3Request<DeleteObjectsInput>, input: DeleteObjectInput) -> S3Request<DeleteObjectInput> {
    S3Request {
        input,
        method: request.method.clone(),
        uri: request.uri.clone(),
        headers: request.headers.clone(),
        extensions: request.extensions.clone(),
        credentials: request.credentials.clone(),
        region: request.region.clone(),
        service: request.service.clone(),
        trailing_headers: None,
    }
}

/// Describes why an object was not deleted.
pub fn refused(key: &str, error: &S3Error) -> Error {
    Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(key.to_owned()),
        message: error.message().map(str::to_owned),
        version_id: None,
    }
}

#[cfg(test)]
pub mod tests {
    use hyper::{HeaderMap, Method};
    use s3s::dto::{Delete, ObjectIdentifier};

    use super::*;

    /// A quiet request with a checksum.
    pub fn request(keys: &[&str]) -> S3Request<DeleteObjectsInput> {
        let objects = keys.iter().map(|key| ObjectIdentifier { key: (*key).to_owned(), ..Default::default() }).collect();
        let delete = Delete { objects, quiet: Some(true) };
        S3Request {
            input: DeleteObjectsInput {
                bucket: "archives".to_owned(),
                bypass_governance_retention: None,
                checksum_algorithm: None,
                delete,
                expected_bucket_owner: None,
                mfa: None,
                request_payer: None,
            },
            method: Method::POST,
            uri: "/archives?delete".parse().expect("a path"),
            headers: HeaderMap::from_iter([(
                "x-amz-checksum-crc32".parse().expect("a name"),
                "AAAAAA==".parse().expect("a value"),
            )]),
            extensions: Default::default(),
            credentials: None,
            region: None,
            service: None,
            trailing_headers: None,
        }
    }

    #[test]
    fn a_thousand_keys_with_a_checksum_are_taken_and_nothing_else() {
        let code = |checked: S3Result<()>| checked.err().map(|error| error.code().as_str().to_owned());
        assert_eq!(code(check(&request(&["a"; 1_000]))), None);
        assert_eq!(code(check(&request(&["a"; 1_001]))).as_deref(), Some("MalformedXML"));
        let bare = S3Request { headers: HeaderMap::new(), ..request(&["a"]) };
        assert_eq!(code(check(&bare)).as_deref(), Some("InvalidRequest"));
    }
}
