//! The words of a query.

use serde_json::{Value, json};

use crate::refusal::Refusal;

/// A word, a sign or a value of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    /// A name or keyword.
    Name(String),
    Sign(String),
    Value(Value),
}

/// Cuts a query into its words.
pub fn words(query: &str) -> Result<Vec<Word>, Refusal> {
    let mut rest = query.trim();
    let mut words = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (word, length) = match first {
            '\'' | '"' => quoted(rest, first)?,
            '(' | ')' | ',' | '*' => (Word::Sign(first.to_string()), 1),
            '=' | '<' | '>' | '!' => {
                let length = rest.find(|sign| !"=<>!".contains(sign)).unwrap_or(rest.len());
                (Word::Sign(rest[..length].to_owned()), length)
            }
            _ => {
                let length = rest.find(|sign: char| sign.is_whitespace() || "(),=<>!'\"".contains(sign)).unwrap_or(rest.len());
                (bare(&rest[..length]), length)
            }
        };
        words.push(word);
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

fn quoted(rest: &str, quote: char) -> Result<(Word, usize), Refusal> {
    let mut text = String::new();
    let mut signs = rest.char_indices().skip(1);
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\\' => text.extend(signs.next().map(|(_, sign)| sign)),
            sign if sign == quote => return Ok((Word::Value(json!(text)), at + 1)),
            sign => text.push(sign),
        }
    }
    Err(wrong(rest))
}

/// A number, a time without quotes, a truth value or a name.
fn bare(text: &str) -> Word {
    let starts_as_number = text.starts_with(|sign: char| sign.is_ascii_digit() || sign == '-');
    match text {
        "true" | "false" => Word::Value(json!(text == "true")),
        _ if !starts_as_number => Word::Name(text.to_owned()),
        _ => Word::Value(
            text.parse::<u64>()
                .map(Value::from)
                .or_else(|_| text.parse::<f64>().map(Value::from))
                .unwrap_or_else(|_| json!(text)),
        ),
    }
}

/// A query that cannot be understood.
pub fn wrong(near: &str) -> Refusal {
    let near: String = near.chars().take(40).collect();
    Refusal::new(400, "SYNTAX_ERROR", "error while parsing the query", json!({"near": near, "line": 1, "column": 1}))
}
