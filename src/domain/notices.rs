//! Who is told of a comment. Never the one who wrote it, never twice, never somebody who did not ask.

use std::collections::BTreeMap;

use super::{comment::CommentId, mailbox::mailbox};

/// What a commenter wants to be told of, as chosen in the form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    #[default]
    Nothing,
    /// Answers to the comment.
    Answers,
    /// Everything that is said in its thread.
    Thread,
}

impl Wish {
    /// The word in the form and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Answers => "answers",
            Self::Thread => "thread",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Nothing, Self::Answers, Self::Thread].into_iter().find(|wish| wish.as_str() == word)
    }
}

/// A comment that readers see from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub id: CommentId,
    pub parent: Option<CommentId>,
    /// As its writer typed it.
    pub email: Option<String>,
    /// The fingerprint of its writer's cookie; none for the author.
    pub commenter: Option<String>,
}

/// A wish that holds: address confirmed, comment approved, not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    pub address_id: i64,
    pub email: String,
    pub wish: Wish,
    /// The comment it was wished with.
    pub comment: CommentId,
    /// Who wrote that.
    pub commenter: Option<String>,
}

/// Why somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    ThreadGoesOn,
    Answered,
}

/// Whom to tell, by the numbers of their addresses. The author has notices of a kind of their own, so `author` (their
/// address) is left out here.
pub fn audience(shown: &Shown, subscribers: &[Subscriber], author: Option<&str>) -> BTreeMap<i64, Why> {
    let own = shown.email.as_deref().map(mailbox);
    let author = author.map(mailbox);
    let mut told = BTreeMap::new();
    for subscriber in subscribers {
        let theirs = Some(mailbox(&subscriber.email));
        let wrote_it = subscriber.comment == shown.id
            || (shown.commenter.is_some() && subscriber.commenter == shown.commenter)
            || theirs == own
            || theirs == author;
        let why = match subscriber.wish {
            _ if wrote_it => continue,
            Wish::Answers | Wish::Thread if shown.parent == Some(subscriber.comment) => Why::Answered,
            Wish::Thread => Why::ThreadGoesOn,
            Wish::Answers | Wish::Nothing => continue,
        };
        let strongest = told.entry(subscriber.address_id).or_insert(why);
        *strongest = why.max(*strongest);
    }
    told
}

/// In milliseconds, as the database counts.
pub const HOUR: i64 = 60 * 60 * 1000;
pub const DAY: i64 = 24 * HOUR;
pub const WEEK: i64 = 7 * DAY;

/// Most confirmations to one mailbox in a day, and in a week.
const ASKED_A_DAY: i64 = 1;
const ASKED_A_WEEK: i64 = 3;
/// Most confirmations that one network causes in an hour, so that it does not use up everybody's.
pub const ASKED_A_NETWORK: i64 = 5;
/// Most confirmations in an hour, whoever they go to. Those for which there is no room are asked later.
pub const ASKED_AN_HOUR: i64 = 20;

/// Confirmations that were sent or wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub of_mailbox_today: i64,
    pub of_mailbox_this_week: i64,
    /// Caused by the network of the one who asks for another.
    pub of_network_this_hour: i64,
    pub of_all_this_hour: i64,
}

/// Whether the holder of a mailbox is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    Now,
    /// There is no room at the moment.
    Later,
    /// They have been asked.
    No,
}

/// Whether one more may go out: anybody can type a stranger's address, as often as they like.
pub fn question(asked: &Asked) -> Question {
    if asked.of_mailbox_today >= ASKED_A_DAY || asked.of_mailbox_this_week >= ASKED_A_WEEK {
        Question::No
    } else if asked.of_network_this_hour >= ASKED_A_NETWORK || asked.of_all_this_hour >= ASKED_AN_HOUR {
        Question::Later
    } else {
        Question::Now
    }
}

/// Links to a corner that one mailbox gets in a day without waiting; [`LINK_SLOT`] keeps them apart.
const LINKS_A_DAY: i64 = 3;
/// One mailbox gets one link in such a time, in milliseconds.
pub const LINK_SLOT: i64 = 10 * 60 * 1000;
/// Most links that one network may ask for in an hour, whoever they would go to.
const LINKS_ASKED_AN_HOUR: i64 = 10;

