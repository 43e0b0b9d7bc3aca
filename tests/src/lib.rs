//! Shared parts of the stories: a running program on a temporary folder, callers with tokens, and checks for leftovers
//! at the end of a story.

mod contents;
mod crm;
mod mariadb;
mod postgres;
mod servers;
mod shop;
mod time;
mod unzip;
mod world;
mod zoho;
mod zoho_zips;

pub use contents::{ModuleContents, captured_contents, contents, require_equal};
pub use crm::{Crm, csv};
pub use mariadb::MariadbServer;
pub use postgres::PostgresServer;
pub use shop::{Card, Paid, Shop, check_books};
pub use time::{CountingIds, ManualClock};
pub use unzip::unzip;
pub use world::{Answer, Caller, World};
pub use zoho::{ZohoWorld, compare, hurry};
pub use zoho_zips::{ZOHO_ID, ZOHO_ZIPS, ZohoZips, zoho_id};
