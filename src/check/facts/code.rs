//! Python source as statements: joined over lines, without comments, each with the blocks around it.
//!
//! No parser: what does not look like Python yields statements that no check knows.

/// A module's statements.
#[derive(Debug, Default)]
pub(in crate::check) struct Code {
    pub(in crate::check) statements: Vec<Statement>,
    blocks: Vec<Block>,
}

/// One statement, or the head of a compound one.
#[derive(Debug)]
pub(in crate::check) struct Statement {
    /// Where it begins, from 1.
    pub(in crate::check) line: usize,
    /// In one line; texts between triple quotes are empty.
    pub(in crate::check) text: String,
    indent: usize,
    block: Option<usize>,
    /// Of an `except` clause: its `try`.
    handles: Option<usize>,
}

impl Statement {
    /// Whether nothing of its block comes behind it: it raises, or ends the program.
    pub(in crate::check) fn is_end(&self) -> bool {
        const EXITS: &[&str] = &["exit(", "sys.exit(", "os._exit(", "quit(", "os.abort("];
        first_word(&self.text) == "raise" || EXITS.iter().any(|exit| self.text.starts_with(exit))
    }

    /// It with another text in its place.
    pub(in crate::check) fn with_text(&self, text: String) -> Self {
        Self { text, ..*self }
    }
}

/// The exceptions of an `except` clause.
fn handled(head: &str) -> &str {
    let what = head["except".len()..].trim_matches([':', ' ', '*']);
    if what.is_empty() { "BaseException" } else { what }
}

#[derive(Debug)]
struct Block {
    parent: Option<usize>,
    indent: usize,
    head: String,
    /// What the `except` clauses of a `try` catch, joined.
    caught: Option<String>,
    /// Those of its `except` clauses that end by themselves, whatever they catch: each one's exceptions.
    ended: Vec<String>,
}

const COMPOUND: &[&str] = &[
    "if", "elif", "else", "try", "except", "finally", "for", "while", "with", "def", "class", "async", "match", "case",
];

fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

/// Whether a text has a word, as a whole.
pub(in crate::check) fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(is_part)
            && !text[at + word.len()..].chars().next().is_some_and(is_part)
    })
}

impl Code {
    /// Linear in the text, whatever it holds.
    pub(in crate::check) fn read(text: &str) -> Self {
        let mut code = Self { statements: split(text), blocks: Vec::new() };
        code.nest();
        code.end_handlers();
        code
    }

    /// Marks the handlers that raise or exit in their turn.
    fn end_handlers(&mut self) {
        let heads =
            self.statements.iter().enumerate().filter_map(|(index, statement)| Some((index, statement.handles?)));
        let ended: Vec<(usize, String)> = heads
            .filter(|(index, _)| self.directly_inside(*index).any(Statement::is_end))
            .map(|(index, block)| (block, handled(&self.statements[index].text).to_owned()))
            .collect();
        for (block, names) in ended {
            self.blocks[block].ended.push(names);
        }
    }

    /// Finds the blocks around each statement.
    fn nest(&mut self) {
        let mut open: Option<usize> = None;
        let mut last_try: Option<usize> = None;
        for statement in &mut self.statements {
            while let Some(block) = open.filter(|block| self.blocks[*block].indent >= statement.indent) {
                open = self.blocks[block].parent;
                if self.blocks[block].caught.is_some() && self.blocks[block].indent == statement.indent {
                    last_try = Some(block);
                }
            }
            statement.block = open;
            let word = first_word(&statement.text);
            if word == "except"
                && let Some(block) = last_try.and_then(|block| self.blocks.get_mut(block))
                && block.indent == statement.indent
            {
                let caught = block.caught.get_or_insert_default();
                caught.push_str(handled(&statement.text));
                caught.push(' ');
                statement.handles = last_try;
            }
            if COMPOUND.contains(&word) && statement.text.ends_with(':') {
                let caught = (word == "try").then(String::new);
                let (indent, head) = (statement.indent, statement.text.clone());
                self.blocks.push(Block { parent: open, indent, head, caught, ended: Vec::new() });
                open = Some(self.blocks.len() - 1);
            }
        }
    }

