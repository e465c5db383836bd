//! Texts of mails, and of the pages that their links open.

use serde::Deserialize;

use super::{
    phrase::{
        Phrase, Plural,
        gaps::{Email, Name, Reasons, Site, Title, Word, Words},
    },
    rooms::Said,
};

/// Texts in mails.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mails {
    pub held_subject: Phrase<(Name, Title)>,
    pub changed_held_subject: Phrase<(Name, Title)>,
    pub changed_subject: Phrase<(Name, Title)>,
    pub commented_subject: Phrase<(Name, Title)>,
    pub answered_subject: Phrase<(Name, Title)>,
    pub commented: Phrase<(Name, Title)>,
    pub answered: Phrase<(Name, Title)>,
    pub was_changed: String,
    pub is_held: String,
    pub is_shown: String,
    pub is_gone: String,
    pub to_article: String,
    pub approve: String,
    pub answer: String,
    pub spam: String,
    pub trash: String,
    pub author_foot: String,
    pub read_it: String,
    pub why: String,
    pub stop: String,
    pub confirm_subject: Phrase<Site>,
    pub confirm_answers: Phrase<(Title, Site)>,
    pub confirm_thread: Phrase<(Title, Site)>,
    pub confirm_if_you: String,
    pub confirm_yes: String,
    pub confirm_if_not: String,
    pub confirm_never: String,
    pub corner_subject: Phrase<Site>,
    pub corner_asked: Phrase<Site>,
    pub corner_if_you: String,
    pub corner_open: String,
    pub corner_if_not: String,
    pub digest_subject: Plural<Site>,
    pub digest_intro: String,
    pub digest_comment: Phrase<(Name, Title)>,
    pub refused_subject: Plural<Site>,
    pub refused_intro: String,
    pub digest_act: String,
    pub digest_more: Plural,
    pub digest_foot: String,
    pub test_subject: Phrase<Site>,
    pub test: Phrase<Site>,
}

/// Reasons why a comment is held: one for each `domain::verdict::Reason`, for the author.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldBecause {
    pub sentence: Phrase<Reasons>,
    pub all_held: String,
    pub first_comment: String,
    pub old_post: Plural,
    pub stamp_missing: String,
    pub stamp_forged: String,
    pub stamp_old: String,
    pub honeypot: String,
    pub author_name: String,
    pub links: Plural,
    pub word: Phrase<Word>,
    pub repeated: Plural,
    pub bayes: Phrase<Words>,
}

/// Reasons why a comment was refused: one for each `domain::verdict::Refusal`, for the author.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedBecause {
    pub word: Phrase<Word>,
    pub blocked: Phrase<Word>,
    pub too_fast: String,
}

/// Texts on the pages that links in mails open.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromMail {
    pub incomplete: String,
    pub over: String,
    pub not_kept: String,
    pub foreign: String,
    pub comment_by: Phrase<Name>,
    pub wrote: Phrase<Name>,
    pub under: Phrase<Title>,
    pub held: String,
    pub approved: String,
    pub spam: String,
    pub trash: String,
    pub here: String,
    pub answer_to: Phrase<Name>,
    pub answer_hint: String,
    pub answer_approves: String,
    pub post_answer: String,
    pub answer_missing: String,
    pub answered: String,
    pub you_answered: String,
    pub mails: String,
    pub is_this_you: String,
    pub asks_answers: Phrase<(Email, Title)>,
    pub asks_thread: Phrase<(Email, Title)>,
    pub yes: String,
    pub no: String,
    pub thanks: String,
    pub told_answers: Phrase<(Email, Title)>,
    pub told_thread: Phrase<(Email, Title)>,
    pub stop_these: String,
    pub no_mails: String,
    pub were_stopped: Phrase<Email>,
    pub what_it_gets: String,
    pub not_known: String,
    pub stop_heading: String,
    pub stop_both: Phrase<(Email, Title)>,
    pub stop_all: Phrase<Email>,
    pub for_article: String,
    pub for_good: String,
    pub stopped: String,
    pub stopped_thread: Phrase<(Email, Title)>,
    pub never: String,
    pub never_to: Phrase<Email>,
    pub allow: String,
}

/// Texts for commenters who open their own page by mail, and for settings of the mails they get.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByMail {
    pub heading: String,
    pub stranger: String,
    pub other_browser: String,
    pub email: String,
    pub send: String,
    pub wrong: String,
    pub too_many: String,
    pub foreign: String,
    pub away: String,
    pub asked: Said,
    pub asked_again: String,
    pub open: String,
    pub opens: Phrase<Email>,
    pub open_send: String,
    pub over: String,
    pub mails: String,
    pub none: String,
    pub answers: Phrase<(Email, Title)>,
    pub answers_wished: Phrase<(Email, Title)>,
    pub thread: Phrase<(Email, Title)>,
    pub thread_wished: Phrase<(Email, Title)>,
    pub unconfirmed: String,
    pub end: String,
    pub which: Phrase<Title>,
    pub leave: String,
    pub leave_hint: String,
}
