// Settling conflicts by key: I include, E exclude, 1-9 reason.
const form = document.querySelector("form[data-settle]");

if (form) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog[open]")) return;
    const reason = form.elements.reason;
    const number = Number(event.key);
    if (reason && number >= 1 && number < reason.options.length) {
      reason.selectedIndex = number;
      event.preventDefault();
      return;
    }
    const verdict = { i: "include", e: "exclude" }[event.key.toLowerCase()];
    if (verdict) {
      event.preventDefault();
      form.querySelector(`button[value="${verdict}"]`).click();
    }
  });
}
