// Shows a held comment to its writer, at its place, when this browser opens the article again. The page is the same for
// everybody: the address at which only the writer sees the comment is stored in this browser, and `near.js` loads this
// script only if there is such an address. When the author has decided, the address is deleted.

const conversation = document.getElementById("-comments");
const key = `waiting ${conversation.dataset.thread}`;
const addresses = new Set(localStorage[key]?.split(" "));
const here = location.pathname + location.search;

/// Returns the comment at such an address, in its page; `undefined` if it does not wait any more.
const waiting = async (address) => {
  let page = document;
  if (address != here) {
    const response = await fetch(address);
    if (response.status >= 500) throw response.status;
    page = new DOMParser().parseFromString(await response.text(), "text/html");
  }
  return page.querySelector(".comment-waiting");
};

const itemOf = (comment) => comment?.id && document.getElementById(comment.id)?.closest("li");
const commentIn = (item) => item?.querySelector(":scope > .comment");
const pageOf = (one) => one.ownerDocument.querySelector("link[rel=canonical]").href;

/// Puts a comment at the same place as on its own page: after the previous one, below the one that it answers.
const place = (comment) => {
  const emptied = document.getElementById(comment.id);
  if (emptied) return emptied.replaceWith(comment);

  const item = comment.parentElement;
  const fold = item.parentElement.matches(".folded > ol") ? item.parentElement.closest("li") : null;
  const parent = (fold ?? item).parentElement.closest("li");
  const before = item.previousElementSibling ?? fold?.previousElementSibling;
  const isElsewhere = pageOf(comment) != pageOf(conversation);

  const ahead = itemOf(commentIn(before));
  if (ahead) return ahead.after(item);
  // Its parent may be on another page of the thread. Then the comment comes last on this page.
  const above = parent && itemOf(commentIn(parent));
  const isBelow = above && !isElsewhere;
  let list = (isBelow ? above : conversation).querySelector(":scope > ol");
  if (!list) {
    list = document.createElement("ol");
    list.className = isBelow ? "replies" : "thread";
    if (isBelow) above.append(list);
    else (conversation.querySelector(":scope > p:not([class])") ?? conversation.querySelector("h2")).after(list);
    conversation.querySelector(":scope > p:not([class])")?.remove();
  }
  if (before || isElsewhere) list.append(item);
  else list.prepend(item);
};

if (new URLSearchParams(location.search).has("waiting")) addresses.add(here);
for (const address of addresses) {
  try {
    const comment = await waiting(address);
    if (!comment) addresses.delete(address);
    else if (address != here) {
      place(comment);
      comment.closest(".folded")?.setAttribute("open", "");
    }
  } catch {
    // Offline, or the site is down: this is tried again on the next visit.
  }
}
if (addresses.size) localStorage[key] = [...addresses].join(" ");
else delete localStorage[key];
