// The light or dark scheme that the reader has chosen, stored in this browser. The script is in the head and blocks, so
// that no page is painted in the other scheme first. Without it there is no switch, and pages follow the system.

(() => {
  const name = "scheme";
  const root = document.documentElement;

  const show = (scheme) => {
    root.dataset[name] = scheme = /^(light|dark)$/.test(scheme) ? scheme : "auto";
    for (const meta of document.querySelectorAll("meta[data-scheme]")) {
      const own = meta.dataset[name];
      meta.media = scheme == "auto" ? `(prefers-color-scheme: ${own})` : own == scheme ? "all" : "not all";
    }
    for (const choice of document.getElementsByName(name)) choice.checked = choice.value == scheme;
  };

  const recall = () => {
    // Storage may be forbidden; then the choice lasts as long as the page.
    try { show(localStorage[name]); } catch { show(root.dataset[name]); }
  };

  recall();
  addEventListener("DOMContentLoaded", recall);
  // The page came back from the browser's cache, or the choice was changed in another tab.
  addEventListener("pageshow", recall);
  addEventListener("storage", recall);
  addEventListener("change", ({ target }) => {
    if (target.name != name) return;
    try { localStorage[name] = target.value; } catch {}
    show(target.value);
  });
})();
