// The protocol's highlights on and off, remembered in this browser: a button with
// data-highlight-toggle (its shortcut is H unless it names another).
import { keep, recall } from "./storage.js";

function show(on) {
  document.documentElement.classList.toggle("highlights-off", !on);
  for (const button of document.querySelectorAll("[data-highlight-toggle]")) {
    button.setAttribute("aria-pressed", String(on));
  }
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-highlight-toggle]")) return;
  const on = document.documentElement.classList.contains("highlights-off");
  keep("highlights", on);
  show(on);
});

export function enhance(part) {
  const buttons = part.querySelectorAll("[data-highlight-toggle]");
  for (const button of buttons) button.dataset.shortcut ??= "h";
  if (buttons.length) show(recall("highlights") ?? true);
}
