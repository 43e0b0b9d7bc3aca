//! What stories share: a running Hozon on a folder of its own, callers with tokens, and a look at what is left when a story ends.

mod contents;
mod crm;
mod shop;
mod time;
mod world;

pub use contents::{ModuleContents, contents};
pub use crm::{Crm, csv};
pub use shop::{Card, Paid, Shop, check_books};
pub use time::{CountingIds, ManualClock};
pub use world::{Answer, Caller, World};
