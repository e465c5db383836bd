//! `instep pictures`, and the site that starts it.

use image::ImageFormat;

use super::calf;
use crate::{
    pictures::{addresses, is_kept_for_ever, sideways},
    support::{
        eventually,
        photo::{encoded, quarters},
        program::Program,
        running::fetch,
        write,
    },
};

fn with_photos() -> Program {
    let program = Program::with_site();
    program.save("content/posts/calf.md", "---\ntitle: Calf\ndate: 2026-05-02\n---\n![A](../media/a.jpg)\n");
    write(&program.path("content/media/a.jpg"), sideways());
    program
}

#[test]
fn it_makes_what_is_missing_and_tells() {
    let program = with_photos();
    program.run(&["pictures"]).exits(0).says("all pictures can be had in smaller sizes");
    let count = || std::fs::read_dir(program.path("data/pictures")).expect("a folder").count();
    assert_eq!(count(), 6);
    let mut broken = encoded(&quarters(900, 600), ImageFormat::Png);
    let middle = broken.len() / 2;
    broken[middle..middle + 20].fill(0xff);
    write(&program.path("content/media/b.png"), broken);
    let run = program.run(&["pictures"]);
    run.exits(0).says("1 picture could not be made smaller");
    assert!(run.err.contains("content/media/b.png cannot be made smaller"), "{run:?}");
}

#[tokio::test]
async fn the_site_has_it_done_beside_itself() {
    let program = with_photos();
    let mut serving = program.serve(&[]);
    let all = addresses(&calf(serving.address).await.html());
    assert_eq!(all.len(), 6);
    for address in &all {
        eventually("it is made", async || Some(fetch(serving.address, address).await).filter(is_kept_for_ever)).await;
    }
    assert_eq!(serving.terminate().await, Some(0));
}

#[test]
fn what_the_site_has_started_ends_with_it() {
    let program = Program::with_site();
    let photos = crate::support::root().join("content/posts/the-strap-the-ball-and-the-wall");
    for entry in std::fs::read_dir(photos).expect("the sample") {
        let entry = entry.expect("an entry");
        write(
            &program.path(&format!("content/media/{}", entry.file_name().to_string_lossy())),
            std::fs::read(entry.path()).expect("reads"),
        );
    }
    // As after kill -9: nobody holds the other end any more, and seconds of work are left.
    let run = program.run(&["pictures", "--while-stdin-is-open"]);
    run.exits(0);
    assert!(!run.out.contains("all pictures"), "{run:?}");
}
