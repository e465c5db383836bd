// Results as you type: asks for the page that the form would lead to and takes its results over. Where that fails,
// and without this script, the form works as it stands.

// Long enough for the next letter, in milliseconds.
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
    // Whoever has gone on to a result keeps it.
    if (signal.aborted || !answer.ok || !sentence || !found || results.contains(document.activeElement)) return;
    // Swapped inside its element: one that is put in anew is not read out.
    if (summary.textContent !== sentence.textContent) summary.textContent = sentence.textContent;
    results.replaceChildren(...found.childNodes);
    document.title = page.title;
    history.replaceState(history.state, "", wanted);
    shown = wanted;
  } catch {
    // Overtaken by the next letter, or offline: the button is still there.
  }
}

function changed(event) {
  stop();
  // Half a letter of Japanese is no question.
  if (!event.isComposing) pause = setTimeout(update, event.type === "input" ? PAUSE : 0);
}

form.addEventListener("input", changed);
form.addEventListener("compositionend", changed);
// A chosen tag or year need not wait.
form.addEventListener("change", changed);
form.addEventListener("submit", stop);
