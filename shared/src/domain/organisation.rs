//! Organisations and the people who act for them.

use chrono::NaiveTime;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::archive_options::ArchiveOptions;
use super::drill_policy::DrillPolicy;
use super::id::{OrgId, UserId};
use super::locale::Locale;
use super::retention::RetentionRule;
use super::unusual_loss::LossRule;

/// An organisation whose CRM is backed up. `version` counts changes and guards each write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    pub id: OrgId,
    /// Name as shown in manifests and mails.
    pub name: String,
    /// IANA time zone of its schedules and calendar months.
    pub time_zone: Tz,
    /// Name of its plan; see [`super::plan::Plans`].
    pub plan: String,
    /// ISO 3166-1 alpha-2 code of the country whose price list applies; `None` selects the default price list.
    #[serde(default)]
    pub country: Option<String>,
    /// Time of day of scheduled runs; `None` selects the service's default.
    #[serde(default)]
    pub time_of_day: Option<NaiveTime>,
    /// Additional recipients of mails, besides the administrator concerned.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// SHA-256 (hexadecimal) of the calendar link's key; `None` if the organisation has no calendar link.
    #[serde(default)]
    pub calendar_key: Option<String>,
    /// Language of mails to additional recipients; `None` selects the language of the administrator concerned.
    #[serde(default)]
    pub locale: Option<Locale>,
    #[serde(default)]
    pub archive: ArchiveOptions,
    /// Which losses it is warned of.
    #[serde(default)]
    pub loss_rule: LossRule,
    /// Which snapshots are kept; `None` selects the service's default.
    #[serde(default)]
    pub retention: Option<RetentionRule>,
    /// Which of its backups are drilled by themselves.
    #[serde(default)]
    pub drills: DrillPolicy,
    /// Zero before the organisation is first stored.
    pub version: u64,
}

impl Organisation {
    /// Language of names that are stored with its data, such as labels of modules: that of its mails, or of its country.
    pub fn data_locale(&self) -> Locale {
        let of_country = if self.country.as_deref() == Some("JP") { Locale::Ja } else { Locale::En };
        self.locale.unwrap_or(of_country)
    }
}

/// A person as shown in the history and the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The user's id in the CRM.
    pub id: UserId,
    /// Display name.
    pub name: String,
    /// The user's id at the identity provider.
    pub zuid: UserId,
}

/// Mail address and language of a person, as in their last token. Stored apart from events, so that the event log
/// contains no address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub user: UserId,
    /// `None` if the identity provider reveals no address.
    pub email: Option<String>,
    pub locale: Locale,
}

/// Role of a user, which decides what the user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May schedule, view, download, stop and buy.
    Administrator,
    /// May do none of that.
    User,
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The organisation for which the token was issued.
    pub org: OrgId,
    pub person: Person,
    /// Role of the user in that organisation.
    pub role: Role,
    /// Mail address, if the token contains one.
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub locale: Locale,
}

impl Caller {
    /// Returns the caller's mail address and language.
    pub fn contact(&self) -> Contact {
        Contact { user: self.person.id, email: self.email.clone(), locale: self.locale }
    }
}

/// Maximum length of a displayed name, in characters.
pub const LONGEST_NAME: usize = 200;

/// Error returned when a text cannot be the name of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {LONGEST_NAME} characters, without line breaks or other control characters")]
pub struct NotAName;

/// Validates the name of an organisation and trims the white space around it. Mails, calendars and file names contain
/// the name, so a line break in it could inject a header or property.
pub fn organisation_name(text: &str) -> Result<String, NotAName> {
    let name = text.trim();
    let is_name = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(is_control);
    if is_name { Ok(name.to_owned()) } else { Err(NotAName) }
}

/// Cleans a person's name from an identity provider for display: one line, of limited length.
pub fn person_name(text: &str) -> String {
    let spaced = text.chars().map(|letter| if is_control(letter) { ' ' } else { letter });
    let name: String = spaced.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    name.chars().take(LONGEST_NAME).collect()
}

/// Control characters, and the Unicode separators that some readers treat as line breaks.
fn is_control(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}')
}

/// Maximum number of addresses in [`Organisation::recipients`].
pub const MAX_RECIPIENTS: usize = 10;

/// Returns whether a text has the form of a mail address: `local@domain`, at most 254 printable ASCII characters, and
/// none that could end or extend a mail header. Only sending a mail shows whether the address exists.
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
