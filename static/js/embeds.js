// Click to load: a press on a facade puts the provider's player in its place. Until then nothing is fetched from
// anywhere, and without this script the facade is a plain link.

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
