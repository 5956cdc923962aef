// A second click does nothing: the button keeps its width and says what is happening. Asked before anybody else, so
// that htmx sends nothing twice either.
function release(form) {
  delete form.dataset.sent;
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
}

addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      return event.stopImmediatePropagation();
    }
    if (!event.submitter || form.method !== "post") return;
    form.dataset.sent = "1";
    event.submitter.setAttribute("aria-busy", "true");
  },
  true,
);
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));
["htmx:sendError", "htmx:sendAbort", "htmx:timeout", "htmx:responseError"].forEach((name) =>
  document.addEventListener(name, (event) => release(event.detail.elt)),
);
