//! Paths of zip entries that are safe on Windows, macOS and Linux. The attachment index contains the names that users
//! gave.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// Maximum length of folder and file names in UTF-16 units, so that a path of three parts stays below Windows' limit of
/// 260.
const FOLDER_UNITS: usize = 56;
const FILE_UNITS: usize = 110;
/// File systems on Linux allow 255 bytes; the difference leaves space for a number.
const MAX_BYTES: usize = 240;
/// A longer extension is not kept when a name is shortened.
const EXTENSION_UNITS: usize = 16;

/// Number of record folders that are remembered. Later ones are distinguished by a unique number.
const MAX_FOLDERS: usize = 1_000_000;
/// Number of files per folder that are remembered.
const MAX_FILES: usize = 100_000;
/// Numbers that are tried for a name before it gets a unique one.
const MAX_TRIES: u32 = 100;

/// Entries of every zip of attachments besides the attachments.
const ATTACHMENT_DOCUMENTS: [&str; 2] = ["attachments.csv", "manifest.json"];

/// Assigns each path a safe form that no other path has, even on file systems that ignore case. The same calls always
/// return the same paths.
///
/// Memory is bounded, whatever the number of paths. Files of the deepest folders are remembered only while paths of the
/// same folder follow one another, and at most a million folders are remembered. After that a folder keeps its name
/// only if no other name can be mistaken for it (lower-case letters, digits, `-` and `_`); any other folder gets `~`
/// and its number in the order of all paths.
#[derive(Debug)]
pub struct PathNamer {
    max_folders: usize,
    max_files: usize,
    taken: HashSet<Key>,
    folders: HashMap<Key, u32>,
    current: Current,
    placed: u64,
}

/// The deepest folder into which paths are currently placed.
#[derive(Debug, Default)]
struct Current {
    original: String,
    path: String,
    files: HashSet<Key>,
}

type Key = [u8; 16];

impl Default for PathNamer {
    fn default() -> Self {
        Self::with_memory(MAX_FOLDERS, MAX_FILES)
    }
}

impl PathNamer {
    /// Creates a namer that has assigned no path yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a namer of attachments in a zip whose other entries have their names already.
    pub fn of_attachments() -> Self {
        let mut namer = Self::default();
        for own in ATTACHMENT_DOCUMENTS {
            namer.place(&[own]);
        }
        namer
    }

    fn with_memory(max_folders: usize, max_files: usize) -> Self {
        let (taken, folders) = (HashSet::new(), HashMap::new());
        Self { max_folders, max_files, taken, folders, current: Current::default(), placed: 0 }
    }

    /// Places a file. The last component is its name; the others are folders. Every call places a new file. Equal names
    /// of top-level folders are the same folder; equal names of inner folders are the same folder while their paths
    /// follow one another.
    pub fn place(&mut self, components: &[&str]) -> String {
        self.placed += 1;
        let (file, folders) = components.split_last().map_or(("", [].as_slice()), |(file, folders)| (*file, folders));
        let name = safe(file, FILE_UNITS);
        match folders {
            [] => self.top("", &name).0,
            [folder] => {
                let folder = self.folder(folder);
                self.top(&folder, &name).0
            }
            _ => {
                self.enter(folders);
                self.file(&name)
            }
        }
    }

    /// Returns the path of a top-level folder with a trailing `/`.
    pub fn folder(&mut self, folder: &str) -> String {
        let name = safe(folder, FOLDER_UNITS);
        let known = key(folder);
        if let Some(number) = self.folders.get(&known) {
            return format!("{}/", numbered(&name, *number));
        }
        let (path, number) = self.top("", &name);
        self.folders.insert(known, number);
        format!("{path}/")
    }

    /// Takes the first free form of a name at the top level or in a top-level folder. These names are always
    /// remembered.
    fn top(&mut self, parent: &str, name: &str) -> (String, u32) {
        take_free(&mut self.taken, u32::MAX, parent, name).unwrap_or_default()
    }

    /// Makes an inner folder the current one.
    fn enter(&mut self, folders: &[&str]) {
        let original = folders.join("\0");
        if self.current.original == original && !self.current.path.is_empty() {
            return;
        }
        let mut path = self.folder(folders[0]);
        for folder in &folders[1..] {
            let name = safe(folder, FOLDER_UNITS);
            path = format!("{}/", self.inner(&path, folder, &name));
        }
        self.current = Current { original, path, files: HashSet::new() };
    }

    fn inner(&mut self, parent: &str, original: &str, name: &str) -> String {
        if self.taken.len() < self.max_folders
            && let Some((path, _)) = take_free(&mut self.taken, MAX_TRIES, parent, name)
        {
            return path;
        }
        let plain = format!("{parent}{name}");
        if name == original && is_unmistakable(name) && !is_taken(&self.taken, &plain) {
            return plain;
        }
        self.placed = own_number(&self.taken, self.placed, |number| format!("{plain}~{number}"));
        format!("{plain}~{}", self.placed)
    }

