// Fetches the script of a part of a page when that part comes near the window: who only reads an article fetches none.
// Who has a comment here that waits for the author fetches the script that shows it.

// A clip is fetched when it is near the window (`loading`), or when something plays it before.
addEventListener("play", ({ target }) => { target.loading = "eager"; }, true);

addEventListener("DOMContentLoaded", () => {
  const near = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      import(target.dataset.script);
    }
  }, { rootMargin: "100%" });
  for (const part of document.querySelectorAll("[data-script]")) near.observe(part);

  const thread = document.querySelector("[data-thread]")?.dataset.thread;
  try {
    const waits = /[?&]waiting=/.test(location.search) || localStorage[`waiting ${thread}`];
    if (thread && waits) import("/static/js/waiting.js");
  } catch {
    // Storage may be forbidden; then only its own address shows the comment.
  }
});
