//! Sizes of a picture that a browser chooses.

use serde_json::{Value, json};

use super::support::{Scripts, Stage, Visitor, until};

const GALLERY: &str = "/posts/the-strap-the-ball-and-the-wall";

/// Pictures in the text: the fetched file, its left and top edge and its width on the page.
async fn pictures(reader: &Visitor) -> Vec<Value> {
    let script = "return [...document.querySelectorAll('.prose picture > img')].map((one) => { \
                  const box = one.getBoundingClientRect(); \
                  return [one.currentSrc, box.left, box.top, box.width, one.complete && one.naturalWidth > 0] })";
    reader.run(script).await.as_array().expect("a list").clone()
}

#[tokio::test]
async fn pictures_side_by_side_begin_at_the_edge_of_the_text() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;
    reader.open(GALLERY).await;
    let found = pictures(&reader).await;
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0][1], reader.run("return document.querySelector('.gallery').getBoundingClientRect().left").await);
    assert!(found.iter().all(|one| one[2] == found[0][2]), "in one row: {found:?}");
}

#[tokio::test]
async fn a_phone_loads_a_small_picture_in_webp() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;
    reader.hold_phone(360).await;
    reader.open(GALLERY).await;
    until("all pictures are there", async || {
        reader.run("document.querySelector('.prose picture:last-child > img, .prose figure:last-child picture').scrollIntoView()").await;
        pictures(&reader).await.iter().all(|one| one[4] == json!(true))
    })
    .await;
    for one in pictures(&reader).await {
        let fetched = one[0].as_str().expect("an address");
        assert!(fetched.ends_with(".webp") && fetched.contains("-400-"), "{one}");
    }
    let cover = reader.run("return document.querySelector('img.cover').currentSrc").await;
    assert!(cover.as_str().is_some_and(|fetched| fetched.contains("-800-") && fetched.ends_with(".webp")), "{cover}");
}

#[tokio::test]
async fn a_picture_that_does_not_load_shows_its_alternative_text_without_an_icon() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;
    reader.open(GALLERY).await;
    reader
        .run(
            "const words = document.querySelector('.prose > p'); \
             words.insertAdjacentHTML('afterend', '<p>a <img id=broken src=/none.png alt=\"A calf\"> b</p>')",
        )
        .await;
    let covers = "const one = document.querySelector('#broken'); \
                  const [own, cover] = [getComputedStyle(one), getComputedStyle(one, '::after')]; \
                  return one.complete && cover.content.includes('A calf') && cover.width === own.width \
                  && cover.width.endsWith('px') && cover.backgroundColor !== 'rgba(0, 0, 0, 0)'";
    until("its words cover the icon", async || reader.run(covers).await == true).await;
}
