// [data-poll="address"][data-poll-every="30"]: asks again, replaces itself when something has changed.
import { asked } from "./ask.js";

const tags = new Map();

async function ask(element) {
  const address = element.dataset.poll;
  const headers = tags.has(address) ? { ...asked, "If-None-Match": tags.get(address) } : asked;
  const answer = await fetch(address, { headers, credentials: "same-origin" });
  if (answer.status !== 200 || answer.redirected) return;
  tags.set(address, answer.headers.get("ETag"));
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  const fresh = holder.content.firstElementChild;
  if (!fresh || fresh.outerHTML === element.outerHTML) return;
  fresh.className = element.className;
  element.replaceWith(fresh);
  watch(fresh);
}

function watch(element) {
  const every = Number(element.dataset.pollEvery || 30) * 1000;
  const timer = setInterval(() => {
    if (!element.isConnected) return clearInterval(timer);
    if (!document.hidden) ask(element).catch(() => {});
  }, every);
}

document.querySelectorAll("[data-poll]").forEach(watch);
