//! Responses of providers: JSON as in oEmbed 1.0 (oembed.com). Few fields are used, and none is trusted.

use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::domain::limits::EMBED_TITLE;
use crate::domain::words::one_line;

/// Fields that are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Response {
    pub title: Option<String>,
    pub seconds: Option<u32>,
    pub uploaded: Option<Date>,
    pub still: Option<String>,
}

/// # Errors
/// The response is not a JSON object. A field of the wrong type counts as missing.
pub(super) fn read(json: &[u8]) -> Result<Response, String> {
    let fields: Map<String, Value> =
        serde_json::from_slice(json).map_err(|_| "the response is not in the format of oEmbed".to_owned())?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    let seconds = |value: f64| (1.0..1e7).contains(&value).then(|| value.round() as u32);
    Ok(Response {
        title: text("title").map(|title| one_line(title, EMBED_TITLE)).filter(|title| !title.is_empty()),
        still: text("thumbnail_url").filter(|address| !address.is_empty()).map(str::to_owned),
        // Vimeo's own fields: seconds, and `2008-05-25 18:06:31`.
        seconds: fields.get("duration").and_then(Value::as_f64).and_then(seconds),
        uploaded: text("upload_date").and_then(|date| date.get(..10)?.parse().ok()),
    })
}

/// Address of the 1280 by 720 still that most YouTube videos have; the named one is 480 by 360 with bars.
pub(super) fn larger(provider_class: &str, address: &str) -> Option<String> {
    let (folder, name) = address.rsplit_once('/')?;
    (provider_class == "youtube" && name == "hqdefault.jpg").then(|| format!("{folder}/maxresdefault.jpg"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_read_and_wrong_ones_count_as_missing() {
        let vimeo = r#"{"type":"video","title":" The\n Mountain ","duration":63.4,"upload_date":"2008-05-25 18:06:31",
            "thumbnail_url":"https://i.vimeocdn.com/1.jpg","html":"<iframe>"}"#;
        let response = read(vimeo.as_bytes()).expect("a response");
        assert_eq!(response.title.as_deref(), Some("The Mountain"));
        assert_eq!((response.seconds, response.uploaded), (Some(63), "2008-05-25".parse().ok()));
        assert_eq!(response.still.as_deref(), Some("https://i.vimeocdn.com/1.jpg"));
        for odd in ["{}", r#"{"title":7,"duration":"x","upload_date":"é","thumbnail_url":""}"#, r#"{"duration":-1}"#] {
            assert_eq!(read(odd.as_bytes()).expect(odd), Response::default(), "{odd}");
        }
        for wrong in ["", "<html>", "[]", "null", "\"x\""] {
            assert!(read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn titles_are_one_line() {
        let title = |title: &str| read(json!({ "title": title }).to_string().as_bytes()).expect("a response").title;
        assert_eq!(title("a\u{0}b\u{1b}[31m c").as_deref(), Some("a b [31m c"));
        assert_eq!(title(" \n"), None);
        assert_eq!(title(&"é".repeat(300)).map(|title| title.chars().count()), Some(EMBED_TITLE + 1));
    }

    #[test]
    fn larger_stills() {
        let small = "https://i.ytimg.com/vi/x/hqdefault.jpg";
        assert_eq!(larger("youtube", small).as_deref(), Some("https://i.ytimg.com/vi/x/maxresdefault.jpg"));
        assert_eq!(larger("vimeo", small), None);
        assert_eq!(larger("youtube", "https://i.ytimg.com/vi/x/other.jpg"), None);
    }
}
