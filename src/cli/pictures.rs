//! `instep pictures`: makes the smaller versions of photos that are missing. `instep serve` starts it for itself.

use std::process::ExitCode;

use anyhow::Context;

use super::{Places, serve};
use crate::{
    content::{Loader, pictures},
    domain::words::counted,
};

pub(super) fn run(places: &Places) -> anyhow::Result<ExitCode> {
    let config = places.config(None)?;
    serve::log_to_stderr(config.log);
    let library = Loader::new(config.content.clone(), config.site.rules(), config.site.texts)
        .load()
        .with_context(|| format!("the content folder {} cannot be read", config.content.display()))?;
    match pictures::Pictures::new(&config.data).make_all(&library.media) {
        0 => println!("all pictures can be had in smaller sizes"),
        failed => println!("{} could not be made smaller", counted(failed, "picture", "pictures")),
    }
    Ok(ExitCode::SUCCESS)
}
