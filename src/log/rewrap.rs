//! Undoes hard wrapping, as terminals and consoles do it at their width, splitting words or not.

use super::line::Line;

/// Widths at which people's consoles wrap.
const WIDTHS: std::ops::RangeInclusive<usize> = 18..=132;
/// As many full lines make a width plausible.
const FULL_LINES: usize = 3;
/// Widths of most terminals: one full line and none beyond it make them plausible.
const USUAL: [usize; 3] = [80, 100, 120];
/// How many widths are tried.
const CANDIDATES: usize = 2;
/// Consoles break words a little before their width.
const SLACK: usize = 4;
/// A wrapped line of the original was hardly longer than this.
const LONGEST: usize = 4096;

/// The lines joined again, one list for each plausible width, and one with the indented paragraphs that uv makes.
pub(super) fn candidates(lines: &[Line]) -> Vec<Vec<Line>> {
    let paragraphs = paragraphs(lines);
    widths(lines)
        .into_iter()
        .map(|width| rejoin(lines, width))
        .chain((paragraphs.len() < lines.len()).then_some(paragraphs))
        .collect()
}

/// uv breaks what it says between words before the 80th column, and indents what follows alike.
const PARAGRAPH: usize = 76;

fn paragraphs(lines: &[Line]) -> Vec<Line> {
    let mut joined: Vec<Line> = Vec::with_capacity(lines.len());
    let mut last_length = 0;
    for line in lines {
        let text = line.text.trim_start();
        let length = line.text.chars().count();
        let first_word = text.split(' ').next().unwrap_or_default().chars().count();
        if let Some(last) = joined.last_mut()
            && is_broken(&last.text, &line.text)
            && last_length + 1 + first_word > PARAGRAPH
            && last_length <= PARAGRAPH + first_word + SLACK
            && last.text.len() < LONGEST
            && !starts_afresh(text)
        {
            last.text.push(' ');
            last.text.push_str(text);
        } else {
            joined.push(line.clone());
        }
        last_length = length;
    }
    joined
}

/// Whether the second line may go on with the first: both are equally far in, whatever tree uv draws there.
fn is_broken(first: &str, second: &str) -> bool {
    const TREE: [char; 8] = [' ', '│', '├', '╰', '─', '▶', '×', '·'];
    let depth = |text: &str| text.chars().take_while(|c| TREE.contains(c)).count();
    depth(first) >= 4 && depth(first) == depth(second) && second.chars().count() > depth(second)
}

/// Widths that many lines have exactly and that hardly any line just exceeds.
fn widths(lines: &[Line]) -> Vec<usize> {
    let mut lengths = [0_usize; 140];
    for line in lines {
        let length = line.text.chars().count();
        if let Some(count) = lengths.get_mut(length) {
            *count += 1;
        }
    }
    let near = |width: usize| lengths[width.saturating_sub(4)..=width].iter().sum::<usize>();
    let beyond = |width: usize| lengths[width + 1..(width + 7).min(140)].iter().sum::<usize>();
    let mut widths: Vec<usize> = WIDTHS
        .filter(|width| lengths[*width] > 0 && near(*width) >= FULL_LINES && beyond(*width) * 6 <= near(*width))
        .collect();
    widths.sort_by_key(|width| std::cmp::Reverse((near(*width), *width)));
    widths.truncate(CANDIDATES);
    let longest = lines.iter().map(|line| line.text.chars().count()).max().unwrap_or_default();
    if USUAL.contains(&longest) && !widths.contains(&longest) {
        widths.push(longest);
    }
    widths
}

fn rejoin(lines: &[Line], width: usize) -> Vec<Line> {
    let mut joined: Vec<Line> = Vec::with_capacity(lines.len());
    let mut open: Option<usize> = None;
    for line in lines {
        let length = line.text.chars().count();
        if let Some(last_length) = open
            && let Some(last) = joined.last_mut()
            && last.phase == line.phase
            && last.service == line.service
            && last.text.len() < LONGEST
            && !starts_afresh(&line.text)
        {
            let first_word = line.text.split(' ').next().unwrap_or_default().chars().count();
            let split_word = last_length == width;
            if !line.text.is_empty() && (split_word || last_length + 1 + first_word + SLACK > width) {
                // A line cut one short of the width lost the blank at its end.
                if !split_word && !line.text.starts_with(' ') {
                    last.text.push(' ');
                }
                last.text.push_str(&line.text);
                open = (length <= width).then_some(length);
                continue;
            }
        }
        open = (length <= width && length > 0).then_some(length);
        joined.push(line.clone());
    }
    joined
}

/// What no wrapped line goes on with.
fn starts_afresh(text: &str) -> bool {
    const STARTS: &[&str] = &[
        "Traceback",
        "INFO:",
        "DEBUG:",
        "CRITICAL:",
        "ERROR:",
        "WARNING:",
        "  File \"",
        "error:",
        "note:",
        "hint:",
        "[notice]",
    ];
    STARTS.iter().any(|start| text.starts_with(start))
}
