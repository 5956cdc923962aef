// The bar over a table is shown when rows are ticked, and counts them.
document.querySelectorAll("form[data-select]").forEach((form) => {
  const bar = form.querySelector("[data-selection]");
  const count = form.querySelector("[data-count]");
  const boxes = [...form.querySelectorAll("tbody input[type=checkbox]")];
  const show = () => {
    const ticked = boxes.filter((box) => box.checked);
    bar.hidden = !ticked.length;
    count.textContent = `${ticked.length} ${count.dataset.words}`;
    boxes.forEach((box) => box.closest("tr").toggleAttribute("data-selected", box.checked));
  };
  form.querySelector("[data-select-all]").addEventListener("change", (event) => {
    boxes.forEach((box) => (box.checked = event.target.checked));
    show();
  });
  form.addEventListener("change", show);
  show();
});
