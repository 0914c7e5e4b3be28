//! Laying one plan over another, and pinning the result.

use crate::catalog::python::{DEBIAN_ARCHIVE, LEGACY_ARCHIVE};
use crate::project::Source;

use super::draft::{Draft, DraftPhase, DraftStart, Key, Traced, TracedList, TracedVars};

pub(super) const UBUNTU_IMAGE: &str = "ghcr.io/railwayapp/nixpacks:ubuntu-1745885067";
const DEBIAN_IMAGE: &str = "ghcr.io/railwayapp/nixpacks:debian-1745885067";

/// The phases that are made to follow another when a layer brings them in.
const FOLLOWS: &[(&str, &str)] = &[("install", "setup"), ("build", "install")];

/// Markers in several layers multiply; no real plan comes near, and a hostile one must not fill the memory.
const MOST_ITEMS: usize = 1 << 16;

fn is_marker(text: &str) -> bool {
    matches!(text, "..." | "@auto")
}

/// Lays `upper` over `lower`. A marker stays in front of what it is filled with, so that the next layer's marker is
/// filled with both: two layers that say `...` double the lowest one's items.
pub(super) fn fill(lower: Option<TracedList>, upper: Option<TracedList>) -> Option<TracedList> {
    let Some(upper) = upper else { return lower };
    let below = lower.map_or_else(Vec::new, |list| list.items);
    let mut items = Vec::with_capacity(upper.items.len());
    for item in upper.items {
        let marker = is_marker(&item.text);
        items.push(item);
        if marker && items.len() + below.len() <= MOST_ITEMS {
            items.extend(below.iter().cloned());
        }
    }
    Some(TracedList { source: upper.source, items })
}

/// A list without its markers.
pub(super) fn without_markers(mut list: TracedList) -> TracedList {
    list.items.retain(|item| !is_marker(&item.text));
    list
}

/// Lays plans over each other, lowest first.
pub(super) fn merge_all(layers: impl IntoIterator<Item = Draft>) -> Draft {
    layers.into_iter().fold(Draft::default(), merge)
}

/// Lays `upper` over `lower`.
pub(super) fn merge(lower: Draft, upper: Draft) -> Draft {
    let phases = match lower.phases {
        None => upper.phases.unwrap_or_default(),
        Some(mut phases) => {
            for (name, over) in upper.phases.unwrap_or_default() {
                let under = phases.remove(&name).unwrap_or_else(|| newcomer(&name));
                phases.insert(name, merge_phases(under, over));
            }
            phases
        }
    };
    Draft {
        providers: fill(lower.providers, upper.providers),
        build_image: upper.build_image.or(lower.build_image),
        variables: merge_vars(lower.variables, upper.variables),
        static_assets: merge_vars(lower.static_assets, upper.static_assets),
        phases: Some(phases),
        start: match (lower.start, upper.start) {
            (Some(lower), Some(upper)) => Some(merge_starts(lower, upper)),
            (lower, upper) => upper.or(lower),
        },
    }
}

fn newcomer(name: &str) -> DraftPhase {
    let mut phase = DraftPhase::default();
    if let Some((_, before)) = FOLLOWS.iter().find(|(after, _)| *after == name) {
        phase.push(Key::DependsOn, *before, Source::Default("the usual order of phases"));
    }
    phase
}

fn merge_vars(lower: Option<TracedVars>, upper: Option<TracedVars>) -> Option<TracedVars> {
    match (lower, upper) {
        (Some(mut lower), Some(upper)) => {
            lower.extend(upper);
            Some(lower)
        }
        (lower, upper) => upper.or(lower),
    }
}

fn merge_phases(mut lower: DraftPhase, upper: DraftPhase) -> DraftPhase {
    for (key, over) in upper.lists {
        let under = lower.lists.remove(&key);
        lower.lists.extend(fill(under, Some(over)).map(|list| (key, list)));
    }
    lower.archive = upper.archive.or(lower.archive);
    lower
}

