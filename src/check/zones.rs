//! Time zones by names that the image of the app no longer has.

use std::path::Path;

use super::facts::Facts;
use super::facts::reach::is_certain;
use super::facts::requirements::{REQUIREMENTS, is_used, require};
use super::finding::{Check, Findings, error};
use crate::builder::Planned;
use crate::builder::railpack::Rules;
use crate::catalog::needs::bringers;
use crate::catalog::zones::is_old;
use crate::finding::Severity;
use crate::log::pattern::Pattern;

pub(crate) const MISSING: Check = error(
    "time-zone-missing",
    "ZoneInfo looks into /usr/share/zoneinfo, which slim images lack and where Debian 13 and Ubuntu 24.04 left out old names such as US/Pacific, and \
     then into the package tzdata, which has them all.",
)
.decides_or_doubts();

pub(super) const CHECKS: &[Check] = &[MISSING];

/// The package that has every zone, by the name of its module.
pub(super) const PACKAGE: &str = "tzdata";
/// Debian's package of the old names.
const OF_DEBIAN: &str = "tzdata-legacy";

static ZONE: Pattern = Pattern::ascii(r#"ZoneInfo\(\s*(?:key\s*=\s*)?["']([\w/+-]+)["']"#);
static SETTING: Pattern = Pattern::ascii(r#"^TIME_ZONE\s*=\s*["']([\w/+-]+)["']"#);

/// A place that asks for an old name.
struct Asked<'f> {
    path: &'f Path,
    line: usize,
    text: &'f str,
    zone: String,
    is_certain: bool,
}

/// Railpack's newest image is of Debian 13; the Python of Nix has a database of its own, whole.
fn asked<'f>(facts: &'f Facts<'_>) -> Vec<Asked<'f>> {
    let is_slim = match facts.planned {
        Planned::Railpack(answer) => answer.planned.version.rules() >= Rules::V0_37,
        Planned::Nixpacks(_) => false,
    };
    if !is_slim || !facts.is_python() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for module in facts.reached() {
        let is_django = module.text.contains("INSTALLED_APPS");
        for statement in &module.code.statements {
            let zone =
                ZONE.captures(&statement.text).or_else(|| SETTING.captures(&statement.text).filter(|_| is_django));
            let Some(zone) = zone.map(|found| found[1].to_owned()).filter(|zone| is_old(zone)) else { continue };
            found.push(Asked {
                path: &module.path,
                line: statement.line,
                text: &statement.text,
                zone,
                is_certain: module.is_certain && is_certain(&module.code, statement),
            });
        }
    }
    found
}

/// Whether the code asks for a zone that only the package has.
pub(super) fn wants_package(facts: &Facts<'_>) -> bool {
    !asked(facts).is_empty()
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let requires = |name: &str| facts.requirements().of(name).any(|entry| !entry.is_constraint);
    let locked = facts.provided().is_some_and(|provided| provided.names.contains(PACKAGE));
    let brought =
        || requires(PACKAGE) || locked || bringers(PACKAGE).unwrap_or_default().iter().any(|name| requires(name));
    // What was installed counts more than what files tell.
    let is_there = facts.absent.as_ref().map_or_else(brought, |absent| !absent.contains(PACKAGE));
    if is_there || facts.plans(OF_DEBIAN) {
        return;
    }
    for Asked { path, line, text, zone, is_certain } in asked(facts) {
        let finding = MISSING
            .found(format!("the image of the app has no time zone {zone}: that name is an old one"))
            .about(&zone);
        let finding = finding.at(facts.app.line(path, Some(line)), text);
        let finding = finding.severity(if is_certain { Severity::Error } else { Severity::Warning });
        let is_known = facts.absent.is_some() || facts.provided().is_some_and(|provided| provided.is_closed);
        let finding = if is_known { finding } else { finding.likely() };
        findings.push(if is_used(facts) && facts.app.has_file(REQUIREMENTS) {
            finding.fix(format!("require {PACKAGE}"), vec![require(facts, PACKAGE)])
        } else {
            finding.help(format!("add {PACKAGE} to the dependencies, or write the zone's name of today"))
        });
    }
}
