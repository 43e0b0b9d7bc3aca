//! Faults that tests ask for.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A fault. Those with `times` end by themselves; the others last until they are cleared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Fault {
    /// Refuses calls of a kind or about a module: any of both where it is not named. The first `after` calls pass.
    Refuse {
        #[serde(default)]
        kind: Option<String>,
        #[serde(default)]
        module: Option<String>,
        status: u16,
        code: String,
        #[serde(default)]
        after: u32,
        times: u32,
    },
    /// Ends the answer's body early.
    BreakConnection {
        #[serde(default)]
        kind: Option<String>,
        #[serde(default)]
        after: u32,
        times: u32,
    },
    /// Leaves every n-th row out of Bulk Read.
    OmitFromBulk { module: String, every: u64 },
    /// Leaves the records out of lists whose ids are divisible by that number.
    OmitFromLists { module: String, every: u64 },
    /// Refuses every call about the records of a module.
    NoPermission { module: String, status: u16 },
    /// Removes a module after that many calls about it.
    VanishAfter { module: String, calls: u32 },
    /// Refuses to give an attachment.
    DownloadNotAllowed { attachment: u64 },
    /// Lists an attachment that is gone when it is read.
    AttachmentGone { attachment: u64, status: u16 },
    /// Forgets the results of the bulk jobs made until now.
    BulkResultsGone,
    /// Lets bulk jobs fail.
    BulkFails { module: String, times: u32 },
    /// Answers the token call with an error.
    TokenError { code: String, times: u32 },
}

/// A call as faults see it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub kind: &'a str,
    pub module: Option<&'a str>,
}

/// What a fault does to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    Refused { status: u16, code: String },
    Broken,
    Vanished(String),
}

/// The faults in force.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Counts a call, and returns what happens to it.
    pub fn strike(&mut self, call: Subject<'_>) -> Option<Effect> {
        let found = self.0.iter_mut().find_map(|fault| fault.effect(call));
        self.0.retain(|fault| !fault.is_over());
        found
    }

    /// The code that the token call is answered with.
    pub fn token_error(&mut self) -> Option<String> {
        let found = self.0.iter_mut().find_map(|fault| match fault {
            Fault::TokenError { code, times } => Some((code.clone(), times)),
            _ => None,
        });
        let (code, times) = found?;
        *times = times.saturating_sub(1);
        self.0.retain(|fault| !fault.is_over());
        Some(code)
    }

    /// Whether a bulk job of that module fails.
    pub fn bulk_fails(&mut self, module: &str) -> bool {
        let failing = self.0.iter_mut().find_map(|fault| match fault {
            Fault::BulkFails { module: failing, times } if failing == module => Some(times),
            _ => None,
        });
        let Some(times) = failing else { return false };
        *times = times.saturating_sub(1);
        self.0.retain(|fault| !fault.is_over());
        true
    }

    /// Which records lists leave out.
    pub fn omitted_from_lists(&self, module: &str) -> Option<u64> {
        self.0.iter().find_map(|fault| match fault {
            Fault::OmitFromLists { module: omitting, every } if omitting == module => Some(*every),
            _ => None,
        })
    }

    /// Which rows Bulk Read leaves out.
    pub fn omitted(&self, module: &str) -> Option<u64> {
        self.0.iter().find_map(|fault| match fault {
            Fault::OmitFromBulk { module: omitting, every } if omitting == module => Some(*every),
            _ => None,
        })
    }

    /// Attachments that are refused.
    pub fn not_allowed(&self) -> BTreeSet<u64> {
        let refused = self.0.iter().filter_map(|fault| match fault {
            Fault::DownloadNotAllowed { attachment } => Some(*attachment),
            _ => None,
        });
        refused.collect()
    }

    /// Status of the download of an attachment that is gone.
    pub fn attachment_gone(&self, id: u64) -> Option<u16> {
        self.0.iter().find_map(|fault| match fault {
            Fault::AttachmentGone { attachment, status } if *attachment == id => Some(*status),
            _ => None,
        })
    }
}

impl Fault {
    fn effect(&mut self, call: Subject<'_>) -> Option<Effect> {
        match self {
            Self::Refuse { kind, module, status, code, after, times } => {
                let is_meant = matches(kind, Some(call.kind)) && matches(module, call.module);
                (is_meant && is_due(after, times)).then(|| Effect::Refused { status: *status, code: code.clone() })
            }
            Self::BreakConnection { kind, after, times } => {
                (matches(kind, Some(call.kind)) && is_due(after, times)).then_some(Effect::Broken)
            }
            Self::NoPermission { module, status } => {
                let is_meant = call.module == Some(module) && call.kind != "metadata";
                is_meant.then(|| Effect::Refused { status: *status, code: "NO_PERMISSION".to_owned() })
            }
            Self::VanishAfter { module, calls } if call.module == Some(module) && call.kind != "metadata" => {
                let is_gone = *calls == 0;
                *calls = calls.saturating_sub(1);
                is_gone.then(|| Effect::Vanished(module.clone()))
            }
            _ => None,
        }
    }

    fn is_over(&self) -> bool {
        match self {
            Self::Refuse { times, .. }
            | Self::BreakConnection { times, .. }
            | Self::BulkFails { times, .. }
            | Self::TokenError { times, .. } => *times == 0,
            _ => false,
        }
    }
}

fn matches(wanted: &Option<String>, found: Option<&str>) -> bool {
    wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
}

/// Counts down, first the calls that pass, then those that do not.
fn is_due(after: &mut u32, times: &mut u32) -> bool {
    if *after > 0 {
        *after -= 1;
        return false;
    }
    let is_due = *times > 0;
    *times = times.saturating_sub(1);
    is_due
}
