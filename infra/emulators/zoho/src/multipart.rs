//! The file of a form with parts (RFC 7578), as far as uploads need it.

use crate::asked::Asked;

/// An uploaded file.
pub struct Upload {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The first part with a file name.
pub fn file(asked: &Asked) -> Option<Upload> {
    let kind = asked.headers.get("content-type")?;
    let boundary = kind.split_once("boundary=")?.1.split(';').next()?.trim().trim_matches('"');
    let separator = format!("--{boundary}");
    let mut rest = after(&asked.body, separator.as_bytes())?;
    let ending = format!("\r\n{separator}");
    loop {
        let body = after(rest, b"\r\n\r\n")?;
        let head = &rest[..rest.len() - body.len()];
        let end = find(body, ending.as_bytes())?;
        if let Some(name) = file_name(&String::from_utf8_lossy(head)) {
            return Some(Upload { name, bytes: body[..end].to_vec() });
        }
        rest = &body[end + ending.len()..];
    }
}

fn file_name(head: &str) -> Option<String> {
    let name = head.split_once("filename=\"")?.1;
    Some(name.split_once('"')?.0.to_owned())
}

fn after<'a>(bytes: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    Some(&bytes[find(bytes, wanted)? + wanted.len()..])
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
