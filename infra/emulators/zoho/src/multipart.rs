//! The file of a form with parts (RFC 7578), as far as uploads need it.

use crate::asked::Asked;

/// An uploaded file.
pub struct Upload {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The first part with a file name.
pub fn file(asked: &Asked) -> Option<Upload> {
    let found = parts(asked).into_iter().find_map(|(head, bytes)| Some((quoted(&head, "filename")?, bytes)));
    found.map(|(name, bytes)| Upload { name, bytes: bytes.to_vec() })
}

/// The parts that are plain fields, by name.
pub fn fields(asked: &Asked) -> Vec<(String, String)> {
    let plain = parts(asked).into_iter().filter(|(head, _)| quoted(head, "filename").is_none());
    plain.filter_map(|(head, bytes)| Some((quoted(&head, "name")?, String::from_utf8_lossy(bytes).into_owned()))).collect()
}

/// Head and content of each part; none if the body has no parts.
fn parts(asked: &Asked) -> Vec<(String, &[u8])> {
    let mut found = Vec::new();
    let Some(boundary) = boundary(asked) else { return found };
    let separator = format!("--{boundary}");
    let ending = format!("\r\n{separator}");
    let mut rest = after(&asked.body, separator.as_bytes()).unwrap_or_default();
    while let Some(body) = after(rest, b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&rest[..rest.len() - body.len()]).into_owned();
        let Some(end) = find(body, ending.as_bytes()) else { break };
        found.push((head, &body[..end]));
        rest = &body[end + ending.len()..];
    }
    found
}

fn boundary(asked: &Asked) -> Option<&str> {
    let kind = asked.headers.get("content-type").filter(|kind| kind.starts_with("multipart/"))?;
    Some(kind.split_once("boundary=")?.1.split(';').next()?.trim().trim_matches('"'))
}

/// A quoted value of a part's head.
fn quoted(head: &str, name: &str) -> Option<String> {
    let value = head.split_once(&format!(" {name}=\""))?.1;
    // As browsers write names (WHATWG HTML, "Multipart form data").
    Some(value.split_once('"')?.0.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))
}

fn after<'a>(bytes: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    Some(&bytes[find(bytes, wanted)? + wanted.len()..])
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
