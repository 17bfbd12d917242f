// One key per judgement: S same, D different, R related…, U unsure, Z take back.
// Every key presses a button that works without it.

const form = document.querySelector("[data-judge]");
const undo = document.querySelector("[data-undo] button");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const key = event.key.toLowerCase();
  const target = key === "z" ? undo : form?.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("select")) target.focus();
  else target.click();
});
