//! Messages for chat channels, in the formats of Slack's and Microsoft Teams' incoming webhooks. Texts that others wrote stay text: no
//! formatting, no mention and no link comes of them.

use serde_json::{Value, json};

use super::locale::Locale;
use super::webhook::WebhookKind;

/// Slack, "Header block": the longest text.
const SLACK_HEADER: usize = 150;
/// Slack, "Section block" and "Text object": the longest text.
const SLACK_TEXT: usize = 3000;
/// Longest text in a card. Teams takes messages of about 28 KB (Microsoft Teams, "Create incoming webhooks").
const TEAMS_TEXT: usize = 3000;

/// A message to a chat channel, before it has a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// Its language.
    pub locale: Locale,
    /// What happened, in a line.
    pub title: String,
    /// Details and what to do.
    pub paragraphs: Vec<String>,
    /// Whose backups these are, and when it happened.
    pub footer: String,
}

impl ChatMessage {
    /// The body to post; `None` for a kind that is no chat.
    pub fn body(&self, kind: WebhookKind) -> Option<Value> {
        match kind {
            WebhookKind::Json => None,
            WebhookKind::Slack => Some(self.slack()),
            WebhookKind::Teams => Some(self.teams()),
        }
    }

    /// `text` for notifications and screen readers, `blocks` for the channel (Slack, "Sending messages using incoming webhooks").
    fn slack(&self) -> Value {
        let plain = |text: &str, most| json!({ "type": "plain_text", "text": slack_text(text, most), "emoji": false });
        let mut blocks = vec![json!({ "type": "header", "text": plain(&self.title, SLACK_HEADER) })];
        for paragraph in &self.paragraphs {
            blocks.push(json!({ "type": "section", "text": plain(paragraph, SLACK_TEXT) }));
        }
        blocks.push(json!({ "type": "context", "elements": [plain(&self.footer, SLACK_TEXT)] }));
        let all: Vec<&str> = [self.title.as_str()].into_iter().chain(self.paragraphs.iter().map(String::as_str)).collect();
        json!({ "text": slack_text(&all.join("\n"), SLACK_TEXT), "mrkdwn": false, "blocks": blocks })
    }

    /// A message with one Adaptive Card. Its texts are text runs, which have no Markdown (Adaptive Cards, "Text features"); that of a text
    /// block would have to be escaped for several renderers.
    fn teams(&self) -> Value {
        let text = |text: &str, run: Value| {
            let mut run = run;
            run["type"] = json!("TextRun");
            run["text"] = json!(cut(text, TEAMS_TEXT));
            json!({ "type": "RichTextBlock", "inlines": [run] })
        };
        let mut body = vec![text(&self.title, json!({ "weight": "bolder", "size": "large" }))];
        body.extend(self.paragraphs.iter().map(|paragraph| text(paragraph, json!({}))));
        body.push(text(&self.footer, json!({ "size": "small", "isSubtle": true })));
        let card = json!({
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "lang": self.locale.tag(),
            "body": body,
        });
        let attachment = json!({ "contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card });
        json!({ "type": "message", "attachments": [attachment] })
    }
}

/// Escapes Slack's three control characters (Slack, "Formatting text for app surfaces"). What does not fit ends in an ellipsis.
fn slack_text(text: &str, most: usize) -> String {
    let mut safe = String::new();
    let mut length = 0;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let piece = match letter {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            other => other.to_string(),
        };
        length += piece.chars().count();
        let room = if letters.peek().is_some() { most - 1 } else { most };
        if length > room {
            return safe + "…";
        }
        safe += &piece;
    }
    safe
}

/// Leaves a text of at most so many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(title: &str, paragraph: &str) -> ChatMessage {
        let (title, paragraphs) = (title.to_owned(), vec![paragraph.to_owned()]);
        ChatMessage { locale: Locale::En, title, paragraphs, footer: "Hozon backups of A & B.".to_owned() }
    }

    #[test]
    fn text_of_others_makes_no_mention_and_no_link_in_slack() {
        let body = message("<!channel>", "*a* & <https://evil.example|b>").body(WebhookKind::Slack).expect("a body");
        assert_eq!(body["text"], "&lt;!channel&gt;\n*a* &amp; &lt;https://evil.example|b&gt;");
        assert_eq!((&body["mrkdwn"], &body["blocks"][1]["text"]["type"]), (&json!(false), &json!("plain_text")));
        assert!(!body.to_string().contains("<!channel>"));
    }

    #[test]
    fn texts_are_cut_to_slacks_limits_after_escaping() {
        let exact = "a".repeat(SLACK_HEADER);
        assert_eq!(slack_text(&exact, SLACK_HEADER), exact);
        let long = slack_text(&"&".repeat(SLACK_TEXT), SLACK_TEXT);
        assert!(long.chars().count() <= SLACK_TEXT && long.ends_with("&amp;…"), "{}", long.len());
        assert_eq!(slack_text(&format!("{exact}b"), SLACK_HEADER).chars().count(), SLACK_HEADER);
        assert_eq!(cut(&"字".repeat(5000), TEAMS_TEXT).chars().count(), TEAMS_TEXT);
    }

    #[test]
    fn a_card_has_text_runs_only() {
        let body = message("[a](https://evil.example)", "**b** {{DATE(x)}}").body(WebhookKind::Teams).expect("a body");
        let card = &body["attachments"][0]["content"];
        assert_eq!(card["body"][0]["inlines"][0]["text"], "[a](https://evil.example)");
        assert!(!body.to_string().contains("TextBlock\",") || !body.to_string().contains("\"TextBlock\""));
    }
}
