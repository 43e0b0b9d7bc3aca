//! Objects composed inside the store equal their joined pieces, on the S3 emulator with S3's own rules.

use bytes::Bytes;
use hozon_shared::archive::compose::{Composer, Limits, Piece, compose};
use hozon_shared::ports::{Bucket, ObjectRef, Ports, read_all};
use hozon_tests::World;

const MIB: usize = 1 << 20;
/// Sizes around the minimum part size, where the rules apply.
const SIZES: [usize; 9] = [0, 1, 1000, MIB, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 7 * MIB, 13 * MIB];

#[tokio::test]
async fn a_composed_object_is_its_pieces_joined() {
    let world = World::start().await;
    let ports = &world.local.ports;
    let mut random = fastrand::Rng::with_seed(2026);
    let (from, source) = stored_source(ports, &mut random).await;
    for round in 0..24 {
        let (pieces, expected) = random_pieces(&mut random, &from, &source);
        let to = ObjectRef::archives(format!("test/{round}"));
        let composed = compose(&*ports.objects, &*ports.uploads, &to, ("application/octet-stream", None), pieces).await.unwrap();
        assert!(read_all(&*ports.objects, &to).await.unwrap() == expected, "round {round}");
        assert_eq!(composed.size, expected.len() as u64);
        ports.objects.delete(&to).await.unwrap();
    }
    assert_eq!(ports.objects.list(Bucket::Archives, "test/").await.unwrap(), ["test/source"]);
    world.end().await;
}

async fn stored_source(ports: &Ports, random: &mut fastrand::Rng) -> (ObjectRef, Bytes) {
    let source: Bytes = (0..20 * MIB).map(|_| random.u8(..)).collect::<Vec<_>>().into();
    let from = ObjectRef::archives("test/source");
    ports.objects.put(&from, source.clone(), "application/octet-stream").await.unwrap();
    (from, source)
}

fn random_pieces(random: &mut fastrand::Rng, from: &ObjectRef, source: &Bytes) -> (Vec<Piece>, Vec<u8>) {
    let (mut pieces, mut expected) = (Vec::new(), Vec::new());
    for _ in 0..random.usize(0..7) {
        let size = SIZES[random.usize(..SIZES.len())];
        let start = random.usize(..=source.len() - size);
        let bytes = source.slice(start..start + size);
        expected.extend_from_slice(&bytes);
        pieces.push(match random.bool() {
            true => Piece::Bytes(bytes),
            false => Piece::Object { from: from.clone(), range: start as u64..(start + size) as u64 },
        });
    }
    (pieces, expected)
}

#[tokio::test]
async fn more_pieces_than_an_upload_has_parts_are_composed_in_groups() {
    let world = World::start().await;
    let ports = &world.local.ports;
    let mut random = fastrand::Rng::with_seed(11);
    let (from, source) = stored_source(ports, &mut random).await;
    let (to, groups) = (ObjectRef::archives("test/whole"), "test/groups/".to_owned());
    let limits = Limits { parts: 12, ..Limits::S3 };
    let mut composer = Composer::new(&*ports.objects, &*ports.uploads, to.clone(), "application/octet-stream", groups, limits);
    let mut expected = Vec::new();
    for _ in 0..5 {
        let (pieces, bytes) = random_pieces(&mut random, &from, &source);
        expected.extend(bytes);
        for piece in pieces {
            composer.push(piece).await.unwrap();
        }
    }
    let composed = composer.finish(None).await.unwrap();
    assert!(read_all(&*ports.objects, &to).await.unwrap() == expected);
    assert_eq!(composed.size, expected.len() as u64);
    assert!(ports.objects.list(Bucket::Archives, "test/groups/").await.unwrap().len() > 1);
    world.end().await;
}
