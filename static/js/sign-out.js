// Signing out erases everything kept on this device first; one that does not answer must not keep anybody signed in.
import { clear } from "./device.js";

document.querySelectorAll("form[data-sign-out]").forEach((form) =>
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    dispatchEvent(new Event("leaving")); // nothing that is written is kept from now on
    await Promise.race([clear(), new Promise((done) => setTimeout(done, 1000))]);
    form.submit();
  }),
);
