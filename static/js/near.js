// Fetches the script of a part of a page when that part comes near the window: who only reads an article fetches none.

addEventListener("DOMContentLoaded", () => {
  const near = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      import(target.dataset.script);
    }
  }, { rootMargin: "100%" });
  for (const part of document.querySelectorAll("[data-script]")) near.observe(part);
});