/// Whether a mailbox may get one more link to its corner. Strangers may have asked for the others, so its holder gets
/// one an hour in any case: the one before is good for so long.
pub fn may_get_link(of_mailbox_today: i64, since_last: Option<i64>) -> bool {
    of_mailbox_today < LINKS_A_DAY || since_last.is_none_or(|since| since >= HOUR)
}

/// Whether a network may ask for one more.
pub fn may_ask_for_link(of_network_this_hour: i64) -> bool {
    of_network_this_hour < LINKS_ASKED_AN_HOUR
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Address 1 is Ana's, 2 Bo's; each comments under a cookie of the same name.
    fn subscriber(address_id: i64, wish: Wish, comment: CommentId) -> Subscriber {
        let name = if address_id == 1 { "ana" } else { "bo" };
        let email = format!("{name}@example.org");
        Subscriber { address_id, email, wish, comment, commenter: Some(name.to_owned()) }
    }

    fn shown(parent: Option<CommentId>, commenter: &str, email: Option<&str>) -> Shown {
        let commenter = (!commenter.is_empty()).then(|| commenter.to_owned());
        Shown { id: 100, parent, commenter, email: email.map(str::to_owned) }
    }

    #[test]
    fn who_is_told_of_what() {
        use Why::{Answered, ThreadGoesOn};
        use Wish::{Answers, Thread};
        let check = |shown: &Shown, subscribers: &[Subscriber], expected: &[(i64, Why)]| {
            let told: Vec<(i64, Why)> = audience(shown, subscribers, Some("jo@example.org")).into_iter().collect();
            assert_eq!(told, expected);
        };
        let (ana, bo) = (subscriber(1, Answers, 10), subscriber(2, Thread, 20));
        let both = [ana.clone(), bo.clone()];
        check(&shown(Some(10), "cy", None), &both, &[(1, Answered), (2, ThreadGoesOn)]);
        check(&shown(Some(20), "cy", None), &both, &[(2, Answered)]);
        check(&shown(None, "cy", None), &both, &[(2, ThreadGoesOn)]);
        // The author answers: no cookie, and nobody else is without one.
        check(&shown(Some(10), "", None), &both, &[(1, Answered), (2, ThreadGoesOn)]);
        // Own words, known by the cookie or by the mailbox.
        check(&shown(Some(10), "ana", None), &both, &[(2, ThreadGoesOn)]);
        check(&shown(Some(10), "cy", Some("Ana+new@example.org")), &both, &[(2, ThreadGoesOn)]);
        // Several wishes of one address are one mail, for the strongest reason.
        let many = [subscriber(2, Thread, 30), bo, subscriber(2, Answers, 40)];
        check(&shown(Some(40), "cy", None), &many, &[(2, Answered)]);
        // The author's mailbox is not told a second time.
        let author = Subscriber { email: "Jo@example.org".into(), ..ana };
        check(&shown(Some(10), "cy", None), &[author], &[]);
    }

    #[test]
    fn how_often_strangers_are_asked() {
        let asked = |of_mailbox_today, of_mailbox_this_week, of_network_this_hour, of_all_this_hour| {
            question(&Asked { of_mailbox_today, of_mailbox_this_week, of_network_this_hour, of_all_this_hour })
        };
        assert_eq!([asked(0, 0, 0, 0), asked(0, 2, 4, 19)], [Question::Now; 2]);
        assert_eq!([asked(0, 0, 5, 5), asked(0, 0, 0, 20)], [Question::Later; 2]);
        assert_eq!([asked(1, 1, 1, 1), asked(0, 3, 0, 20)], [Question::No; 2]);
    }

    #[test]
    fn nobody_shuts_out_the_holder_of_a_mailbox() {
        let minutes = |minutes: i64| Some(minutes * 60 * 1000);
        assert!(may_get_link(2, minutes(1)) && may_get_link(24, minutes(60)) && may_get_link(3, None));
        assert!(!may_get_link(3, minutes(59)));
    }

    #[test]
    fn wishes_are_words() {
        for wish in [Wish::Nothing, Wish::Answers, Wish::Thread] {
            assert_eq!(Wish::parse(wish.as_str()), Some(wish));
        }
        assert_eq!(Wish::parse("everything"), None);
    }
}
