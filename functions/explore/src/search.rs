//! `GET backup/{id}/search`: records with words in any field, found by scanning the blocks of modules.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_shared::api::closed_sets::WordMatchName;
use hozon_shared::api::{Administrator, ApiError, Params, invalid_token, page_token, read_page_token};
use hozon_shared::domain::exploring::LookedAt;
use hozon_shared::domain::words::{SearchWords, WordMatch};
use hozon_shared::snapshots::find::{RecordReader, id_text};
use hozon_shared::snapshots::reader::StoredModule;
use hozon_shared::snapshots::search::{RowPlace, SearchHit, SearchLimits};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::opened::OpenedBackup;
use crate::ports::ExplorePorts;
use crate::shown::{ModuleName, cut, kept_fields, name_of};

/// Number of hits of a page.
const HITS: usize = 50;
/// Number of fields that are shown of a hit.
const FIELDS: usize = 5;
/// Characters after which a cell is cut.
const CELL: usize = 300;
/// How long a call searches. What is under way then ends within a second, so that every answer comes within ten.
const BUDGET: TimeDelta = TimeDelta::seconds(8);
/// Number of blocks that are searched at a time on each processor. One of them is fetched while another is scanned.
const BLOCKS_PER_CORE: usize = 2;
const MAX_BLOCKS_AT_ONCE: usize = 16;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// One to eight words, all of which occur in a record. Case, widths and compatibility forms are folded (NFKC).
    words: Option<String>,
    /// API name of the module; all modules if it is left out.
    module: Option<String>,
    /// Whether a word is found from its beginning on (`prefix`, the default) or as a whole (`exact`).
    #[param(inline, value_type = Option<WordMatchName>)]
    r#match: Option<String>,
    /// `next_page_token` of the page before.
    page_token: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct SearchEnvelope {
    hits: Vec<SearchHitOut>,
    info: SearchPage,
}

/// A record in which all words occur.
#[derive(Serialize, ToSchema)]
struct SearchHitOut {
    module: ModuleName,
    id: String,
    /// What the record is called, if one of its fields says it.
    name: Option<String>,
    /// Up to five fields in which words occur.
    fields: Vec<FoundField>,
}

#[derive(Serialize, ToSchema)]
struct FoundField {
    api_name: String,
    label: String,
    /// One of more than 300 characters is cut and ends with `…`.
    value: String,
}

/// How far a search has come.
#[derive(Serialize, ToSchema)]
struct SearchPage {
    count: usize,
    /// Whether there may be more. A page may be short or empty: a call searches for eight seconds at most.
    more_records: bool,
    /// Token to go on with; null at the end.
    next_page_token: Option<String>,
    /// Number of blocks of records that are searched, with those of the pages before.
    blocks_searched: usize,
    /// Number of all blocks.
    blocks: usize,
}

/// Where a search goes on.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct SearchPlace {
    /// Position of the module in the backup.
    module: usize,
    place: RowPlace,
}

