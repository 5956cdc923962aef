// A file field that is only a button says which files it holds, and when one is too big.
const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} MB`);

function line(file, input) {
  const item = document.createElement("li");
  item.className = "file";
  item.innerHTML = '<span></span><div><p class="file-name"></p><p class="file-note"></p></div>';
  item.querySelector(".file-name").textContent = file.name;
  const note = item.querySelector(".file-note");
  const over = input.dataset.maxMb && file.size > Number(input.dataset.maxMb) * 1e6;
  note.textContent = over ? input.dataset.tooBig : size(file.size);
  if (over) note.dataset.wrong = "";
  return item;
}

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches?.("input[type=file].sr-only:not([data-upload])")) return;
  const row = input.closest(".buttons, .file-actions");
  if (!row) return;
  row.previousElementSibling?.matches("[data-chosen]") && row.previousElementSibling.remove();
  const list = document.createElement("ul");
  list.className = "files";
  list.dataset.chosen = "";
  row.querySelectorAll("input[type=file]").forEach((one) => list.append(...[...one.files].map((file) => line(file, one))));
  if (list.children.length) row.before(list);
});
