// A file field that is only a button says which files it holds, and when one is too big.
const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} MB`);

// A line of a list of files, as the server draws one, with `note` under the name; `wrong` when it tells of a fault.
export function line(name, note = "", wrong = false) {
  const item = document.createElement("li");
  item.className = "file";
  item.innerHTML = '<span></span><div><p class="file-name"></p><p class="file-note"></p></div>';
  item.querySelector(".file-name").textContent = name;
  remark(item, note, wrong);
  return item;
}

export function remark(item, note, wrong) {
  const told = item.querySelector(".file-note");
  told.textContent = note;
  told.toggleAttribute("data-wrong", wrong);
}

export const isTooBig = (file, input) => file.size > Number(input.dataset.maxMb || Infinity) * 1e6;

function chosen(file, input) {
  const over = isTooBig(file, input);
  return line(file.name, over ? input.dataset.tooBig : size(file.size), over);
}

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches?.("input[type=file].sr-only:not([data-upload])")) return;
  const buttons = input.closest(".buttons, .file-actions");
  if (!buttons) return;
  let list = buttons.previousElementSibling;
  if (!list?.matches("[data-chosen]")) {
    list = document.createElement("ul");
    list.className = "files";
    list.dataset.chosen = "";
    list.setAttribute("aria-live", "polite");
    buttons.before(list);
  }
  const inputs = [...buttons.querySelectorAll("input[type=file]")];
  list.replaceChildren(...inputs.flatMap((one) => [...one.files].map((file) => chosen(file, one))));
});
