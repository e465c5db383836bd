//! Reports pictures and films that cannot be served, or should not be as they are.

use std::{collections::HashSet, path::Path};

use crate::{
    content::media::MediaIndex,
    domain::problem::{Place, Problem},
};

/// Problems of all media files, but for refused pictures that a text has `reported`.
pub(super) fn all(media: &MediaIndex, reported: &HashSet<&Path>) -> Vec<Problem> {
    let warning = |file: &Path, what: String, mend: &str| Problem::warning(file, Place::START, what, mend);
    let mut found = Vec::new();
    for file in media.all() {
        let name = file.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if let Some(refusal) = file.refusal.as_ref().filter(|_| !reported.contains(file.path.as_path())) {
            found.push(warning(&file.path, format!("the picture is left out: {}", refusal.what), refusal.mend));
        }
        let is_known = matches!(&*file.media_type, "video/mp4" | "video/webm" | "video/ogg");
        if file.media_type.starts_with("video/") && !is_known {
            let what = format!("few browsers play this kind of film ({})", file.media_type);
            found.push(warning(&file.path, what, &format!("Save it as MP4: ffmpeg -i {name:?} clip.mp4.")));
        }
        if file.tells_a_place {
            let mend = format!(
                "Remove the place: ffmpeg -i {name:?} -map_metadata -1 -c copy clean-{name}, and put that in its place."
            );
            found.push(warning(
                &file.path,
                "the film contains the place where it was made, and is sent unchanged".to_owned(),
                &mend,
            ));
        }
    }
    found
}
