//! Films: facades of providers, and the author's own clips.

use fantoccini::{Locator, key::Key};

use super::support::{COMPONENTS, FLAGSHIP, GUIDE, Scripts, Stage, until};

#[tokio::test]
async fn a_press_on_a_facade_loads_the_player_and_nothing_is_requested_before() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;

    reader.open(GUIDE).await;
    assert_eq!(reader.count(".embed-facade").await, 3);
    assert_eq!(reader.count("iframe").await, 0);
    stage.trap.assert_empty();

    reader.click(".embed-youtube .embed-facade").await;
    let player = reader.see(".embed-youtube iframe").await;
    let address = player.attr("src").await.expect("an answer").expect("an address");
    assert!(address.starts_with("https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ"), "{address}");
    // YouTube shows nothing but an error to a page that hides where it is.
    assert_eq!(
        player.attr("referrerpolicy").await.expect("an answer").as_deref(),
        Some("strict-origin-when-cross-origin")
    );
    assert!(reader.spoken_name(&player).await.contains("YouTube"), "the frame has a name");
    reader.finds_focus_on("iframe").await;
    assert_eq!(reader.count(".embed-youtube .embed-facade").await, 0);
    until("the player is asked for", async || {
        stage.trap.caught().iter().any(|host| host == "www.youtube-nocookie.com")
    })
    .await;
    assert_eq!(reader.count("iframe").await, 1, "the other facades stay");
    // Chromium connects to where a link leads as soon as a button goes down on it: that is www.youtube.com.
    let youtube = ["www.youtube-nocookie.com", "www.youtube.com"];
    let mut others = stage.trap.caught();
    others.retain(|host| !youtube.contains(&host.as_str()));
    assert_eq!(others, Vec::<String>::new(), "nobody but YouTube is asked");
}

#[tokio::test]
async fn the_policy_allows_the_player_of_every_provider_on_the_page() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;

    for (provider, player) in [
        ("youtube", "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ"),
        ("vimeo", "https://player.vimeo.com/video/1084537"),
        ("instagram", "https://www.instagram.com/p/fA9uwTtkSN/embed"),
    ] {
        reader.open(GUIDE).await;
        let facade = reader.see(&format!(".embed-{provider} .embed-facade")).await;
        let room = facade.rectangle().await.expect("its box");
        facade.send_keys(&Key::Enter.to_string()).await.expect("a key press");
        let frame = reader.see(&format!(".embed-{provider} iframe")).await;
        let address = frame.attr("src").await.expect("an answer").expect("an address");
        assert!(address.starts_with(player), "{address}");
        assert_eq!(frame.rectangle().await.expect("its box"), room, "{provider}: the page must not jump");
        let host = address.split('/').nth(2).expect("a host").to_owned();
        until(&format!("{host} is asked for"), async || stage.trap.caught().contains(&host)).await;
        let console = reader.console().await;
        assert!(!console.iter().any(|line| line.contains("Content Security Policy")), "{console:?}");
    }
}

#[tokio::test]
async fn a_facade_is_a_plain_link_with_scripts_off() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::Off).await;

    reader.open(GUIDE).await;
    for (provider, address) in [
        ("youtube", "https://www.youtube.com/watch?v=aqz-KE-bpKQ"),
        ("vimeo", "https://vimeo.com/1084537"),
        ("instagram", "https://www.instagram.com/p/fA9uwTtkSN/"),
    ] {
        let facade = format!(".embed-{provider} .embed-facade");
        assert_eq!(reader.attribute(&facade, "href").await.as_deref(), Some(address));
    }
    stage.trap.assert_empty();
    reader.click(".embed-youtube .embed-facade").await;
    until("the link leads to YouTube", async || stage.trap.caught().iter().any(|host| host == "www.youtube.com")).await;
}

