//! Paths of entries that are safe on Windows, macOS and Linux. The names that users gave stand in the index; these are for disks.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// Most UTF-16 units of a folder's name and of a file's, so that a path of three parts stays under Windows' 260.
const FOLDER_UNITS: usize = 56;
const FILE_UNITS: usize = 110;
/// File systems on Linux take 255 bytes; the rest is for a number.
const MOST_BYTES: usize = 240;
/// An extension longer than this is not kept when a name is cut.
const EXTENSION_UNITS: usize = 16;

/// Gives each path a safe form that no other path has, on file systems that ignore case too. The same calls give the same paths.
/// Keeps 16 bytes for each path.
#[derive(Debug, Default)]
pub struct PathNamer {
    taken: HashSet<Key>,
    folders: HashMap<Key, u32>,
}

type Key = [u8; 16];

impl PathNamer {
    /// A namer that has given no path yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Places a file: the last component is its name, the others its folders. The same folder, named by the same components, is
    /// the same folder each time; a file is a new file each time.
    pub fn place(&mut self, components: &[&str]) -> String {
        let Some((file, folders)) = components.split_last() else { return self.place(&[""]) };
        let mut path = String::new();
        let mut original = String::new();
        for folder in folders {
            original.push_str(folder);
            original.push('\0');
            path = self.folder(&path, folder, &original);
        }
        let name = safe(file, FILE_UNITS);
        self.free(&path, &name).0
    }

    /// Gives the path of a folder, with `/` at its end.
    fn folder(&mut self, parent: &str, folder: &str, original: &str) -> String {
        let name = safe(folder, FOLDER_UNITS);
        let known = key(original);
        if let Some(number) = self.folders.get(&known) {
            return format!("{parent}{}/", numbered(&name, *number));
        }
        let (path, number) = self.free(parent, &name);
        self.folders.insert(known, number);
        format!("{path}/")
    }

    /// Takes the first free form of a name in a folder.
    fn free(&mut self, parent: &str, name: &str) -> (String, u32) {
        let mut number = 1;
        loop {
            let path = format!("{parent}{}", numbered(name, number));
            if self.taken.insert(key(&folded(&path))) {
                return (path, number);
            }
            number += 1;
        }
    }
}

fn key(text: &str) -> Key {
    let digest = Sha256::digest(text.as_bytes());
    std::array::from_fn(|at| digest[at])
}

/// What a file system that ignores case and composition takes as the same.
fn folded(path: &str) -> String {
    path.to_uppercase().to_lowercase().nfd().collect()
}

fn numbered(name: &str, number: u32) -> String {
    let (stem, extension) = split_extension(name);
    match number {
        1 => name.to_owned(),
        _ => format!("{stem} ({number}){extension}"),
    }
}

/// Splits before the last dot; a name that begins with its only dot has no extension.
fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    }
}

fn safe(component: &str, most_units: usize) -> String {
    let replaced: String = component.nfc().map(|c| if is_forbidden(c) { '_' } else { c }).collect();
    let cut = cut(trimmed(&replaced), most_units);
    let name = trimmed(&cut);
    if name.is_empty() {
        return "_".to_owned();
    }
    if is_reserved(name) {
        let at = name.find('.').unwrap_or(name.len());
        return format!("{}_{}", &name[..at], &name[at..]);
    }
    name.to_owned()
}

/// Windows drops dots and spaces at the end; spaces at the start are lost by many tools.
fn trimmed(name: &str) -> &str {
    name.trim_start_matches(' ').trim_end_matches(['.', ' '])
}

/// What Windows forbids, separators, control characters, and marks that turn the direction of text (they can hide an extension).
fn is_forbidden(c: char) -> bool {
    let turns_text = matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}');
    c.is_control() || turns_text || matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*')
}

/// Names of devices on Windows, with any extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches(' ').to_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$") {
        return true;
    }
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    port.is_some_and(|digit| matches!(digit, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"))
}

/// Cuts the stem, at a character, until the name fits; keeps the extension.
fn cut(name: &str, most_units: usize) -> String {
    if fits(name, most_units) {
        return name.to_owned();
    }
    let (stem, extension) = match split_extension(name) {
        (stem, extension) if extension.encode_utf16().count() <= EXTENSION_UNITS => (stem, extension),
        _ => (name, ""),
    };
    let mut stem = stem.to_owned();
    while !fits(&format!("{stem}{extension}"), most_units) && stem.pop().is_some() {}
    format!("{}{extension}", trimmed(&stem))
}

fn fits(name: &str, most_units: usize) -> bool {
    name.len() <= MOST_BYTES && name.encode_utf16().count() <= most_units
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place_one(name: &str) -> String {
        PathNamer::new().place(&[name])
    }

    #[test]
    fn dangerous_names_become_harmless() {
        let cases = [
            ("..", "_"),
            ("", "_"),
            ("a/b\\c", "a_b_c"),
            ("con.TXT", "con_.TXT"),
            ("COM¹", "COM¹_"),
            ("nul . tar.gz", "nul _. tar.gz"),
            ("report. . ", "report"),
            ("in\u{202E}fdp.exe", "in_fdp.exe"),
            ("e\u{301}.txt", "é.txt"),
            (".profile", ".profile"),
        ];
        for (given, expected) in cases {
            assert_eq!(place_one(given), expected, "{given:?}");
        }
    }

    #[test]
    fn files_and_folders_that_differ_in_case_are_kept_apart() {
        let mut namer = PathNamer::new();
        assert_eq!(namer.place(&["Leads", "00Aa", "a.txt"]), "Leads/00Aa/a.txt");
        assert_eq!(namer.place(&["Leads", "00aA", "a.txt"]), "Leads/00aA (2)/a.txt");
        assert_eq!(namer.place(&["Leads", "00Aa", "A.TXT"]), "Leads/00Aa/A (2).TXT");
        assert_eq!(namer.place(&["Leads", "00aA", "b.txt"]), "Leads/00aA (2)/b.txt");
        assert_eq!(namer.place(&["leads"]), "leads (2)");
    }

    #[test]
    fn long_names_are_cut_and_keep_their_extension() {
        let name = place_one(&format!("{}.xlsx", "あ".repeat(300)));
        assert!(name.ends_with("あ.xlsx") && name.len() <= MOST_BYTES, "{name}");
    }

    proptest! {
        #[test]
        fn any_names_give_distinct_safe_paths(names in proptest::collection::vec((".{0,40}", "\\PC{0,200}"), 1..30)) {
            let mut namer = PathNamer::new();
            let mut seen = HashSet::new();
            for (folder, file) in &names {
                let path = namer.place(&["Contacts", folder, file]);
                prop_assert!(seen.insert(folded(&path)), "{path} twice");
                prop_assert!(path.encode_utf16().count() < 240);
                let parts: Vec<&str> = path.split('/').collect();
                prop_assert_eq!(parts.len(), 3);
                for part in parts {
                    prop_assert!(!part.is_empty() && part != "." && part != ".." && part.len() <= 255);
                    prop_assert!(!part.ends_with(['.', ' ']) && !part.chars().any(is_forbidden) && !is_reserved(part), "{}", part);
                }
            }
        }
    }
}