    /// A statement's text as it is written, where the statement may have been given another one.
    pub(in crate::check) fn written<'s>(&'s self, statement: &'s Statement) -> &'s str {
        let first = self.statements.partition_point(|own| own.line < statement.line);
        let of_line = self.statements[first..].iter().take_while(|own| own.line == statement.line);
        let mut same = of_line.filter(|own| own.indent == statement.indent);
        match (same.next(), same.next()) {
            (Some(only), None) => &only.text,
            _ => &statement.text,
        }
    }

    /// The blocks around a statement up to the function it stands in, the nearest first.
    fn around(&self, statement: &Statement) -> impl Iterator<Item = &Block> {
        let is_function = |block: &Block| matches!(first_word(&block.head), "def" | "async");
        self.all_around(statement).take_while(move |block| !is_function(block))
    }

    fn all_around(&self, statement: &Statement) -> impl Iterator<Item = &Block> {
        let at = |index: Option<usize>| index.and_then(|index| self.blocks.get(index));
        std::iter::successors(at(statement.block), move |block| at(block.parent))
    }

    /// The heads of all blocks around a statement, the nearest first.
    pub(in crate::check) fn heads_around(&self, statement: &Statement) -> impl Iterator<Item = &str> {
        self.all_around(statement).map(|block| block.head.as_str())
    }

    /// Whether it is done only when a function is called.
    pub(in crate::check) fn is_lazy(&self, statement: &Statement) -> bool {
        self.function(statement).is_some()
    }

    /// The head of the function that it stands in.
    pub(in crate::check) fn function(&self, statement: &Statement) -> Option<&str> {
        let mut blocks = self.all_around(statement);
        blocks
            .find(|block| block.head.starts_with("def ") || block.head.starts_with("async def "))
            .map(|block| block.head.as_str())
    }

    /// Whether a condition, a loop or a handler decides that it is done; `if __name__` is none.
    pub(in crate::check) fn is_conditional(&self, statement: &Statement) -> bool {
        self.around(statement).any(|block| {
            let word = first_word(&block.head);
            matches!(word, "if" | "elif" | "else" | "except" | "for" | "while" | "case")
                && !block.head.contains("__name__")
        })
    }

    /// Whether it is read by type checkers alone.
    pub(in crate::check) fn is_typing(&self, statement: &Statement) -> bool {
        self.around(statement).any(|block| block.head.contains("TYPE_CHECKING"))
    }

    /// Whether one of these exceptions is caught around it, by a handler that goes on, or it stands in a handler.
    pub(in crate::check) fn is_caught(&self, statement: &Statement, exceptions: &[&str]) -> bool {
        let has_any =
            |names: &str| ["Exception", "BaseException"].iter().chain(exceptions).any(|name| has_word(names, name));
        self.around(statement).any(|block| match first_word(&block.head) {
            "try" => {
                has_any(block.caught.as_deref().unwrap_or_default()) && !block.ended.iter().any(|names| has_any(names))
            }
            "with" if block.head.contains("suppress(") => has_any(&block.head),
            "except" => true,
            _ => false,
        })
    }

    /// Whether what the statement at a line raises goes no further than a `try` around it: `kind` by its own name, or all that is an exception.
    pub(in crate::check) fn ends_inside(&self, line: usize, kind: &str) -> bool {
        let Some(statement) = self.statements.iter().rfind(|statement| statement.line <= line) else { return false };
        self.around(statement).any(|block| {
            let caught = block.caught.as_deref().unwrap_or_default();
            let is_suppressed = block.head.starts_with("with ") && block.head.contains("suppress(");
            let names = if is_suppressed { &block.head } else { caught };
            ["Exception", "BaseException", kind].iter().any(|name| has_word(names, name))
        })
    }

    /// Whether a condition around it names this text.
    pub(in crate::check) fn is_asked(&self, statement: &Statement, text: &str) -> bool {
        self.all_around(statement)
            .any(|block| matches!(first_word(&block.head), "if" | "elif" | "while") && block.head.contains(text))
    }

