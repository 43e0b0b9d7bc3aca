//! A store in memory.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;

use crate::domain::crm::Module;
use crate::domain::id::OrgId;
use crate::domain::lease::Leases as LeaseBook;
use crate::ports::{
    Bucket, Catalogue, ErrorKind, Leases, ObjectBody, ObjectHead, ObjectRef, Objects, PartTag, PortError, UploadId, Uploads,
};
use crate::snapshots::input::body_of;
use crate::snapshots::session::SessionPorts;
use crate::snapshots::stores::SnapshotStores;

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Bytes>,
    parts: BTreeMap<i32, Bytes>,
    modules: Vec<Module>,
    leases: LeaseBook,
    /// Number of objects that were read, in whole or in part.
    reads: usize,
    /// Number of changes after which the store fails, as if the process had been killed.
    changes_left: Option<usize>,
}

impl State {
    /// Counts a change.
    fn change(&mut self) -> Result<(), PortError> {
        match &mut self.changes_left {
            Some(0) => return Err(PortError::new(ErrorKind::Unavailable, "change a store that has failed")),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(())
    }
}

/// Objects and documents of one organisation. One upload at a time.
#[derive(Default)]
pub struct Memory(Mutex<State>);

impl Memory {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("a store")
    }

    pub fn stores(self: &Arc<Self>) -> SnapshotStores {
        SnapshotStores { objects: self.clone(), uploads: self.clone() }
    }

    pub fn ports(self: &Arc<Self>) -> SessionPorts {
        SessionPorts { catalogue: self.clone(), leases: self.clone(), stores: self.stores() }
    }

    /// Keys of blocks, packs and large files.
    pub fn stored(&self) -> Vec<String> {
        self.state().objects.keys().filter(|key| key.contains("%stored")).cloned().collect()
    }

    /// Makes the store fail after so many changes; `None` repairs it.
    pub fn fail_after(&self, changes: Option<usize>) {
        self.state().changes_left = changes;
    }

    /// All objects.
    pub fn objects(&self) -> BTreeMap<String, Bytes> {
        self.state().objects.clone()
    }

    pub fn reads(&self) -> usize {
        self.state().reads
    }

    pub fn bytes(&self, key: &str) -> Bytes {
        self.state().objects[key].clone()
    }

    /// Changes the bytes of an object.
    pub fn change(&self, key: &str, change: impl Fn(&mut Vec<u8>)) {
        let mut state = self.state();
        let mut bytes = state.objects[key].to_vec();
        change(&mut bytes);
        state.objects.insert(key.to_owned(), bytes.into());
    }

    fn range(&self, at: &ObjectRef, range: Option<Range<u64>>) -> Result<Bytes, PortError> {
        let state = self.state();
        let body = state.objects.get(&at.key).ok_or_else(|| PortError::new(ErrorKind::NotFound, "read an object"))?;
        let Range { start, end } = range.unwrap_or(0..u64::MAX);
        Ok(body.slice(start as usize..body.len().min(end as usize)))
    }
}

#[async_trait]
impl Objects for Memory {
    async fn put(&self, at: &ObjectRef, body: Bytes, _: &str) -> Result<(), PortError> {
        let mut state = self.state();
        state.change()?;
        state.objects.insert(at.key.clone(), body);
        Ok(())
    }

    async fn get(&self, at: &ObjectRef, range: Option<Range<u64>>) -> Result<ObjectBody, PortError> {
        self.state().reads += 1;
        self.range(at, range).map(body_of)
    }

    async fn head(&self, at: &ObjectRef) -> Result<Option<ObjectHead>, PortError> {
        let size = self.state().objects.get(&at.key).map(|body| body.len() as u64);
        Ok(size.map(|size| ObjectHead { size, etag: String::new(), modified: Default::default() }))
    }

    async fn delete(&self, at: &ObjectRef) -> Result<(), PortError> {
        self.state().objects.remove(&at.key);
        Ok(())
    }

    async fn delete_all(&self, _: Bucket, keys: &[String]) -> Result<(), PortError> {
        let mut state = self.state();
        for key in keys {
            state.change()?;
            state.objects.remove(key);
        }
        Ok(())
    }

    async fn list(&self, _: Bucket, prefix: &str) -> Result<Vec<String>, PortError> {
        Ok(self.state().objects.keys().filter(|key| key.starts_with(prefix)).cloned().collect())
    }
}

#[async_trait]
impl Uploads for Memory {
    async fn begin(&self, _: &ObjectRef, _: &str) -> Result<UploadId, PortError> {
        self.state().parts.clear();
        Ok(UploadId(String::new()))
    }

    async fn part(&self, _: &ObjectRef, _: &UploadId, number: i32, body: Bytes) -> Result<PartTag, PortError> {
        self.state().parts.insert(number, body);
        Ok(PartTag { etag: String::new(), crc32: None })
    }

    async fn copy_part(
        &self,
        at: &ObjectRef,
        upload: &UploadId,
        number: i32,
        from: &ObjectRef,
        range: Range<u64>,
    ) -> Result<PartTag, PortError> {
        self.part(at, upload, number, self.range(from, Some(range))?).await
    }

    async fn complete(&self, at: &ObjectRef, _: &UploadId, _: Vec<PartTag>, _: Option<u32>) -> Result<(), PortError> {
        let mut state = self.state();
        let whole: Vec<Bytes> = std::mem::take(&mut state.parts).into_values().collect();
        state.objects.insert(at.key.clone(), whole.concat().into());
        Ok(())
    }

    async fn abort(&self, _: &ObjectRef, _: &UploadId) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl Catalogue for Memory {
    async fn modules(&self, _: OrgId) -> Result<Vec<Module>, PortError> {
        Ok(self.state().modules.clone())
    }

    async fn publish(&self, _: OrgId, modules: &[Module]) -> Result<(), PortError> {
        let mut state = self.state();
        state.change()?;
        state.modules = modules.to_vec();
        Ok(())
    }

    async fn publish_over(&self, org: OrgId, modules: &[Module], over: &[Module]) -> Result<(), PortError> {
        let current = self.modules(org).await?;
        let version =
            |of: &[Module], name: &str| of.iter().find(|known| known.api_name == name).map(|known| known.version.clone());
        if modules.iter().any(|new| version(&current, &new.api_name) != version(over, &new.api_name)) {
            return Err(PortError::new(ErrorKind::Conflict, "publish modules over others than the current ones"));
        }
        let others = current.into_iter().filter(|known| modules.iter().all(|new| new.api_name != known.api_name));
        let all: Vec<Module> = others.chain(modules.iter().cloned()).collect();
        self.publish(org, &all).await
    }

    async fn captured(&self, org: OrgId) -> Result<Vec<Module>, PortError> {
        self.modules(org).await
    }

    async fn publish_capture(&self, org: OrgId, modules: &[Module]) -> Result<(), PortError> {
        self.publish(org, modules).await
    }
}

#[async_trait]
impl Leases for Memory {
    async fn leases(&self, _: OrgId) -> Result<LeaseBook, PortError> {
        Ok(self.state().leases.clone())
    }

    async fn replace_leases(&self, _: OrgId, leases: &LeaseBook, _: u64) -> Result<(), PortError> {
        self.state().leases = leases.clone();
        Ok(())
    }
}
