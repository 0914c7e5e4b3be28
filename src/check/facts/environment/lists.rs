//! Variables that code goes through in a list of names, and demands each of.

use crate::log::pattern::Pattern;

use crate::check::facts::code::{Code, Statement};

static LOOP: Pattern = Pattern::ascii(r"\bfor (\w+) in (\[(?u:[^\]]*)\]|\((?u:[^)]*)\)|\{(?u:[^}]*)\}|\w+)");
static LIST: Pattern =
    Pattern::ascii(r"^(\w+)\s*(?::(?u:[^=]+))?=\s*(?:frozenset\(|tuple\(|set\()?([\[({](?u:.*)[\])}])");
static NAME: Pattern = Pattern::ascii(r#"["']([A-Z][A-Z0-9_]+)["']"#);
static KEPT: Pattern = Pattern::ascii(r"^(\w+)\s*(?::(?u:[^=]+))?=\s*[\[({]");

/// A list and what becomes of it stand no farther apart, in statements.
const NEAR: usize = 1000;

/// The names that a statement demands, if it goes through a list of them.
pub(super) fn demanded(code: &Code, index: usize) -> Vec<String> {
    let Some(statement) = code.statements.get(index).filter(|statement| statement.text.contains("for ")) else {
        return Vec::new();
    };
    let Some(found) = LOOP.captures(&statement.text) else { return Vec::new() };
    let variable = &found[1];
    let is_head = statement.text.starts_with("for ");
    let body: Vec<&str> = match is_head {
        true => code.inside(index).iter().map(|inner| inner.text.as_str()).collect(),
        false => vec![&statement.text],
    };
    let has = |text: &str| body.iter().any(|line| line.contains(text));
    let subscript = has(&format!("environ[{variable}]"));
    let asks = has(&format!("getenv({variable})"))
        || has(&format!("environ.get({variable})"))
        || has(&format!("{variable} not in os.environ"))
        || has(&format!("{variable} not in environ"))
        || has("all(") && (has(&format!("{variable} in os.environ")) || has(&format!("{variable} in environ")));
    let ends = is_head && code.inside(index).iter().any(Statement::is_end);
    let demands = subscript || asks && (ends || is_checked(code, index, statement));
    if !demands {
        return Vec::new();
    }
    names(literal(code, index, &found[2]).unwrap_or(&found[2]))
}

/// Whether what a comprehension collects ends the program afterwards.
fn is_checked(code: &Code, index: usize, statement: &Statement) -> bool {
    if statement.text.starts_with("assert all(") {
        return true;
    }
    if ["if any(", "if not all("].iter().any(|head| statement.text.starts_with(head)) {
        return code.directly_inside(index).any(Statement::is_end);
    }
    let Some(kept) = KEPT.captures(&statement.text) else { return false };
    let mut rest = code.statements.iter().enumerate().skip(index + 1).take(NEAR);
    let (asked, assumed) = (format!("if {}:", &kept[1]), format!("assert not {}", &kept[1]));
    rest.any(|(at, later)| match later.text.strip_prefix(&assumed) {
        Some(more) => more.is_empty() || more.starts_with(','),
        None => later.text == asked && code.inside(at).iter().any(Statement::is_end),
    })
}

/// The list that a name was given before.
fn literal<'c>(code: &'c Code, index: usize, name: &str) -> Option<&'c str> {
    code.statements[..index].iter().rev().take(NEAR).find_map(|earlier| {
        let found = LIST.captures(&earlier.text)?;
        (&found[1] == name).then(|| found.get(2).map(|list| list.as_str()))?
    })
}

fn names(list: &str) -> Vec<String> {
    NAME.captures_iter(list).map(|found| found[1].to_owned()).collect()
}
