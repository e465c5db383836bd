// Loads the script of a part of a page when that part comes near the window. Reading an article alone loads none.
// If this browser has sent a comment that waits for the author, loads the script that shows it.

// A clip is loaded when it is near the window (`loading`), or when it is played before that.
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
    // Storage may be forbidden. Then only its own address shows the comment.
  }
});
