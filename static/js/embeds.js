// Embeds that need more than HTML. Without this script a facade is a plain link, and a clip that loops waits for a press.

// Click to load: a press on a facade puts the provider's player in its place. Until then nothing is fetched from anywhere.

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

// Clips that loop: they begin by themselves where they are seen, unless the reader asked for less motion or less data.
// A button stops them for good (WCAG 2.2.2), and starts them for those for whom they did not begin.

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

function loop(figure) {
  const clip = figure.querySelector("video");
  const button = document.createElement("button");
  let inView = false;
  // What the reader said with the button; until then the preference decides.
  let wanted = null;

  const mayPlay = () => wanted ?? !(stillness.matches || navigator.connection?.saveData);
  // A browser may refuse to begin without a press: then the button says so.
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
