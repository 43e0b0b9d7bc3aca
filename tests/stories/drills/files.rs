//! Attached files of drills: those in columns and large objects are restored and compared, those in a folder of the CRM are read from the backup.

use serde_json::json;

use super::{beside, drilled, for_drills, module};
use crate::restoring::files::{Crm, connected};
use hozon_tests::PostgresServer;

#[tokio::test(flavor = "multi_thread")]
async fn files_are_restored_where_the_target_has_a_place_and_are_read_otherwise() {
    let (crm, target) = tokio::join!(Crm::start(), PostgresServer::start(""));
    let world = connected(&crm).await;
    for_drills(&world, &target).await;
    let backup = world.back_up().await;
    for _ in 0..2 {
        let drill = drilled(&world, &backup).await;
        assert_eq!((&drill["status"], &drill["failure"]), (&json!("SAME"), &json!(null)), "{drill}");
        let deal = module(&drill, "deal");
        assert_eq!((&deal["files"]["before"], &deal["files"]["after"]), (&json!(27), &json!(27)), "{deal}");
        assert_eq!((&deal["files_read"], &drill["totals"]["files_read"]), (&json!(9), &json!(9)), "{deal}");
        let hashes = "select coalesce(md5(data), md5(lo_get(object))) from attachment where data is not null or object is not null order by id";
        assert_eq!(target.psql(hashes), crm.server.psql(hashes));
    }
    assert_eq!(beside(&world, &backup).await["totals"]["files"], 27);
    println!("27 files: 18 restored and compared, 9 read and compared with their hashes");
    world.end().await;
}
