//! A source file as the rules read it: without comments and literals, without its unit tests.

/// A source file, beside its text with comments and literals blanked out.
pub(super) struct SourceFile {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) code: String,
}

impl SourceFile {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: code_only(text),
        }
    }

    /// Number of lines before the unit tests at the end.
    pub(super) fn product_lines(&self) -> usize {
        let lines: Vec<&str> = self.text.trim_end().lines().collect();
        let begins_tests = |pair: &[&str]| {
            pair[0].starts_with("#[cfg(")
                && pair[0].contains("test")
                && pair[1].starts_with("mod tests {")
        };
        let Some(attribute) = lines.windows(2).position(begins_tests) else {
            return lines.len();
        };
        // Only if the module that begins there is the last thing in the file.
        let end = lines[attribute..].iter().position(|line| *line == "}");
        if end.map(|end| attribute + end + 1) == Some(lines.len()) {
            attribute
        } else {
            lines.len()
        }
    }

    /// `judge` for `src/judge/mod.rs` and `src/judge.rs`; `None` for `src/lib.rs` and `src/main.rs`.
    pub(super) fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        match inside.split_once('/') {
            Some((room, _)) => Some(room),
            None => inside
                .strip_suffix(".rs")
                .filter(|name| !["lib", "main"].contains(name)),
        }
    }

    /// How many `super` lead from the file's module to the crate: 1 for `src/judge/mod.rs`, 2 for `src/judge/x.rs`.
    pub(super) fn depth(&self) -> usize {
        let slashes = self.path.matches('/').count();
        slashes - usize::from(self.path.ends_with("/mod.rs"))
    }

    pub(super) fn line_of(&self, position: usize) -> usize {
        self.code[..position].matches('\n').count() + 1
    }

    pub(super) fn finding(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// The text with comments and the contents of literals replaced by spaces; lines stay where they are.
fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = end_of_blank(&chars, at);
        if end == at {
            code.push(chars[at]);
            at += 1;
        } else {
            let blank = chars[at..end].iter();
            code.extend(blank.map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    code
}

/// Where the comment or literal that begins at `at` ends; `at` itself if none begins there.
fn end_of_blank(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    match chars[at] {
        '/' if next == Some('/') => find(chars, at, '\n'),
        '/' if next == Some('*') => end_of_block_comment(chars, at),
        '"' => end_of_quoted(chars, at, '"'),
        'r' if matches!(next, Some('"' | '#')) && !follows_word(chars, at) => {
            end_of_raw_string(chars, at)
        }
        '\'' if next == Some('\\') || chars.get(at + 2) == Some(&'\'') => {
            end_of_quoted(chars, at, '\'')
        }
        _ => at,
    }
}

fn find(chars: &[char], from: usize, wanted: char) -> usize {
    let found = chars[from..].iter().position(|&c| c == wanted);
    found.map_or(chars.len(), |offset| from + offset)
}

/// A `b` before a raw string belongs to it; any other letter is the end of a name.
fn follows_word(chars: &[char], at: usize) -> bool {
    at > 0 && is_word(chars[at - 1]) && chars[at - 1] != 'b'
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn end_of_quoted(chars: &[char], at: usize, quote: char) -> usize {
    let mut end = at + 1;
    while end < chars.len() && chars[end] != quote {
        end += if chars[end] == '\\' { 2 } else { 1 };
    }
    chars.len().min(end + 1)
}

fn end_of_raw_string(chars: &[char], at: usize) -> usize {
    let hashes = chars[at + 1..].iter().take_while(|&&c| c == '#').count();
    if chars.get(at + 1 + hashes) != Some(&'"') {
        return at;
    }
    let mut end = at + 2 + hashes;
    while end < chars.len() {
        let closes = chars[end] == '"'
            && chars[end + 1..].len() >= hashes
            && chars[end + 1..][..hashes].iter().all(|&c| c == '#');
        if closes {
            return end + 1 + hashes;
        }
        end += 1;
    }
    chars.len()
}

fn end_of_block_comment(chars: &[char], at: usize) -> usize {
    let mut open = 0usize;
    let mut end = at;
    while end < chars.len() {
        match (chars[end], chars.get(end + 1)) {
            ('/', Some('*')) => {
                open += 1;
                end += 2;
            }
            ('*', Some('/')) => {
                open -= 1;
                end += 2;
                if open == 0 {
                    return end;
                }
            }
            _ => end += 1,
        }
    }
    chars.len()
}

/// The places where `wanted` stands as a word of its own, or begins one.
pub(super) fn places<'a>(code: &'a str, wanted: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(wanted)
        .map(|(position, _)| position)
        .filter(|&position| !code[..position].ends_with(is_word))
}
