//! Explains invalid arguments in Japanese. clap has English messages only.

use std::error::Error as _;
use std::process::exit;

use clap::Parser;
use clap::error::{ContextKind, Error, ErrorKind};
use hozon::language::locale;
use hozon_shared::domain::locale::Locale;

use super::Arguments;

/// Parses the arguments. Prints what is wrong with invalid ones and exits with code 2.
pub fn arguments() -> Arguments {
    Arguments::try_parse().unwrap_or_else(|error| {
        let japanese = if locale() == Locale::Ja { in_japanese(&error) } else { None };
        let Some(text) = japanese else { error.exit() };
        eprintln!("エラー: {text}\n使い方は --help で表示されます。");
        exit(error.exit_code())
    })
}

/// Returns the Japanese message; `None` for `--help` and `--version`, and for errors that the commands cannot cause.
fn in_japanese(error: &Error) -> Option<String> {
    let of = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let (argument, value) = (of(ContextKind::InvalidArg), of(ContextKind::InvalidValue));
    Some(match error.kind() {
        ErrorKind::UnknownArgument => format!("引数 {argument} はありません"),
        ErrorKind::InvalidSubcommand => format!("コマンド {} はありません", of(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingRequiredArgument => format!("引数が足りません: {argument}"),
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} に値を指定してください"),
        ErrorKind::InvalidValue => format!("{argument} に {value} は指定できません。使える値: {}", of(ContextKind::ValidValue)),
        ErrorKind::ValueValidation => {
            let why = error.source().map(|source| format!("（{source}）"));
            format!("{argument} に {value} は指定できません{}", why.unwrap_or_default())
        }
        ErrorKind::WrongNumberOfValues => format!("{argument} の数が足りないか、多すぎます"),
        ErrorKind::ArgumentConflict => format!("{argument} は {} と同時に指定できません", of(ContextKind::PriorArg)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_mistake_is_told_in_japanese() {
        for (arguments, told) in [
            (&["--nothing"][..], "引数 --nothing はありません"),
            (&["explode"], "コマンド explode はありません"),
            (&["import", "a.csv"], "引数が足りません: --org"),
            (&["--port"], "に値を指定してください"),
            (&["--port", "x"], "--port"),
            (&["demo", "--size", "huge"], "に huge は指定できません。使える値: "),
            (&["serve", "--allowed-host", "https://a"], "に https://a は指定できません"),
            (&["serve", "--public-url", "crm.example"], "に crm.example は指定できません"),
            (&["compare", "a.zip"], "の数が足りないか"),
            (&["compare", "a.zip", "b.zip", "--before", "c.zip"], "同時に指定できません"),
            (&["token", "--json", "--user"], "同時に指定できません"),
            (&["restore", "a.zip"], "引数が足りません: --into"),
            (&["restore", "a.zip", "--org", "A"], "同時に指定できません"),
        ] {
            let error = Arguments::try_parse_from(["hozon"].iter().chain(arguments)).err().expect("a mistake");
            let text = in_japanese(&error).unwrap_or_default();
            assert!(text.contains(told), "{arguments:?}: {text:?} of {error}");
        }
        let help = Arguments::try_parse_from(["hozon", "--help"]).err().expect("help");
        assert_eq!(in_japanese(&help), None);
    }
}
