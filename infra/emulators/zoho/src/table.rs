//! One module's records: those of the start, which are made when they are read, and those that were changed since.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::rows::{Maker, Row, World, times};
use crate::schema::{FieldSpec, ModuleSpec, id_of, index_of};

/// A record that was deleted.
#[derive(Debug, Clone)]
pub struct Gone {
    pub name: Value,
    pub at: DateTime<Utc>,
    pub created_by: Value,
    pub is_permanent: bool,
    /// The record, while it is in the recycle bin.
    row: Option<Arc<Row>>,
}

/// What rows are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    Id,
    Created,
    Modified,
}

/// An order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sorting {
    pub by: SortBy,
    pub is_descending: bool,
}

/// Place of a row in an order: Unix seconds (0 when ordered by id) and id.
pub type Place = (i64, u64);

/// The records of a module. A clone is a cheap snapshot.
#[derive(Debug, Clone)]
pub struct Table {
    pub spec: Arc<ModuleSpec>,
    world: Arc<World>,
    /// Number of records at the start.
    seeded: u64,
    changed: BTreeMap<u64, Arc<Row>>,
    gone: BTreeMap<u64, Gone>,
    /// Indices of the first records by modification.
    by_modification: Arc<OnceLock<Vec<u64>>>,
}

impl Table {
    pub fn new(spec: ModuleSpec, seeded: u64, world: &Arc<World>) -> Self {
        let (spec, world, by_modification) = (Arc::new(spec), Arc::clone(world), Arc::default());
        Self { spec, world, seeded, changed: BTreeMap::new(), gone: BTreeMap::new(), by_modification }
    }

    /// A table of given rows.
    pub fn of(spec: &Arc<ModuleSpec>, rows: impl Iterator<Item = Row>) -> Self {
        let changed = rows.map(|row| (id_in(&row), Arc::new(row))).collect();
        let (spec, world, by_modification) = (Arc::clone(spec), Arc::default(), Arc::default());
        Self { spec, world, seeded: 0, changed, gone: BTreeMap::new(), by_modification }
    }

    pub fn count(&self) -> u64 {
        let seeds = self.gone.keys().chain(self.changed.keys()).filter(|id| self.seed(**id).is_some()).count() as u64;
        self.seeded - seeds + self.changed.len() as u64
    }

    /// The index of a record of the start.
    fn seed(&self, id: u64) -> Option<u64> {
        index_of(id).filter(|(kind, index)| *kind == self.spec.number && *index < self.seeded).map(|(_, index)| index)
    }

    fn is_untouched(&self, id: u64) -> bool {
        !self.changed.contains_key(&id) && !self.gone.contains_key(&id)
    }

    pub fn contains(&self, id: u64) -> bool {
        self.changed.contains_key(&id) || (self.seed(id).is_some() && !self.gone.contains_key(&id))
    }

    /// Makes or finds a record.
    pub fn get(&self, id: u64) -> Option<Arc<Row>> {
        if let Some(row) = self.changed.get(&id) {
            return Some(Arc::clone(row));
        }
        let index = self.seed(id).filter(|_| self.is_untouched(id))?;
        let maker = Maker { spec: &self.spec, count: self.seeded, world: &self.world };
        Some(Arc::new(maker.row(index)))
    }

    /// Makes or finds a record, of which some fields are needed: all if none is named. A dot leads into a field.
    pub fn part(&self, id: u64, fields: &[String]) -> Option<Arc<Row>> {
        let is_wanted = |name: &str| {
            fields.is_empty() || fields.iter().any(|field| field.split('.').next().is_some_and(|field| field == name))
        };
        match self.seed(id).filter(|_| self.is_untouched(id)) {
            Some(index) => {
                Some(Arc::new(Maker { spec: &self.spec, count: self.seeded, world: &self.world }.part(index, is_wanted)))
            }
            None => self.get(id),
        }
    }

