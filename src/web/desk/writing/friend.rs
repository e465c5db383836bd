//! Link for a friend: it shows a text that is not published, as it is saved now, to everybody who has the link.

use super::missing;
use crate::{
    domain::mail_keys::{self, Refused},
    web::{
        editing::{address_of, on_files},
        entries,
        post::PostQuery,
        prelude::*,
    },
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FriendQuery {
    key: String,
}

/// Absolute URL of the link for a text.
pub fn link(app: &App, path: &str) -> String {
    let key = mail_keys::preview(&app.signer, path, app.clock.now());
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("key", &key).finish();
    app.config.site.linked(&format!("/desk/friend?{query}"))
}

pub async fn show(State(app): State<App>, Query(query): Query<FriendQuery>) -> Result<Response, WebError> {
    let words = &app.texts().writing;
    let path = mail_keys::open_preview(&app.signer, &query.key, app.clock.now()).map_err(|why| match why {
        Refused::Forged => WebError::said(StatusCode::NOT_FOUND, &words.friend_wrong),
        Refused::Old => WebError::said(StatusCode::GONE, &words.friend_old),
    })?;
    if let Some(address) = address_of(&app, &path) {
        return Ok(redirect(StatusCode::SEE_OTHER, &address::encode(&address)));
    }
    let (snapshot, own) = (app.snapshot(), path.clone());
    let previews = snapshot.previews.clone();
    let drawn = on_files(&app, move |files| {
        let text = String::from_utf8_lossy(&files.read(&own)?.bytes).into_owned();
        Ok(previews.draw(&own, &text).0)
    });
    let drawn = drawn.await.map_err(|error| missing(&app, &error))?;
    let content = drawn.ok_or_else(|| WebError::said(StatusCode::SERVICE_UNAVAILABLE, &words.friend_later))?;
    let mut response = entries::draw(&app, &snapshot, &content, &PostQuery::default()).await?;
    response.extensions_mut().insert(Policy::Private);
    Ok(response)
}
