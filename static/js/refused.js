// A form that htmx has posted and that was refused takes the focus at its summary, so that it is heard. When the
// server could not answer with the form, why stands at its top, and everything in it as it was.
import { sentence } from "./ask.js";

function say(form, text) {
  form.querySelector("[data-refused]")?.remove();
  const notice = document.createElement("div");
  notice.className = "notice";
  Object.assign(notice.dataset, { kind: "late", refused: "" });
  notice.setAttribute("role", "alert");
  notice.tabIndex = -1;
  const words = document.createElement("p");
  words.textContent = text;
  notice.append(words);
  form.prepend(notice);
  notice.focus();
}

document.addEventListener("htmx:afterSettle", (event) => {
  const root = event.target;
  (root.matches("[data-focus]") ? root : root.querySelector("[data-focus]"))?.focus();
});
// A sentence alone is never swapped in, whatever its status: it would take the form away.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.getResponseHeader("Content-Type") === "application/json") Object.assign(detail, { shouldSwap: false, isError: true });
});
document.addEventListener("htmx:responseError", ({ detail }) => say(detail.elt, sentence(detail.xhr.responseText).saved || detail.elt.dataset.failed));
document.addEventListener("htmx:sendError", ({ detail }) => say(detail.elt, detail.elt.dataset.offline));
// htmx remembers the address a form had when it was first seen; a new draft has got one of its own since.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const { elt, triggeringEvent } = detail;
  if (elt.matches("form[hx-post]") && !triggeringEvent?.submitter?.hasAttribute("formaction")) detail.path = elt.getAttribute("action");
});
