//! A plan in the making: every value carries the place it came from.

use std::collections::BTreeMap;

use crate::project::Source;

use super::list::List;
use super::plan::{Phase, Plan, Start};
use crate::plan::{Choice, Vars};

/// A value and what put it there.
#[derive(Debug, Clone)]
pub(super) struct Traced {
    pub(super) text: String,
    pub(super) source: Source,
}

impl Traced {
    pub(super) fn new(text: impl Into<String>, source: Source) -> Self {
        Self { text: text.into(), source }
    }
}

/// A list that is present, though it may be empty; `source` is what made it so.
#[derive(Debug, Clone)]
pub(super) struct TracedList {
    pub(super) source: Source,
    pub(super) items: Vec<Traced>,
}

impl TracedList {
    pub(super) fn empty(source: Source) -> Self {
        Self { source, items: Vec::new() }
    }

    pub(super) fn of<T: Into<String>>(source: &Source, items: impl IntoIterator<Item = T>) -> Self {
        let items = items.into_iter().map(|item| Traced::new(item, source.clone())).collect();
        Self { source: source.clone(), items }
    }

    fn untraced(&self) -> Vec<String> {
        self.items.iter().map(|item| item.text.clone()).collect()
    }
}

pub(super) type TracedVars = BTreeMap<String, Traced>;

/// The lists of a phase, which all merge alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    DependsOn,
    NixPkgs,
    NixLibs,
    NixOverlays,
    AptPkgs,
    Cmds,
    OnlyIncludeFiles,
    CacheDirectories,
    Paths,
}

/// The lists that a phase may have, each in every spelling that a configuration file may give it, the plan's own first.
pub fn phase_lists() -> impl Iterator<Item = &'static [&'static str]> {
    Key::ALL.iter().map(|key| key.names())
}

/// Every spelling of one of them; none for what is no list of a phase.
pub fn spellings(list: &str) -> &'static [&'static str] {
    phase_lists().find(|names| names.contains(&list)).unwrap_or_default()
}

impl Key {
    pub(super) const ALL: [Self; 9] = [
        Self::DependsOn,
        Self::NixPkgs,
        Self::NixLibs,
        Self::NixOverlays,
        Self::AptPkgs,
        Self::Cmds,
        Self::OnlyIncludeFiles,
        Self::CacheDirectories,
        Self::Paths,
    ];

