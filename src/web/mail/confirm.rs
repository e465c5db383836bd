//! The page on which the owner of a mailbox confirms notifications.
//!
//! A link may be opened by others: forwarded, or clicked by mistake by somebody whose address a stranger typed. So a
//! confirmation only allows mails to that mailbox. Only one from the browser with the commenter's cookie shows that
//! commenter and mailbox belong together; that is stored with it (`confirmations.in_same_browser`).

use super::thread;
use crate::{
    domain::{
        comment::Wish,
        mail_keys::{self, WishKey},
    },
    web::prelude::*,
};

pub async fn show(State(app): State<App>, Query(link): Query<MailLink>) -> Result<Page, WebError> {
    let wish = opened(&app, &link.key)?;
    question(&app, &link.key, wish).await?.page()
}

pub async fn confirm(
    State(app): State<App>,
    origin: Origin,
    visitor: Visitor,
    Posted(MailLink { key, .. }): Posted<MailLink>,
) -> Result<Response, WebError> {
    let wish = opened(&app, &key)?;
    if origin == Origin::Foreign {
        return question(&app, &key, wish).await?.once_more();
    }
    let commenter = visitor.sender.is_returning.then_some(visitor.sender.commenter.as_str());
    match app.store.confirm_wish(wish, commenter, app.clock.now()).await {
        // The wish has ended meanwhile: the page says so.
        Ok(()) | Err(StoreError::NotFound) => Ok(redirect(StatusCode::SEE_OTHER, &format!("/mail/confirm?key={key}"))),
        Err(error) => Err(error.into()),
    }
}

fn opened(app: &App, key: &str) -> Result<WishKey, WebError> {
    let texts = &app.texts().from_mail;
    mail_keys::open_confirmation(&app.signer, key, app.clock.now()).map_err(|why| refused(why, &texts.over, texts))
}

async fn question(app: &App, key: &str, wish: WishKey) -> Result<Question, WebError> {
    let texts = &app.texts().from_mail;
    let wished = app.store.wished(wish).await.map_err(|error| match error {
        StoreError::NotFound => WebError::said(StatusCode::GONE, &texts.not_known),
        other => other.into(),
    })?;
    let (post, _) = thread(&app.snapshot(), &wished.thread_slug);
    let stop = format!("/mail/stop?key={}", mail_keys::stop(&app.signer, wish));
    let (email, hears_all) = (&wished.email, wished.wish == Wish::Thread);
    if wished.ended_at.is_some() || wished.is_blocked {
        let question = Question::new(app, &texts.no_mails, texts.were_stopped.with(email));
        return Ok(question.with_link(&stop, &texts.what_it_gets));
    }
    if wished.is_confirmed {
        let sentence = if hears_all { &texts.told_thread } else { &texts.told_answers };
        let question = Question::new(app, &texts.thanks, sentence.with_both(email, &post));
        return Ok(question.with_link(&stop, &texts.stop_these));
    }
    let sentence = if hears_all { &texts.asks_thread } else { &texts.asks_answers };
    Ok(Question::new(app, &texts.is_this_you, sentence.with_both(email, &post))
        .with_button("/mail/confirm", Some(key), &texts.yes)
        .with_link(&stop, &texts.no))
}
