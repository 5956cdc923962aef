// A chosen file is sent at once, with its progress in the row; then the row's list comes back from the server.
// One at a time: each answer is the whole list, so an earlier one must not arrive after a later.
import { asked, renew, sentence } from "./ask.js";

let line = Promise.resolve();
let waiting = 0;
let failed = 0;

function say(list, text) {
  const item = document.createElement("li");
  item.className = "file";
  item.innerHTML = '<span></span><div><p class="file-name"></p><p class="file-note"></p></div><progress class="progress" max="100"></progress>';
  item.querySelector(".file-name").textContent = text;
  list.append(item);
  return item;
}

function send(input, file, ready, again = false) {
  const form = input.form;
  const row = input.name.split(".")[1];
  const list = form.querySelector(`[data-files="${row}"]`);
  const item = say(list, file.name);
  const note = item.querySelector(".file-note");
  const bar = item.querySelector("progress");
  const fail = (text) => {
    note.textContent = text;
    note.dataset.wrong = "";
    bar.remove();
    failed += 1;
    ready();
  };
  if (file.size > Number(input.dataset.maxMb) * 1e6) return fail(input.dataset.tooBig);
  const body = new FormData();
  body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.append(input.name, file);
  const request = new XMLHttpRequest();
  request.open("POST", input.dataset.upload);
  Object.entries(asked).forEach(([name, value]) => request.setRequestHeader(name, value));
  request.upload.onprogress = (event) => (bar.value = (100 * event.loaded) / event.total);
  request.onerror = () => fail(form.dataset.offline || "");
  request.onload = () => {
    if (![200, 409, 422].includes(request.status) || request.getResponseHeader("Content-Type") === "application/json") {
      const told = sentence(request.responseText);
      if (told.token && !again) {
        renew(told.token);
        item.remove();
        return send(input, file, ready, true);
      }
      return fail(told.saved || form.dataset.failed || "");
    }
    const holder = document.createElement("template");
    holder.innerHTML = request.responseText;
    const fresh = holder.content.querySelector("[data-files]");
    form.querySelectorAll(".error[data-upload-error]").forEach((old) => old.remove());
    form.querySelector(`[data-files="${row}"]`).replaceWith(fresh);
    const problem = holder.content.querySelector(".error");
    if (problem) {
      problem.dataset.uploadError = "";
      fresh.after(problem);
      failed += 1;
    }
    ready();
  };
  request.send(body);
}

// Files that go with their form: the buttons do not say what was chosen, so a list above them does.
function showChosen(input) {
  const buttons = input.closest(".buttons, .file-actions");
  let list = buttons.previousElementSibling;
  if (!list?.matches("[data-chosen]")) {
    list = document.createElement("ul");
    list.className = "files";
    list.dataset.chosen = "";
    list.setAttribute("aria-live", "polite");
    buttons.before(list);
  }
  list.replaceChildren();
  buttons.querySelectorAll("input[type=file]").forEach((one) =>
    [...one.files].forEach((file) => {
      const item = say(list, file.name);
      item.querySelector("progress").remove();
      if (file.size <= Number(one.dataset.maxMb || Infinity) * 1e6) return;
      item.querySelector(".file-note").textContent = one.dataset.tooBig;
      item.querySelector(".file-note").dataset.wrong = "";
    }),
  );
}

document.addEventListener("change", (event) => {
  const input = event.target;
  if (input.matches?.("input.sr-only[type=file]:not([data-upload])")) showChosen(input);
  if (!input.matches?.("input[type=file][data-upload]")) return;
  [...input.files].forEach((file) => {
    waiting += 1;
    line = line.then(() => new Promise((ready) => send(input, file, ready))).finally(() => (waiting -= 1));
  });
  input.value = "";
});

// A form is not sent while its files are on their way; it goes by itself when they are there, unless one failed.
addEventListener(
  "submit",
  (event) => {
    if (!waiting || !event.target.querySelector("[data-files]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { target, submitter } = event;
    if (target.dataset.waits) return;
    const before = failed;
    target.dataset.waits = "1";
    submitter?.setAttribute("aria-busy", "true");
    line.then(() => {
      delete target.dataset.waits;
      submitter?.removeAttribute("aria-busy");
      if (failed === before) target.requestSubmit(submitter);
    });
  },
  true,
);
