// The comment form, made easier: drafts are kept in this browser until they are sent, the form moves below the comment
// that it answers, name and site are remembered on request, and a preview is updated while typing. Without this script
// the same links and buttons lead to pages that do the same. After any error the form falls back to them.

const conversation = document.getElementById("-comments");
const respond = document.getElementById("-respond");
const form = respond.querySelector("form");
const { text, parent, name, site } = form.elements;

/// Storage of the browser. If it is forbidden or full, values last as long as the page.
const keep = (storage, key, value) => {
  try {
    if (value) storage()[key] = value;
    else delete storage()[key];
  } catch {}
};
const recall = (storage, key) => {
  try { return storage()[key]; } catch {}
};
const parsed = (value) => {
  try { return JSON.parse(value); } catch {}
};
const browser = () => localStorage;
const tab = () => sessionStorage;

// Drafts, one for each post and comment that is answered.

const typed = new Map();
const draftOf = (id) => `draft ${form.action} ${id}`;

const saveDraft = () => {
  typed.set(parent.value, text.value);
  keep(browser, draftOf(parent.value), text.value);
};
const loadDraft = () => {
  text.value = typed.get(parent.value) ?? recall(browser, draftOf(parent.value)) ?? "";
};
const newest = () => Math.max(0, ...[...conversation.querySelectorAll("[id^=comment-]")].map((one) => +one.id.slice(8)));

// A comment was accepted if the page shows one that was not there when it was sent.
const sent = parsed(recall(tab, "sent"));
keep(tab, "sent");
const shown = /^#comment-(\d+)$/.exec(location.hash)?.[1];
if (sent && shown > sent.newest && document.getElementById(`comment-${shown}`)) keep(browser, sent.draft);

if (text.value) saveDraft();
else loadDraft();
form.addEventListener("input", ({ target }) => { if (target == text) saveDraft(); });

/// Makes an element that only this script shows. In the HTML, browsers without styles would show it.
const make = (tag, properties, ...children) => {
  const one = Object.assign(document.createElement(tag), properties);
  one.append(...children);
  return one;
};

const foot = form.querySelector(".form-foot");
let notice;

/// Shows an error above the buttons, or removes it.
const say = (words) => {
  notice?.remove();
  notice = words && make("p", { className: "notice notice-error", role: "alert" }, words);
  if (notice) foot.before(notice);
};
addEventListener("online", () => say());

// Moves the form below the comment that it answers. The address does not change: a reload shows the normal page. On a
// page that was opened to answer a comment, links are not changed.

const home = document.createComment("");
respond.before(home);
const heading = respond.querySelector("h2");
const first = heading.textContent;
const moves = !parent.value;
const to = make("a");
const [before, after] = form.dataset.to.split("…");
const cancel = make("a", { className: "text-link", href: "#-respond" }, form.dataset.cancel);
const replying = respond.querySelector(".replying");
if (moves) replying.append(make("p", {}, before, to, after), cancel);
let asked;

const move = (id, place) => {
  saveDraft();
  parent.value = id;
  place();
  loadDraft();
  hidePreview();
};

const answer = (link) => {
  const comment = link.closest(".comment");
  to.href = `#${comment.id}`;
  to.textContent = comment.querySelector(".comment-name").firstChild.textContent.trim();
  heading.textContent = form.dataset.reply;
  asked = link;
  move(comment.id.slice(8), () => comment.after(respond));
  respond.classList.add("respond-moved");
  replying.hidden = false;
  text.focus();
};

const callOff = () => {
  move("", () => home.after(respond));
  respond.classList.remove("respond-moved");
  replying.hidden = true;
  heading.textContent = first;
  asked.focus();
  asked = undefined;
};

conversation.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (moves && link.matches(".comment-reply")) {
    event.preventDefault();
    answer(link);
  } else if (asked && link.matches(".replying > a")) {
    event.preventDefault();
    callOff();
  }
});

// Name and site are remembered if the box is ticked. The e-mail address is never stored in the browser.

const box = document.createElement("input");
box.type = "checkbox";
const label = document.createElement("label");
label.className = "remember";
label.append(box, form.dataset.remember);
form.querySelector(".field-row").after(label);

const signature = parsed(recall(browser, "signature"));
box.checked = Boolean(signature);
name.value ||= signature?.name ?? "";
site.value ||= signature?.site ?? "";

const remember = () => keep(browser, "signature", box.checked && JSON.stringify({ name: name.value, site: site.value }));
box.addEventListener("change", remember);

// Preview: the button shows it on the page. From then on it is updated while typing.

const preview = document.getElementById("-preview");
if (preview.hidden) preview.append(make("h3", {}, preview.ariaLabel), make("div"));
const button = form.elements.preview;
let pause, looks = 0;

const hidePreview = () => {
  looks++;
  clearTimeout(pause);
  preview.hidden = true;
};

/// Removes the error of a field that was corrected, as far as this script can tell: the preview checks only the text.
/// The summary is removed with the first error, because its heading counts them; other errors stay beside their fields.
const forgive = () => {
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    const isMissing = !field.value.trim() && (field == text || field == name);
    if (isMissing || field.value == field.defaultValue) continue;
    field.removeAttribute("aria-invalid");
    document.getElementById(`${field.id}-error`)?.remove();
    document.getElementById("-error-summary")?.remove();
  }
};

/// Fails if the site cannot be reached; false if the site reports an error in the comment.
const look = async () => {
  const own = ++looks;
  const response = await fetch(button.dataset.look, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const html = await response.text();
  if (response.status >= 500) throw response.status;
  if (own != looks) return true;
  if (!response.ok) return false;
  preview.querySelector("div").innerHTML = html;
  forgive();
  return true;
};

button.addEventListener("click", async (event) => {
  event.preventDefault();
  clearTimeout(pause);
  say();
  try {
    // The page shows what is wrong. Submitting this way fires no click event.
    if (!await look()) return form.requestSubmit(button);
  } catch {
    return say(form.dataset.offline);
  }
  foot.before(preview);
  preview.hidden = false;
  // A screen reader reads the name of the element that gets the focus. Later updates are not read out.
  preview.focus();
});

form.addEventListener("input", () => {
  if (preview.hidden) return;
  clearTimeout(pause);
  pause = setTimeout(() => look().catch(() => {}), 400);
});

form.addEventListener("submit", (event) => {
  remember();
  // The browser's own error page would lose name and text.
  if (!navigator.onLine) {
    event.preventDefault();
    say(form.dataset.offline);
  } else if (event.submitter != button) keep(tab, "sent", JSON.stringify({ draft: draftOf(parent.value), newest: newest() }));
});
