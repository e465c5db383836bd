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
fn missing_versions_are_made_and_failures_counted() {
    let program = with_photos();
    program.run(&["pictures"]).exits(0).says("all pictures have their smaller versions");
    let count = || std::fs::read_dir(program.path("data/pictures")).expect("a folder").count();
    assert_eq!(count(), 6);
    let mut broken = encoded(&quarters(900, 600), ImageFormat::Png);
    let middle = broken.len() / 2;
    broken[middle..middle + 20].fill(0xff);
    write(&program.path("content/media/b.png"), broken);
    let photo = sideways();
    write(&program.path("content/media/c.jpg"), [&photo[..photo.len() / 3], b"\xff\xd9"].concat());
    let run = program.run(&["pictures"]);
    run.exits(0).says("2 pictures could not be resized");
    assert!(run.err.contains("content/media/b.png cannot be resized"), "{run:?}");
    assert!(run.err.contains("content/media/c.jpg cannot be resized (it is damaged"), "{run:?}");
    // Not tried again before the file is another one.
    let run = program.run(&["pictures"]);
    run.exits(0).says("2 pictures could not be resized");
    assert!(!run.err.contains("cannot be resized"), "{run:?}");
    write(&program.path("content/media/b.png"), encoded(&quarters(900, 600), ImageFormat::Png));
    write(&program.path("content/media/c.jpg"), photo);
    program.run(&["pictures"]).exits(0).says("all pictures have their smaller versions");
}

#[test]
fn a_picture_that_takes_too_much_memory_is_not_decoded() {
    let program = with_photos();
    // 96 megapixels with transparency in 16 bits.
    let mut png = encoded(&quarters(8, 8), ImageFormat::Png);
    png[16..20].copy_from_slice(&12_000_u32.to_be_bytes());
    png[20..24].copy_from_slice(&8_000_u32.to_be_bytes());
    (png[24], png[25]) = (16, 6);
    let mut sum = flate2::Crc::new();
    sum.update(&png[12..29]);
    png[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    write(&program.path("content/media/b.png"), png);
    let run = program.run(&["pictures"]);
    run.exits(0).says("1 picture could not be resized");
    assert!(run.err.contains("(resizing takes 1153 MB of memory; at most 600 are allowed)"), "{run:?}");
}

#[tokio::test]
async fn the_site_resizes_pictures_in_a_helper_process() {
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
fn the_helper_process_ends_with_the_site() {
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
