//! Links of the Markdown. Names of Markdown files and downloads of this site become their addresses.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Tag, html};

use super::writer::Writer;

impl Writer<'_, '_> {
    /// Writes the start of a link.
    pub(super) fn link(&mut self, event: &Event, range: &Range<usize>) {
        let Event::Start(Tag::Link { link_type, dest_url, title, id }) = event else { return };
        self.in_link += 1;
        if self.in_link > 1 {
            return;
        }
        self.close_link();
        let dest_url = match link_type {
            LinkType::Email => dest_url.clone(),
            _ => self.destination(dest_url, range.start).into(),
        };
        let link = Event::Start(Tag::Link { link_type: *link_type, dest_url, title: title.clone(), id: id.clone() });
        html::push_html(&mut self.html, std::iter::once(link));
    }

    /// Address that a link leads to; also notes it for the check of all links.
    fn destination(&mut self, written: &str, at: usize) -> String {
        // An address with a scheme (`https:`, `mailto:`, `tel:`) is complete.
        let is_ours = !written.starts_with(['#', '?']) && url::Url::parse(written).is_err();
        let found = is_ours.then(|| self.lookup.target(written)).flatten();
        match found {
            Some((address, Some(refusal))) => {
                self.remark(at, format!("the picture {written:?} cannot be opened: {}", refusal.what), refusal.mend);
                address
            }
            Some((address, None)) => {
                self.link_to(at, address.as_str());
                address
            }
            None if is_ours && !written.starts_with('/') => {
                let what = format!("the link {written:?} leads to no file here");
                self.remark(
                    at,
                    what,
                    "Write the address as readers see it, such as /about, or the name of a file beside this one.",
                );
                written.to_owned()
            }
            None => {
                self.link_to(at, written);
                written.to_owned()
            }
        }
    }

    pub(super) fn end_of_link(&mut self) {
        self.in_link -= 1;
        if self.in_link == 0 {
            self.raw("</a>");
            let behind = std::mem::take(&mut self.behind_link);
            self.raw(&behind);
        }
    }

    /// Reports `![Photo](IMG 0001.JPG)`, which is text: an address ends at a space (CommonMark 6.3). `at` is the
    /// position of `text`.
    pub(super) fn report_space(&mut self, text: &str, at: usize) {
        for opening in text.match_indices('(').map(|(bracket, _)| at + bracket) {
            let Some((before, rest)) = self.markdown.split_at_checked(opening) else { continue };
            let line = before.lines().next_back().unwrap_or_default();
            let written = rest.strip_prefix('(').and_then(|rest| rest.lines().next()?.split_once(')'));
            let Some((written, _)) = written.filter(|(written, _)| line.ends_with(']') && written.trim().contains(' '))
            else {
                continue;
            };
            if line.contains("![") || self.lookup.media(written).is_some() || self.lookup.entry(written).is_some() {
                let what = format!("there is a space in the address {written:?}, so this is no picture and no link");
                self.remark(opening + 1, what, format!("Write it in angle brackets: (<{written}>)."));
            }
        }
    }
}
