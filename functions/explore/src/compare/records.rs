//! `GET backup/{id}/compare/{module}`: the records of a module that differ between two backups, with old and new values.

use std::collections::{HashMap, HashSet};

use axum::Json;
use axum::extract::{Path, State};
use hozon_shared::api::closed_sets::DifferenceKindName;
use hozon_shared::api::{Administrator, ApiError, Params, page_token, read_page_token};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::differences::{DifferenceKind, PartlyCompared, RowDifference};
use hozon_shared::domain::exploring::LookedAt;
use hozon_shared::domain::id::OrgId;
use hozon_shared::snapshots::differences::{DifferencePlace, RowDifferences, has_key, partly};
use hozon_shared::snapshots::find::id_text;
use hozon_shared::snapshots::reader::StoredModule;
use hozon_shared::snapshots::row_values::{RowsById, WantedRows, read_rows};
use serde::Serialize;
use utoipa::ToSchema;

use super::opened_pair::OpenedPair;
use super::values::{ComparedField, FieldPairs};
use super::{ComparedPageQuery, PATIENCE};
use crate::ports::ExplorePorts;

/// Number of blocks of which a page reads records; changes that are far apart make pages shorter.
const MAX_BLOCKS: usize = 16;

#[derive(Serialize, ToSchema)]
pub struct ComparedRecordsEnvelope {
    records: Vec<ComparedRecord>,
    info: ComparedRecordsPage,
}

/// Whether there are more records.
#[derive(Serialize, ToSchema)]
struct ComparedRecordsPage {
    /// False if other fields identify the records of the two backups, so that they cannot be compared one by one.
    is_comparable: bool,
    more_records: bool,
    /// Token of the next page; null on the last one.
    next_page_token: Option<String>,
}

/// A record that differs.
#[derive(Serialize, ToSchema)]
struct ComparedRecord {
    /// Id of the record; null where nothing identifies the records of the module.
    id: Option<String>,
    #[schema(value_type = DifferenceKindName)]
    change: DifferenceKind,
    /// Fields that differ; of an added or deleted record those with a value.
    fields: Vec<ComparedField>,
}

/// Lists the records of a module that were added, changed or deleted, in the order of their ids. Fields that only one of the backups has are not
/// compared.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/{id}/compare/{module}",
    operation_id = "compare_records",
    tag = "explore",
    params(
        ("id" = String, Path, description = "The later backup"),
        ("module" = String, Path, description = "API name of the module"),
        ComparedPageQuery,
    ),
    responses((status = 200, description = "The records that differ", body = ComparedRecordsEnvelope)),
)]
pub async fn list(
    State(ports): State<ExplorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id, module)): Path<(String, String, String)>,
    Params(query): Params<ComparedPageQuery>,
) -> Result<Json<ComparedRecordsEnvelope>, ApiError> {
    let per_page = query.per_page()?;
    let pair = OpenedPair::open(&ports, caller.org, &id, query.with.as_deref()).await?;
    let before = pair.before.backup.id.to_string();
    let question = ["compare", &id, &before, &module];
    let place = read_page_token(&question, query.page_token.as_deref())?;
    let versions = pair.module(&ports, &module).await?;
    ports.look(&caller, pair.after.backup.id, LookedAt::Records { module: module.clone() }).await?;
    let comparison = RecordComparison::new(&ports, caller.org, &versions);
    if !comparison.is_comparable() {
        let info = ComparedRecordsPage { is_comparable: false, more_records: false, next_page_token: None };
        return Ok(Json(ComparedRecordsEnvelope { records: Vec::new(), info }));
    }
    let (records, next) = comparison.page(place, per_page).await?;
    let next_page_token = next.map(|place| page_token(&question, place)).transpose()?;
    let info = ComparedRecordsPage { is_comparable: true, more_records: next_page_token.is_some(), next_page_token };
    Ok(Json(ComparedRecordsEnvelope { records, info }))
}

/// Two versions of a module that are compared.
struct RecordComparison<'a> {
    ports: &'a ExplorePorts,
    org: OrgId,
    versions: &'a [Option<StoredModule>; 2],
    fields: FieldPairs,
    /// The module, if something identifies its records.
    keyed: Option<&'a Module>,
}

