//! The catalogue of modules in the table. Each version of a module is an item of its own; two more items, the lists, name the
//! current versions of what a platform writes and of what was captured. A publication writes its versions first and then replaces the list, so that one
//! conditional write makes all of them current, however many there are.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::errors::port_error;
use super::keys;
use super::table::{PrefixQuery, Table, TableItem, decode, encode, integer};
use crate::domain::crm::{Module, is_captured};
use crate::domain::id::OrgId;
use crate::ports::{Catalogue, ErrorKind, PortError};

/// Attempts to read a list while it is being replaced. A publication takes milliseconds.
const MAX_READS: usize = 5;

/// The two lists of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    /// What a platform writes.
    Native,
    /// What was captured last.
    Captured,
}

impl List {
    fn key(self) -> &'static str {
        match self {
            Self::Native => keys::CATALOGUE,
            Self::Captured => keys::CAPTURED,
        }
    }

    /// Whether a version belongs to the list.
    fn has(self, module: &Module) -> bool {
        is_captured(&module.version) == (self == Self::Captured)
    }
}

/// The current version of each module, by module name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Current {
    revision: u64,
    modules: BTreeMap<String, String>,
}

impl Current {
    fn has(&self, module: &Module) -> bool {
        self.modules.get(&module.api_name) == Some(&module.version)
    }

    /// Whether a module has the version that is among those of `over`, or is in neither.
    fn is_of(&self, api_name: &str, over: &[Module]) -> bool {
        let expected = over.iter().find(|module| module.api_name == api_name).map(|module| &module.version);
        self.modules.get(api_name) == expected
    }
}

#[async_trait]
impl Catalogue for Table {
    async fn modules(&self, org: OrgId) -> Result<Vec<Module>, PortError> {
        self.listed(org, List::Native).await
    }

    async fn captured(&self, org: OrgId) -> Result<Vec<Module>, PortError> {
        self.listed(org, List::Captured).await
    }

    async fn publish(&self, org: OrgId, modules: &[Module]) -> Result<(), PortError> {
        self.replace_list((org, List::Native), modules, None).await
    }

    async fn publish_over(&self, org: OrgId, modules: &[Module], over: &[Module]) -> Result<(), PortError> {
        self.replace_list((org, List::Native), modules, Some(over)).await
    }

    async fn publish_capture(&self, org: OrgId, modules: &[Module]) -> Result<(), PortError> {
        self.replace_list((org, List::Captured), modules, None).await
    }
}

impl Table {
    async fn listed(&self, org: OrgId, list: List) -> Result<Vec<Module>, PortError> {
        for _ in 0..MAX_READS {
            let current = self.current(org, list).await?;
            let mut modules = self.versions(org, list).await?;
            if let Some(current) = &current {
                modules.retain(|module| current.has(module));
            }
            let is_whole = current.as_ref().is_none_or(|current| current.modules.len() == modules.len());
            if is_whole && self.current(org, list).await? == current {
                modules.sort_by(|a, b| (a.order, &a.api_name).cmp(&(b.order, &b.api_name)));
                return Ok(modules);
            }
        }
        Err(PortError::new(ErrorKind::Unavailable, "read the catalogue while it changes"))
    }

    /// Publishes modules, if those of `over` are current still. Others of the list stay, but not those of an earlier capture.
    async fn replace_list(
        &self,
        (org, list): (OrgId, List),
        modules: &[Module],
        over: Option<&[Module]>,
    ) -> Result<(), PortError> {
        let before = self.current(org, list).await?;
        // A store that predates lists gets its first one only if nobody else writes it.
        let is_over = |current: &Current| over.is_none_or(|over| modules.iter().all(|new| current.is_of(&new.api_name, over)));
        if !before.as_ref().is_none_or(is_over) {
            return Err(PortError::new(ErrorKind::Conflict, "publish modules over others than the current ones"));
        }
        for module in modules {
            // The structure may be larger than an item; a run takes it from what it has captured.
            let module = Module { structure: None, ..module.clone() };
            let item = encode(keys::crm(org), keys::module(&module.api_name, &module.version), &module)?;
            let request = self.client.put_item().table_name(&self.name).set_item(Some(item));
            request.send().await.map_err(port_error("write a module"))?;
        }
        let mut current = match before.clone() {
            Some(current) => current,
            None => self.listed_first(org, list, modules).await?,
        };
        let expected = before.is_some().then_some(current.revision);
        current.revision += 1;
        if list == List::Captured {
            current.modules.clear();
        }
        current.modules.extend(modules.iter().map(|module| (module.api_name.clone(), module.version.clone())));
        self.replace((org, list), &current, expected).await?;
        self.forget_older((org, list), &before.unwrap_or_default(), &current).await
    }

    async fn current(&self, org: OrgId, list: List) -> Result<Option<Current>, PortError> {
        self.read(keys::crm(org), list.key().to_owned()).await
    }

    async fn versions(&self, org: OrgId, list: List) -> Result<Vec<Module>, PortError> {
        let query = PrefixQuery { pk: keys::crm(org), prefix: keys::MODULES, before: None, newest_first: false, limit: None };
        let mut modules: Vec<Module> = self.all(query).await?;
        modules.retain(|module| list.has(module));
        Ok(modules)
    }

    /// Builds the first list of a store that predates lists, from the modules it contains.
    async fn listed_first(&self, org: OrgId, list: List, new: &[Module]) -> Result<Current, PortError> {
        let is_new = |module: &Module| new.iter().any(|new| new.api_name == module.api_name);
        let others = self.versions(org, list).await?.into_iter().filter(|module| !is_new(module));
        Ok(Current { revision: 0, modules: others.map(|module| (module.api_name, module.version)).collect() })
    }

    async fn replace(&self, (org, list): (OrgId, List), current: &Current, expected: Option<u64>) -> Result<(), PortError> {
        let item = encode(keys::crm(org), list.key().to_owned(), current)?;
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        let put = match expected {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(revision) => {
                put.condition_expression("revision = :expected").expression_attribute_values(":expected", integer(revision))
            }
        };
        put.send().await.map(drop).map_err(port_error("publish modules"))
    }

    /// Deletes versions older than the previous one. A reader that fetched the list before this publication may still
    /// need the previous one.
    async fn forget_older(&self, (org, list): (OrgId, List), before: &Current, current: &Current) -> Result<(), PortError> {
        let query = PrefixQuery { pk: keys::crm(org), prefix: keys::MODULES, before: None, newest_first: false, limit: None };
        let newest = current.modules.values().max();
        let (mut start, mut old) = (None, Vec::new());
        loop {
            let (items, next) = self.page(query.clone(), start).await?;
            for item in items {
                let key = key_of(&item);
                let module: Module = decode(item)?;
                // A version that another publication is just writing is newer than all current ones.
                let now = current.modules.get(&module.api_name).or(newest);
                let is_older = now.is_some_and(|version| module.version < *version);
                if list.has(&module) && is_older && !before.has(&module) {
                    old.push(key);
                }
            }
            let Some(next) = next else { break };
            start = Some(next);
        }
        for key in old {
            let request = self.client.delete_item().table_name(&self.name).set_key(Some(key));
            request.send().await.map_err(port_error("forget a module's version"))?;
        }
        Ok(())
    }
}

fn key_of(item: &TableItem) -> TableItem {
    item.iter()
        .filter(|(name, _)| matches!(name.as_str(), "pk" | "sk"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
