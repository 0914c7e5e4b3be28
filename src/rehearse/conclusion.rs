//! From what a run left behind to what is said of it.

use super::cached;
use super::dead;
use super::index::{self, Answer};
use super::rehearsal::Rehearsal;
use super::unreached;
use crate::builder::{Builder, BuilderKind};
use crate::catalog::base_image::IN_RAILPACK_BUILDER;
use crate::catalog::libraries;
use crate::catalog::nix_packages::{of_program, package};
use crate::catalog::servers::is_worker;
use crate::check;
use crate::diagnose::{self, Case};
use crate::finding::{Certainty, Diagnosis, Evidence, Severity};
use crate::log::Log;
use crate::plan::{Installs, PackageList, Plan};
use crate::platform::Deploy;
use crate::project::{Project, Source};
use crate::run::{Outcome, Smoke, SmokeResult, Verdict};
use crate::sandbox::{Kept, MissingLibrary, Unverified};

/// What a run left behind.
pub(super) struct Found {
    pub(super) outcome: Outcome,
    pub(super) deploy: Deploy,
    /// Who made the plan; none where the plan was given.
    pub(super) builder: Option<Builder>,
    pub(super) log: Log,
    pub(super) missing: Vec<MissingLibrary>,
    pub(super) unverified: Vec<Unverified>,
    pub(super) kept: Option<Kept>,
    /// What the package index says of what the primary cause proposes.
    pub(super) index: Option<Answer>,
    /// Whether the run was to do without the network.
    pub(super) is_offline: bool,
    /// What the start puts into the background.
    pub(super) jobs: Vec<String>,
}

impl Found {
    /// The causes, by what the run printed and saw.
    pub(super) fn diagnoses(&self, project: &Project) -> Vec<Diagnosis> {
        self.diagnoses_of(&self.log, project)
    }

    fn diagnoses_of(&self, log: &Log, project: &Project) -> Vec<Diagnosis> {
        diagnose::diagnose(&Case {
            project: Some(project),
            log,
            outcome: Some(&self.outcome),
            deploy: Some(&self.deploy),
            builder: self.builder.as_ref(),
            missing_libraries: &self.missing,
        })
    }

    /// Says what became of it, and why.
    pub(super) fn rehearsal(self, project: &Project, plan: Plan, backend: String, reason: String) -> Rehearsal {
        let failed = self.outcome.verdict() == Verdict::Fails;
        let mut diagnoses = match failed {
            true => self.diagnoses(project),
            false => {
                let smoke = self.outcome.smoke.as_ref();
                // A worker beside a server that answers does nothing without its broker either.
                let has_worker = self.jobs.iter().any(|job| is_worker(job));
                let is_idle =
                    |smoke: &&Smoke| smoke.result == SmokeResult::StayedUp && smoke.listening.is_empty() || has_worker;
                let idle = smoke.filter(is_idle);
                let unreached = idle.and_then(|_| unreached::service(&self.log, || self.diagnoses(project)));
                let causes = |log: &Log| self.diagnoses_of(log, project);
                let builder = self.builder.as_ref().and_then(Builder::kind).unwrap_or(BuilderKind::Nixpacks);
                dead::diagnoses(&self.log, smoke, &self.jobs, builder, project, causes)
                    .into_iter()
                    .chain(unreached)
                    .chain(smoke.and_then(page_without_its_files))
                    .collect()
            }
        };
        let Self { outcome, log, missing, mut unverified, kept, index, is_offline, .. } = self;
        if outcome.verdict() == Verdict::Works {
            unverified.extend(missing.iter().map(dormant));
        }
        if let (Some(primary), Some(answer)) = (diagnoses.first_mut(), &index) {
            index::amend(primary, answer, diagnose::manifest(project));
        }
        let telling = match failed && diagnoses.is_empty() {
            true => diagnose::telling_lines(&log, outcome.failing_phase()),
            false => Vec::new(),
        };
        let primary = diagnoses.first().and_then(|diagnosis| diagnose::rule(diagnosis.rule));
        let private = diagnoses.first().filter(|_| failed).and_then(unreached::private);
        let of_the_index = diagnoses.first().filter(|_| failed).and_then(unreached::of_the_index);
        let transient = private.is_none() && primary.is_some_and(|rule| rule.transient);
        if let Some(primary) = diagnoses.first_mut().filter(|_| transient) {
            of_this_machine(primary, is_offline);
        }
        let failing = outcome.failing_phase();
        if let Some(primary) = diagnoses.first_mut().filter(|_| failed) {
            cached::amend(primary, &plan, failing, project);
        }
        let absent = diagnoses.first().and_then(|primary| {
            let of_the_image = || of_the_builder_image(primary, &plan, failing).filter(|_| backend == "host");
            absent(primary, &plan, failing, &unverified).or_else(of_the_image)
        });
        if let (Some(absent), Some(primary)) = (&absent, diagnoses.first_mut()) {
            // The project asks for it already: there is nothing to mend.
            primary.fixes.clear();
            let elsewhere = match plan.image.installs {
                Installs::Nix => "nix or docker",
                Installs::Mise => "docker",
            };
            primary.help = Some(format!("run it where {} can be had: --backend {elsewhere}", absent.what));
        }
        if let (Some(_), Some(primary)) = (&private, diagnoses.first_mut()) {
            primary.fixes.clear();
            primary.help = Some(unreached::ELSEWHERE.to_owned());
        }
        if let (Some(_), Some(primary)) = (&of_the_index, diagnoses.first_mut()) {
            primary.fixes.clear();
            primary.help = Some(unreached::OTHER_INDEX.to_owned());
        }
        let full =
            diagnoses.first_mut().filter(|primary| failed && primary.rule == diagnose::DISK_FULL.id).map(full_disk);
        let absent = absent.or(private).or(of_the_index).or(full);
        let suspects = Vec::new();
        Rehearsal {
            plan,
            backend,
            reason,
            outcome,
            diagnoses,
            log,
            telling,
            unverified,
            transient,
            absent,
            suspects,
            kept,
            ..Rehearsal::default()
        }
    }
}