/// Finds records by words in any of their fields.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/{id}/search",
    operation_id = "search_records",
    tag = "explore",
    params(("id" = String, Path, description = "The backup"), SearchQuery),
    responses((status = 200, description = "Records with the words", body = SearchEnvelope)),
)]
pub async fn handle(
    State(ports): State<ExplorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
    Params(query): Params<SearchQuery>,
) -> Result<Json<SearchEnvelope>, ApiError> {
    let until = ports.clock.now() + BUDGET;
    let text = query.words.unwrap_or_default();
    let words = Arc::new(read_words(&text, query.r#match.as_deref())?);
    let opened = OpenedBackup::open(&ports, caller.org, &id).await?;
    let modules = match &query.module {
        Some(module) => vec![opened.module(&ports, module).await?],
        None => opened.modules(&ports).await?,
    };
    let modules: Vec<Arc<StoredModule>> = modules.into_iter().map(Arc::new).collect();
    let (module, matching) = (query.module.as_deref().unwrap_or_default(), query.r#match.as_deref().unwrap_or_default());
    let question = [id.as_str(), text.as_str(), module, matching];
    let from: SearchPlace = read_page_token(&question, query.page_token.as_deref())?.unwrap_or_default();
    if from.module > modules.len() {
        return Err(invalid_token());
    }
    ports.look(&caller, opened.backup.id, LookedAt::Search { module: query.module.clone(), words: text.clone() }).await?;
    let search = Search { reader: opened.reader(&ports), modules: &modules, words: words.clone(), ports: &ports, until };
    let (found, next) = search.run(from).await?;
    let hits = found.into_iter().map(|(at, hit)| shown(&modules[at], hit, &words)).collect::<Vec<_>>();
    let blocks = modules.iter().map(|stored| stored.blocks.len()).sum();
    let before =
        |next: SearchPlace| modules[..next.module].iter().map(|stored| stored.blocks.len()).sum::<usize>() + next.place.block;
    let info = SearchPage {
        count: hits.len(),
        more_records: next.is_some(),
        blocks_searched: next.map_or(blocks, before),
        next_page_token: next.map(|next| page_token(&question, next)).transpose()?,
        blocks,
    };
    Ok(Json(SearchEnvelope { hits, info }))
}

fn read_words(text: &str, matching: Option<&str>) -> Result<SearchWords, ApiError> {
    let matching = WordMatch::named(matching).ok_or_else(|| ApiError::invalid_param("match", "Set match to prefix or exact."))?;
    SearchWords::read(text, matching)
        .map_err(|_| ApiError::invalid_param("words", "Set words to one to eight words, of 600 bytes at most."))
}

fn shown(stored: &StoredModule, hit: SearchHit, words: &SearchWords) -> SearchHitOut {
    let fields = kept_fields(&stored.module).into_iter().zip(&hit.cells);
    let found = fields.filter_map(|(field, cell)| Some((field, cell.as_deref().filter(|cell| words.occur_in(cell))?)));
    let fields = found.take(FIELDS).map(|(field, cell)| FoundField {
        api_name: field.api_name.clone(),
        label: field.label.clone(),
        value: cut(cell, CELL).0,
    });
    SearchHitOut {
        module: ModuleName::from(&stored.module),
        id: id_text(&stored.module, &hit.id),
        name: name_of(&stored.module, &hit.cells),
        fields: fields.collect(),
    }
}

/// A search that is under way.
struct Search<'a> {
    reader: RecordReader,
    modules: &'a [Arc<StoredModule>],
    words: Arc<SearchWords>,
    ports: &'a ExplorePorts,
    until: DateTime<Utc>,
}

/// Hits with the positions of their modules.
type Hits = Vec<(usize, SearchHit)>;

impl Search<'_> {
    /// Returns hits in the order of the blocks, and where to go on; `None` if everything was searched.
    async fn run(self, from: SearchPlace) -> Result<(Hits, Option<SearchPlace>), ApiError> {
        let is_enough = Arc::new(AtomicBool::new(false));
        let places = self.places(from);
        let limits =
            SearchLimits { hits: HITS, clock: self.ports.clock.clone(), until: self.until, is_enough: is_enough.clone() };
        let jobs = places.iter().copied().zip(places.iter().copied().skip(1).map(Some).chain([None]));
        let searches = jobs.collect::<Vec<_>>().into_iter().map(|(at, next)| {
            let (reader, words, limits) = (self.reader.clone(), self.words.clone(), limits.clone());
            let stored = self.modules[at.module].clone();
            async move { reader.search((stored, at.place), words, limits).await.map(|found| (at.module, found, next)) }
        });
        let mut searched = stream::iter(searches).buffered(blocks_at_once());
        let mut hits = Vec::new();
        while let Some((module, found, next)) = searched.try_next().await.map_err(ApiError::unless_gone)? {
            for hit in found.hits {
                let behind = SearchPlace { module, place: hit.behind };
                hits.push((module, hit));
                if hits.len() >= HITS {
                    is_enough.store(true, Ordering::Relaxed);
                    return Ok((hits, Some(behind)));
                }
            }
            let rest = found.rest.map(|place| SearchPlace { module, place });
            if rest.is_some() || (next.is_some() && self.ports.clock.now() >= self.until) {
                is_enough.store(true, Ordering::Relaxed);
                return Ok((hits, rest.or(next)));
            }
        }
        Ok((hits, None))
    }

    /// The beginnings of all blocks from a place on; the first is the place.
    fn places(&self, from: SearchPlace) -> Vec<SearchPlace> {
        let blocks = self.modules.iter().enumerate().skip(from.module).flat_map(|(module, stored)| {
            let first = if module == from.module { from.place.block } else { 0 };
            (first..stored.blocks.len()).map(move |block| SearchPlace { module, place: RowPlace { block, row: 0 } })
        });
        let mut places: Vec<_> = blocks.collect();
        if let Some(first) = places.first_mut()
            && (first.module, first.place.block) == (from.module, from.place.block)
        {
            *first = from;
        }
        places
    }
}

fn blocks_at_once() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores * BLOCKS_PER_CORE).min(MAX_BLOCKS_AT_ONCE)
}