    /// The statements inside the block that a head opens.
    pub(in crate::check) fn inside(&self, head: usize) -> &[Statement] {
        let Some(first) = self.statements.get(head) else { return &[] };
        let rest = &self.statements[head + 1..];
        let end = rest.iter().position(|statement| statement.indent <= first.indent).unwrap_or(rest.len());
        &rest[..end]
    }

    /// The statements that follow one in its block, with what is nested in them.
    pub(in crate::check) fn rest_of_block(&self, index: usize) -> &[Statement] {
        let Some(first) = self.statements.get(index) else { return &[] };
        let rest = &self.statements[index + 1..];
        let end = rest.iter().position(|statement| statement.indent < first.indent).unwrap_or(rest.len());
        &rest[..end]
    }

    /// Those directly inside, leaving out what is nested deeper.
    pub(in crate::check) fn directly_inside(&self, head: usize) -> impl Iterator<Item = &Statement> {
        let inside = self.inside(head);
        let indent = inside.first().map_or(0, |first| first.indent);
        inside.iter().filter(move |statement| statement.indent == indent)
    }
}

/// The text as statements, without the blocks around them.
fn split(text: &str) -> Vec<Statement> {
    let mut splitter = Splitter { found: Vec::new(), text: String::new(), line: 1, began: 1, indent: 0, depth: 0 };
    let mut chars = text.chars().peekable();
    let mut at_margin = true;
    while let Some(c) = chars.next() {
        if at_margin && splitter.text.is_empty() && matches!(c, ' ' | '\t' | '\u{c}') {
            splitter.indent += if c == '\t' { 8 } else { 1 };
            continue;
        }
        at_margin = false;
        match c {
            '\n' => {
                splitter.line += 1;
                if splitter.depth == 0 {
                    splitter.end();
                    splitter.indent = 0;
                    at_margin = true;
                } else {
                    splitter.push(' ');
                }
            }
            '\\' if chars.peek() == Some(&'\n') => {
                chars.next();
                splitter.line += 1;
                splitter.push(' ');
            }
            '#' => while chars.next_if(|next| *next != '\n').is_some() {},
            '"' | '\'' => string(&mut splitter, &mut chars, c),
            ';' if splitter.depth == 0 => splitter.end(),
            ':' if splitter.depth == 0 && COMPOUND.contains(&first_word(&splitter.text)) => {
                splitter.push(':');
                splitter.end();
                // What follows in the same line is inside.
                splitter.indent += 1;
                while chars.next_if(|next| matches!(next, ' ' | '\t')).is_some() {}
            }
            _ => {
                match c {
                    '(' | '[' | '{' => splitter.depth += 1,
                    ')' | ']' | '}' => splitter.depth = splitter.depth.saturating_sub(1),
                    _ => {}
                }
                splitter.push(c);
            }
        }
    }
    splitter.end();
    splitter.found
}

fn string(splitter: &mut Splitter, chars: &mut std::iter::Peekable<std::str::Chars<'_>>, quote: char) {
    splitter.push(quote);
    if chars.next_if_eq(&quote).is_some() {
        splitter.push(quote);
        if chars.next_if_eq(&quote).is_none() {
            return;
        }
        let mut closing = 0;
        while let Some(c) = chars.next() {
            closing = if c == quote { closing + 1 } else { 0 };
            match c {
                '\\' => splitter.line += usize::from(chars.next() == Some('\n')),
                '\n' => splitter.line += 1,
                _ => {}
            }
            if closing == 3 {
                return;
            }
        }
        return;
    }
    while let Some(c) = chars.next_if(|next| *next != '\n') {
        splitter.push(c);
        if c == quote {
            return;
        }
        if c == '\\'
            && let Some(next) = chars.next()
        {
            splitter.line += usize::from(next == '\n');
            splitter.push(if next == '\n' { ' ' } else { next });
        }
    }
}

struct Splitter {
    found: Vec<Statement>,
    text: String,
    line: usize,
    began: usize,
    indent: usize,
    depth: usize,
}

