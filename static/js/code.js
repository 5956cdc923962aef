// A code sends itself at its last digit: typed, or pasted with the spaces it was written with. Once for each code, so
// that one which was refused can be mended. Without this module the button sends it.
document.querySelectorAll("[data-code]").forEach((field) => {
  const digits = () => field.value.replace(/\s/g, "");
  const said = field.form.querySelector("[data-sends-itself]");
  let sent = digits();
  if (said) {
    said.hidden = false;
    field.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), said.id].filter(Boolean).join(" "));
  }
  if (sent) field.select();
  field.addEventListener("input", () => {
    if (!/^\d+$/.test(digits()) || digits().length !== Number(field.dataset.code) || digits() === sent) return;
    sent = digits();
    field.form.requestSubmit(field.form.querySelector("button"));
  });
});