fn merge_starts(lower: DraftStart, upper: DraftStart) -> DraftStart {
    DraftStart {
        cmd: upper.cmd.or(lower.cmd),
        run_image: upper.run_image.or(lower.run_image),
        only_include_files: fill(lower.only_include_files, upper.only_include_files),
        user: upper.user.or(lower.user),
    }
}

/// Settles what no layer said, and takes the markers out.
pub(super) fn pin(draft: &mut Draft, debian: Option<Source>) {
    let (image, archive) =
        if debian.is_some() { (DEBIAN_IMAGE, DEBIAN_ARCHIVE) } else { (UBUNTU_IMAGE, LEGACY_ARCHIVE) };
    let because = |default| debian.clone().unwrap_or(Source::Default(default));
    draft.providers = Some(TracedList::empty(Source::Default("pinned")));
    draft.build_image.get_or_insert_with(|| Traced::new(image, because("the default build image")));
    for phase in draft.phases.get_or_insert_default().values_mut() {
        if phase.uses_nix() && phase.archive.is_none() {
            phase.archive = Some(Traced::new(archive, because("the default nixpkgs")));
        }
        for list in phase.lists.values_mut() {
            list.items.retain(|item| !is_marker(&item.text));
        }
    }
    if let Some(list) = draft.start.as_mut().and_then(|start| start.only_include_files.as_mut()) {
        list.items.retain(|item| !is_marker(&item.text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> TracedList {
        TracedList::of(&Source::Default("test"), items.iter().copied())
    }

    fn filled(lower: Option<&[&str]>, upper: Option<&[&str]>) -> Option<Vec<String>> {
        fill(lower.map(list), upper.map(list)).map(|list| list.items.into_iter().map(|item| item.text).collect())
    }

    #[test]
    fn a_list_replaces_what_is_below_unless_it_has_a_marker() {
        assert_eq!(filled(Some(&["a"]), None).unwrap(), ["a"]);
        assert_eq!(filled(Some(&["a"]), Some(&[])).unwrap(), [""; 0]);
        assert_eq!(filled(Some(&["a"]), Some(&["b"])).unwrap(), ["b"]);
        assert_eq!(filled(Some(&["a"]), Some(&["x", "...", "y"])).unwrap(), ["x", "...", "a", "y"]);
        assert_eq!(filled(None, Some(&["@auto", "y"])).unwrap(), ["@auto", "y"]);
        assert_eq!(filled(None, None), None);
    }

    #[test]
    fn two_layers_with_markers_double_the_lowest() {
        let once = fill(Some(list(&["gcc"])), Some(list(&["b", "..."])));
        let twice = without_markers(fill(once, Some(list(&["...", "..."]))).unwrap());
        let texts: Vec<_> = twice.items.iter().map(|item| item.text.as_str()).collect();
        assert_eq!(texts, ["b", "gcc", "b", "gcc"]);
    }

    #[test]
    fn an_install_phase_that_a_layer_brings_in_follows_setup() {
        let mut upper = Draft::default();
        upper.phase("install");
        upper.phase("other");
        let plan = merge(Draft { phases: Some([].into()), ..Draft::default() }, upper.clone()).plan();
        let phases = plan.phases.unwrap();
        assert_eq!(*phases["install"].depends_on, ["setup"]);
        assert!(phases["other"].depends_on.is_absent());
        assert!(merge(Draft::default(), upper).plan().phases.unwrap()["install"].depends_on.is_absent());
    }

    #[test]
    fn pinning_gives_an_archive_only_to_phases_with_nix_packages() {
        let mut draft = Draft::default();
        draft.phase("a").push(Key::NixPkgs, "...", Source::Default("test"));
        draft.phase("b").set(Key::NixPkgs, list(&[]));
        pin(&mut draft, None);
        let phases = draft.plan().phases.unwrap();
        assert_eq!(phases["a"].nixpkgs_archive.as_deref(), Some(LEGACY_ARCHIVE), "a marker counts as a package here");
        assert_eq!(phases["b"].nixpkgs_archive, None);
        assert!(phases["a"].nix_pkgs.is_empty());
    }
}
