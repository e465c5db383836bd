// Players and looping clips. Without this script a facade is a plain link, and a looping clip waits for a press.

// Click to load: a press on a facade replaces it by the provider's player. Before that, the provider gets no request.

function playerFor(facade) {
  const player = document.createElement("iframe");
  player.className = "embed-player";
  player.src = facade.dataset.player;
  player.title = facade.textContent.trim().replace(/\s+/g, " ");
  player.allow = "autoplay; fullscreen; picture-in-picture; encrypted-media";
  player.allowFullscreen = true;
  player.referrerPolicy = "strict-origin-when-cross-origin";
  player.tabIndex = 0;
  return player;
}

document.addEventListener("click", (event) => {
  const facade = event.target.closest?.("a.embed-facade[data-player]");
  const modified = event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!facade || modified || event.defaultPrevented) return;

  event.preventDefault();
  const player = playerFor(facade);
  facade.replaceWith(player);
  player.focus();
});

// Looping clips start by themselves when they are in view, unless the reader prefers less motion or less data. A button
// stops them for good (WCAG 2.2.2), and starts those that did not start by themselves.

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

function loop(figure) {
  const clip = figure.querySelector("video");
  const button = document.createElement("button");
  let inView = false;
  // The reader's choice by the button; before that, the preference decides.
  let wanted = null;

  const mayPlay = () => wanted ?? !(stillness.matches || navigator.connection?.saveData);
  // A browser may refuse to start a clip without a press. Then the button offers to play it.
  const follow = () => (inView && mayPlay() ? clip.play().catch(label) : clip.pause());
  function label() {
    button.textContent = clip.paused ? figure.dataset.play : figure.dataset.pause;
    const name = clip.getAttribute("aria-label");
    if (name) button.setAttribute("aria-label", `${button.textContent}: ${name}`);
  }

  button.type = "button";
  button.className = "embed-pause";
  button.addEventListener("click", () => {
    wanted = clip.paused;
    inView = true;
    follow();
  });
  clip.addEventListener("play", label);
  clip.addEventListener("pause", label);
  stillness.addEventListener("change", follow);
  clip.removeAttribute("controls");
  label();
  clip.after(button);
  new IntersectionObserver(([entry]) => {
    inView = entry.isIntersecting;
    follow();
  }, { threshold: 0.25 }).observe(clip);
}

document.querySelectorAll(".embed-loop").forEach(loop);
