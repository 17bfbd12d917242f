// <form data-autosave="URL"> saves itself a second after the last change. Until the server has
// said yes, a copy is kept in this browser (data-autosave-key names it), so that a crash, a lost
// network or a closed tab loses nothing; when the form is opened again the copy is offered.
//
// The server answers 200 with {draft_version?, saved_at?}, or refuses with {errors: [...]}.
import { forget, keep, recall } from "./storage.js";

const PAUSE = 1000;
const RETRY = 5000;
const RESERVED = new Set(["csrfmiddlewaretoken", "draft_version", "do"]);

class Autosave {
  constructor(form) {
    this.form = form;
    this.state = form.querySelector("[data-autosave-state]");
    this.name = form.dataset.autosaveKey && `draft:${form.dataset.autosaveKey}`;
    this.timer = 0;
    this.changes = 0; // counted, so that what is typed while sending is not taken for saved
    this.isSending = false;
    this.isRefused = false;
    this.state?.setAttribute("role", "status");
  }

  wire() {
    this.form.addEventListener("input", (event) => this.changed(event));
    this.form.addEventListener("change", (event) => this.changed(event));
    this.form.addEventListener("submit", () => this.submitted());
    window.addEventListener("online", () => this.changes && this.save());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && this.changes) this.save();
    });
    this.offer();
  }

  changed(event) {
    if (event.target.closest("[data-autosave-ignore]") || !this.form.isConnected) return;
    this.changes += 1;
    this.keepCopy();
    if (!this.isRefused) this.say("waiting", "Not saved yet");
    this.later(PAUSE);
  }

  submitted() {
    clearTimeout(this.timer);
    this.changes = 0;
    if (this.name) forget(this.name);
  }

  later(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), pause);
  }

  async save() {
    if (this.isRefused || !this.changes) return;
    if (this.isSending) return void this.later(PAUSE);
    this.isSending = true;
    const sent = this.changes;
    this.say("saving", "Saving…");
    try {
      await this.read(await this.post(), sent);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // fetch's way to say: no network
      this.unreachable();
    } finally {
      this.isSending = false;
    }
  }

  post() {
    const fields = this.fields();
    return fetch(this.form.dataset.autosave, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { Accept: "application/json" },
      keepalive: true,
    });
  }

  async read(answer, sent) {
    const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
    if (answer.status >= 500 || answer.status === 429 || (answer.ok && !isJson)) {
      this.unreachable(); // a proxy's page, or a login page: our server has not said yes
      return;
    }
    const body = isJson ? await answer.json() : {};
    if (answer.ok) this.saved(body, sent);
    else this.refused(body);
  }

  saved(body, sent) {
    const version = this.form.elements.draft_version;
    if (version && body.draft_version !== undefined) version.value = body.draft_version;
    if (this.changes === sent) {
      this.changes = 0;
      if (this.name) forget(this.name);
    } else {
      this.keepCopy();
      this.later(PAUSE);
    }
    this.say("saved", `Saved ${body.saved_at ?? now()}`);
    this.tell("autosave:saved", body);
  }

  refused(body) {
    this.isRefused = true;
    const why = (body.errors ?? ["The server did not accept this."]).join(" ");
    const kept = this.name ? " Your changes are kept in this browser." : "";
    this.say("refused", `Not saved. ${why}${kept}`);
    this.tell("autosave:refused", body);
  }

  unreachable() {
    this.say("kept", this.name ? "No connection: kept in this browser, sent when it returns" : "No connection: not saved");
    this.later(RETRY);
  }

  // ---------------------------------------------------------------- the copy in this browser
  fields() {
    return [...new FormData(this.form)].filter(([, value]) => typeof value === "string");
  }

  keepCopy() {
    if (!this.name) return;
    const fields = this.fields().filter(([name]) => !RESERVED.has(name));
    keep(this.name, { at: now(), fields });
  }

  offer() {
    const copy = this.name && recall(this.name);
    if (!copy) return;
    const line = document.createElement("div");
    line.className = "warning-line";
    line.setAttribute("role", "status");
    line.dataset.autosaveIgnore = "";
    const words = document.createElement("p");
    words.textContent = `This browser kept changes of ${copy.at} that were not saved.`;
    line.append(
      words,
      this.button("Take them back", line, () => this.restore(copy)),
      this.button("Forget them", line, () => forget(this.name)),
    );
    this.form.prepend(line);
  }

  button(label, line, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "link-button";
    made.textContent = label;
    made.addEventListener("click", () => {
      line.remove();
      act();
    });
    return made;
  }

  restore(copy) {
    const kept = Map.groupBy ? Map.groupBy(copy.fields, ([name]) => name) : grouped(copy.fields);
    for (const control of this.form.elements) {
      if (!control.name || RESERVED.has(control.name) || control.type === "file") continue;
      fill(control, (kept.get(control.name) ?? []).map(([, value]) => value));
    }
    this.form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // ---------------------------------------------------------------- saying so
  say(state, words) {
    if (!this.state) return;
    this.state.dataset.state = state;
    this.state.textContent = words;
  }

  tell(name, detail) {
    this.form.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}

function grouped(fields) {
  const groups = new Map();
  for (const pair of fields) groups.set(pair[0], [...(groups.get(pair[0]) ?? []), pair]);
  return groups;
}

function fill(control, values) {
  if (control.type === "hidden" || control.type === "submit" || control.type === "button") return;
  if (control.type === "checkbox" || control.type === "radio") control.checked = values.includes(control.value);
  else if (control.multiple) for (const option of control.options) option.selected = values.includes(option.value);
  else control.value = values[0] ?? "";
  if (control.matches("[data-tree-select]")) control.dispatchEvent(new Event("tree:refresh"));
}

function now() {
  return new Date().toTimeString().slice(0, 8);
}

export function enhance(part) {
  const forms = [...part.querySelectorAll('form[data-autosave]:not([data-autosave=""])')];
  if (part.matches?.('form[data-autosave]:not([data-autosave=""])')) forms.push(part);
  for (const form of forms) {
    if (form.dataset.autosaveWired) continue;
    form.dataset.autosaveWired = "yes";
    new Autosave(form).wire();
  }
}
