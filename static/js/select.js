// The bar over a table is shown when rows are ticked, and counts them.
document.querySelectorAll("form[data-select]").forEach((form) => {
  const bar = form.querySelector("[data-selection]");
  const count = form.querySelector("[data-count]");
  const all = form.querySelector("[data-select-all]");
  const boxes = [...form.querySelectorAll("tbody input[type=checkbox]")];
  const show = () => {
    const ticked = boxes.filter((box) => box.checked);
    bar.hidden = !ticked.length;
    count.textContent = `${ticked.length} ${count.dataset.words}`;
    all.checked = ticked.length === boxes.length;
    all.indeterminate = ticked.length > 0 && !all.checked;
    boxes.forEach((box) => box.closest("tr").toggleAttribute("data-selected", box.checked));
  };
  const tick = (checked) => {
    boxes.forEach((box) => (box.checked = checked));
    show();
  };
  all.addEventListener("change", () => tick(all.checked));
  form.querySelector("[data-unselect]").addEventListener("click", () => tick(false));
  form.addEventListener("change", show);
  // Enter in a field of the bar presses the button beside it, and no other.
  bar.addEventListener("keydown", (event) => {
    const details = event.key === "Enter" && event.target.matches("input, select") && event.target.closest("details");
    if (!details) return;
    event.preventDefault();
    details.querySelector("button").click();
  });
  show();
});