/// Says of a fault outside the project that it is this machine's: the rules speak of one that builds in the cloud.
fn of_this_machine(primary: &mut Diagnosis, is_offline: bool) {
    primary.message = match is_offline {
        true => "the run was without the network (--offline), and this needs it".to_owned(),
        false => primary.message.replace("the machine that builds", "this machine"),
    };
    let is_own = diagnose::rule(primary.rule).is_some_and(|rule| primary.help.as_deref() == Some(rule.help));
    if is_own {
        primary.help = Some(match is_offline {
            true => "without the network only what an earlier run has installed alike is there, and with --fresh nothing: run it without --offline".to_owned(),
            false => "check the network of this machine (proxy settings, DNS), and run it again".to_owned(),
        });
    }
}

/// A disk that a run here has filled is this machine's, whatever room the cloud has.
fn full_disk(primary: &mut Diagnosis) -> Unverified {
    primary.fixes.clear();
    primary.help = Some(
        "free some of the disk that the run wrote to and run it again: XDG_CACHE_HOME moves it, save on docker, where it is the engine's"
            .to_owned(),
    );
    Unverified { what: "room enough on the disk".to_owned(), why: "the run filled it here".to_owned() }
}

/// The declared package that would have brought what is missing, had this machine had it.
fn absent(primary: &Diagnosis, plan: &Plan, failing: Option<&str>, unverified: &[Unverified]) -> Option<Unverified> {
    if primary.rule == diagnose::LOCALE_MISSING.id {
        return locale_of_the_image(primary, unverified);
    }
    let of_a_package = diagnose::rule(primary.rule).is_some_and(|rule| rule.is_of_a_package);
    let keys = plan.package_keys();
    let wanted = primary.subject.as_deref().filter(|_| of_a_package)?;
    let brings = |name: &str| {
        let known = [libraries::library(wanted), libraries::header(wanted)].into_iter().flatten();
        let base = name.split('.').next().unwrap_or(name);
        let host = package(name).is_some_and(|package| {
            package.commands.contains(&wanted) || package.headers.iter().any(|header| wanted.starts_with(header))
        });
        host || name == wanted
            || base == wanted
            || known.into_iter().any(|packages| [packages.nix, packages.apt].contains(&name))
    };
    let apt = plan.apt_packages().key;
    let is_out_of_reach = is_missed_by_nix_python(primary, plan);
    let is_absent = |note: &&Unverified| {
        let declared = note.what.split_once(": ").filter(|(key, _)| keys.iter().any(|known| known == key));
        declared.is_some_and(|(key, name)| brings(name) && !(is_out_of_reach && key == apt))
    };
    unverified.iter().find(is_absent).cloned().or_else(|| differs(plan, failing?, wanted))
}

