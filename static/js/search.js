// Results while typing: requests the page that the form would lead to, and shows its results here. If that fails, and
// without this script, the form works as usual.

// Pause after the last letter before a request, in milliseconds.
const PAUSE = 180;

const form = document.querySelector(".search-form");
const summary = document.getElementById("search-count");
const results = document.getElementById("search-results");

let shown = address();
let pause;
let request;

function address() {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value.trim()) asked.append(name, value.trim());
  }
  return asked.size ? `${form.action}?${asked}` : form.action;
}

function stop() {
  clearTimeout(pause);
  request?.abort();
}

async function update() {
  const wanted = address();
  if (wanted === shown) return;
  request = new AbortController();
  const { signal } = request;
  try {
    const answer = await fetch(wanted, { signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const sentence = page.getElementById("search-count");
    const found = page.getElementById("search-results");
    // A result that has the focus stays.
    if (signal.aborted || !answer.ok || !sentence || !found || results.contains(document.activeElement)) return;
    // The content of the element is replaced: screen readers do not read out a new element.
    if (summary.textContent !== sentence.textContent) summary.textContent = sentence.textContent;
    results.replaceChildren(...found.childNodes);
    document.title = page.title;
    history.replaceState(history.state, "", wanted);
    shown = wanted;
  } catch {
    // A newer request has begun, or the browser is offline: the button still works.
  }
}

function changed(event) {
  stop();
  // A letter that is still being composed, as in Japanese, is not searched for.
  if (!event.isComposing) pause = setTimeout(update, event.type === "input" ? PAUSE : 0);
}

form.addEventListener("input", changed);
form.addEventListener("compositionend", changed);
// After a choice of tag or year there is no pause.
form.addEventListener("change", changed);
form.addEventListener("submit", stop);