#[tokio::test]
async fn our_own_clips_play_with_captions_and_load_nothing_before() {
    let Some(stage) = Stage::set() else { return };
    let reader = stage.visitor(Scripts::On).await;

    reader.open(FLAGSHIP).await;
    let clips = reader.find_all(Locator::Css("figure.embed video")).await.expect("clips");
    assert_eq!(clips.len(), 2);
    for clip in &clips {
        assert_eq!(clip.attr("preload").await.expect("an answer").as_deref(), Some("none"));
        assert!(clip.attr("poster").await.expect("an answer").is_some_and(|poster| poster.starts_with("/media/")));
        assert!(!reader.spoken_name(clip).await.is_empty(), "a clip has a name");
    }
    assert_eq!(reader.count("video track[kind=captions][srclang]").await, 2);
    let far = "return performance.getEntriesByType('resource').map((one) => one.name) \
               .filter((name) => name.endsWith('.vtt') || name === document.querySelectorAll('video')[1].poster)";
    assert_eq!(reader.run(far).await, serde_json::json!([]), "what is below the window is not fetched yet");
    let loaded = "return performance.getEntriesByType('resource').some((entry) => entry.name.endsWith('.mp4'))";
    assert_eq!(reader.run(loaded).await, false, "no clip is loaded before it is played");

    if reader.run(r#"return document.createElement("video").canPlayType('video/mp4; codecs="avc1.42E01E"')"#).await
        == ""
    {
        println!("skipped: this Chromium has no H.264");
        return;
    }
    for number in 0..clips.len() {
        let clip = format!("const clip = document.querySelectorAll('figure.embed video')[{number}];");
        reader.run(&format!("{clip} clip.muted = true; clip.play()")).await;
        until("the clip plays", async || reader.run(&format!("{clip} return clip.currentTime > 0.2")).await == true)
            .await;
        until("its captions show", async || {
            reader
                .run(&format!(
                    "{clip} return clip.textTracks[0]?.mode === 'showing' && clip.textTracks[0].cues?.length > 0"
                ))
                .await
                == true
        })
        .await;
        // A jump needs a server that sends parts of files.
        reader.run(&format!("{clip} clip.pause(); clip.currentTime = clip.duration - 1")).await;
        until("a jump arrives", async || {
            reader.run(&format!("{clip} return !clip.seeking && clip.currentTime >= clip.duration - 1.1")).await == true
        })
        .await;
    }
    assert_eq!(reader.console().await, Vec::<String>::new());
    stage.trap.assert_empty();
}

#[tokio::test]
async fn a_looping_clip_does_not_start_with_reduced_motion() {
    let Some(stage) = Stage::components() else { return };
    let reader = stage.visitor(Scripts::On).await;

    reader.open(COMPONENTS).await;
    let paused = "return document.querySelector('.embed-loop video').paused";
    reader.run("document.querySelector('.embed-loop').scrollIntoView({ block: 'center' })").await;
    reader.finds_in_view(".embed-loop video").await;
    assert_eq!(reader.text(".embed-pause").await, "Play");
    assert_eq!(reader.run(paused).await, true);
    if reader.run(r#"return document.createElement("video").canPlayType('video/mp4; codecs="avc1.42E01E"')"#).await
        == ""
    {
        println!("skipped: this Chromium has no H.264");
        return;
    }

    // Changing one's mind does not need a reload.
    reader.welcome_motion().await;
    until("the clip plays by itself", async || reader.run(paused).await == false).await;
    assert_eq!(reader.run("return document.querySelector('.embed-loop video').muted").await, true);
    until("the button stops it", async || reader.text(".embed-pause").await == "Pause").await;
    reader.run("scrollTo(0, 0)").await;
    until("out of view it pauses", async || reader.run(paused).await == true).await;
    reader.run("document.querySelector('.embed-loop').scrollIntoView({ block: 'center' })").await;
    until("in view it goes on", async || reader.run(paused).await == false).await;

    // Stopped by hand it stays so, wherever the reader goes meanwhile.
    reader.click(".embed-pause").await;
    until("it stops", async || reader.run(paused).await == true).await;
    reader.run("scrollTo(0, 0)").await;
    reader.run("document.querySelector('.embed-loop').scrollIntoView({ block: 'center' })").await;
    reader.finds_in_view(".embed-loop video").await;
    // The observer tells before the frame after the next is drawn.
    let two_frames = "const done = arguments[arguments.length - 1]; \
                      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))";
    reader.execute_async(two_frames, vec![]).await.expect("two frames");
    assert_eq!((reader.run(paused).await, reader.text(".embed-pause").await), (true.into(), "Play".to_owned()));
    assert_eq!(reader.console().await, Vec::<String>::new());
    stage.trap.assert_empty();
}

#[tokio::test]
async fn without_scripts_a_looping_clip_has_controls() {
    let Some(stage) = Stage::components() else { return };
    let reader = stage.visitor(Scripts::Off).await;

    reader.open(COMPONENTS).await;
    assert_eq!(reader.count(".embed-loop video[controls][muted][loop]:not([autoplay])").await, 1);
    assert_eq!(reader.count(".embed-pause").await, 0);
}
