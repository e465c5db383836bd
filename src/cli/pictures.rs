//! `instep pictures`: makes the missing smaller versions of photos. `instep serve` starts it as a helper.

use std::{io, process::ExitCode, thread};

use anyhow::Context;
use clap::Args;

use super::{Places, serve};
use crate::{
    content::{Loader, pictures},
    domain::words::counted,
};

/// Flag that a site passes when it starts this command.
pub(super) const HELPING: &str = "--while-stdin-is-open";

#[derive(Debug, Args)]
pub(super) struct Pictures {
    /// End with whoever started it, however that ended
    #[arg(long = "while-stdin-is-open", hide = true)]
    is_helping: bool,
}

impl Pictures {
    #[expect(clippy::disallowed_methods, reason = "nobody is left who would want the exit code")]
    pub(super) fn run(self, places: &Places) -> anyhow::Result<ExitCode> {
        if self.is_helping {
            // A site that was killed cannot end it; but the system closes the site's end of the pipe.
            thread::spawn(|| {
                let _ = io::copy(&mut io::stdin(), &mut io::sink());
                std::process::exit(0);
            });
        }
        let config = if self.is_helping { places.quiet_config(None)? } else { places.config(None)? };
        serve::log_to_stderr(config.log);
        let library = Loader::new(config.content.clone(), config.site.rules(), config.site.texts)
            .load()
            .with_context(|| format!("the content folder {} cannot be read", config.content.display()))?;
        match pictures::Pictures::new(&config.data).make_all(&library.media) {
            0 => say!("all pictures can be had in smaller sizes"),
            failed => say!("{} could not be made smaller", counted(failed, "picture", "pictures")),
        }
        Ok(ExitCode::SUCCESS)
    }
}
