// A chosen file is sent at once, with its progress in the row; then the row's list comes back from the server.
// One at a time: each answer is the whole list, so an earlier one must not arrive after a later.
import { asked, renew, sentence } from "./ask.js";
import { isTooBig, line, remark } from "./chosen.js";

let queue = Promise.resolve();
let waiting = 0;
let failed = 0;

function send(input, file, ready, again = false) {
  const form = input.form;
  const row = input.name.split(".")[1];
  const list = form.querySelector(`[data-files="${row}"]`);
  const item = line(file.name);
  const bar = document.createElement("progress");
  bar.className = "progress";
  bar.max = 100;
  item.append(bar);
  list.append(item);
  const fail = (text) => {
    remark(item, text, true);
    bar.remove();
    failed += 1;
    ready();
  };
  if (isTooBig(file, input)) return fail(input.dataset.tooBig);
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

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches?.("input[type=file][data-upload]")) return;
  [...input.files].forEach((file) => {
    waiting += 1;
    queue = queue.then(() => new Promise((ready) => send(input, file, ready))).finally(() => (waiting -= 1));
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
    queue.then(() => {
      delete target.dataset.waits;
      submitter?.removeAttribute("aria-busy");
      if (failed === before) target.requestSubmit(submitter);
    });
  },
  true,
);
