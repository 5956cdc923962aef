// Asking the server from a script: it answers with JSON, `saved` being the sentence to show. When another tab has
// signed in anew the page's token is old; the answer then holds a new one, and the request is made once more.
export const asked = { "X-Samsyn": "script" };

export function renew(token) {
  document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((field) => (field.value = token));
}

export async function post(address, body, again = true) {
  const answer = await fetch(address, { method: "POST", body, headers: asked, keepalive: true, credentials: "same-origin" });
  const told = sentence(await answer.text());
  if (told.token && again) {
    renew(told.token);
    body.set("csrfmiddlewaretoken", told.token);
    return post(address, body, false);
  }
  return { ok: answer.ok, status: answer.status, ...told };
}

export function sentence(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
