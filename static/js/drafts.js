// What is written in a form[data-draft-key] stays on this device until the server has it. With data-draft it is also
// saved there two seconds after the last key and on leaving; data-whole saves the whole form, else what was touched.
import { post } from "./ask.js";
import * as device from "./device.js";

const SKIPPED = ["csrfmiddlewaretoken", "touched"];
const followed = new WeakSet();
let leaving = false;

const fields = (form) =>
  [...form.elements].filter((field) => field.name && !SKIPPED.includes(field.name) && !["file", "submit", "button", "fieldset"].includes(field.type));
const ticked = (field) => field.type === "checkbox" || field.type === "radio";
// checked is null for what is not ticked but written
const texts = (form) => fields(form).map((field) => [field.name, field.value, ticked(field) ? field.checked : null, field.type === "hidden"]);

// The body of a request to save: everything, or the touched fields alone with their names.
function bodyOf(form, kept) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  const whole = "whole" in form.dataset;
  kept.texts.forEach(([name, value, checked, hidden]) => {
    if (!whole && (hidden || !kept.touched.includes(name))) return;
    if (checked !== false) body.append(name, value);
  });
  if (whole) body.set("do", "draft");
  else kept.touched.forEach((name) => body.append("touched", name));
  return body;
}

// A text that the server does not have is put in its field; where the server has a newer one it stands below.
function putBack(form, kept) {
  const newer = Number(form.dataset.savedAt || 0) > kept.at;
  const changed = new Set();
  const values = new Map(kept.texts.map(([name, value, checked]) => [`${name}\n${value}`, checked]));
  const plain = new Map(kept.texts.map(([name, value]) => [name, value]));
  fields(form).forEach((field) => {
    if (field.type === "hidden" || !plain.has(field.name)) return;
    if (ticked(field)) {
      const checked = values.get(`${field.name}\n${field.value}`) ?? field.checked;
      if (newer || checked === field.checked) return;
      field.checked = checked;
      changed.add(field.name);
      unfold(field);
    } else if (plain.get(field.name) !== field.value && (plain.get(field.name) || !newer)) {
      if ((newer && field.value) || !takes(field, plain.get(field.name))) return older(form, field, plain.get(field.name));
      field.value = plain.get(field.name);
      changed.add(field.name);
      unfold(field);
    }
  });
  return changed;
}

// A choice that is no longer offered can't be put back, only shown.
const takes = (field, value) => field.type !== "select-one" || [...field.options].some((one) => one.value === value);

// A text that was put back is seen, also in what is folded away.
const unfold = (field) => field.closest("details")?.setAttribute("open", "");

function older(form, field, text) {
  const shown = document.createElement("div");
  shown.className = "reason";
  shown.dataset.older = "";
  [form.dataset.older, ...text.split("\n")].forEach((line) => {
    const part = document.createElement("p");
    part.textContent = line;
    shown.append(part);
  });
  field.after(shown);
}

function follow(form, swapped) {
  if (followed.has(form)) return;
  followed.add(form);
  const said = form.querySelector("[data-saved]");
  const touched = new Set();
  let timer = 0;

  const keep = () => ({ at: Date.now(), texts: texts(form), touched: [...touched] });
  const here = () => form.isConnected && !form.dataset.sent && !leaving;

  // One at a time: an earlier text must not arrive after a later one.
  let line = Promise.resolve();
  const save = () => (line = line.then(saveNow, saveNow));

  async function saveNow() {
    clearTimeout(timer);
    if (!form.dataset.draft || !touched.size || !here()) return;
    const kept = keep();
    touched.clear();
    const told = await post(form.dataset.draft, bodyOf(form, kept)).catch(() => ({ saved: form.dataset.offline }));
    if (said) said.textContent = told.saved || form.dataset.failed;
    if (!told.kept) kept.touched.forEach((name) => touched.add(name));
    else if (!touched.size) device.remove(form.dataset.draftKey);
    if (told.kept) moved(form, told);
  }

  form.addEventListener("input", (event) => {
    if (!event.target.name || event.target.type === "file" || leaving) return;
    touched.add(event.target.name);
    device.put(form.dataset.draftKey, keep());
    clearTimeout(timer);
    timer = setTimeout(save, 2000);
  });
  addEventListener("pagehide", saveNow);
  addEventListener("online", save);
  document.addEventListener("visibilitychange", () => document.hidden && saveNow());

  device.get(form.dataset.draftKey).then(async (kept) => {
    if (!kept || !here()) return;
    if ("orphan" in form.dataset) return handOver(form, kept);
    if (swapped && "whole" in form.dataset) {
      // The server has given back all that stood in the form, but not saved it: a row more, or a refusal.
      kept.touched.forEach((name) => touched.add(name));
      device.put(form.dataset.draftKey, keep());
      timer = setTimeout(save, 2000);
      return;
    }
    if ("whole" in form.dataset && form.dataset.draft && (await handOver(form, kept))) return;
    const changed = putBack(form, kept);
    changed.forEach((name) => touched.add(name));
    if (changed.size) return save();
    if (form.dataset.draft && !form.querySelector("[data-older]")) device.remove(form.dataset.draftKey);
  });
}

// The server takes what is left on this device, and its page shows it.
async function handOver(form, kept) {
  const told = await post(form.dataset.draft, bodyOf(form, kept)).catch(() => ({}));
  if (!told.kept) return false;
  await device.remove(form.dataset.draftKey);
  if (told.at) location.replace(told.at);
  else location.reload();
  return true;
}

// A new draft has got an address of its own: the next save, and a reload, go there.
function moved(form, told) {
  if (told.version) form.elements.version.value = told.version;
  if (!told.at || told.at === form.dataset.draft) return;
  history.replaceState(history.state, "", told.at);
  form.action = form.dataset.draft = told.at;
  form.setAttribute("hx-post", told.at);
  const before = form.dataset.draftKey;
  form.dataset.draftKey = told.key;
  device.remove(before);
}

const setUp = (root, swapped) => {
  const forms = [...root.querySelectorAll("form[data-draft-key]")];
  if (root.matches?.("form[data-draft-key]")) forms.push(root);
  forms.forEach((form) => follow(form, swapped));
};

// What the server says it has is erased first, so that it is not put back.
const confirmed = [...document.querySelectorAll("[data-confirms]")].flatMap((toast) => toast.dataset.confirms.split(" "));
Promise.all(confirmed.map(device.remove))
  .then(device.sweep)
  .then(() => {
    setUp(document, false);
    document.addEventListener("htmx:load", (event) => setUp(event.detail.elt, true));
  });
addEventListener("leaving", () => (leaving = true));
