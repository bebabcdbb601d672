//! Finding a command by a few of its letters.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::commands::Command;

/// Letters of a query that are looked at.
const MAX_QUERY_CHARS: usize = 80;

/// Positions of the commands that match, the best first; all in their order, if nothing is asked. A match of the label
/// counts more than one of the line below it.
pub fn find(commands: &[Command], query: &str) -> Vec<usize> {
    let query: String = query.trim().chars().take(MAX_QUERY_CHARS).collect();
    if query.is_empty() {
        return (0..commands.len()).collect();
    }
    let pattern = Pattern::parse(&query, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut chars = Vec::new();
    let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut chars), &mut matcher);
    let mut found: Vec<(u32, usize)> = Vec::new();
    for (position, command) in commands.iter().enumerate() {
        let by_label = score(&command.label).map(|score| score * 4);
        let by_line = || query.chars().count() > 2;
        let best = by_label.or_else(|| by_line().then(|| score(&command.line)).flatten());
        found.extend(best.map(|score| (score, position)));
    }
    // Of equal matches the one that is more common stands first.
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    found.into_iter().map(|(_, position)| position).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ViewModel;
    use crate::app::shell::commands::commands;

    fn first(query: &str) -> String {
        let all = commands(&ViewModel::default());
        let found = find(&all, query);
        found
            .first()
            .map(|position| all[*position].id.clone())
            .unwrap_or_default()
    }

    #[test]
    fn a_few_letters_find_a_command() {
        assert_eq!(first("timeline"), "panel.timeline");
        assert_eq!(first("wsp learn"), "workspace.learn");
        assert_eq!(first("undo"), "undo");
        assert_eq!(first("polnext"), "policy.next-tick");
        assert_eq!(first("PANEL DROPS"), "panel.drops");
        assert_eq!(first("xyzzyq"), "");
    }

    #[test]
    fn nothing_asked_is_everything_in_order() {
        let all = commands(&ViewModel::default());
        assert_eq!(find(&all, "  "), (0..all.len()).collect::<Vec<_>>());
        find(&all, &"*^$!'\u{301}é".repeat(500));
    }
}
