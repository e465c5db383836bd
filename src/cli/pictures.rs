//! `instep pictures`: makes the missing smaller versions of photos. `instep serve` starts it as a helper.

use std::{ffi::OsString, io, thread};

use clap::Args;

use super::{Places, log};
use crate::{config::Config, content::picture_cache, domain::words::counted};

/// Returns the arguments with which a site starts this command as a helper.
pub(super) fn helper_arguments(config: &Config) -> Vec<OsString> {
    let flags = ["pictures", "--while-stdin-is-open", "--content", "--data"].map(OsString::from);
    let [command, helping, content, data] = flags;
    vec![command, helping, content, config.content.clone().into(), data, config.data.clone().into()]
}

#[derive(Debug, Args)]
pub(super) struct Pictures {
    /// End when the site that started it has ended
    #[arg(long = "while-stdin-is-open", hide = true)]
    is_helping: bool,
}

impl Pictures {
    #[expect(clippy::disallowed_methods, reason = "nobody is left who would want the exit code")]
    pub(super) fn run(self, places: &Places) -> anyhow::Result<()> {
        if self.is_helping {
            // A site that was killed cannot end this process, but the system closes the site's end of the pipe.
            thread::spawn(|| {
                let _ = io::copy(&mut io::stdin(), &mut io::sink());
                std::process::exit(0);
            });
        }
        let config = if self.is_helping { places.quiet_config(None)? } else { places.config(None)? };
        log::start(config.log);
        let library = super::load(&config, |loader| loader)?;
        match picture_cache::Pictures::new(&config.data).make_all(&library.media) {
            0 => say!("all pictures have their smaller versions"),
            failed => say!("{} could not be resized", counted(failed, "picture", "pictures")),
        }
        Ok(())
    }
}
