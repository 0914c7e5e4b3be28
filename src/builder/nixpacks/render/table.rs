//! The box that `nixpacks build` prints.

use crate::builder::nixpacks::{CircularDependency, Phase, Plan};

use super::VERSION;
use super::wrap::wrap;

const NAME_WIDTH: usize = 10;
const BOX_WIDTH: std::ops::RangeInclusive<usize> = 20..=80;
/// Two edges with a space each, and the bar between the columns with one on either side.
const FRAME: usize = 7;

/// The plan as `nixpacks build` prints it, uncoloured, without the empty line before it.
pub fn nixpacks_box(plan: &Plan) -> Result<String, CircularDependency> {
    let shown = |phase: &Phase| phase.uses_nix() || !phase.apt_pkgs.is_absent() || !phase.cmds.is_absent();
    let phases = plan.phases_in_order()?.into_iter().filter(|(_, phase)| shown(phase));
    let phases: Vec<(&str, String)> = phases.map(|(name, phase)| (name, content(phase))).collect();
    let start = ("start", plan.start_cmd().unwrap_or_default().to_owned());

    let width_of = |text: &str| text.chars().count();
    let names = phases.iter().map(|(name, _)| width_of(name)).chain([NAME_WIDTH]).max().unwrap_or(NAME_WIDTH);
    let lines = phases.iter().flat_map(|(_, text)| text.split('\n')).chain([start.1.as_str()]);
    let widest = lines.map(width_of).max().unwrap_or_default();
    let width = (FRAME + names + widest).clamp(*BOX_WIDTH.start(), *BOX_WIDTH.end());
    let columns = (names, width.saturating_sub(FRAME + names));

    let title = format!(" Nixpacks v{VERSION} ");
    let around = width - 2 - width_of(&title);
    let (left, right) = (around.div_ceil(2), around / 2);
    let rule = format!("\n║{}║\n", "─".repeat(width - 2));
    let rows: Vec<String> = phases.iter().map(|(name, text)| row(name, text, columns)).collect();
    Ok(format!(
        "╔{}{title}{}╗\n{}{rule}{}\n╚{}╝\n",
        "═".repeat(left),
        "═".repeat(right),
        rows.join(&rule),
        row(start.0, &start.1, columns),
        "═".repeat(width - 2),
    ))
}

fn content(phase: &Phase) -> String {
    let packages: Vec<&str> = phase.nix_pkgs.iter().chain(phase.apt_pkgs.iter()).map(String::as_str).collect();
    let labelled = !packages.is_empty() && !phase.cmds.is_empty();
    let (packages, cmds) = (packages.join(", "), phase.cmds.join("\n"));
    if labelled { format!("pkgs: {packages}\ncmds: {cmds}") } else { packages + &cmds }
}

fn row(name: &str, text: &str, (names, width): (usize, usize)) -> String {
    // The formatter itself would refuse more than 65,535 columns.
    let padded =
        |text: &str, columns: usize| text.to_owned() + &" ".repeat(columns.saturating_sub(text.chars().count()));
    let line = |name: &str, part: &str| format!("║ {} │ {} ║", padded(name, names), padded(part, width));
    let parts = wrap(text, width);
    let named = std::iter::once(name).chain(std::iter::repeat(""));
    named.zip(parts).map(|(name, part)| line(name, part)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_longer_than_any_line_is_printed() {
        let name = "a".repeat(70_000);
        let phase = Phase { cmds: ["true"].into(), ..Phase::default() };
        let plan = Plan { phases: Some([(name.clone(), phase)].into()), ..Plan::default() };
        assert!(nixpacks_box(&plan).unwrap().contains(&name));
    }

    #[test]
    fn the_box_of_a_plain_app() {
        let plan = Plan::from_json(
            r#"{"phases":{"setup":{"nixPkgs":["python3","gcc"]},
                "install":{"dependsOn":["setup"],"cmds":["python -m venv --copies /opt/venv && . /opt/venv/bin/activate && pip install -r requirements.txt"]}},
                "start":{"cmd":"python main.py"}}"#,
        );
        let expected = "\
╔══════════════════════════════ Nixpacks v1.41.0 ══════════════════════════════╗
║ setup      │ python3, gcc                                                    ║
║──────────────────────────────────────────────────────────────────────────────║
║ install    │ python -m venv --copies /opt/venv && . /opt/venv/bin/activate   ║
║            │ && pip install -r requirements.txt                              ║
║──────────────────────────────────────────────────────────────────────────────║
║ start      │ python main.py                                                  ║
╚══════════════════════════════════════════════════════════════════════════════╝
";
        assert_eq!(nixpacks_box(&plan.unwrap()).unwrap(), expected);
    }
}
