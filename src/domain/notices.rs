//! Recipients of mails about a comment: only subscribers, each once, and never its writer.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{
    comment::{Comment, CommentId, Wish},
    mailbox::mailbox,
};
use crate::domain::limits::{ASKED_A_DAY, ASKED_A_WEEK, LINKS_A_DAY};
pub use crate::domain::limits::{ASKED_A_NETWORK, ASKED_AN_HOUR, LINK_SLOT};

/// Request for mails, with the address and the comment that it was made with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscription {
    pub id: i64,
    pub address_id: i64,
    pub email: String,
    pub wish: Wish,
    pub comment: CommentId,
    /// Slug of that comment's thread.
    pub thread_slug: String,
    /// Fingerprint of the cookie of that comment's writer.
    pub commenter: Option<String>,
    /// True if that writer has confirmed the address.
    pub is_confirmed: bool,
    /// True if no mail may be sent to the address.
    pub is_blocked: bool,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// Reason for a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    ThreadGoesOn,
    Answered,
}

/// Returns the recipients of a comment that has become public, by the numbers of their addresses. `active` are the
/// subscriptions in its thread. The author gets mails of another kind, so `author` (their address) is left out here.
pub fn audience(comment: &Comment, active: &[Subscription], author: Option<&str>) -> BTreeMap<i64, Why> {
    let own = comment.email.as_deref().map(mailbox);
    let author = author.map(mailbox);
    let mut told = BTreeMap::new();
    for subscription in active {
        let theirs = Some(mailbox(&subscription.email));
        let wrote_it = subscription.comment == comment.id
            || (comment.commenter.is_some() && subscription.commenter == comment.commenter)
            || theirs == own
            || theirs == author;
        let why = match subscription.wish {
            _ if wrote_it => continue,
            Wish::Answers | Wish::Thread if comment.parent_id == Some(subscription.comment) => Why::Answered,
            Wish::Thread => Why::ThreadGoesOn,
            Wish::Answers | Wish::Nothing => continue,
        };
        let strongest = told.entry(subscription.address_id).or_insert(why);
        *strongest = why.max(*strongest);
    }
    told
}

/// Times within which mails are counted.
pub const HOUR: SignedDuration = SignedDuration::from_hours(1);
pub const DAY: SignedDuration = SignedDuration::from_hours(24);
pub const WEEK: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Number of confirmation mails that were sent or wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConfirmationCounts {
    pub of_mailbox_today: i64,
    pub of_mailbox_this_week: i64,
    /// Mails caused by the network that now asks for one more.
    pub of_network_this_hour: i64,
    pub of_all_this_hour: i64,
}

/// Decision about a confirmation mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    Now,
    /// Sent later, because a limit is reached.
    Later,
    /// Skipped, because this mailbox was asked already.
    No,
}

/// Decides if one more confirmation mail may be sent: anybody can type a stranger's address, as often as they like.
pub fn question(asked: &ConfirmationCounts) -> Question {
    if asked.of_mailbox_today >= ASKED_A_DAY || asked.of_mailbox_this_week >= ASKED_A_WEEK {
        Question::No
    } else if asked.of_network_this_hour >= ASKED_A_NETWORK || asked.of_all_this_hour >= ASKED_AN_HOUR {
        Question::Later
    } else {
        Question::Now
    }
}

/// True if a mailbox may get one more link to its corner. Strangers may have used up the limit, so its holder gets one
/// an hour in any case: the one before is valid for that long.
pub fn may_get_link(of_mailbox_today: i64, since_last: Option<SignedDuration>) -> bool {
    of_mailbox_today < LINKS_A_DAY || since_last.is_none_or(|since| since >= HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Subscription: address 1 is Ana's, 2 Bo's; each comments under a cookie of the same name.
    fn subscription(address_id: i64, wish: Wish, comment: CommentId) -> Subscription {
        let name = if address_id == 1 { "ana" } else { "bo" };
        let email = format!("{name}@example.org");
        Subscription { address_id, email, wish, comment, commenter: Some(name.to_owned()), ..Subscription::default() }
    }

    fn shown(parent_id: Option<CommentId>, commenter: &str, email: Option<&str>) -> Comment {
        let commenter = (!commenter.is_empty()).then(|| commenter.to_owned());
        Comment { id: 100, parent_id, commenter, email: email.map(str::to_owned), ..Comment::default() }
    }

    #[test]
    fn each_subscriber_gets_one_mail_for_the_strongest_reason() {
        use Why::{Answered, ThreadGoesOn};
        use Wish::{Answers, Thread};
        let check = |shown: &Comment, active: &[Subscription], expected: &[(i64, Why)]| {
            let told: Vec<(i64, Why)> = audience(shown, active, Some("jo@example.org")).into_iter().collect();
            assert_eq!(told, expected);
        };
        let (ana, bo) = (subscription(1, Answers, 10), subscription(2, Thread, 20));
        let both = [ana.clone(), bo.clone()];
        check(&shown(Some(10), "cy", None), &both, &[(1, Answered), (2, ThreadGoesOn)]);
        check(&shown(Some(20), "cy", None), &both, &[(2, Answered)]);
        check(&shown(None, "cy", None), &both, &[(2, ThreadGoesOn)]);
        // The author answers, without a cookie.
        check(&shown(Some(10), "", None), &both, &[(1, Answered), (2, ThreadGoesOn)]);
        // A commenter's own comment, known by the cookie or by the mailbox.
        check(&shown(Some(10), "ana", None), &both, &[(2, ThreadGoesOn)]);
        check(&shown(Some(10), "cy", Some("Ana+new@example.org")), &both, &[(2, ThreadGoesOn)]);
        // Several subscriptions of one address cause one mail, for the strongest reason.
        let many = [subscription(2, Thread, 30), bo, subscription(2, Answers, 40)];
        check(&shown(Some(40), "cy", None), &many, &[(2, Answered)]);
        // The author's mailbox gets no second mail.
        let author = Subscription { email: "Jo@example.org".into(), ..ana };
        check(&shown(Some(10), "cy", None), &[author], &[]);
    }

    #[test]
    fn confirmation_mails_are_limited() {
        let asked = |of_mailbox_today, of_mailbox_this_week, of_network_this_hour, of_all_this_hour| {
            question(&ConfirmationCounts {
                of_mailbox_today,
                of_mailbox_this_week,
                of_network_this_hour,
                of_all_this_hour,
            })
        };
        assert_eq!([asked(0, 0, 0, 0), asked(0, 2, 4, 19)], [Question::Now; 2]);
        assert_eq!([asked(0, 0, 5, 5), asked(0, 0, 0, 20)], [Question::Later; 2]);
        assert_eq!([asked(1, 1, 1, 1), asked(0, 3, 0, 20)], [Question::No; 2]);
    }

    #[test]
    fn the_holder_of_a_mailbox_gets_a_link_every_hour() {
        let minutes = |minutes: i64| Some(SignedDuration::from_mins(minutes));
        assert!(may_get_link(2, minutes(1)) && may_get_link(24, minutes(60)) && may_get_link(3, None));
        assert!(!may_get_link(3, minutes(59)));
    }
}
