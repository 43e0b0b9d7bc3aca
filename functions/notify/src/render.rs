//! A letter as text and as HTML. The HTML needs no style sheet and no picture, so that every mail program shows it and a screen reader
//! reads it in order.

use std::fmt::Write;

use crate::letter::Letter;

/// The letter as text.
pub fn text(letter: &Letter) -> String {
    let mut text = format!("{}\n\n", letter.subject);
    for paragraph in &letter.paragraphs {
        text += paragraph;
        text += "\n\n";
    }
    for (label, url) in &letter.links {
        // Writing to text cannot fail.
        let _ = write!(text, "{label}\n{url}\n\n");
    }
    text + "-- \n" + &letter.footer + "\n"
}

/// The letter as an HTML document.
pub fn html(letter: &Letter) -> String {
    let mut body = format!("<h1 style=\"font-size:20px\">{}</h1>\n", escape(&letter.subject));
    for paragraph in &letter.paragraphs {
        let _ = writeln!(body, "<p>{}</p>", escape(paragraph));
    }
    if !letter.links.is_empty() {
        body += "<ul>\n";
        for (label, url) in &letter.links {
            let _ = writeln!(body, "<li><a href=\"{}\">{}</a></li>", escape(url), escape(label));
        }
        body += "</ul>\n";
    }
    let (language, title) = (letter.locale.tag(), escape(&letter.subject));
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body style=\"font-family:sans-serif;font-size:16px;line-height:1.6;max-width:600px\">\n{body}\
         <hr>\n<p style=\"font-size:13px\">{}</p>\n</body>\n</html>\n",
        escape(&letter.footer)
    )
}

/// Makes text safe between tags and in quoted attributes.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use hozon_shared::domain::locale::Locale;

    #[test]
    fn what_others_wrote_stays_text() {
        let letter = Letter {
            locale: Locale::En,
            subject: "A <b> & \"c\"".to_owned(),
            paragraphs: vec!["<script>alert(1)</script>".to_owned()],
            links: vec![("x".to_owned(), "https://example.com/?a=1&b=\"".to_owned())],
            footer: "O'Neil".to_owned(),
        };
        let html = html(&letter);
        assert!(html.contains("<h1 style=\"font-size:20px\">A &lt;b&gt; &amp; &quot;c&quot;</h1>"));
        assert!(html.contains("<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"));
        assert!(html.contains("href=\"https://example.com/?a=1&amp;b=&quot;\""));
        assert!(html.contains("O&#39;Neil"));
        assert!(text(&letter).contains("x\nhttps://example.com/?a=1&b=\"\n"));
    }
}
