// A chosen file is sent at once, with its progress in the row; then the row's list comes back from the server.
// One at a time: each answer is the whole list, so an earlier one must not arrive after a later.
let line = Promise.resolve();

function say(list, text) {
  const item = document.createElement("li");
  item.className = "file";
  item.innerHTML = '<span></span><div><p class="file-name"></p><p class="file-note"></p></div><progress class="progress" max="100"></progress>';
  item.querySelector(".file-name").textContent = text;
  list.append(item);
  return item;
}

function send(input, file, ready) {
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
    ready();
  };
  if (file.size > Number(input.dataset.maxMb) * 1e6) return fail(input.dataset.tooBig);
  const body = new FormData(form);
  [...body.entries()].forEach(([name, value]) => value instanceof File && body.delete(name));
  body.append(input.name, file);
  const request = new XMLHttpRequest();
  request.open("POST", input.dataset.upload);
  request.upload.onprogress = (event) => (bar.value = (100 * event.loaded) / event.total);
  request.onerror = () => fail(form.dataset.offline || "");
  request.onload = () => {
    if (request.status !== 200 && request.status !== 422) return fail(request.responseText.slice(0, 200));
    const holder = document.createElement("template");
    holder.innerHTML = request.responseText;
    const fresh = holder.content.querySelector("[data-files]");
    form.querySelectorAll(".error[data-upload-error]").forEach((old) => old.remove());
    form.querySelector(`[data-files="${row}"]`).replaceWith(fresh);
    const problem = holder.content.querySelector(".error");
    if (problem) {
      problem.dataset.uploadError = "";
      fresh.after(problem);
    }
    ready();
  };
  request.send(body);
}

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches?.("input[type=file][data-upload]")) return;
  [...input.files].forEach((file) => (line = line.then(() => new Promise((ready) => send(input, file, ready)))));
  input.value = "";
});
