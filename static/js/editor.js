// The editor: live preview, pictures by drag and paste at the cursor, links found by typing. Without this script, its
// buttons do the same, each with a new page.

const text = document.getElementById("-text");
const { form } = text;
const file = document.getElementById("-file");
const alt = document.getElementById("-alt");
const said = document.getElementById("-said");
const live = form.querySelector(".desk-live");
const frame = live.querySelector("iframe");
const isWide = matchMedia("(width >= 64rem)");

/// Pause after the last change before the preview is renewed, in milliseconds.
const PAUSE = 800;

/// Inserts at the cursor, so that the browser can undo it. A block has blank lines around it.
const insert = (line, isBlock) => {
  const before = text.value.slice(0, text.selectionStart);
  const after = text.value.slice(text.selectionEnd);
  const lines = (part, side) => (isBlock && part ? Math.max(0, 2 - part.match(side)[0].length) : 0);
  const end = after || !isBlock ? "\n".repeat(lines(after, /^\n*/)) : "\n";
  const whole = "\n".repeat(lines(before, /\n*$/)) + line + end;
  text.focus();
  if (!document.execCommand("insertText", false, whole)) {
    text.setRangeText(whole, text.selectionStart, text.selectionEnd, "end");
    later();
  }
};

const toPage = (html) => new DOMParser().parseFromString(html, "text/html");

/// Sends the form, and returns the page that answers. `fields` replace those of the form.
const send = async (fields, signal) => {
  const body = new FormData(form);
  if (fields.act != "add") body.delete("file");
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const response = await fetch(form.action, {
    method: "POST",
    body: fields.act == "add" ? body : new URLSearchParams(body),
    signal,
  });
  const page = toPage(await response.text());
  page.isOut = response.status == 401;
  return page;
};

const say = (sentence) => {
  const notice = document.createElement("p");
  notice.className = "notice notice-error";
  notice.textContent = sentence;
  said.replaceChildren(notice);
};

/// Shows what an answer says: notices of the editor, or the sentence of another page.
const tell = (page) => {
  const news = page.getElementById("-said");
  if (news) said.replaceChildren(...[...news.childNodes].map((node) => document.importNode(node, true)));
  else say(page.isOut ? form.dataset.out : (page.querySelector("main")?.textContent ?? form.dataset.away));
  return news;
};

// Live preview: one request at a time. Its answer is this page for the typed text, with the preview in it.

let timer;
let isBusy = false;
let isStale = false;
let isTouched = false;
// True if the notice is one of a live answer, which the next one takes away. Others stay.
let isTold = false;
let leaving = new AbortController();
// The page that the frame shows, as the server sent it.
let shown;

const later = () => {
  isStale = isTouched = true;
  clearTimeout(timer);
  timer = setTimeout(renew, PAUSE);
};

const renew = async () => {
  clearTimeout(timer);
  if (isBusy || leaving.signal.aborted) return;
  isBusy = true;
  isStale = false;
  try {
    const page = await send(isTouched ? { act: "live" } : { act: "live", keeps: "" }, leaving.signal);
    const news = page.getElementById("-said");
    if (!news || news.children.length || isTold) {
      tell(page);
      isTold = !news || news.children.length > 0;
    }
    if (news) {
      for (const id of ["-count", "-problems"]) {
        document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
      }
      const { srcdoc } = page.querySelector(".desk-live iframe");
      if (srcdoc) await draw(srcdoc);
    }
  } catch {
    if (!leaving.signal.aborted) {
      say(form.dataset.away);
      isTold = true;
    }
  } finally {
    isBusy = false;
    if (isStale) later();
  }
};

/// Shows a page in the frame. Where only its text has changed, only that is replaced: nothing flickers, and the place stays.
const draw = async (html) => {
  const page = toPage(html);
  const scripts = ({ scripts }) => [...scripts].map((script) => script.getAttribute("src")).join();
  if (shown && scripts(shown) == scripts(page)) {
    patch(frame.contentDocument.body, shown.body, page.body);
  } else {
    const top = frame.contentWindow.scrollY;
    await new Promise((done) => {
      frame.addEventListener("load", done, { once: true });
      frame.srcdoc = html;
    });
    frame.contentWindow.scrollTo(0, top);
    frame.contentDocument.addEventListener("click", stay);
    frame.contentDocument.addEventListener("submit", (event) => event.preventDefault());
  }
  shown = page;
};

/// Replaces what differs between an old page and a new one in a page that was made from the old one.
const patch = (live, old, now) => {
  const [is, was, will] = [live, old, now].map((node) => [...node.childNodes]);
  let start = 0;
  while (start < Math.min(was.length, will.length) && was[start].isEqualNode(will[start])) start++;
  let end = 0;
  while (end < Math.min(was.length, will.length) - start && was.at(-1 - end).isEqualNode(will.at(-1 - end))) end++;
  const [gone, come] = [was, will].map((nodes) => nodes.slice(start, nodes.length - end));
  const isChanged = is.length != was.length;
  if (!isChanged && gone.length == 1 && come.length == 1 && gone[0].children?.length) {
    if (gone[0].cloneNode().isEqualNode(come[0].cloneNode())) return patch(is[start], gone[0], come[0]);
  }
  const copies = (isChanged ? will : come).map((node) => document.importNode(node, true));
  if (isChanged) return live.replaceChildren(...copies);
  const next = is[start + gone.length] ?? null;
  for (const node of is.slice(start, start + gone.length)) node.remove();
  for (const node of copies) live.insertBefore(node, next);
};

