// A long list of tick-boxes with a search over it. What is ticked is always shown.
const fold = (text) => text.toLowerCase().normalize("NFC");

document.querySelectorAll("[data-pick]").forEach((list) => {
  const box = list.querySelector("[data-pick-search]");
  const input = box.querySelector("input");
  const none = list.querySelector("[data-pick-none]");
  const rows = [...list.querySelectorAll("li")].map((row) => [row, fold(row.textContent)]);
  const show = () => {
    const words = fold(input.value).split(/\s+/).filter(Boolean);
    let found = 0;
    rows.forEach(([row, text]) => {
      const here = words.every((word) => text.includes(word));
      found += here;
      row.hidden = !here && !row.querySelector(":checked");
    });
    none.hidden = found > 0;
  };
  box.hidden = false;
  input.addEventListener("input", show);
  // Enter in the search ticks the only one found and never sends the form.
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const left = rows.filter(([row]) => !row.hidden && !row.querySelector(":checked"));
    if (left.length === 1) left[0][0].querySelector("input").click();
  });
  list.addEventListener("change", show);
});
