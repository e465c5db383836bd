// Keys of the reply desk, and actions in place. Without this script, the same buttons work, each with a new page.

const comments = () => [...document.querySelectorAll(".desk-comments > li")];
const help = () => document.getElementById("-keys");

// Place of the selected comment in the page.
let at = -1;
let isBusy = false;
// Moments of the actions on this page that were not undone, the last one last.
const done = [];

const select = (place) => {
  const all = comments();
  at = Math.max(0, Math.min(place, all.length - 1));
  const comment = all[at];
  if (!comment) return document.getElementById("-main").focus();
  comment.tabIndex = -1;
  comment.focus({ preventScroll: true });
  comment.scrollIntoView({ block: comment.offsetHeight < innerHeight ? "nearest" : "start" });
};

const press = (act) => comments()[at]?.querySelector(`button[value="${act}"]`)?.click();

const keys = {
  j: () => select(at + 1),
  k: () => select(at - 1),
  a: () => press("approve"),
  s: () => press("spam"),
  t: () => press("trash"),
  r: () => comments()[Math.max(at, 0)]?.querySelector("textarea").focus(),
  z: () => {
    const moment = done.at(-1) ?? document.querySelector(".desk-notice [name=moment]")?.value;
    if (moment) send(document.querySelector(".desk-undo"), null, moment);
  },
  "?": () => help().showModal(),
};

addEventListener("focusin", ({ target }) => {
  const place = comments().indexOf(target.closest(".desk-comments > li"));
  if (place >= 0) at = place;
});

addEventListener("keydown", (event) => {
  const { target, key } = event;
  const isText = target.matches("textarea, select, input:not([type=checkbox])");
  if (target.matches(".desk-comments textarea")) {
    if (key == "Escape") select(at);
    if (key == "Enter" && (event.ctrlKey || event.metaKey)) target.form.querySelector("button").click();
  }
  if (isText || help()?.open || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, key)) return;
  event.preventDefault();
  if (!isBusy) keys[key]();
});

/// Sends a form as the browser would do it: the answer is a page of its own.
const sendPlainly = (form, button) => {
  if (button?.name) {
    const act = document.createElement("input");
    Object.assign(act, { type: "hidden", name: button.name, value: button.value });
    form.append(act);
  }
  form.submit();
};

/// Puts an answered page in place of this one. What was typed into other forms stays.
const show = (page, form) => {
  const typed = [...document.querySelectorAll("textarea")].filter((area) => area.value != area.defaultValue);
  for (const part of [".site-nav", "main"]) document.querySelector(part).replaceWith(page.querySelector(part));
  for (const old of typed) {
    const area = document.getElementById(old.id);
    if (area && old.form != form) area.value = old.value;
  }
  document.title = page.title;
};

const send = async (form, button, moment) => {
  if (isBusy) return;
  isBusy = true;
  if (moment) form.elements.moment.value = moment;
  try {
    const body = new URLSearchParams(new FormData(form, button));
    const response = await fetch(form.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    // A page without the desk: signed out, or an error.
    if (!page.querySelector(".desk-foot")) return sendPlainly(form, button);
    if (response.redirected) {
      const told = new URL(response.url).searchParams.get("done");
      if (form.matches(".desk-undo, .desk-notice")) done.splice(0, done.length, ...done.filter((one) => one != told));
      else done.push(told);
      history.replaceState(null, "", response.url);
    }
    show(page, form);
    const wrong = document.querySelector("[aria-invalid]");
    if (wrong) wrong.focus();
    else select(at);
  } catch {
    sendPlainly(form, button);
  } finally {
    isBusy = false;
  }
};

addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!["/desk/comments", "/desk/undo"].includes(form.getAttribute("action"))) return;
  event.preventDefault();
  send(form, submitter);
});
