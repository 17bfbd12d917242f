// A fragment that could not be fetched says so calmly; the page stays as it was.

const SENTENCES = {
  403: "Your roles do not allow this.",
  404: "This is not there any more. Reload the page.",
  409: "Somebody else changed this meanwhile. Reload the page.",
  429: "Too many requests. Wait a moment, then try again.",
};

function say(text) {
  const line = document.querySelector("[data-request-problem]");
  line.textContent = text;
  line.hidden = !text;
}

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  say(SENTENCES[status] ?? "The server could not do this. Nothing was changed; try again.");
});
document.addEventListener("htmx:sendError", () => {
  say("No connection to the server. Nothing was changed; try again when it is back.");
});
document.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.xhr.status < 400) say("");
});

export function enhance() {}
