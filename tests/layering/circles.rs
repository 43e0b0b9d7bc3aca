//! Detects dependency cycles between the files of a crate, of any length. A file depends on another if it names one of
//! its items. `mod` and `pub use` are no dependencies; names are resolved through them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Path of a module in its crate. The first part is `lib` or `main`.
pub type Module = Vec<String>;

/// The modules of one crate with their code.
#[derive(Default)]
pub struct Crate {
    code: BTreeMap<Module, String>,
    /// Re-exports of each module: the name and its origin.
    shown: BTreeMap<Module, BTreeMap<String, Vec<String>>>,
}

impl Crate {
    /// Reads a crate from its root file, with all modules that it declares.
    pub fn read(root: &Path) -> Self {
        let mut read = Self::default();
        let name = root.file_stem().expect("a name").to_string_lossy().into_owned();
        read.add(vec![name], root, root.parent().expect("a folder"));
        read
    }

    fn add(&mut self, module: Module, file: &Path, below: &Path) {
        let text = std::fs::read_to_string(file).expect("text");
        let code = code_of(&text);
        for name in declared(&code) {
            let inner = below.join(&name);
            let found = [below.join(format!("{name}.rs")), inner.join("mod.rs")].into_iter().find(|path| path.is_file());
            if let Some(path) = found {
                self.add([module.clone(), vec![name]].concat(), &path, &inner);
            }
        }
        let shown = uses(&code).filter(|(is_shown, _)| *is_shown).flat_map(|(_, tree)| paths(tree));
        let named = shown.filter_map(|path| Some((path.last()?.clone(), path))).collect();
        self.shown.insert(module.clone(), named);
        self.code.insert(module, code);
    }

    /// Resolves a path, as seen from `from`, to the module that defines its item; `None` for items of other crates.
    fn holder(&self, from: &Module, path: &[String], depth: usize) -> Option<Module> {
        let (mut at, mut rest) = match path.first()?.as_str() {
            "crate" => (from[..1].to_vec(), &path[1..]),
            "self" => (from.clone(), &path[1..]),
            "super" => {
                let up = path.iter().take_while(|part| *part == "super").count();
                (from.get(..from.len().checked_sub(up)?)?.to_vec(), &path[up..])
            }
            first if self.code.contains_key(&[from.clone(), vec![first.to_owned()]].concat()) => (from.clone(), path),
            _ => return None,
        };
        while let Some((first, after)) = rest.split_first() {
            let inner = [at.clone(), vec![first.clone()]].concat();
            if !self.code.contains_key(&inner) {
                break;
            }
            (at, rest) = (inner, after);
        }
        let shown = rest.first().and_then(|name| self.shown.get(&at)?.get(name)).filter(|_| depth < 8);
        shown.and_then(|path| self.holder(&at, path, depth + 1)).or(Some(at))
    }

    fn needs(&self, module: &Module) -> BTreeSet<Module> {
        let code = &self.code[module];
        let imported = uses(code).filter(|(is_shown, _)| !is_shown).flat_map(|(_, tree)| paths(tree));
        let holders = imported.chain(named(code)).filter_map(|path| self.holder(module, &path, 0));
        holders.filter(|holder| holder != module).collect()
    }

    /// Lists dependency cycles, as `a -> b -> a`.
    pub fn circles(&self) -> Vec<String> {
        let needs: BTreeMap<&Module, BTreeSet<Module>> = self.code.keys().map(|module| (module, self.needs(module))).collect();
        let way = |from: &Module, to: &Module| way(&needs, from, to);
        let circle = |module: &Module| {
            let back = needs[module].iter().find_map(|next| way(next, module))?;
            Some([vec![module.join("/")], back.iter().map(|module| module.join("/")).collect()].concat().join(" -> "))
        };
        self.code.keys().filter_map(circle).collect()
    }
}

/// Returns the shortest path from one module to another.
fn way(needs: &BTreeMap<&Module, BTreeSet<Module>>, from: &Module, to: &Module) -> Option<Vec<Module>> {
    let mut ways = std::collections::VecDeque::from([vec![from.clone()]]);
    let mut seen = BTreeSet::from([from.clone()]);
    while let Some(way) = ways.pop_front() {
        let last = way.last()?;
        if last == to {
            return Some(way);
        }
        for next in &needs[last] {
            if seen.insert(next.clone()) {
                ways.push_back([way.clone(), vec![next.clone()]].concat());
            }
        }
    }
    None
}

/// Returns the code of a file without its tests and comments.
fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let text = text.split("#[cfg(test)]\n#[path").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Strips the visibility of a declaration. Also returns whether it had one.
fn visible(line: &str) -> (bool, &str) {
    match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => (true, rest.split_once(") ").map_or(rest, |(_, rest)| rest)),
        Some(rest) => (true, rest.trim_start()),
        None => (false, line),
    }
}

fn declared(code: &str) -> Vec<String> {
    let name = |line: &str| visible(line).1.strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned);
    code.lines().filter_map(|line| name(line.trim())).collect()
}

/// Lists the top-level `use` declarations: whether they re-export, and their tree.
fn uses(code: &str) -> impl Iterator<Item = (bool, &str)> {
    let starts = code.match_indices("use ").filter(move |(at, _)| {
        let line = code[..*at].rsplit('\n').next().unwrap_or_default().trim();
        line.is_empty() || line == "pub" || (line.starts_with("pub(") && line.ends_with(')'))
    });
    starts.map(move |(at, _)| {
        let is_shown = code[..at].rsplit('\n').next().is_some_and(|line| line.trim().starts_with("pub"));
        (is_shown, code[at + 4..].split(';').next().unwrap_or_default())
    })
}

/// Lists the paths of a `use` tree.
fn paths(tree: &str) -> Vec<Vec<String>> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, letter) in tree.char_indices().chain([(tree.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.extend(paths_of(tree[start..at].trim()));
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

fn paths_of(path: &str) -> Vec<Vec<String>> {
    let parts = |text: &str| text.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let Some((before, inner)) = path.split_once('{') else {
        let path = path.split(" as ").next().unwrap_or_default();
        return if path.is_empty() { Vec::new() } else { vec![parts(path)] };
    };
    let before: Vec<String> = parts(before);
    paths(inner.trim_end().trim_end_matches('}')).into_iter().map(|path| [before.clone(), path].concat()).collect()
}

/// Lists the paths in the code outside `use`: `crate::a::b`, `super::a`, `child::a`.
fn named(code: &str) -> Vec<Vec<String>> {
    let trees: Vec<&str> = uses(code).map(|(_, tree)| tree).collect();
    let code = trees.iter().fold(code.to_owned(), |code, tree| code.replacen(tree, "", 1));
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let words = code.split(|letter: char| !is_part(letter)).filter(|word| word.contains("::") && !word.starts_with(':'));
    words.map(|word| word.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect()).collect()
}

#[test]
fn a_circle_is_found_through_re_exports() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("writes");
    };
    let circles = || Crate::read(&folder.path().join("lib.rs")).circles();
    write("lib.rs", "mod a;\nmod b;\npub use a::A;\n");
    write("a/mod.rs", "mod inner;\npub use inner::A;\n");
    write("a/inner.rs", "pub struct A;\n");
    write("b.rs", "use crate::{\n    A,\n};\n");
    assert!(circles().is_empty(), "{:?}", circles());
    write("a/inner.rs", "pub struct A(crate::b::B);\n");
    assert_eq!(circles().len(), 2, "{:?}", circles());
    write("a/inner.rs", "pub struct A;\n#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}\n");
    assert!(circles().is_empty(), "tests may need what they test: {:?}", circles());
}
