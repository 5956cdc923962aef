// Single keys, outside fields only, and only for those who have not turned them off. A control says its own key in
// data-key; one inside a row of a [data-walk] list answers when the reader stands on that row.
const writing = (element) => element.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const rows = () => [...document.querySelectorAll("[data-walk] > *")];
const row = () => document.querySelector("[data-walk] > [data-here]");
const at = (list, key) => [...list.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && one.checkVisibility());

function move(step) {
  const all = rows();
  if (!all.length) return;
  const here = all.indexOf(row());
  const next = here < 0 ? 0 : Math.min(Math.max(here + step, 0), all.length - 1);
  all.forEach((one) => one.toggleAttribute("data-here", one === all[next]));
  all[next].scrollIntoView({ block: "nearest" });
  const link = all[next].querySelector("a");
  if (link) link.focus({ preventScroll: true });
  else document.activeElement.blur();
}

const mark = () => row()?.querySelector("input[type=checkbox]")?.click();
const fixed = {
  j: () => move(1),
  k: () => move(-1),
  x: mark,
  enter: () => row()?.querySelector("a")?.click(),
  "?": () => document.getElementById("shortcuts")?.showModal(),
};

// The bar over a table is there when something is marked; with nothing marked its keys take the row one stands on.
function named(key) {
  const bar = document.querySelector(`[data-selection][hidden]:has([data-key="${key}"])`);
  if (bar && key !== "escape") mark();
  const inRow = row() && at(row(), key);
  return inRow || [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((one) => !one.closest("[data-walk]") && one.checkVisibility());
}

function use(control) {
  if (control.matches("input[type=radio]")) control.click();
  if (control.matches("input, textarea, select")) return control.focus();
  const details = control.matches("summary") && control.parentElement;
  if (!details) return control.click();
  details.open = true;
  details.querySelector("input:not([type=hidden]), select, textarea, a")?.focus();
}

document.querySelectorAll("[data-opens]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
});

addEventListener("keydown", (event) => {
  if (document.body.dataset.keys !== "on" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (writing(event.target) || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (key === "enter" && event.target !== document.body) return;
  if (Object.hasOwn(fixed, key)) {
    event.preventDefault();
    return fixed[key]();
  }
  const control = /^[a-z0-9/]$|^escape$/.test(key) && named(key);
  if (!control) return;
  event.preventDefault();
  use(control);
});
