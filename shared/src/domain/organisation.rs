//! An organisation and the people in it.

use chrono::NaiveTime;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::archive_options::ArchiveOptions;
use super::id::{OrgId, UserId};
use super::locale::Locale;

/// An organisation that is backed up. `version` counts its changes and makes each conditional.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its id.
    pub id: OrgId,
    /// Its name, as shown in manifests and mails.
    pub name: String,
    /// The IANA zone in which its calendar months and schedules are counted.
    pub time_zone: Tz,
    /// Name of its plan; see [`super::plan::Plans`].
    pub plan: String,
    /// ISO 3166-1 alpha-2 code of the country that its prices are those of; none takes the price list's default.
    #[serde(default)]
    pub country: Option<String>,
    /// The time of day of scheduled runs; none is the service's default.
    #[serde(default)]
    pub time_of_day: Option<NaiveTime>,
    /// Addresses that are written to besides the administrator concerned.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// SHA-256, in hexadecimal, of the key of the calendar link; none while there is no such link.
    #[serde(default)]
    pub calendar_key: Option<String>,
    /// Language of the mails to its recipients; none is that of the administrator concerned.
    #[serde(default)]
    pub locale: Option<Locale>,
    /// How its zips are written.
    #[serde(default)]
    pub archive: ArchiveOptions,
    /// Zero before it is stored.
    pub version: u64,
}

/// Who did something, as history and the API show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The user's id in the CRM.
    pub id: UserId,
    /// The display name.
    pub name: String,
    /// The user's id at the identity provider.
    pub zuid: UserId,
}

/// Where a person is written to, and in which language. As the person's last token said; kept apart from what they did, so that the
/// event log holds no address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The person.
    pub user: UserId,
    /// Their mail address, where the identity provider gives one.
    pub email: Option<String>,
    /// Their language.
    pub locale: Locale,
}

/// What a user may do (R1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May schedule, see, download, stop and buy.
    Administrator,
    /// May do none of that.
    User,
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The organisation that the token is for.
    pub org: OrgId,
    /// The user.
    pub person: Person,
    /// The user's role in that organisation.
    pub role: Role,
    /// The user's mail address, where the token has one.
    #[serde(default)]
    pub email: Option<String>,
    /// The user's language.
    #[serde(default)]
    pub locale: Locale,
}

impl Caller {
    /// Where this caller is written to.
    pub fn contact(&self) -> Contact {
        Contact { user: self.person.id, email: self.email.clone(), locale: self.locale }
    }
}

/// Most letters of a name that is shown.
pub const LONGEST_NAME: usize = 200;

/// A text that is no name of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {LONGEST_NAME} letters, and neither line ends nor other control characters")]
pub struct NotAName;

/// Takes a text for an organisation's name, without the white space around it. It comes to stand in mails, calendars and file names, so that a
/// line end in it could begin a line of somebody else's.
pub fn organisation_name(text: &str) -> Result<String, NotAName> {
    let name = text.trim();
    let is_name = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(is_control);
    if is_name { Ok(name.to_owned()) } else { Err(NotAName) }
}

/// A person's name as an identity provider has it, fit to be shown: on one line, and not longer than names are.
pub fn person_name(text: &str) -> String {
    let spaced = text.chars().map(|letter| if is_control(letter) { ' ' } else { letter });
    let name: String = spaced.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    name.chars().take(LONGEST_NAME).collect()
}

/// Control characters, and the separators of lines and paragraphs, which end a line for some readers.
fn is_control(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}')
}

/// Most addresses in [`Organisation::recipients`].
pub const MAX_RECIPIENTS: usize = 10;

/// Tells whether mail can be sent to a text as an address: `local@domain` of at most 254 visible ASCII letters, without what would end
/// or add to a header. Whether it is somebody's, only sending tells.
pub fn is_address(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_graphic() && !b"()<>,;:\\\"[]".contains(&byte);
    match text.split_once('@') {
        Some((local, domain)) => {
            let is_domain = domain.split('.').count() > 1 && domain.split('.').all(|label| !label.is_empty());
            let is_short = text.len() <= 254 && (1..=64).contains(&local.len());
            is_short && is_domain && !domain.contains('@') && text.bytes().all(is_letter)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_address, organisation_name, person_name};

    #[test]
    fn a_name_is_one_line_of_a_length_that_people_read() {
        assert_eq!(organisation_name(" 桜商事 ").as_deref(), Ok("桜商事"));
        assert!(organisation_name(&"桜".repeat(200)).is_ok());
        let bad = ["", "  ", "a\nb", "a\r\nBEGIN:VEVENT", "a\u{2028}b", "a\0b", "a\u{85}b", &"桜".repeat(201), &"a".repeat(5000)];
        for bad in bad {
            assert!(organisation_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_persons_name_is_made_fit() {
        assert_eq!(person_name("  Taro\r\nBEGIN:VEVENT\u{2028}Yamada "), "Taro BEGIN:VEVENT Yamada");
        assert_eq!(person_name(&"山".repeat(5000)).chars().count(), 200);
        assert_eq!(person_name("\n"), "");
    }

    #[test]
    fn an_address_is_one_and_no_header() {
        for good in ["a@example.com", "first.last+tag@mail.example.co.jp"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@example.com",
            "a@example",
            "a@b@example.com",
            "a@.com",
            "a@example.com\r\nBcc: x@example.com",
            "<a@b.c>",
            "あ@example.com",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
