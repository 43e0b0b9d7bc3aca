//! Renders a letter as text and as HTML. The HTML uses no style sheet and no image, so that every mail program shows
//! it and a screen reader reads it in order.

use std::fmt::Write;

use askama::Template;

use crate::letter::Letter;

/// Template of the HTML document. The template engine escapes all values.
#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage<'a> {
    letter: &'a Letter,
}

/// Renders the letter as text.
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

/// Renders the letter as an HTML document.
pub fn html(letter: &Letter) -> Result<String, askama::Error> {
    MailPage { letter }.render()
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
        let html = html(&letter).expect("renders");
        assert!(html.contains("<h1 style=\"font-size:20px\">A &#60;b&#62; &#38; &#34;c&#34;</h1>"), "{html}");
        assert!(html.contains("<p>&#60;script&#62;alert(1)&#60;/script&#62;</p>"), "{html}");
        assert!(html.contains("href=\"https://example.com/?a=1&#38;b=&#34;\""), "{html}");
        assert!(html.contains("O&#39;Neil"), "{html}");
        assert!(text(&letter).contains("x\nhttps://example.com/?a=1&b=\"\n"));
    }
}