impl Splitter {
    fn push(&mut self, c: char) {
        if self.text.is_empty() {
            if c.is_whitespace() {
                return;
            }
            self.began = self.line;
        }
        if c != ' ' || !self.text.ends_with(' ') {
            self.text.push(c);
        }
    }

    fn end(&mut self) {
        let text = std::mem::take(&mut self.text);
        let text = text.trim_end();
        if !text.is_empty() {
            let statement =
                Statement { line: self.began, text: text.to_owned(), indent: self.indent, block: None, handles: None };
            self.found.push(statement);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(code: &str) -> Vec<(usize, String)> {
        Code::read(code).statements.into_iter().map(|statement| (statement.line, statement.text)).collect()
    }

    #[test]
    fn a_statement_over_several_lines_is_one() {
        let found = texts("from a import (\n    b,  # first\n    c,\n)\nx = 1; y = \\\n  2\n");
        assert_eq!(
            found,
            [(1, "from a import ( b, c, )".to_owned()), (5, "x = 1".to_owned()), (5, "y = 2".to_owned())]
        );
    }

    #[test]
    fn texts_of_several_lines_are_empty_and_hide_what_looks_like_code() {
        let found = texts("\"\"\"\nimport a\n\"\"\"\nb = '# no comment'\nif x: import c\n");
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 4, 5, 5]);
        assert_eq!(found[1].1, "b = '# no comment'");
        assert_eq!(found[3].1, "import c");
    }

    #[test]
    fn the_blocks_around_a_statement_are_known() {
        let code = Code::read(
            "try:\n    import a\nexcept (ImportError, OSError):\n    import b\ndef f():\n    import c\nif __name__ == '__main__':\n    import d\nif TYPE_CHECKING:\n    import e\ntry:\n    import f\nfinally:\n    pass\nwith suppress(ImportError):\n    import g\n",
        );
        let of = |name: &str| code.statements.iter().find(|found| found.text == format!("import {name}")).unwrap();
        let catches = ["ImportError"];
        assert!(code.is_caught(of("a"), &catches) && code.is_caught(of("b"), &catches));
        assert!(code.is_lazy(of("c")) && !code.is_lazy(of("d")));
        assert!(!code.is_conditional(of("d")));
        assert!(code.is_typing(of("e")) && code.is_conditional(of("e")));
        assert!(!code.is_caught(of("f"), &catches) && code.is_caught(of("g"), &catches));
    }

    #[test]
    fn a_handler_that_ends_the_program_catches_nothing() {
        let is_caught = |handler: &str| {
            let code = Code::read(&format!("try:\n    import a\nexcept ImportError as e:\n{handler}print(1)\n"));
            code.is_caught(&code.statements[1], &["ImportError"])
        };
        for ends in ["    raise\n", "    print(e)\n    sys.exit(1)\n", "    raise SystemExit('a') from e\n"] {
            assert!(!is_caught(ends), "{ends}");
        }
        for goes_on in [
            "    pass\n",
            "    a = None\n    if b: raise\n",
            "    raised = 1\n",
            "    try:\n        import b\n    except ImportError:\n        raise\n",
        ] {
            assert!(is_caught(goes_on), "{goes_on}");
        }
    }

    #[test]
    fn what_a_handler_raises_is_not_caught_by_its_own_try() {
        let code = Code::read(
            "try:\n    run(\n        token)\nexcept (TypeError, OSError):\n    run(None)\nwith suppress(KeyError):\n    run()\ntry:\n    run()\nfinally:\n    stop()\n",
        );
        let inside = |line, kind| code.ends_inside(line, kind);
        assert!(inside(3, "TypeError") && !inside(3, "KeyError") && !inside(5, "TypeError"));
        assert!(inside(7, "KeyError") && !inside(9, "KeyError") && !inside(0, "KeyError"));
    }

    #[test]
    fn anything_can_be_read() {
        for text in ["'", "\"\"\"", "((((", "\\", "if", "except:\n", ":::", "try:\n x\n", "é = 'ü\\", "\t\u{c}"] {
            let code = Code::read(text);
            assert!(code.statements.len() <= 4, "{text}");
        }
    }
}
