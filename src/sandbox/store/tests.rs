use super::*;
use crate::sandbox::cache::tests::soon;

fn store() -> (tempfile::TempDir, Cache, Store) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::at(dir.path().join("cache"));
    let store = Store::open(&cache).unwrap();
    (dir, cache, store)
}

fn record(made: u64) -> Record {
    Record {
        made,
        network: false,
        reads: Reads::All("0".to_owned()),
        answers: Vec::new(),
        output: vec!["line".to_owned()],
        app_made: Vec::new(),
        app_gone: Vec::new(),
        image: None,
        rest: None,
        code: None,
    }
}

fn keep(store: &Store, made: u64) -> String {
    let fill = |folder: &Path| {
        fs::write(folder.join("f"), "text")?;
        Ok(4)
    };
    store.keep("key", &record(made), fill).unwrap()
}

#[test]
fn the_newest_entry_comes_first_and_old_ones_go() {
    let (_dir, cache, store) = store();
    for made in 0..10 {
        keep(&store, made);
    }
    let found = store.entries("key");
    assert_eq!(found.iter().map(|found| found.record.made).collect::<Vec<_>>(), [9, 8, 7, 6, 5, 4, 3, 2]);
    assert_eq!(found[0].record, record(9));
    assert!(store.claim(&found[0]).is_some() && size(&cache) > 0);
    let left: Vec<_> =
        fs::read_dir(cache.root().join(LAYERS)).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["key"]);
}

#[test]
fn an_entry_that_is_not_as_it_was_made_is_not_shown() {
    let (_dir, _cache, store) = store();
    keep(&store, 1);
    let found = &store.entries("key")[0];
    fs::write(found.folder.join("f"), "planted").unwrap();
    assert!(store.claim(found).is_none());
    keep(&store, 2);
    let found = &store.entries("key")[0];
    fs::remove_file(found.folder.with_extension("seal")).unwrap();
    assert!(store.claim(found).is_none());
}

#[test]
fn an_entry_in_use_is_not_removed() {
    let (_dir, cache, store) = store();
    keep(&store, 1);
    let found = &store.entries("key")[0];
    let claimed = store.claim(found).unwrap();
    clear(&cache).unwrap();
    assert!(found.folder.is_dir());
    drop(claimed);
    assert!(soon(|| {
        clear(&cache).unwrap();
        !found.folder.exists()
    }));
    assert!(store.entries("key").is_empty());
}

#[test]
fn what_is_not_finished_does_not_count_and_goes() {
    let (_dir, cache, store) = store();
    assert!(store.keep("key", &record(1), |_| bail!("the disk is full")).is_err());
    fs::create_dir_all(cache.root().join(LAYERS).join("half-killed/0000")).unwrap();
    fs::create_dir_all(cache.root().join(LAYERS).join("key/without-a-seal")).unwrap();
    assert!(store.entries("key").is_empty());
    keep(&store, 2);
    assert!(!cache.root().join(LAYERS).join("half-killed").exists());
    assert_eq!(store.entries("key").len(), 1);
}

#[test]
fn a_store_that_others_may_write_to_is_refused() {
    let (_dir, cache, _store) = store();
    let open = |mode: u32| {
        fs::set_permissions(cache.root().join(LAYERS), fs::Permissions::from_mode(mode)).unwrap();
        Store::open(&cache).map(drop).map_err(|error| error.to_string())
    };
    assert!(open(0o777).unwrap_err().starts_with("others may write to "));
    assert_eq!(open(0o755), Ok(()));
}
