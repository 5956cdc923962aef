// Texts that the server has not confirmed, kept on this device: per person, case and form, for at most a day.
// Each is { at: milliseconds, texts: [[name, value, checked or null, hidden], ...], touched: [name, ...] }.
const DAY = 24 * 3600 * 1000;
let opened;

function store() {
  opened ||= new Promise((done, fail) => {
    const asked = indexedDB.open("samsyn", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("drafts");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
  return opened;
}

async function within(mode, work) {
  const deed = (await store()).transaction("drafts", mode);
  const asked = work(deed.objectStore("drafts"));
  return new Promise((done, fail) => {
    deed.oncomplete = () => done(asked.result);
    deed.onerror = deed.onabort = () => fail(deed.error);
  });
}

// A browser that keeps nothing (a private window) must not hinder anybody from writing.
const quietly = (promise) => promise.catch(() => undefined);

export const put = (key, kept) => quietly(within("readwrite", (drafts) => drafts.put(kept, key)));
export const remove = (key) => quietly(within("readwrite", (drafts) => drafts.delete(key)));
export const clear = () => quietly(within("readwrite", (drafts) => drafts.clear()));
export const get = (key) => quietly(within("readonly", (drafts) => drafts.get(key)));

// What is older than a day goes, whether or not its page is ever opened again.
export const sweep = () =>
  quietly(
    within("readwrite", (drafts) => {
      const rows = drafts.openCursor();
      rows.onsuccess = () => {
        const row = rows.result;
        if (!row) return;
        if (!(Date.now() - row.value.at < DAY)) row.delete();
        row.continue();
      };
      return rows;
    }),
  );
