// What is written is saved two seconds after the last key and on leaving. What the server has not confirmed
// is kept in this device (text only), per person and case, until it is saved, for at most a day.
const DAY = 24 * 3600 * 1000;

function store() {
  return new Promise((done, fail) => {
    const asked = indexedDB.open("samsyn", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("drafts");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}

async function within(mode, work) {
  const database = await store();
  return new Promise((done, fail) => {
    const asked = work(database.transaction("drafts", mode).objectStore("drafts"));
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}

const skipped = new Set(["csrfmiddlewaretoken", "once", "digest"]);
const fields = (form) => [...form.elements].filter((field) => field.name && !skipped.has(field.name) && !["file", "submit", "button"].includes(field.type));
const texts = (form) => fields(form).map((field) => [field.name, field.value, field.checked === true]);

function putBack(form, kept) {
  const values = new Map(kept.map(([name, value, checked]) => [`${name}\n${value}`, checked]));
  const plain = new Map(kept.map(([name, value]) => [name, value]));
  fields(form).forEach((field) => {
    if (field.type === "checkbox" || field.type === "radio") field.checked = values.get(`${field.name}\n${field.value}`) ?? field.checked;
    else if (plain.has(field.name)) field.value = plain.get(field.name);
  });
}

function follow(form) {
  const said = form.querySelector("[data-saved]");
  const key = form.dataset.draftKey;
  let timer = 0;
  let changed = false;

  const save = async () => {
    if (!changed || form.dataset.sent) return;
    changed = false;
    const body = new FormData(form);
    [...body.entries()].forEach(([name, value]) => value instanceof File && body.delete(name));
    body.delete("do");
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body, keepalive: true, credentials: "same-origin" });
      const told = await answer.json();
      if (said) said.textContent = told.saved;
      if (answer.ok) await within("readwrite", (drafts) => drafts.delete(key));
    } catch {
      changed = true;
      if (said) said.textContent = form.dataset.offline;
    }
  };

  form.addEventListener("input", () => {
    changed = true;
    within("readwrite", (drafts) => drafts.put({ at: Date.now(), texts: texts(form) }, key)).catch(() => {});
    clearTimeout(timer);
    timer = setTimeout(save, 2000);
  });
  addEventListener("pagehide", save);
  addEventListener("online", save);
  within("readonly", (drafts) => drafts.get(key))
    .then((kept) => {
      if (!kept) return;
      if (Date.now() - kept.at > DAY) return within("readwrite", (drafts) => drafts.delete(key));
      putBack(form, kept.texts);
      changed = true;
      return save();
    })
    .catch(() => {});
}

document.querySelectorAll("form[data-draft]").forEach(follow);
document.querySelectorAll("form[data-sign-out]").forEach((form) =>
  form.addEventListener("submit", () => indexedDB.deleteDatabase("samsyn")),
);