    fn file(&mut self, name: &str) -> String {
        let Current { path: folder, files, .. } = &mut self.current;
        if files.len() < self.max_files
            && let Some((name, _)) = take_free(files, MAX_TRIES, "", name)
        {
            return format!("{folder}{name}");
        }
        let (stem, extension) = split_extension(name);
        self.placed = own_number(files, self.placed, |number| format!("{stem}~{number}{extension}"));
        format!("{folder}{stem}~{}{extension}", self.placed)
    }
}

/// Takes the first free form of a name in a folder and returns it with its number; `None` if none of `tries` forms is
/// free.
fn take_free(taken: &mut HashSet<Key>, tries: u32, parent: &str, name: &str) -> Option<(String, u32)> {
    let mut forms = (1..=tries).map(|number| (format!("{parent}{}", numbered(name, number)), number));
    forms.find(|(path, _)| taken.insert(key(&folded(path))))
}

/// Returns the first number from `from` on whose form is free; no other path has that number.
fn own_number(taken: &HashSet<Key>, from: u64, form: impl Fn(u64) -> String) -> u64 {
    (from..).find(|number| !is_taken(taken, &form(*number))).unwrap_or(from)
}

fn is_taken(taken: &HashSet<Key>, path: &str) -> bool {
    taken.contains(&key(&folded(path)))
}

/// Returns whether a name differs from every other such name regardless of case.
fn is_unmistakable(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))
}

fn key(text: &str) -> Key {
    let digest = Sha256::digest(text.as_bytes());
    std::array::from_fn(|at| digest[at])
}

/// Folds a path the way file systems that ignore case and Unicode composition do.
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

/// Splits a name before its last dot. A name whose only dot comes first has no extension.
fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    }
}

fn safe(component: &str, max_units: usize) -> String {
    let replaced: String = component.nfc().map(|c| if is_forbidden(c) { '_' } else { c }).collect();
    let cut = cut(trimmed(&replaced), max_units);
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

/// Windows removes trailing dots and spaces, and many tools lose leading spaces.
fn trimmed(name: &str) -> &str {
    name.trim_start_matches(' ').trim_end_matches(['.', ' '])
}

/// Characters that Windows forbids, separators, control characters, and marks that reverse the direction of text and
/// can hide an extension.
fn is_forbidden(c: char) -> bool {
    let turns_text = matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}');
    c.is_control() || turns_text || matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*')
}

/// Windows device names, with any extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end_matches(' ').to_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$") {
        return true;
    }
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    port.is_some_and(|digit| matches!(digit, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"))
}

/// Shortens the stem, character by character, until the name fits. The extension is kept.
fn cut(name: &str, max_units: usize) -> String {
    if fits(name, max_units) {
        return name.to_owned();
    }
    let (stem, extension) = match split_extension(name) {
        (stem, extension) if extension.encode_utf16().count() <= EXTENSION_UNITS => (stem, extension),
        _ => (name, ""),
    };
    let mut stem = stem.to_owned();
    while !fits(&format!("{stem}{extension}"), max_units) && stem.pop().is_some() {}
    format!("{}{extension}", trimmed(&stem))
}

fn fits(name: &str, max_units: usize) -> bool {
    name.len() <= MAX_BYTES && name.encode_utf16().count() <= max_units
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
        assert_eq!(namer.place(&["Leads", "00Aa", "A.TXT"]), "Leads/00Aa/A (2).TXT");
        assert_eq!(namer.place(&["Leads", "00aA", "a.txt"]), "Leads/00aA (2)/a.txt");
        assert_eq!(namer.place(&["Leads", "00Ab", "b.txt"]), "Leads/00Ab/b.txt");
        assert_eq!(namer.place(&["leads"]), "leads (2)");
    }

    #[test]
    fn long_names_are_cut_and_keep_their_extension() {
        let name = place_one(&format!("{}.xlsx", "あ".repeat(300)));
        assert!(name.ends_with("あ.xlsx") && name.len() <= MAX_BYTES, "{name}");
    }

    #[test]
    fn beyond_its_memory_a_namer_still_gives_every_path_once() {
        let mut namer = PathNamer::with_memory(3, 2);
        let folders = ["00aa", "00Aa", "00AA", "00b", "00B", "b~1", "con"];
        let mut seen = HashSet::new();
        for folder in folders {
            for file in ["a.txt", "A.txt", "a.TXT", "a~3.txt", "a"] {
                let path = namer.place(&["Leads", folder, file]);
                assert!(seen.insert(folded(&path)), "{path} twice");
            }
        }
        assert!(seen.iter().any(|path| path.starts_with("leads/00b/")), "{seen:?}");
    }

    #[test]
    fn ten_thousand_files_of_one_name_are_placed_at_once() {
        let mut namer = PathNamer::new();
        let paths: HashSet<String> = (0..10_000).map(|_| namer.place(&["Leads", "1", "scan.pdf"])).collect();
        assert_eq!(paths.len(), 10_000);
    }

    proptest! {
        #[test]
        fn any_names_give_distinct_safe_paths(
            mut names in proptest::collection::vec((".{0,40}", "\\PC{0,200}"), 1..30),
            folders in 1usize..30,
            files in 1usize..5,
        ) {
            names.sort();
            let mut namer = PathNamer::with_memory(folders, files);
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
