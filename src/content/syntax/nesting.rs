//! Finds texts with so many nested quotes and lists that reading them would take too long.
//!
//! For each line, the parser looks at each quote and list that is open. Everything else in it was measured with hostile
//! texts and takes time in proportion to the size of the text, at most about 100 ns for each byte.

/// Most steps for each byte of a text: one for each open quote or list at each line. Real texts need about one.
const MOST_STEPS: usize = 64;
/// Steps that every text may take, however short it is.
const FREE: usize = 1 << 20;

/// Position of the first of the most deeply nested lines, if reading the text takes too many steps.
pub fn too_deep(markdown: &str) -> Option<usize> {
    let (mut steps, mut deepest, mut position, mut at) = (0_usize, 0, 0, 0);
    for line in markdown.split_inclusive('\n') {
        let depth = depth(line);
        if depth > deepest {
            (deepest, position) = (depth, at);
        }
        // Lines below may continue its last paragraph without any sign (CommonMark 5.1, laziness).
        steps = steps.saturating_add(deepest);
        at += line.len();
    }
    (steps > FREE.saturating_add(markdown.len().saturating_mul(MOST_STEPS))).then_some(position)
}

/// Most quotes and lists that can be open at the start of this line: those that it opens, and those that lines above
/// have opened, which take two columns each.
fn depth(line: &str) -> usize {
    let (mut depth, mut rest) = (0, line);
    loop {
        let inner = rest.trim_start_matches([' ', '\t']);
        let columns = rest.len() - inner.len();
        let Some(behind) = behind_sign(inner) else { return depth };
        depth += 1 + columns / 2;
        rest = behind;
    }
}

/// Text behind the sign of a quote or list item.
pub(in crate::content) fn behind_sign(text: &str) -> Option<&str> {
    if let Some(behind) = text.strip_prefix('>') {
        return Some(behind);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let signs: &[char] = if digits == 0 { &['-', '*', '+', ':'] } else { &['.', ')'] };
    text[digits..].strip_prefix(signs).filter(|behind| behind.starts_with(char::is_whitespace) || behind.is_empty())
}
