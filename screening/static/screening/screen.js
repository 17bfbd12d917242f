// The card page: one key decides, the next card is already there, decisions are sent behind it.
//
// Decisions wait in localStorage until the server acknowledges them, each with its own key, so a
// lost network, a reload or a closed tab loses nothing and nothing is entered twice.

const root = document.querySelector("[data-screen]");

if (root) start(root);

function start(root) {
  const form = root.querySelector("form[data-decide]");
  const pile = root.querySelector("[data-cards]");
  const quiet = root.querySelector("[data-progress]");
  const banner = root.querySelector("[data-offline]");
  const problem = root.querySelector("[data-problem]");
  const empty = root.querySelector("[data-empty]");
  const bar = root.querySelector("[data-bar]");
  const live = root.querySelector("[data-live]");
  const queueName = `screen:${root.dataset.screen}`;
  const decided = [];
  let queue = load();
  let sending = false;
  let shownAt = performance.now();
  let chosenReasons = [];

  // ------------------------------------------------------------------ the pile of cards
  function cards() { return [...pile.querySelectorAll("[data-card]")]; }
  function current() { return cards()[0]; }

  function show() {
    const waiting = new Set(queue.map((item) => item.record));
    for (const card of cards()) if (waiting.has(card.dataset.record)) card.remove();
    cards().forEach((card, n) => { card.hidden = n > 0; });
    const card = current();
    bar.hidden = !card;
    empty.hidden = Boolean(card) || queue.length > 0;
    chooseReasons([]);
    form.elements.note.value = "";
    root.querySelector("[data-note]").open = false;
    if (!card) return;
    form.elements.record.value = card.dataset.record;
    form.elements.offer.value = card.dataset.offer;
    form.elements.key.value = newKey();
    shownAt = performance.now();
    window.scrollTo({ top: 0 });
    live.textContent = card.querySelector("h1").textContent.trim();
  }

  function take(html) {
    const fresh = document.createElement("div");
    fresh.innerHTML = html;
    const here = new Set(cards().map((card) => card.dataset.record));
    const gone = new Set(queue.map((item) => item.record));
    const open = new Set();
    for (const card of [...fresh.querySelectorAll("[data-card]")]) {
      open.add(card.dataset.record);
      if (!here.has(card.dataset.record) && !gone.has(card.dataset.record)) {
        card.hidden = true;
        pile.append(card);
      }
    }
    for (const card of cards().slice(1)) if (!open.has(card.dataset.record)) card.remove();
    if (!form.elements.record.value || !current() || form.elements.record.value !== current().dataset.record) show();
    bar.hidden = !current();
    empty.hidden = Boolean(current()) || queue.length > 0;
  }

  // ------------------------------------------------------------------ deciding
  function decide(verdict) {
    const card = current();
    if (!card) return;
    const [reason, ...further] = verdict === "exclude" ? chosenReasons : [];
    if (verdict === "exclude" && root.dataset.reasonNeeded && !reason) {
      say("Choose a reason first: press its number.");
      root.querySelector("[data-reason]")?.focus();
      return;
    }
    say("");
    queue.push({
      record: card.dataset.record,
      offer: card.dataset.offer,
      key: form.elements.key.value || newKey(),
      seconds: ((performance.now() - shownAt) / 1000).toFixed(1),
      verdict,
      reason: reason || "",
      further_reasons: further.join(","),
      note: form.elements.note.value,
    });
    save();
    decided.push({ card, key: queue.at(-1).key });
    card.remove();
    show();
    send();
  }

  async function later() {
    const card = current();
    if (!card) return;
    card.remove();
    show();
    const answer = await post(root.dataset.laterUrl, { record: card.dataset.record });
    if (answer.ok) take((await answer.json()).cards);
    else pile.prepend(card);
    show();
  }

  async function undo() {
    say("");
    const last = decided.pop();
    const waiting = last && queue.findIndex((item) => item.key === last.key);
    if (last && waiting > -1 && !(sending && waiting === 0)) {
      queue.splice(waiting, 1);
      save();
      pile.prepend(last.card);
      show();
      return;
    }
    const url = last ? last.retract : root.dataset.lastRetract;
    if (!url) {
      if (last) { decided.push(last); say("Still sending; press Z again in a moment."); }
      else say("There is nothing to undo.");
      return;
    }
    const answer = await post(url, { key: newKey() });
    if (!answer.ok) { await refused(answer); return; }
    root.dataset.lastRetract = "";
    if (last) pile.prepend(last.card);
    const body = await answer.json();
    quiet.innerHTML = body.progress;
    if (!last) { pile.replaceChildren(); }
    take(body.cards);
    show();
  }

  // ------------------------------------------------------------------ sending
  async function send() {
    if (sending) return;
    sending = true;
    while (queue.length) {
      let answer;
      try {
        answer = await post(form.action, queue[0]);
      } catch {
        banner.hidden = false;
        banner.querySelector("[data-count]").textContent = queue.length;
        setTimeout(send, 4000);
        break;
      }
      if (answer.status >= 500 || answer.status === 429 || answer.redirected) {
        banner.hidden = false;
        banner.querySelector("[data-count]").textContent = queue.length;
        setTimeout(send, 8000);
        break;
      }
      banner.hidden = true;
      const sent = queue.shift();
      save();
      if (!answer.ok) { await refused(answer, sent); continue; }
      const body = await answer.json();
      const done = decided.find((item) => item.key === sent.key);
      if (done) done.retract = body.retract;
      quiet.innerHTML = body.progress;
      take(body.cards);
    }
    sending = false;
  }

  async function refused(answer, sent) {
    let sentences = ["The server did not accept this. Reload the page and try again."];
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
      const body = await answer.json();
      sentences = body.errors || [body.detail];
    }
    say(sentences.join(" "));
    if (!sent) return;
    const lost = decided.findIndex((item) => item.key === sent.key);
    if (lost > -1) { pile.prepend(decided.splice(lost, 1)[0].card); show(); say(sentences.join(" ")); }
  }

  function post(url, fields) {
    const body = new URLSearchParams(fields);
    const token = form.elements.csrfmiddlewaretoken.value;
    return fetch(url, {
      method: "POST",
      body,
      headers: { Accept: "application/json", "X-CSRFToken": token },
    });
  }

  // ------------------------------------------------------------------ small things
  function chooseReasons(codes) {
    chosenReasons = codes;
    for (const button of root.querySelectorAll("[data-reason]")) {
      button.setAttribute("aria-pressed", String(codes.includes(button.dataset.reason)));
    }
    form.elements.reason.value = codes[0] || "";
    form.elements.further_reasons.value = codes.slice(1).join(",");
  }

  function toggleReason(code) {
    const rest = chosenReasons.filter((chosen) => chosen !== code);
    chooseReasons(rest.length === chosenReasons.length ? [...chosenReasons, code] : rest);
  }

  function say(text) { problem.textContent = text; problem.hidden = !text; }
  function newKey() { return crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`; }
  function save() { localStorage.setItem(queueName, JSON.stringify(queue)); }
  function load() {
    try { return JSON.parse(localStorage.getItem(queueName)) || []; } catch { return []; }
  }

  form.elements.reason.addEventListener("change", (event) => {
    chooseReasons(event.target.value ? [event.target.value] : []);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const verdict = event.submitter?.value;
    if (verdict === "later") later();
    else if (verdict) decide(verdict);
  });
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reason]");
    if (button) toggleReason(button.dataset.reason);
    if (event.target.closest("[data-undo]")) { event.preventDefault(); undo(); }
  });
  window.addEventListener("online", send);

  const keys = {
    i: () => decide("include"),
    u: () => decide("maybe"),
    e: () => decide("exclude"),
    l: later,
    z: undo,
    h: () => root.classList.toggle("highlights-off"),
    n: () => { const note = root.querySelector("[data-note]"); note.open = true; form.elements.note.focus(); },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog[open]")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const number = Number(event.key);
    const reasons = [...root.querySelectorAll("[data-reason]")];
    if (number >= 1 && number <= reasons.length) { toggleReason(reasons[number - 1].dataset.reason); event.preventDefault(); return; }
    const act = keys[event.key.toLowerCase()];
    if (act) { event.preventDefault(); act(); }
  });

  show();
  if (queue.length) send();
}