    /// Ids in ascending order, from the first that is larger than `after`.
    pub fn ids(&self, after: u64) -> impl Iterator<Item = u64> + '_ {
        let first = self.first_index(after);
        let mut seeds =
            (first..self.seeded).map(|index| id_of(self.spec.number, index)).filter(|id| self.is_untouched(*id)).peekable();
        let mut changed = self.changed.range(after.saturating_add(1)..).map(|(id, _)| *id).peekable();
        std::iter::from_fn(move || match (seeds.peek(), changed.peek()) {
            (Some(seed), Some(other)) if seed < other => seeds.next(),
            (Some(_), None) => seeds.next(),
            _ => changed.next(),
        })
    }

    fn first_index(&self, after: u64) -> u64 {
        match index_of(after) {
            Some((kind, index)) if kind == self.spec.number => (index + 1).min(self.seeded),
            _ if after < id_of(self.spec.number, 0) => 0,
            _ => self.seeded,
        }
    }

    /// When a first record was created, and last changed. Attachments never change.
    fn seed_times(&self, index: u64) -> (DateTime<Utc>, DateTime<Utc>) {
        let (created, modified) = times(self.spec.number, index, self.seeded);
        (created, if self.spec.api_name == "Attachments" { created } else { modified })
    }

    /// When a record was last changed, without making it.
    pub fn modified(&self, id: u64) -> Option<DateTime<Utc>> {
        match (self.changed.get(&id), self.seed(id)) {
            (Some(row), _) => time_in(row, "Modified_Time"),
            (None, Some(index)) => Some(self.seed_times(index).1),
            _ => None,
        }
    }

    fn created(&self, id: u64) -> Option<DateTime<Utc>> {
        match (self.changed.get(&id), self.seed(id)) {
            (Some(row), _) => time_in(row, "Created_Time"),
            (None, Some(index)) => Some(self.seed_times(index).0),
            _ => None,
        }
    }

    /// A row's place in an order.
    pub fn place(&self, id: u64, by: SortBy) -> Place {
        let time = match by {
            SortBy::Id => None,
            SortBy::Created => self.created(id),
            SortBy::Modified => self.modified(id),
        };
        (time.map_or(0, |time| time.timestamp()), id)
    }

    /// Ids after a place, in an order.
    pub fn sorted(&self, sorting: Sorting, after: Option<Place>) -> Box<dyn Iterator<Item = u64> + '_> {
        if sorting.by == SortBy::Id && !sorting.is_descending {
            return Box::new(self.ids(after.map_or(0, |(_, id)| id)));
        }
        let is_after = |place: &Place| match after {
            Some(after) if sorting.is_descending => *place < after,
            Some(after) => *place > after,
            None => true,
        };
        let mut changed: Vec<Place> = self.changed.keys().map(|id| self.place(*id, sorting.by)).filter(is_after).collect();
        changed.sort_unstable();
        let changed = changed.into_iter().map(|(_, id)| id);
        let is_untouched = |id: &u64| self.is_untouched(*id);
        if sorting.is_descending {
            let end = after.map_or(self.seeded, |after| self.seeds_before(sorting.by, |place| place < after));
            let seeds = (0..end).rev().map(move |at| self.seed_at(sorting.by, at)).filter(is_untouched);
            return Box::new(self.merged(sorting, seeds, changed.rev()));
        }
        let start = after.map_or(0, |after| self.seeds_before(sorting.by, |place| place <= after));
        let seeds = (start..self.seeded).map(move |at| self.seed_at(sorting.by, at)).filter(is_untouched);
        Box::new(self.merged(sorting, seeds, changed))
    }

    /// The id of the first record that is at that position of an order.
    fn seed_at(&self, by: SortBy, at: u64) -> u64 {
        // They were created in the order of their ids.
        if by != SortBy::Modified {
            return id_of(self.spec.number, at);
        }
        let order = self.by_modification.get_or_init(|| {
            let mut order: Vec<u64> = (0..self.seeded).collect();
            order.sort_by_cached_key(|index| self.seed_times(*index).1);
            order
        });
        let index = usize::try_from(at).ok().and_then(|at| order.get(at)).copied().unwrap_or_default();
        id_of(self.spec.number, index)
    }

    /// Number of first records whose places come before a bound.
    fn seeds_before(&self, by: SortBy, is_before: impl Fn(Place) -> bool) -> u64 {
        let (mut low, mut high) = (0, self.seeded);
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(self.seed_place(by, self.seed_at(by, middle))) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The place that a first record had at the start.
    fn seed_place(&self, by: SortBy, id: u64) -> Place {
        let index = self.seed(id).unwrap_or_default();
        let (created, modified) = self.seed_times(index);
        match by {
            SortBy::Id => (0, id),
            SortBy::Created => (created.timestamp(), id),
            SortBy::Modified => (modified.timestamp(), id),
        }
    }

    fn merged<'a>(
        &'a self,
        sorting: Sorting,
        seeds: impl Iterator<Item = u64> + 'a,
        changed: impl Iterator<Item = u64> + 'a,
    ) -> impl Iterator<Item = u64> + 'a {
        let (mut seeds, mut changed) = (seeds.peekable(), changed.peekable());
        std::iter::from_fn(move || match (seeds.peek(), changed.peek()) {
            (Some(seed), Some(other)) => {
                let is_first = self.place(*seed, sorting.by) < self.place(*other, sorting.by);
                if is_first != sorting.is_descending { seeds.next() } else { changed.next() }
            }
            (Some(_), None) => seeds.next(),
            _ => changed.next(),
        })
    }

    /// Stores a record, new or changed.
    pub fn put(&mut self, row: Row) {
        self.changed.insert(id_in(&row), Arc::new(row));
    }

    /// Deletes a record; `false` if there is none.
    pub fn delete(&mut self, id: u64, at: DateTime<Utc>, is_permanent: bool) -> bool {
        if let Some(gone) = self.gone.get_mut(&id).filter(|gone| is_permanent && !gone.is_permanent) {
            (gone.is_permanent, gone.row) = (true, None);
            return true;
        }
        let Some(row) = self.get(id) else { return false };
        self.changed.remove(&id);
        let value = |field: &str| row.get(field).cloned().unwrap_or_default();
        let (name, created_by) = (value(&self.spec.name_field), value("Created_By"));
        let row = (!is_permanent).then_some(row);
        self.gone.insert(id, Gone { name, at, created_by, is_permanent, row });
        true
    }

    /// Whether a record is in the recycle bin.
    pub fn is_in_bin(&self, id: u64) -> bool {
        self.gone.get(&id).is_some_and(|gone| gone.row.is_some())
    }

    /// Takes a record out of the recycle bin.
    pub fn bring_back(&mut self, id: u64) -> Option<Row> {
        let row = self.gone.get(&id)?.row.clone()?;
        self.gone.remove(&id);
        Some(Arc::unwrap_or_clone(row))
    }

    /// Adds a field that is empty in all records.
    pub fn add_field(&mut self, field: FieldSpec) {
        Arc::make_mut(&mut self.spec).fields.push(field);
    }

    /// Deleted records, the last first.
    pub fn deleted(&self) -> Vec<(u64, &Gone)> {
        let mut found: Vec<(u64, &Gone)> = self.gone.iter().map(|(id, gone)| (*id, gone)).collect();
        found.sort_by_key(|(id, gone)| std::cmp::Reverse((gone.at, *id)));
        found
    }

    /// Whether a record was here once.
    pub fn was_deleted(&self, id: u64) -> bool {
        self.gone.contains_key(&id)
    }
}

/// The id of a row; 0 without one.
pub fn id_in(row: &Row) -> u64 {
    row.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok()).unwrap_or(0)
}

/// A time of a row.
pub fn time_in(row: &Row, field: &str) -> Option<DateTime<Utc>> {
    let time = row.get(field)?.as_str()?;
    DateTime::parse_from_rfc3339(time).ok().map(|time| time.with_timezone(&Utc))
}
