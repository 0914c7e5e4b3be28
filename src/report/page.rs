//! What every HTML page has: a head that lets nothing run, and text that can be no markup.

/// The beginning of every page, up to the middle of its style sheet.
pub const PAGE_HEAD: &str = include_str!("page_head.html");
/// The end of every page.
pub const PAGE_TAIL: &str = "</body>\n</html>\n";

/// Text that can be no markup. What moves or hides text is the affair of [`super::shown`].
pub fn escaped_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_be_no_markup() {
        assert_eq!(escaped_html("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
    }
}