/// The development package that Railpack's builder image has and this machine did not.
fn of_the_builder_image(primary: &Diagnosis, plan: &Plan, failing: Option<&str>) -> Option<Unverified> {
    let is_built = plan.image.installs == Installs::Mise && failing.is_some_and(|phase| phase != "start");
    let wanted = primary.subject.as_deref().filter(|_| is_built && primary.rule == check::system_needs::HEADER.id)?;
    let brings = |name: &&&str| **name == wanted || libraries::header(wanted).is_some_and(|known| known.apt == **name);
    IN_RAILPACK_BUILDER.iter().find(brings).map(|name| Unverified {
        what: format!("{name} of Railpack's builder image"),
        why: "the packages of that image are not installed in the host sandbox".to_owned(),
    })
}

/// Whether a Nix Python missed a library: it looks where Nix puts them, and finds none that apt installs. A program from outside of Nix,
/// a browser above all, does, and its loader says it in other words.
fn is_missed_by_nix_python(primary: &Diagnosis, plan: &Plan) -> bool {
    let of_a_program = |evidence: &Evidence| evidence.text.contains("error while loading shared libraries");
    primary.rule == check::system_needs::LIBRARY.id
        && plan.nix().next().is_some()
        && !primary.evidence.iter().any(of_a_program)
}

/// A locale that the image has; an app that found it missing ran on a machine that cannot make it.
fn locale_of_the_image(primary: &Diagnosis, unverified: &[Unverified]) -> Option<Unverified> {
    let plain = |name: &str| name.replace('-', "").to_ascii_lowercase();
    // Where the log does not say which one was asked for, it may be that one.
    let is_it = |name: &str| primary.subject.as_deref().is_none_or(|wanted| plain(wanted) == plain(name));
    let is_absent = |note: &&Unverified| note.what.strip_prefix("the locale ").is_some_and(is_it);
    unverified.iter().find(is_absent).cloned()
}

/// The package that brings a program or a header to the build by the table, although this machine's stand-in for it did not.
fn differs(plan: &Plan, failing: &str, wanted: &str) -> Option<Unverified> {
    let last = plan.steps.iter().position(|step| step.name == failing)?;
    let lists = plan.steps[..=last].iter().flat_map(|step| &step.packages.nix).map(|nix| &nix.packages);
    let packages = PackageList::joined(lists);
    // `npm` comes with nodejs, of which a machine may well have `node` alone.
    let program = of_program(wanted);
    let brings = |name: &&String| {
        let by_row = package(name).is_some_and(|package| {
            let of_headers = |header: &&str| wanted == *header || wanted.starts_with(&format!("{header}/"));
            package.commands.contains(&wanted)
                || package.headers.iter().any(of_headers)
                || program.is_some_and(|program| package.attributes.contains(&program))
        });
        by_row || program == Some(name.as_str())
    };
    packages.names.iter().find(brings).map(|name| Unverified {
        what: packages.label(name),
        why: format!("it brings {wanted} in the cloud, and what this machine has in its place did not"),
    })
}

/// A page that answers while its own files do not.
fn page_without_its_files(smoke: &Smoke) -> Option<Diagnosis> {
    let first = smoke.unserved.first()?;
    let evidence = |path: &String| Evidence {
        source: Source::Default("what the smoke probe saw"),
        text: format!("GET {path}: 404"),
    };
    Some(Diagnosis {
        rule: check::statics::UNSERVED.id,
        severity: Severity::Warning,
        message: match smoke.unserved.len() {
            1 => format!("the page names {first}, and that answers 404"),
            count => format!("the page names {first} and {} more that answer 404", count - 1),
        },
        subject: Some(first.clone()),
        evidence: smoke.unserved.iter().map(evidence).collect(),
        certainty: Certainty::Certain,
        help: Some("collect or build the files before the start (`python manage.py collectstatic --noinput`), and have something serve them: WhiteNoise, StaticFiles, the framework's static folder".to_owned()),
        fixes: Vec::new(),
    })
}

