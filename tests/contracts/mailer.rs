//! Contract of `Mailer`: a mail arrives as it was written.

use hozon_shared::ports::{ErrorKind, Mail};
use mail_parser::{Message, MessageParser};

use crate::emulators::Emulators;
use crate::known::Gap;
use crate::samples::kind;

fn mail() -> Mail {
    Mail {
        id: "4876.9".to_owned(),
        to: "admin@example.com".to_owned(),
        subject: "バックアップの準備ができました：毎週月曜日".to_owned(),
        text: "リンクは 7 日間有効です。\nhttps://example.com/?a=1&b=2\n".to_owned(),
        html: "<!doctype html>\n<html lang=\"ja\"><p>リンクは 7 日間有効です。</p></html>".to_owned(),
        language: "ja",
    }
}

async fn received(emulators: &Emulators) -> Vec<Message<'static>> {
    let mails = emulators.mails().await;
    mails.iter().map(|mail| MessageParser::default().parse(mail).expect("a mail").into_owned()).collect()
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let emulators = Emulators::start().await;
    emulators.mailer().send(&mail()).await.unwrap();
    let received = received(&emulators).await;
    let [found] = &received[..] else { panic!("{} mails", received.len()) };
    let address = |list: Option<&mail_parser::Address<'_>>| list.unwrap().first().unwrap().address().unwrap().to_owned();
    assert_eq!(address(found.to()), "admin@example.com");
    assert_eq!(address(found.from()), format!("backups@{}", emulators.mail_domain()));
    assert_eq!(found.subject().unwrap(), mail().subject);
    assert_eq!(found.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), mail().text.trim_end());
    assert_eq!(found.body_html(0).unwrap().replace("\r\n", "\n").trim_end(), mail().html);
    assert_eq!(found.header("Content-Language").unwrap().as_text(), Some("ja"));
    assert_eq!(found.header("Auto-Submitted").unwrap().as_text(), Some("auto-generated"));
}

#[tokio::test]
async fn a_mail_sent_twice_is_one_to_its_reader() {
    let emulators = Emulators::start().await;
    let other = Mail { id: "4876.10".to_owned(), ..mail() };
    for sent in [&mail(), &mail(), &other] {
        emulators.mailer().send(sent).await.unwrap();
    }
    let mut ids: Vec<_> = received(&emulators).await.iter().map(|mail| mail.message_id().unwrap().to_owned()).collect();
    ids.sort();
    ids.dedup();
    let expected = ["4876.10", "4876.9"].map(|id| format!("{id}@{}", emulators.mail_domain()));
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn an_unverified_sender_is_a_temporary_failure() {
    let emulators = Emulators::start().await;
    let sent = emulators.mailer_of("backups@nobody.example").send(&mail()).await;
    emulators.keep(Gap::UnverifiedSenders, kind(sent) == Some(ErrorKind::Unavailable));
}

#[tokio::test]
async fn an_invalid_address_is_refused() {
    let emulators = Emulators::start().await;
    let sent = emulators.mailer().send(&Mail { to: "nowhere".to_owned(), ..mail() }).await;
    emulators.keep(Gap::NoAddress, kind(sent) == Some(ErrorKind::Refused));
}
