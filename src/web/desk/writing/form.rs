//! The form of the editor: a text, and fields of its front matter that change only what was changed in them.

use jiff::civil::Date;
use serde::Deserialize;

use crate::content::editing::{FrontMatterText, NewValue, Unfit};

/// Jekyll's folder of drafts.
pub const DRAFTS: &str = "_drafts/";

/// The form of the editor.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EditForm {
    pub path: String,
    /// Version of the file that the form was made from.
    pub version: String,
    pub text: String,
    pub title: String,
    pub description: String,
    pub date: String,
    /// Tags between commas.
    pub tags: String,
    /// The four fields as they were, a line each.
    pub was: String,
    /// New name of the file, without folder and ending.
    pub name: String,
    /// Words for those who do not see the picture that is added.
    pub alt: String,
    /// Not empty if the live preview may keep what was typed.
    pub keeps: String,
    /// Name of the button.
    pub act: String,
}

impl EditForm {
    /// Takes a text, and fills the fields from its front matter.
    pub fn fill(&mut self, text: String) {
        if let Ok(read) = FrontMatterText::new(text.clone(), self.is_stretch()) {
            let values = read.values();
            let value = |key| values.text(key).unwrap_or_default();
            (self.title, self.description, self.date) = (value("title"), value("description"), value("date"));
            self.tags = values.texts("tags").join(", ");
        }
        self.text = text;
        self.was = self.fields().map(|(_, value)| value.replace('\n', " ")).join("\n");
        let stem = self.path.trim_end_matches("/index.md").rsplit('/').next().unwrap_or_default();
        self.name = stem.rsplit_once(".m").map_or(stem, |(stem, _)| stem).to_owned();
    }

    pub fn is_stretch(&self) -> bool {
        self.path.starts_with("stretches/")
    }

    /// New path of a draft of Jekyll that is published, in the folder of posts, whose names begin with a date.
    pub fn published_path(&self, date: &str) -> Option<String> {
        let below = self.path.strip_prefix(DRAFTS).filter(|_| self.act == "publish")?;
        let at = below.trim_end_matches("/index.md").rfind('/').map_or(0, |at| at + 1);
        let (above, name) = below.split_at(at);
        let day = |text: &str| text.get(..10).and_then(|day| day.parse::<Date>().ok());
        match day(name) {
            Some(_) => Some(format!("_posts/{below}")),
            None => Some(format!("_posts/{above}{}-{name}", day(&self.date).or(day(date))?)),
        }
    }

    fn fields(&self) -> [(&'static str, &str); 4] {
        [("title", &self.title), ("description", &self.description), ("date", &self.date), ("tags", &self.tags)]
    }

    /// The text with the fields that were changed.
    pub fn with_fields(&self, text: String, date: &str) -> Result<FrontMatterText, Unfit> {
        let mut text = FrontMatterText::new(text, self.is_stretch())?;
        for ((key, value), was) in self.fields().into_iter().zip(self.was.split('\n')) {
            let value = value.trim();
            if value == was.trim_end_matches('\r').trim() {
                continue;
            }
            let tags: Vec<String> = value.split(',').map(|tag| tag.trim().to_owned()).collect();
            match key {
                _ if value.is_empty() => text.remove(key)?,
                "tags" => text.set(key, NewValue::List(&tags))?,
                "date" => text.set(key, NewValue::Date(value))?,
                _ => text.set(key, NewValue::Text(value))?,
            }
        }
        match self.act.as_str() {
            "publish" => {
                text.set_draft(false)?;
                if self.path.starts_with("posts/") && text.values().text("date").is_none() {
                    text.set("date", NewValue::Date(date))?;
                }
            }
            "unpublish" => text.set_draft(true)?,
            _ => {}
        }
        Ok(text)
    }
}
