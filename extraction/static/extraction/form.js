// The extraction form: a passage selected in the full text becomes a quote with its page; a
// missing code and a value exclude each other.

const form = document.querySelector("form[data-form]");

if (form) {
  form.addEventListener("change", (event) => {
    const question = event.target.closest(".question");
    if (!question) return;
    if (event.target.matches("[data-code]")) chooseCode(question, event.target);
    else if (hasValue(event.target)) clearCodes(question, event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "q" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select")) return;
    if (useSelection()) event.preventDefault();
  });
  document.addEventListener("selectionchange", offerButton);
}

function hasValue(input) {
  return input.type === "checkbox" || input.type === "radio" ? input.checked : input.value !== "";
}

function ownInputs(question) {
  return [...question.querySelectorAll("input, select, textarea")].filter(
    (input) => input.closest(".question") === question && input.type !== "hidden",
  );
}

function chooseCode(question, code) {
  if (!code.checked) return;
  for (const input of ownInputs(question)) {
    if (input === code) continue;
    if (input.type === "checkbox" || input.type === "radio") input.checked = false;
    else input.value = "";
  }
}

function clearCodes(question) {
  for (const input of ownInputs(question)) if (input.matches("[data-code]")) input.checked = false;
}

// ------------------------------------------------------------------ quotes
function selected() {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed) return null;
  const sheet = selection.anchorNode.parentElement?.closest(".sheet");
  const text = selection.toString().replace(/\s+/g, " ").trim();
  return sheet && text ? { text, page: sheet.dataset.page, report: sheet.dataset.report } : null;
}

function offerButton() {
  let button = document.querySelector("[data-use-quote]");
  const quote = selected();
  if (!quote) { button?.remove(); return; }
  if (button) return;
  button = document.createElement("button");
  button.type = "button";
  button.className = "button button-primary button-small use-quote";
  button.dataset.useQuote = "";
  button.textContent = "Use as quote (Q)";
  button.addEventListener("mousedown", (event) => { event.preventDefault(); useSelection(); });
  document.querySelector(".reading-doc").append(button);
}

// The codebook names the group that holds quotes and its fields (data-quote-* of the form).
function quoteGroup() {
  const name = form.dataset.quoteGroup;
  return name ? form.querySelector(`[data-question="${name}"]`) : null;
}

// Fills the first quote row without a text, or asks the server for a new row and fills that.
function useSelection() {
  const quote = selected();
  const group = quoteGroup();
  if (!quote || !group) return false;
  const row = [...group.querySelectorAll("[data-row]")].find((each) => !field(each, form.dataset.quoteText)?.value);
  if (row) fill(row, quote);
  else {
    sessionStorage.setItem("quote", JSON.stringify(quote));
    group.querySelector("[data-add-row]").click();
  }
  return true;
}

function field(row, key) {
  return row.querySelector(`[name$=".f.${key}"]`);
}

function fill(row, quote) {
  const text = field(row, form.dataset.quoteText);
  if (text) text.value = quote.text;
  const report = field(row, form.dataset.quoteReport);
  if (report) report.value = quote.report;
  for (const [key, value] of [[form.dataset.quoteLocatorType, "page"], [form.dataset.quoteLocator, quote.page]]) {
    const input = key ? field(row, key) : null;
    if (input?.type === "radio") {
      const option = row.querySelector(`[name="${input.name}"][value="${value}"]`);
      if (option) option.checked = true;
    } else if (input) input.value = value;
  }
  text?.dispatchEvent(new Event("input", { bubbles: true }));
  text?.dispatchEvent(new Event("change", { bubbles: true }));
  text?.scrollIntoView({ block: "center" });
}

if (form && sessionStorage.getItem("quote")) {
  const quote = JSON.parse(sessionStorage.getItem("quote"));
  sessionStorage.removeItem("quote");
  const rows = [...(quoteGroup()?.querySelectorAll("[data-row]") ?? [])];
  const row = rows.reverse().find((each) => !field(each, form.dataset.quoteText)?.value);
  if (row) fill(row, quote);
}
