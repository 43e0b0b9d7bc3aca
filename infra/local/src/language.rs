//! Language of terminal output: Japanese if the environment's locale says so (POSIX: `LC_ALL` before `LC_MESSAGES`
//! before `LANG`), otherwise English.

use std::env;

use hozon_shared::domain::locale::Locale;

/// Returns the language of the terminal.
pub fn locale() -> Locale {
    of(["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| env::var(name).ok()))
}

fn of(values: impl IntoIterator<Item = String>) -> Locale {
    values
        .into_iter()
        .find(|value| !value.is_empty())
        .map_or(Locale::En, |value| Locale::of(value.split('.').next().unwrap_or_default()))
}

/// Selects the text in the terminal's language.
pub fn say<T>(en: T, ja: T) -> T {
    match locale() {
        Locale::En => en,
        Locale::Ja => ja,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_setting_that_says_something_counts() {
        let of = |values: [&str; 3]| super::of(values.map(str::to_owned));
        assert_eq!(of(["", "", "ja_JP.UTF-8"]), Locale::Ja);
        assert_eq!(of(["C", "", "ja_JP.UTF-8"]), Locale::En);
        assert_eq!(of(["ja.UTF-8", "C", "C"]), Locale::Ja);
        assert_eq!(of(["", "", ""]), Locale::En);
    }
}
