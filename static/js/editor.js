// The editor: pictures by drag and paste, at the cursor. Without this script, its buttons do the same with a new page.

const text = document.getElementById("-text");
const { form } = text;
const file = document.getElementById("-file");
const alt = document.getElementById("-alt");
const said = document.getElementById("-said");

/// Inserts at the cursor, so that the browser can undo it. Only a link may be within a line.
const insert = (line, isBlock) => {
  const before = text.value.slice(0, text.selectionStart);
  const after = text.value.slice(text.selectionEnd);
  const lines = (part, side) => (isBlock && part ? Math.max(0, 2 - part.match(side)[0].length) : 0);
  const whole = "\n".repeat(lines(before, /\n*$/)) + line + (after || !isBlock ? "\n".repeat(lines(after, /^\n*/)) : "\n");
  text.focus();
  if (!document.execCommand("insertText", false, whole)) text.setRangeText(whole, text.selectionStart, text.selectionEnd, "end");
};

/// Sends the form, and returns the page that answers. `fields` replace those of the form.
const send = async (fields) => {
  const body = new FormData(form);
  if (!fields.file) body.delete("file");
  for (const [name, value] of Object.entries(fields)) if (name != "file") body.set(name, value);
  const response = await fetch(form.action, { method: "POST", body: fields.file ? body : new URLSearchParams(body) });
  return new DOMParser().parseFromString(await response.text(), "text/html");
};

/// Shows what an answer says: notices of the editor, or the sentence of another page, such as that of the lost session.
const tell = (page) => {
  const news = page.getElementById("-said");
  if (news) said.replaceChildren(...news.childNodes);
  else say(page.querySelector("main").textContent);
  return news;
};

const say = (sentence) => {
  const notice = document.createElement("p");
  notice.className = "notice notice-error";
  notice.textContent = sentence;
  said.replaceChildren(notice);
};

/// Adds the chosen files to the text. A picture that fails stays chosen.
const add = async (button) => {
  button.disabled = true;
  try {
    const page = await send({ act: "add", file: true, text: "" });
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

text.addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
text.addEventListener("drop", (event) => take(event, event.dataTransfer));
text.addEventListener("paste", (event) => take(event, event.clipboardData));
file.addEventListener("change", () => file.files.length && alt.focus());

form.addEventListener("submit", (event) => {
  if (event.submitter?.value != "add" || !file.files.length) return;
  event.preventDefault();
  const size = [...file.files].reduce((sum, { size }) => sum + size, 0);
  if (size > form.dataset.most) say(form.dataset.large);
  else add(event.submitter);
});

// Enter would save the text.
alt.addEventListener("keydown", (event) => {
  if (event.key != "Enter") return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[value=add]"));
});
