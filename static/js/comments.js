// The comment form, made easier: what is typed is kept in this browser until it has been sent, the form moves below the
// comment it answers, name and site are remembered for who wants that, and a preview follows what is typed. Without this
// script the same links and buttons lead to pages that do the same, and whatever fails here falls back to them.

const conversation = document.getElementById("-comments");
const respond = document.getElementById("-respond");
const form = respond.querySelector("form");
const { text, parent, name, site } = form.elements;

/// Storage that may be forbidden or full; then things last as long as the page.
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

// A comment was taken when the page shows one that was not there when it was sent.
const sent = parsed(recall(tab, "sent"));
keep(tab, "sent");
const shown = /^#comment-(\d+)$/.exec(location.hash)?.[1];
if (sent && shown > sent.newest && document.getElementById(`comment-${shown}`)) keep(browser, sent.draft);

if (text.value) saveDraft();
else loadDraft();
form.addEventListener("input", ({ target }) => { if (target == text) saveDraft(); });

/// What only this script shows is made here: browsers without styles would show it in the page.
const make = (tag, properties, ...children) => {
  const one = Object.assign(document.createElement(tag), properties);
  one.append(...children);
  return one;
};

const foot = form.querySelector(".form-foot");
let notice;

/// Says what went wrong above the buttons, or takes it back.
const say = (words) => {
  notice?.remove();
  notice = words && make("p", { className: "notice notice-error", role: "alert" }, words);
  if (notice) foot.before(notice);
};
addEventListener("online", () => say());

// The form below the comment that it answers. The address stays as it is: a reload shows the page as everyone has it.
// Where the page was asked for as an answer, its links lead on as they are.

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

// Name and site, for who ticks the box. The e-mail address is nobody's business but the site's, and is not kept here.

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

// Preview: a press shows it in place, and from then on it follows.

const preview = document.getElementById("-preview");
if (preview.hidden) preview.append(make("h3", {}, preview.ariaLabel), make("div"));
const button = form.elements.preview;
let pause, looks = 0;

const hidePreview = () => {
  looks++;
  clearTimeout(pause);
  preview.hidden = true;
};

/// What was said of a field is over once it has been mended, as far as can be seen from here: the preview asks about the
/// text alone. The summary goes with the first, for its heading counts them; the others say so at their fields.
const forgive = () => {
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    const isMissing = !field.value.trim() && (field == text || field == name);
    if (isMissing || field.value == field.defaultValue) continue;
    field.removeAttribute("aria-invalid");
    document.getElementById(`${field.id}-error`)?.remove();
    document.getElementById("-error-summary")?.remove();
  }
};

/// Fails where the site cannot be reached; false where it has something to say against the comment.
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
    // The page says what is wrong. Submitting so fires no click.
    if (!await look()) return form.requestSubmit(button);
  } catch {
    return say(form.dataset.offline);
  }
  foot.before(preview);
  preview.hidden = false;
  // A screen reader says the name of what gets the focus. What follows while one types is not read out.
  preview.focus();
});

form.addEventListener("input", () => {
  if (preview.hidden) return;
  clearTimeout(pause);
  pause = setTimeout(() => look().catch(() => {}), 400);
});

form.addEventListener("submit", (event) => {
  remember();
  // The browser's own page for this would take name and text away.
  if (!navigator.onLine) {
    event.preventDefault();
    say(form.dataset.offline);
  } else if (event.submitter != button) keep(tab, "sent", JSON.stringify({ draft: draftOf(parent.value), newest: newest() }));
});