impl<'a> RecordComparison<'a> {
    fn new(ports: &'a ExplorePorts, org: OrgId, versions: &'a [Option<StoredModule>; 2]) -> Self {
        let [before, after] = versions.each_ref().map(|version| version.as_ref().map(|stored| &stored.module));
        let keyed = after.or(before).filter(|module| has_key(module));
        Self { ports, org, versions, fields: FieldPairs::new(before, after), keyed }
    }

    fn is_comparable(&self) -> bool {
        match self.versions {
            [Some(before), Some(after)] => match partly(before, after) {
                Some(PartlyCompared::Key) => false,
                Some(_) => self.keyed.is_some(),
                None => true,
            },
            _ => true,
        }
    }

    /// Returns records behind a place, and the place behind them, if there are more.
    async fn page(
        &self,
        place: Option<DifferencePlace>,
        per_page: usize,
    ) -> Result<(Vec<ComparedRecord>, Option<DifferencePlace>), ApiError> {
        let until = self.ports.clock.now() + PATIENCE;
        let blocks = self.versions.each_ref().map(|version| version.as_ref().map_or(&[][..], |stored| &stored.blocks));
        let stores = (self.ports.objects.clone(), self.org);
        let opened = RowDifferences::open(stores, (blocks[0], blocks[1]), place.as_ref()).await;
        let mut differences = opened.map_err(ApiError::unless_gone)?;
        let mut records = Vec::new();
        let mut next = differences.next().await.map_err(ApiError::unless_gone)?;
        let mut ahead = place.unwrap_or_default();
        while next.is_some() && records.len() < per_page && self.ports.clock.now() < until {
            let (mut part, mut read, from) = (Vec::new(), HashSet::new(), ahead.clone());
            while let Some(difference) = next.take_if(|_| part.len() + records.len() < per_page && read.len() < MAX_BLOCKS) {
                read.extend(
                    [difference.before.map(|block| (0, block)), difference.after.map(|block| (1, block))].into_iter().flatten(),
                );
                ahead = differences.place();
                part.push(difference);
                next = differences.next().await.map_err(ApiError::unless_gone)?;
            }
            records.extend(self.resolve(part, from).await?);
        }
        Ok((records, next.is_some().then_some(ahead)))
    }

    /// Reads the values of records that differ. Where the stored forms of two versions differ, those with equal values are left out.
    async fn resolve(&self, part: Vec<RowDifference>, from: DifferencePlace) -> Result<Vec<ComparedRecord>, ApiError> {
        let wanted = |block: fn(&RowDifference) -> Option<usize>| {
            let mut wanted = WantedRows::new();
            for (difference, block) in part.iter().filter_map(|difference| block(difference).map(|block| (difference, block))) {
                wanted.entry(block).or_default().insert(difference.id.clone());
            }
            wanted
        };
        let mut before = self.read(0, wanted(|difference| difference.before)).await?;
        let mut after = self.read(1, wanted(|difference| difference.after)).await?;
        self.drop_equal(&mut before, &mut after);
        let mut given: HashMap<Vec<u8>, usize> = HashMap::from([(from.id, usize::try_from(from.given).unwrap_or(0))]);
        let mut records = Vec::new();
        for RowDifference { id, kind, .. } in part {
            let at = given.entry(id.clone()).or_default();
            let of = |rows: &'_ RowsById| rows.get(&id).and_then(|rows| rows.get(*at)).cloned();
            let (old, new) = (of(&before), of(&after));
            *at += 1;
            let fields = self.fields.differing(old.as_ref(), new.as_ref());
            if kind != DifferenceKind::Changed || !fields.is_empty() {
                let id = self.keyed.map(|module| id_text(module, &id));
                records.push(ComparedRecord { id, change: kind, fields });
            }
        }
        Ok(records)
    }

    async fn read(&self, side: usize, wanted: WantedRows) -> Result<RowsById, ApiError> {
        let Some(stored) = &self.versions[side] else { return Ok(RowsById::new()) };
        read_rows((&self.ports.objects, self.org), stored, wanted).await.map_err(ApiError::unless_gone)
    }

    /// Of several rows with one id, those differ that the other version does not have.
    fn drop_equal(&self, before: &mut RowsById, after: &mut RowsById) {
        for (id, old) in before {
            let Some(new) = after.get_mut(id) else { continue };
            old.retain(|row| match new.iter().position(|other| self.fields.are_equal(row, other)) {
                Some(same) => {
                    new.remove(same);
                    false
                }
                None => true,
            });
        }
    }
}
