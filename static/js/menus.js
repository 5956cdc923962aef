// Menus close on Escape and outside; toasts leave after six seconds; an error summary takes the focus.
const open = () => document.querySelectorAll("details.menu[open]");

addEventListener("click", (event) => open().forEach((menu) => menu.contains(event.target) || menu.removeAttribute("open")));
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  open().forEach((menu) => {
    menu.removeAttribute("open");
    menu.querySelector("summary").focus();
  });
});
setTimeout(() => document.querySelectorAll(".toasts > *").forEach((toast) => toast.remove()), 6000);
document.querySelector("[data-focus]")?.focus();