/// Keeps the frame on its page: a link within the text scrolls, others do nothing.
const stay = (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented) return;
  event.preventDefault();
  const id = decodeURIComponent(link.hash.slice(1));
  if (id) frame.contentDocument.getElementById(id)?.scrollIntoView();
};

form.addEventListener("input", ({ target }) => {
  if (target.name && target != file && target != alt) later();
});
document.addEventListener("visibilitychange", () => document.hidden && isStale && renew());
isWide.addEventListener("change", () => isWide.matches && !shown && renew());
form.classList.add("is-live");
if (isWide.matches) renew();

// A number of a line selects it. Getting the focus again scrolls to the selection.
document.getElementById("-problems").addEventListener("click", (event) => {
  const line = event.target.dataset.line;
  if (!line) return;
  event.preventDefault();
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1);
  text.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  text.blur();
  text.focus();
});

// Pictures and clips.

/// Adds the chosen files to the text. Files that fail stay chosen.
const add = async (button) => {
  button.disabled = true;
  try {
    const page = await send({ act: "add", text: "" });
    const lines = [...page.querySelectorAll(".desk-added")].map((line) => line.textContent);
    if (tell(page) && lines.length) {
      insert(lines.join("\n\n"), true);
      file.value = alt.value = "";
    }
    said.scrollIntoView({ block: "nearest" });
  } catch {
    say(form.dataset.away);
  } finally {
    button.disabled = false;
  }
};

/// Takes files that were dropped or pasted, and asks what they show.
const take = (event, { files }) => {
  if (!files.length) return;
  event.preventDefault();
  file.files = files;
  alt.focus();
  alt.scrollIntoView({ block: "center" });
};

// Also beside the text: the browser would leave the page and open the file.
addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
addEventListener("drop", (event) => take(event, event.dataTransfer));
text.addEventListener("paste", (event) => {
  // Office programs add a picture of the text that was copied.
  if (!event.clipboardData.types.includes("text/plain")) take(event, event.clipboardData);
});
file.addEventListener("change", () => file.files.length && alt.focus());

form.addEventListener("submit", (event) => {
  const act = event.submitter?.value;
  if (act == "add" && file.files.length) {
    event.preventDefault();
    const size = [...file.files].reduce((sum, { size }) => sum + size, 0);
    isTold = false;
    if (size > form.dataset.most) say(form.dataset.large);
    else add(event.submitter);
  } else if (act == "preview") {
    // On a wide screen the preview is there already, and the button opens the whole page.
    if (isWide.matches) return;
    event.preventDefault();
    const isShown = form.classList.toggle("is-shown");
    event.submitter.setAttribute("aria-expanded", isShown);
    if (isShown) renew().then(() => live.scrollIntoView());
  } else {
    leaving.abort();
  }
});
addEventListener("keydown", (event) => {
  if (event.key != "s" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[value=save]"));
});
// A page that comes back from the browser's history goes on.
addEventListener("pageshow", () => {
  if (leaving.signal.aborted) leaving = new AbortController();
});

/// Lets Enter press a button instead of saving the text.
const onEnter = (field, press) =>
  field.addEventListener("keydown", (event) => {
    if (event.key != "Enter") return;
    event.preventDefault();
    press();
  });
onEnter(alt, () => form.requestSubmit(form.querySelector("[value=add]")));

// Stretches and texts to link.

const find = document.getElementById("-find");
const found = document.getElementById("-found");

const search = async () => {
  const words = find.value.trim();
  const response = words && (await fetch(`/desk/texts?q=${encodeURIComponent(words)}`).catch(() => null));
  const page = toPage(response ? await response.text() : "");
  // The answer to an earlier question may come late.
  if (find.value.trim() != words) return;
  const rows = [...page.querySelectorAll(".desk-comments > li")].filter((row) => row.querySelector("code"));
  const buttons = rows.slice(0, 8).map((row) => {
    const [item, button, kind] = ["li", "button", "span"].map((name) => document.createElement(name));
    const line = row.querySelector("code").textContent;
    Object.assign(button, { type: "button", textContent: row.querySelector("a").textContent });
    Object.assign(kind, { className: "meta", textContent: row.querySelector(".kind").textContent });
    button.append(" ", kind);
    button.addEventListener("click", () => {
      insert(line, line.startsWith("!"));
      find.value = "";
      found.replaceChildren();
    });
    item.append(button);
    return item;
  });
  found.replaceChildren(...buttons);
};

let asking;
find.addEventListener("input", () => {
  clearTimeout(asking);
  asking = setTimeout(search, 200);
});
onEnter(find, async () => {
  await search();
  found.querySelector("button")?.click();
});
find.closest(".field").hidden = false;
