//! The two backups and their modules, read as an import reads them.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::error::CompareError;
use super::options::CompareOptions;
use hozon_files::{CsvSource, ImportOptions, ModulePlan, Note, PlannedFile, plan};

/// One of the two backups.
pub struct Side {
    modules: Vec<ModulePlan>,
    has_files: bool,
}

impl Side {
    /// Whether its attachments are in the input.
    pub fn has_files(&self) -> bool {
        self.has_files
    }
}

/// A module of the two backups. Where one does not have it, it has no files, rows and fields.
pub struct Pair {
    pub name: String,
    pub before: Option<SideModule>,
    pub after: Option<SideModule>,
}

/// A module of one backup.
pub struct SideModule {
    pub sources: Vec<CsvSource>,
    pub fields: Vec<String>,
    pub key: Vec<String>,
    files: Vec<PlannedFile>,
}

impl Pair {
    /// Takes the attachments out.
    pub fn take_files(&mut self) -> [Vec<PlannedFile>; 2] {
        let take = |side: &mut Option<SideModule>| side.as_mut().map(|module| std::mem::take(&mut module.files));
        [take(&mut self.before).unwrap_or_default(), take(&mut self.after).unwrap_or_default()]
    }
}

/// Reads what the zips of a backup contain, without their rows.
pub async fn read(from: &[PathBuf], options: &CompareOptions, now: DateTime<Utc>) -> Result<Side, CompareError> {
    let CompareOptions { edited, skip_unknown, .. } = *options;
    let import = ImportOptions { from: from.to_vec(), edited, skip_unknown, ..ImportOptions::default() };
    let (modules, notes) = plan(&import, now).await?.into_parts();
    let is_without = notes.iter().any(|note| matches!(note, Note::NoAttachments(_)));
    let is_own = modules.iter().any(|module| module.backup.is_some());
    let has_some = modules.iter().any(|module| !module.attachments.is_empty());
    Ok(Side { modules, has_files: if is_own { !is_without } else { has_some } })
}

/// Pairs the modules of two backups by name, in the order of the later one; modules that it does not have come last.
pub fn pairs(before: Side, after: Side, wanted: &[String]) -> Result<Vec<Pair>, CompareError> {
    let mut pairs: Vec<Pair> = after.modules.into_iter().map(|module| pair(module, |pair| &mut pair.after)).collect();
    for module in before.modules {
        match pairs.iter_mut().find(|pair| pair.name == module.head.api_name) {
            Some(known) => known.before = Some(SideModule::from(module)),
            None => pairs.push(pair(module, |pair| &mut pair.before)),
        }
    }
    for name in wanted {
        if !pairs.iter().any(|pair| pair.name == *name) {
            let known: Vec<&str> = pairs.iter().map(|pair| pair.name.as_str()).collect();
            return Err(CompareError::NoModule { name: name.clone(), known: known.join(", ") });
        }
    }
    pairs.retain(|pair| wanted.is_empty() || wanted.contains(&pair.name));
    Ok(pairs)
}

fn pair(module: ModulePlan, side: impl Fn(&mut Pair) -> &mut Option<SideModule>) -> Pair {
    let mut pair = Pair { name: module.head.api_name.clone(), before: None, after: None };
    *side(&mut pair) = Some(SideModule::from(module));
    pair
}

impl From<ModulePlan> for SideModule {
    fn from(plan: ModulePlan) -> Self {
        let fields = plan.head.fields.into_iter().map(|field| field.api_name).collect();
        Self { sources: plan.files, fields, key: plan.head.key, files: plan.attachments }
    }
}
