//! Diagrams in a file: Markdown fences, front matter, comments behind code.

/// One diagram of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The line of the file that [`Block::text`] begins on, from 1.
    pub first_line: usize,
    /// The diagram's text.
    pub text: String,
}

/// The diagrams of a file: what stands between Markdown fences named `mermaid`; the whole text, if there is none and
/// `is_markdown` is false. A fence that is not closed goes to the end.
pub fn blocks(text: &str, is_markdown: bool) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<(Fence, Option<Block>)> = None;
    for (index, line) in text.lines().enumerate() {
        let fence = Fence::of(line);
        match (&mut open, fence) {
            (Some((begin, block)), Some((fence, ""))) if fence.closes(*begin) => {
                found.extend(block.take());
                open = None;
            }
            (Some((begin, Some(block))), _) => {
                block.text.push_str(begin.unindented(line));
                block.text.push('\n');
            }
            (None, Some((fence, info))) => {
                let is_mermaid = info
                    .trim_start_matches(['{', '.'])
                    .split(|c: char| !c.is_ascii_alphanumeric())
                    .next()
                    .is_some_and(|name| name.eq_ignore_ascii_case("mermaid"));
                let block = is_mermaid.then(|| Block {
                    first_line: index + 2,
                    text: String::new(),
                });
                open = Some((fence, block));
            }
            _ => {}
        }
    }
    if let Some((_, block)) = open {
        found.extend(block);
    }
    if found.is_empty() && !is_markdown {
        found.push(Block {
            first_line: 1,
            text: text.to_owned(),
        });
    }
    found
}

/// The marks of a fence.
#[derive(Clone, Copy)]
struct Fence {
    mark: char,
    count: usize,
    indent: usize,
}

impl Fence {
    /// The fence of a line and what stands behind it.
    fn of(line: &str) -> Option<(Self, &str)> {
        let rest = line.trim_start();
        let mark = rest.chars().next().filter(|mark| "`~".contains(*mark))?;
        let after = rest.trim_start_matches(mark);
        let fence = Self {
            mark,
            count: rest.len() - after.len(),
            indent: line.len() - rest.len(),
        };
        (fence.count >= 3).then_some((fence, after.trim()))
    }

    fn closes(self, begin: Self) -> bool {
        self.mark == begin.mark && self.count >= begin.count
    }

    /// A line without the indentation of the fence: front matter begins in the first column.
    fn unindented(self, line: &str) -> &str {
        let own = line.len() - line.trim_start_matches([' ', '\t']).len();
        &line[own.min(self.indent)..]
    }
}

/// The text with comments behind code turned into spaces, which Mermaid's grammar refuses. Whole lines of comments stay.
pub(super) fn without_trailing_comments(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| match trailing_comment(line) {
            Some(begin) => format!("{}{}", &line[..begin], blank(&line[begin..])),
            None => line.to_owned(),
        })
        .collect()
}

/// Where the comment behind a line's code begins: outside quotes and brackets, behind a space.
fn trailing_comment(line: &str) -> Option<usize> {
    let mut is_quoted = false;
    let mut is_piped = false;
    let mut depth = 0_i32;
    let mut previous = ' ';
    let begin = line.len() - line.trim_start().len();
    for (position, c) in line.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '|' => is_piped = !is_piped,
            '[' | '(' | '{' => depth += 1,
            ']' | ')' | '}' => depth -= 1,
            '%' if position > begin
                && depth <= 0
                && !is_piped
                && matches!(previous, ' ' | '\t' | ';')
                && line[position..].starts_with("%%") =>
            {
                return Some(position);
            }
            _ => {}
        }
        previous = c;
    }
    None
}

/// Spaces in place of a text, as many bytes; line ends stay.
pub(super) fn blank(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'\n' => '\n',
            b'\r' => '\r',
            _ => ' ',
        })
        .collect()
}
