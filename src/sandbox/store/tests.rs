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
        project: String::new(),
        network: false,
        reads: Reads::All(made.to_string()),
        answers: Vec::new(),
        output: vec!["line".to_owned()],
        app_made: Vec::new(),
        app_gone: Vec::new(),
        image: None,
        rest: None,
        code: None,
    }
}

fn key() -> Key {
    Key { id: "key".to_owned(), parts: Parts::default() }
}

fn entries(store: &Store) -> Vec<Found> {
    store.entries("key", "").collect()
}

fn keep(store: &Store, made: u64) -> String {
    keep_for(store, made, "")
}

fn keep_for(store: &Store, made: u64, project: &str) -> String {
    let fill = |folder: &Path| {
        fs::write(folder.join("f"), "text")?;
        Ok(4)
    };
    store.keep(&key(), &Record { project: project.to_owned(), ..record(made) }, fill).unwrap()
}

#[test]
fn the_newest_entry_comes_first_and_those_that_nobody_used_go() {
    let (_dir, cache, store) = store();
    let most = MOST_ENTRIES as u64;
    for made in 0..most {
        keep(&store, made);
    }
    let oldest = &entries(&store)[MOST_ENTRIES - 1];
    assert!(oldest.record.made == 0 && store.claim(oldest).is_some());
    keep(&store, most);
    let found = entries(&store);
    let left: Vec<u64> = found.iter().map(|found| found.record.made).collect();
    assert_eq!(left, (2..=most).rev().chain([0]).collect::<Vec<_>>());
    assert_eq!(found[0].record, record(most));
    assert!(store.claim(&found[0]).is_some() && size(&cache) > 0);
    let left: Vec<_> =
        fs::read_dir(cache.root().join(LAYERS)).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["key"]);
}

#[test]
fn no_project_takes_the_place_of_another_and_its_own_come_first() {
    let (_dir, _cache, store) = store();
    for number in 0..=MOST_ENTRIES as u64 {
        keep_for(&store, number, &number.to_string());
    }
    let found: Vec<u64> = store.entries("key", "3").map(|found| found.record.made).collect();
    assert_eq!((found.len(), &found[..3]), (MOST_ENTRIES + 1, &[3, 32, 31][..]));
}

#[test]
fn what_a_projects_command_was_made_with_is_known_under_any_key() {
    let (_dir, _cache, store) = store();
    keep_for(&store, 1, "a");
    assert!(store.made_with("b", "").is_none() && store.made_with("a", "other").is_none());
    assert_eq!(store.made_with("a", ""), Some(Parts::default()));
}

#[test]
fn what_is_made_again_takes_the_place_of_what_was() {
    let (_dir, _cache, store) = store();
    let [first, again] = [1, 1].map(|made| keep(&store, made));
    assert_ne!(first, again);
    assert_eq!(entries(&store).iter().map(|found| &found.id).collect::<Vec<_>>(), [&again]);
    let claimed = store.claim(&entries(&store)[0]);
    keep(&store, 1);
    assert_eq!(entries(&store).len(), 2, "what is in use stays");
    drop(claimed);
}

#[test]
fn an_entry_that_is_not_as_it_was_made_is_not_shown() {
    let (_dir, _cache, store) = store();
    keep(&store, 1);
    let found = &entries(&store)[0];
    fs::write(found.folder.join("f"), "planted").unwrap();
    assert!(store.claim(found).is_none());
    keep(&store, 2);
    let found = &entries(&store)[0];
    fs::remove_file(found.folder.with_extension("seal")).unwrap();
    assert!(store.claim(found).is_none());
}

#[test]
fn an_entry_in_use_is_not_removed() {
    let (_dir, cache, store) = store();
    keep(&store, 1);
    let found = &entries(&store)[0];
    let claimed = store.claim(found).unwrap();
    clear(&cache).unwrap();
    assert!(found.folder.is_dir());
    drop(claimed);
    assert!(soon(|| {
        clear(&cache).unwrap();
        !found.folder.exists()
    }));
    assert!(entries(&store).is_empty());
}

#[test]
fn what_is_not_finished_does_not_count_and_goes() {
    let (_dir, cache, store) = store();
    assert!(store.keep(&key(), &record(1), |_| bail!("the disk is full")).is_err());
    fs::create_dir_all(cache.root().join(LAYERS).join("half-killed/0000")).unwrap();
    fs::create_dir_all(cache.root().join(LAYERS).join("key/without-a-seal")).unwrap();
    assert!(entries(&store).is_empty());
    keep(&store, 2);
    assert!(!cache.root().join(LAYERS).join("half-killed").exists());
    assert_eq!(entries(&store).len(), 1);
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
