// Single keys. One registry for the whole page, so that `?` can list every key that works, and
// no key fires while somebody types, holds a modifier, or has a dialog open.
//
//   register("e", "Exclude", () => decide("exclude"), { section: "Decide" });
//
// A button or link with data-shortcut="e" is pressed by that key without any script of its own.

const HELP = "shortcuts-help";
const TYPING = 'input:not([type="checkbox"]):not([type="radio"]), textarea, select, [contenteditable="true"]';

const registered = new Map();

/** Make a key do something. A key registered twice does what was registered last. */
export function register(key, label, action, { section = "On this page" } = {}) {
  registered.set(key.toLowerCase(), { key, label, action, section });
}

/** Let a key go again. */
export function unregister(key) {
  registered.delete(key.toLowerCase());
}

/** True where a key press is text, or somebody else's business. */
export function isTyping(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  return Boolean(event.target.closest?.(TYPING) || document.querySelector("dialog[open]"));
}

function shown(element) {
  return element.getClientRects().length > 0 && !element.disabled;
}

function pressable(key) {
  const all = document.querySelectorAll(`[data-shortcut="${CSS.escape(key)}"]`);
  return [...all].find(shown);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat || isTyping(event)) return;
  const key = event.key.toLowerCase();
  const known = registered.get(key);
  const element = known ? null : pressable(key);
  if (key === "?" && !known) help();
  else if (known) known.action(event);
  else if (element) element.click();
  else return;
  event.preventDefault();
});

// ------------------------------------------------------------------ the help behind `?`
function labelOf(element) {
  if (element.dataset.shortcutLabel) return element.dataset.shortcutLabel;
  const copy = element.cloneNode(true);
  for (const kbd of copy.querySelectorAll("kbd")) kbd.remove();
  return copy.textContent.trim() || element.getAttribute("aria-label");
}

function entries() {
  const ofElements = [...document.querySelectorAll("[data-shortcut]")].filter(shown).map((element) => ({
    key: element.dataset.shortcut,
    label: labelOf(element),
    section: element.dataset.shortcutSection ?? "On this page",
  }));
  const always = [{ key: "?", label: "These keys", section: "Everywhere" }];
  return [...registered.values(), ...ofElements, ...always];
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function nameOf(key) {
  const names = { " ": "Space", arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓" };
  return names[key.toLowerCase()] ?? (key.length === 1 ? key.toUpperCase() : key);
}

function list(of) {
  const keys = element("dl", "", "key-list");
  for (const { key, label } of of) {
    const term = element("dt");
    term.append(element("kbd", nameOf(key)));
    keys.append(term, element("dd", label));
  }
  return keys;
}

function build() {
  const dialog = element("dialog", "", "dialog");
  dialog.id = HELP;
  dialog.setAttribute("aria-labelledby", `${HELP}-title`);
  const head = element("div", "", "dialog-head");
  const title = element("h2", "Keys");
  title.id = `${HELP}-title`;
  const close = element("button", "Close", "button button-quiet");
  close.type = "button";
  close.dataset.closes = "";
  head.append(title, close);
  dialog.append(head, element("div"));
  document.body.append(dialog);
  return dialog;
}

/** Show every key that works on this page now. */
export function help() {
  const dialog = document.getElementById(HELP) ?? build();
  const all = entries();
  const body = dialog.lastElementChild;
  body.replaceChildren();
  for (const section of new Set(all.map((entry) => entry.section))) {
    body.append(element("h3", section), list(all.filter((entry) => entry.section === section)));
  }
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-shortcuts-help]")) help();
});

export function enhance() {}
