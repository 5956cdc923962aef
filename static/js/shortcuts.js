// Single keys, outside fields only, and only for those who have not turned them off.
const writing = (element) => element.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const rows = () => [...document.querySelectorAll("[data-rows] > *")];

function move(step) {
  const all = rows();
  if (!all.length) return;
  const here = all.findIndex((row) => row.hasAttribute("data-here"));
  const next = Math.min(Math.max(here + step, 0), all.length - 1);
  all.forEach((row) => row.removeAttribute("data-here"));
  all[next].setAttribute("data-here", "");
  all[next].scrollIntoView({ block: "nearest" });
}

const row = () => document.querySelector("[data-rows] > [data-here]");
const fixed = {
  j: () => move(1),
  k: () => move(-1),
  x: () => row()?.querySelector("input[type=checkbox]")?.click(),
  Enter: () => row()?.querySelector("a")?.click(),
  "?": () => document.getElementById("shortcuts")?.showModal(),
};

addEventListener("keydown", (event) => {
  if (document.body.dataset.keys !== "on" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (writing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && event.target !== document.body) return;
  const named = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!named && !fixed[event.key]) return;
  event.preventDefault();
  if (!named) return fixed[event.key]();
  if (named.matches("input[type=search]")) named.focus();
  else named.click();
});
