// form[data-passkey="get|create"]: asks the browser for a passkey and posts what it signs. The form is hidden, and
// [data-passkey-none] shown in its stead, where the browser knows no passkeys.
import { post } from "./ask.js";

const known = Boolean(window.PublicKeyCredential && navigator.credentials);

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function asked(options) {
  const named = (keys) => (keys || []).map((key) => ({ ...key, id: bytes(key.id) }));
  const made = { ...options, challenge: bytes(options.challenge) };
  if (options.user) made.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) made.excludeCredentials = named(options.excludeCredentials);
  if (options.allowCredentials) made.allowCredentials = named(options.allowCredentials);
  return { publicKey: made };
}

function told(key) {
  const answer = { clientDataJSON: text(key.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
    if (key.response[name]) answer[name] = text(key.response[name]);
  if (key.response.getTransports) answer.transports = key.response.getTransports();
  return JSON.stringify({
    id: key.id,
    rawId: text(key.rawId),
    type: key.type,
    response: answer,
    clientExtensionResults: key.getClientExtensionResults(),
  });
}

function say(form, words) {
  const line = form.querySelector("[role=alert]");
  line.querySelector("span").textContent = words;
  line.hidden = !words;
}

async function run(form, button) {
  say(form, "");
  button.setAttribute("aria-busy", "true");
  try {
    const body = new FormData(form);
    body.set("do", "ask");
    const answer = await post(form.action, body);
    if (!answer.options) return say(form, answer.saved || form.dataset.failed);
    const call = form.dataset.passkey === "create" ? "create" : "get";
    form.elements.credential.value = told(await navigator.credentials[call](asked(answer.options)));
    form.submit();
  } catch (error) {
    const twice = error.name === "InvalidStateError" && form.dataset.twice;
    say(form, twice || (error.name === "NotAllowedError" ? form.dataset.cancelled : form.dataset.failed));
  } finally {
    button.removeAttribute("aria-busy");
  }
}

document.querySelectorAll("form[data-passkey]").forEach((form) => {
  form.hidden = !known;
  const button = form.querySelector("[data-passkey-go]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    run(form, button);
  });
  button.addEventListener("click", () => run(form, button));
});
document.querySelectorAll("[data-passkey-none]").forEach((one) => (one.hidden = known));
document.querySelectorAll("[data-passkey-offer]").forEach((one) => (one.hidden = !known));
