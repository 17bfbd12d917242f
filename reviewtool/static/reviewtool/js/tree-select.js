// <select data-tree-select> with <option data-depth="1"> becomes a combobox one can search in
// (WAI-ARIA: editable combobox with list autocomplete). The select stays, out of sight: it holds
// the value, is sent with the form, and is all there is where scripts do not run. With `multiple`
// the chosen ones stand above as buttons that take them out again.

let made = 0;

const plain = (text) =>
  text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function element(name, attributes = {}) {
  const one = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  return one;
}

/** The select's options with their depth and the labels above them. */
function read(select) {
  const above = [];
  return [...select.options]
    .filter((option) => option.value !== "")
    .map((option) => {
      const depth = Number(option.dataset.depth ?? 0);
      const label = option.textContent.trim();
      above.length = Math.min(depth, above.length);
      const path = [...above];
      above.push(label);
      const sought = plain([...path, label, option.dataset.terms ?? ""].join(" "));
      return { option, depth, label, path, sought };
    });
}

class TreeSelect {
  constructor(select) {
    made += 1;
    this.select = select;
    this.id = select.id || `tree-${made}`;
    this.active = null;
    this.build();
    this.wire();
    this.refresh();
  }

  // ---------------------------------------------------------------- what is drawn
  build() {
    const { select, id } = this;
    this.box = element("div", { class: "tree" });
    this.chosen = element("ul", { class: "tree-chosen", hidden: "" });
    this.input = element("input", {
      id: `${id}-search`, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}-list`,
    });
    this.list = element("ul", { id: `${id}-list`, class: "tree-list", role: "listbox", hidden: "" });
    this.status = element("span", { class: "visually-hidden", role: "status" });
    this.name();
    this.input.required = select.required && !select.multiple;
    select.required = false;
    select.hidden = true;
    if (select.multiple) this.list.setAttribute("aria-multiselectable", "true");
    this.input.disabled = select.disabled;
    this.box.append(this.chosen, this.input, this.list, this.status);
    select.after(this.box);
  }

  name() {
    const label = this.select.labels[0];
    const words = this.select.getAttribute("aria-label") ?? label?.textContent.trim() ?? "Choices";
    if (label) label.htmlFor = this.input.id;
    else this.input.setAttribute("aria-label", words);
    this.list.setAttribute("aria-label", words);
    for (const name of ["aria-describedby", "aria-invalid"]) {
      const value = this.select.getAttribute(name);
      if (value) this.input.setAttribute(name, value);
    }
  }

  /** Read the select again: its options or its value were changed from outside. */
  refresh() {
    this.entries = read(this.select);
    this.input.disabled = this.select.disabled;
    this.showChosen();
  }

  showChosen() {
    const chosen = this.entries.filter((entry) => entry.option.selected);
    if (!this.select.multiple) {
      this.input.value = chosen.length ? fullName(chosen[0]) : "";
      return;
    }
    this.input.value = "";
    this.chosen.hidden = !chosen.length;
    this.chosen.replaceChildren(...chosen.map((entry) => this.chosenButton(entry)));
  }

  chosenButton(entry) {
    const item = element("li");
    const button = element("button", { type: "button", "aria-label": `Remove ${fullName(entry)}` });
    button.textContent = `${entry.label} ✕`;
    button.addEventListener("click", () => {
      entry.option.selected = false;
      this.changed();
      this.input.focus();
    });
    item.append(button);
    return item;
  }

  // ---------------------------------------------------------------- the list
  open(filter = "") {
    const words = plain(filter).split(/\s+/).filter(Boolean);
    const found = this.entries.filter((entry) => words.every((word) => entry.sought.includes(word)));
    this.list.replaceChildren(...found.map((entry) => this.row(entry, words.length > 0)));
    if (!found.length) this.list.append(nothing());
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.status.textContent = `${found.length} found`;
    const selected = this.list.querySelector('[aria-selected="true"]');
    this.move(words.length ? this.rows()[0] : selected);
  }

  row(entry, isFiltered) {
    const item = element("li", {
      role: "option", id: `${this.id}-option-${entry.option.index}`,
      "aria-selected": String(entry.option.selected),
    });
    if (isFiltered && entry.path.length) {
      const path = element("span", { class: "tree-path" });
      path.textContent = `${entry.path.join(" › ")} ›`;
      item.append(path);
    } else if (entry.depth) {
      item.dataset.depth = String(Math.min(entry.depth, 4));
    }
    item.append(entry.label);
    item.entry = entry;
    return item;
  }

  rows() {
    return [...this.list.querySelectorAll('[role="option"]')];
  }

  move(row) {
    this.active?.classList.remove("is-active");
    this.active = row ?? null;
    if (!this.active) return void this.input.removeAttribute("aria-activedescendant");
    this.active.classList.add("is-active");
    this.input.setAttribute("aria-activedescendant", this.active.id);
    this.active.scrollIntoView({ block: "nearest" });
  }

  step(by) {
    if (this.list.hidden) return void this.open();
    const rows = this.rows();
    if (!rows.length) return;
    const here = rows.indexOf(this.active);
    const next = here < 0 && by < 0 ? rows.length - 1 : (here + by + rows.length) % rows.length;
    this.move(rows[next]);
  }

  close() {
    this.list.hidden = true;
    this.active = null;
    this.status.textContent = "";
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  choose(entry) {
    if (this.select.multiple) entry.option.selected = !entry.option.selected;
    else this.select.value = entry.option.value;
    this.close();
    this.changed();
  }

  changed() {
    this.showChosen();
    this.select.dispatchEvent(new Event("input", { bubbles: true }));
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // ---------------------------------------------------------------- what a person does
  wire() {
    this.select.addEventListener("tree:refresh", () => this.refresh());
    this.select.form?.addEventListener("reset", () => setTimeout(() => this.refresh()));
    this.input.addEventListener("input", (event) => {
      event.stopPropagation(); // what is typed to search is no answer yet
      this.open(this.input.value);
    });
    this.input.addEventListener("change", (event) => event.stopPropagation());
    this.input.addEventListener("click", () => this.list.hidden && this.open());
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("blur", () => this.left());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the focus
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest('[role="option"]');
      if (row) this.choose(row.entry);
    });
  }

  key(event) {
    const act = {
      ArrowDown: () => this.step(1),
      ArrowUp: () => this.step(-1),
      Enter: () => this.active && this.choose(this.active.entry),
      Escape: () => this.close(),
    }[event.key];
    const isOpen = !this.list.hidden;
    if (event.key === "Backspace" && this.select.multiple && !this.input.value) this.removeLast();
    if (!act || (!isOpen && !event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  removeLast() {
    const last = this.entries.findLast((entry) => entry.option.selected);
    if (!last) return;
    last.option.selected = false;
    this.changed();
  }

  /** Leaving with nothing in the box takes the choice back; half a word changes nothing. */
  left() {
    this.close();
    if (this.select.multiple || this.input.value.trim() || !this.select.value) {
      this.showChosen();
      return;
    }
    this.select.value = "";
    this.changed();
  }
}

function fullName(entry) {
  return [...entry.path, entry.label].join(" › ");
}

function nothing() {
  const item = element("li", { class: "tree-nothing", role: "presentation" });
  item.textContent = "Nothing fits. Try fewer letters.";
  return item;
}

export function enhance(part) {
  for (const select of part.querySelectorAll("select[data-tree-select]:not([data-tree-wired])")) {
    select.dataset.treeWired = "yes";
    new TreeSelect(select);
  }
}