    /// The key in a plan's JSON, then the other names it goes by in a configuration file.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::DependsOn => &["dependsOn"],
            Self::NixPkgs => &["nixPkgs", "nixPackages"],
            Self::NixLibs => &["nixLibs", "nixLibraries"],
            Self::NixOverlays => &["nixOverlays"],
            Self::AptPkgs => &["aptPkgs", "aptPackages"],
            Self::Cmds => &["cmds", "commands"],
            Self::OnlyIncludeFiles => &["onlyIncludeFiles"],
            Self::CacheDirectories => &["cacheDirectories"],
            Self::Paths => &["paths", "envPaths"],
        }
    }

    fn name(self) -> &'static str {
        self.names()[0]
    }

    fn of(self, phase: &mut Phase) -> &mut List {
        match self {
            Self::DependsOn => &mut phase.depends_on,
            Self::NixPkgs => &mut phase.nix_pkgs,
            Self::NixLibs => &mut phase.nix_libs,
            Self::NixOverlays => &mut phase.nix_overlays,
            Self::AptPkgs => &mut phase.apt_pkgs,
            Self::Cmds => &mut phase.cmds,
            Self::OnlyIncludeFiles => &mut phase.only_include_files,
            Self::CacheDirectories => &mut phase.cache_directories,
            Self::Paths => &mut phase.paths,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct DraftPhase {
    pub(super) lists: BTreeMap<Key, TracedList>,
    pub(super) archive: Option<Traced>,
}

impl DraftPhase {
    /// Adds to a list, which it makes when there is none.
    pub(super) fn push(&mut self, key: Key, item: impl Into<String>, source: Source) {
        let list = self.lists.entry(key).or_insert_with(|| TracedList::empty(source.clone()));
        list.items.push(Traced::new(item, source));
    }

    pub(super) fn set(&mut self, key: Key, list: TracedList) {
        self.lists.insert(key, list);
    }

    pub(super) fn uses_nix(&self) -> bool {
        [Key::NixPkgs, Key::NixLibs].iter().any(|key| self.lists.get(key).is_some_and(|list| !list.items.is_empty()))
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct DraftStart {
    pub(super) cmd: Option<Traced>,
    pub(super) run_image: Option<Traced>,
    pub(super) only_include_files: Option<TracedList>,
    pub(super) user: Option<Traced>,
}

impl DraftStart {
    pub(super) fn with_cmd(cmd: impl Into<String>, source: Source) -> Self {
        Self { cmd: Some(Traced::new(cmd, source)), ..Self::default() }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) providers: Option<TracedList>,
    pub(super) build_image: Option<Traced>,
    pub(super) variables: Option<TracedVars>,
    pub(super) static_assets: Option<TracedVars>,
    pub(super) phases: Option<BTreeMap<String, DraftPhase>>,
    pub(super) start: Option<DraftStart>,
}

impl Draft {
    /// A plan somebody wrote; `locate` answers where the value at a key path stands.
    pub(super) fn from_plan(plan: Plan, locate: &dyn Fn(&[&str]) -> Source) -> Self {
        let one = |value: Option<String>, path: &[&str]| value.map(|text| Traced::new(text, locate(path)));
        let vars = |vars: Option<Vars>, key: &str| {
            vars.map(|vars| {
                let trace = |(name, text): (String, String)| {
                    let source = locate(&[key, &name]);
                    (name, Traced::new(text, source))
                };
                vars.into_iter().map(trace).collect()
            })
        };
        let phases = plan.phases.map(|phases| {
            phases.into_iter().map(|(name, phase)| (name.clone(), draft_phase(&name, phase, locate))).collect()
        });
        let start = plan.start.map(|start| DraftStart {
            cmd: one(start.cmd, &["start", "cmd"]),
            run_image: one(start.run_image, &["start", "runImage"]),
            only_include_files: trace_list(start.only_include_files, &["start", "onlyIncludeFiles"], locate),
            user: one(start.user, &["start", "user"]),
        });
        Self {
            providers: trace_list(plan.providers, &["providers"], locate),
            build_image: one(plan.build_image, &["buildImage"]),
            variables: vars(plan.variables, "variables"),
            static_assets: vars(plan.static_assets, "staticAssets"),
            phases: Some(phases.unwrap_or_default()),
            start,
        }
    }

    pub(super) fn phase(&mut self, name: &str) -> &mut DraftPhase {
        self.phases.get_or_insert_default().entry(name.to_owned()).or_default()
    }

    /// The values alone.
    pub(super) fn plan(&self) -> Plan {
        let one = |value: &Option<Traced>| value.as_ref().map(|traced| traced.text.clone());
        let list = |list: &Option<TracedList>| List(list.as_ref().map(TracedList::untraced));
        let vars = |vars: &Option<TracedVars>| {
            vars.as_ref().map(|vars| vars.iter().map(|(name, value)| (name.clone(), value.text.clone())).collect())
        };
        let phases = self.phases.iter().flatten().map(|(name, draft)| {
            let mut phase = Phase { nixpkgs_archive: one(&draft.archive), ..Phase::default() };
            for (key, list) in &draft.lists {
                *key.of(&mut phase) = List(Some(list.untraced()));
            }
            (name.clone(), phase)
        });
        Plan {
            providers: list(&self.providers),
            build_image: one(&self.build_image),
            variables: vars(&self.variables),
            static_assets: vars(&self.static_assets),
            phases: Some(phases.collect()),
            start: self.start.as_ref().map(|start| Start {
                cmd: one(&start.cmd),
                run_image: one(&start.run_image),
                only_include_files: list(&start.only_include_files),
                user: one(&start.user),
            }),
        }
    }

    /// One choice a value: an item of a list each, and one for a list that is empty.
    pub(super) fn choices(&self) -> Vec<Choice> {
        let mut choices = Vec::new();
        let mut one = |what: &str, value: Option<&Traced>| {
            choices.extend(value.map(|value| Choice {
                what: what.to_owned(),
                value: value.text.clone(),
                because: value.source.clone(),
            }));
        };
        one("buildImage", self.build_image.as_ref());
        for (key, vars) in [("variables", &self.variables), ("staticAssets", &self.static_assets)] {
            for (name, value) in vars.iter().flatten() {
                one(&format!("{key}.{name}"), Some(value));
            }
        }
        for (name, phase) in self.phases.iter().flatten() {
            one(&format!("phases.{name}.nixpkgsArchive"), phase.archive.as_ref());
            for (key, list) in &phase.lists {
                every(&format!("phases.{name}.{}", key.name()), list, &mut one);
            }
        }
        if let Some(start) = &self.start {
            one("start.cmd", start.cmd.as_ref());
            one("start.runImage", start.run_image.as_ref());
            one("start.user", start.user.as_ref());
            if let Some(list) = &start.only_include_files {
                every("start.onlyIncludeFiles", list, &mut one);
            }
        }
        choices
    }
}

fn every(what: &str, list: &TracedList, one: &mut dyn FnMut(&str, Option<&Traced>)) {
    if list.items.is_empty() {
        one(what, Some(&Traced::new("[]", list.source.clone())));
    }
    for item in &list.items {
        one(what, Some(item));
    }
}

fn draft_phase(name: &str, mut phase: Phase, locate: &dyn Fn(&[&str]) -> Source) -> DraftPhase {
    let archive = phase.nixpkgs_archive.take();
    let mut draft = DraftPhase {
        lists: BTreeMap::new(),
        archive: archive.map(|text| Traced::new(text, locate(&["phases", name, "nixpkgsArchive"]))),
    };
    for key in Key::ALL {
        let list = std::mem::take(key.of(&mut phase));
        if let Some(list) = trace_list(list, &["phases", name, key.name()], locate) {
            draft.lists.insert(key, list);
        }
    }
    draft
}

fn trace_list(list: List, path: &[&str], locate: &dyn Fn(&[&str]) -> Source) -> Option<TracedList> {
    let trace = |(index, text)| {
        let index = usize::to_string(&index);
        Traced::new(text, locate(&[path, &[index.as_str()]].concat()))
    };
    list.0.map(|items| TracedList { source: locate(path), items: items.into_iter().enumerate().map(trace).collect() })
}