/// A library that the cloud lacks and that this run happened not to load.
fn dormant(missing: &MissingLibrary) -> Unverified {
    let owner = missing.distribution.as_deref().unwrap_or("an installed package");
    let cure = missing.nix_lib.as_ref().map(|lib| format!("; nixLibs = [\"...\", \"{lib}\"] provides it"));
    Unverified {
        what: missing.soname.clone(),
        why: format!(
            "{owner} needs it ({}), the cloud does not have it, and this run did not load it{}",
            missing.needed_by.display(),
            cure.unwrap_or_default()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Apt, NixEnvironment, Packages, Step};

    fn plan(names: &[&str]) -> Plan {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let packages = PackageList { key: "nixPkgs".to_owned(), names };
        let nix = vec![NixEnvironment { packages, ..NixEnvironment::default() }];
        let packages = Packages { nix, ..Packages::default() };
        let step = |name: &str, packages| Step { name: name.to_owned(), packages, ..Step::default() };
        let steps =
            vec![step("setup", Packages::default()), step("install", packages), step("build", Packages::default())];
        Plan { steps, ..Plan::default() }
    }

    #[test]
    fn what_the_plan_brings_and_this_machine_did_not_is_no_fault_of_the_project() {
        let with = plan(&["gcc", "postgresql_16.dev"]);
        assert_eq!(differs(&with, "install", "pg_config").unwrap().what, "nixPkgs: postgresql_16.dev");
        assert_eq!(differs(&with, "build", "libpq-fe.h").unwrap().what, "nixPkgs: postgresql_16.dev");
        assert_eq!(differs(&with, "install", "mysql_config"), None);
        let note = differs(&plan(&["nodejs_20"]), "build", "npm").unwrap();
        assert!(note.what == "nixPkgs: nodejs_20" && note.why.starts_with("it brings npm in the cloud"), "{note:?}");
        assert_eq!(differs(&plan(&["nodejs"]), "build", "bun"), None);
        assert_eq!(differs(&plan(&["gcc"]), "install", "pg_config"), None);
    }

    #[test]
    fn a_library_of_apt_is_absent_only_for_a_program_that_would_find_it() {
        let mut plan = plan(&["gcc"]);
        let packages = PackageList { key: "aptPkgs".to_owned(), names: vec!["libgl1".to_owned()] };
        plan.steps[0].packages.apt = Some(Apt { packages, ..Apt::default() });
        let missed = |text: &str| Diagnosis {
            rule: check::system_needs::LIBRARY.id,
            severity: Severity::Error,
            message: String::new(),
            evidence: vec![Evidence { source: Source::Default("a log"), text: text.to_owned() }],
            certainty: Certainty::Certain,
            help: None,
            fixes: Vec::new(),
            subject: Some("libGL.so.1".to_owned()),
        };
        let unverified = [Unverified { what: "aptPkgs: libgl1".to_owned(), why: String::new() }];
        let by_python = missed("ImportError: libGL.so.1: cannot open shared object file");
        assert_eq!(absent(&by_python, &plan, Some("start"), &unverified), None);
        let by_program =
            missed("chrome: error while loading shared libraries: libGL.so.1: cannot open shared object file");
        assert_eq!(absent(&by_program, &plan, Some("start"), &unverified).unwrap().what, "aptPkgs: libgl1");
    }

    #[test]
    fn a_header_of_railpacks_builder_image_is_no_fault_of_the_project() {
        let missed = |wanted: &str| Diagnosis {
            rule: check::system_needs::HEADER.id,
            severity: Severity::Error,
            message: String::new(),
            evidence: Vec::new(),
            certainty: Certainty::Certain,
            help: None,
            fixes: Vec::new(),
            subject: Some(wanted.to_owned()),
        };
        let nix = plan(&["gcc"]);
        let mut railpack = plan(&[]);
        railpack.image.installs = Installs::Mise;
        for (wanted, name) in [("libffi", "libffi-dev"), ("ffi.h", "libffi-dev"), ("pg_config", "libpq-dev")] {
            let note = of_the_builder_image(&missed(wanted), &railpack, Some("install")).unwrap();
            assert_eq!(note.what, format!("{name} of Railpack's builder image"));
        }
        assert_eq!(of_the_builder_image(&missed("ldap.h"), &railpack, Some("install")), None);
        assert_eq!(of_the_builder_image(&missed("ffi.h"), &railpack, Some("start")), None);
        assert_eq!(of_the_builder_image(&missed("ffi.h"), &nix, Some("install")), None);
    }

    #[test]
    fn a_package_that_comes_too_late_or_an_app_that_finds_none_is_the_projects_fault() {
        let with = plan(&["postgresql_16.dev"]);
        assert_eq!(differs(&with, "setup", "pg_config"), None);
        assert_eq!(differs(&with, "start", "pg_config"), None);
    }
}
