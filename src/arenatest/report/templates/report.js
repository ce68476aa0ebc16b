"use strict";
(function () {
  const PAGE = 50, LABELS = { win: "won", loss: "lost", tie: "tied", "void": "void", unplayed: "not judged" };
  const RANK = { loss: 0, "void": 2, win: 3, tie: 4, unplayed: 5 };
  const byId = (id) => document.getElementById(id);
  const state = { index: null, chats: null, cache: new Map(), shown: [], page: 0, open: -1, scan: 0, hits: null };

  // What cannot be seen is written out, as in arenatest/report/escape.py. Text only, never markup.
  const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}\p{Cs}]|(?:(?<=[\u0000-\u007f\u200c\u200d])|^)[\u200c\u200d]/gu;
  const visible = (text) => String(text).replace(HIDDEN, (found) =>
    "⟦U+" + found.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") + "⟧");

  function element(name, text, kind) {
    const made = document.createElement(name);
    if (text !== undefined && text !== null) made.textContent = visible(text);
    if (kind) made.className = kind;
    return made;
  }

  function button(text, act) {
    const made = element("button", text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }

  async function unpack(id) {
    const raw = atob(byId(id).content.textContent.trim());
    const bytes = Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  }

  function chunk(number) {
    if (!state.cache.has(number)) {
      if (state.cache.size > 11) state.cache.delete(state.cache.keys().next().value);
      state.cache.set(number, unpack("chunk-" + number));
    }
    return state.cache.get(number);
  }

  // ---- the list -------------------------------------------------------------------------------

  function filtered() {
    const index = state.index, outcome = byId("f-outcome").value;
    const candidate = byId("f-candidate").value, category = byId("f-category").value;
    const disagree = byId("f-disagree").checked, failed = byId("f-failed").checked;
    const found = [];
    for (let i = 0; i < index.id.length; i++) {
      if (outcome && index.outcome[i] !== outcome) continue;
      if (candidate !== "" && index.candidate[i] !== Number(candidate)) continue;
      if (category !== "" && index.category[i] !== Number(category)) continue;
      if (disagree && !index.disagree[i]) continue;
      if (failed && !index.failed[i]) continue;
      if (state.hits && !state.hits.has(i)) continue;
      found.push(i);
    }
    if (byId("f-sort").value === "worst") {
      const rank = (i) => index.disagree[i] && index.outcome[i] !== "loss" ? 1 : RANK[index.outcome[i]];
      const score = (i) => index.score[i] === null ? 1 : index.score[i];
      found.sort((a, b) => rank(a) - rank(b) || score(a) - score(b) || a - b);
    }
    return found;
  }

  function refresh() {
    state.shown = filtered();
    state.page = 0;
    draw();
  }

  function draw() {
    const rows = byId("rows"), total = state.shown.length, pages = Math.max(1, Math.ceil(total / PAGE));
    rows.replaceChildren(...state.shown.slice(state.page * PAGE, (state.page + 1) * PAGE).map(row));
    byId("found").textContent = total === state.index.id.length
      ? total.toLocaleString("en") + " battles"
      : total.toLocaleString("en") + " of " + state.index.id.length.toLocaleString("en") + " battles";
    byId("page").textContent = "page " + (state.page + 1) + " of " + pages;
    byId("earlier").disabled = state.page === 0;
    byId("later").disabled = state.page >= pages - 1;
    document.querySelector(".pages").hidden = pages === 1;
  }

  function row(i) {
    const index = state.index, made = element("tr"), pick = element("button", index.excerpt[i] || index.prompt[i], "pick");
    pick.type = "button";
    const prompt = element("td", null, "prompt");
    prompt.append(pick, " ", element("span", index.prompt[i], "of"));
    const notes = [];
    if (index.disagree[i]) notes.push("orders disagree");
    if (index.failed[i]) notes.push("failed call");
    const many = index.suites.length > 1 ? " · " + index.suites[index.suite[i]] : "";
    made.append(element("td", LABELS[index.outcome[i]], "verdict-word is-" + index.outcome[i]), prompt,
      element("td", index.candidates[index.candidate[i]] + many), element("td", index.categories[index.category[i]] || "–"),
      element("td", notes.join(", ")));
    made.dataset.place = i;
    made.setAttribute("aria-current", String(i === state.open));
    return made;
  }

  // ---- one battle -----------------------------------------------------------------------------

  async function show(i, focus) {
    state.open = i;
    for (const line of byId("rows").children) line.setAttribute("aria-current", String(Number(line.dataset.place) === i));
    const size = state.index.chunk, box = byId("battle"), loaded = await chunk(Math.floor(i / size));
    if (state.open !== i) return;
    const body = loaded.battles[i % size];
    box.replaceChildren(heading(i), ...(body ? whole(loaded, body) : [element("p", absent(), "note")]));
    box.hidden = false;
    const hash = "#battle=" + encodeURIComponent(state.index.id[i]);
    if (location.hash !== hash) history.replaceState(null, "", hash);
    if (focus) { box.scrollIntoView({ block: "start" }); box.focus({ preventScroll: true }); }
  }

  const absent = () => "The texts of this battle are left out to keep this file small; arenatest show CHAT_ID prints them.";

  function heading(i) {
    const index = state.index, made = element("header"), title = element("h3");
    title.append(element("span", LABELS[index.outcome[i]], "is-" + index.outcome[i]), " · ",
      element("span", index.prompt[i]), " ", element("span", index.candidates[index.candidate[i]], "of"));
    const side = element("span", null, "tools"), link = element("a", "link to this battle");
    link.href = "#battle=" + encodeURIComponent(index.id[i]);
    side.append(link, button("‹ Previous", () => step(-1)), button("Next ›", () => step(1)), button("Close", close));
    made.append(title, side);
    return made;
  }

  function whole(loaded, body) {
    const prompt = loaded.prompts[body.p], parts = [];
    if (prompt.labels.length) parts.push(element("p", prompt.labels.join(" · "), "note"));
    if (body.why) parts.push(element("p", "void: " + body.why, "failure"));
    for (const [role, text] of prompt.messages) {
      parts.push(element("h4", prompt.messages.length > 1 ? "Prompt: " + role : "Prompt"), element("pre", text, "prose"));
    }
    if (prompt.reference !== null) parts.push(element("h4", "Reference"), element("pre", prompt.reference, "prose"));
    const answers = element("div", null, "pair");
    const [base, candidate] = body.by || [], values = body.values || [], part = (name) => name ? ": " + name : "";
    answers.append(answer("Baseline" + part(base), loaded.answers[body.b], values[0]),
      answer("Candidate" + part(candidate), loaded.answers[body.c], values[1]));
    parts.push(answers);
    if (body.same) parts.push(element("p", "Both answers are the same text: a tie, without asking a judge.", "note"));
    if (body.forfeit) parts.push(element("p", "No judge was asked: " + body.forfeit + ", which loses in this suite.", "note"));
    if (body.votes) parts.push(element("p", "The jury's votes: " + body.votes.map((one) => one.join(": ")).join("; ") + ".", "note"));
    const pairs = new Map(); // both orders of one judge side by side
    for (const one of body.g) {
      const key = JSON.stringify([one.judge, one.repeat]);
      if (!pairs.has(key)) pairs.set(key, element("div", null, "pair"));
      pairs.get(key).append(game(one));
    }
    return [...parts, ...pairs.values()];
  }

  function answer(side, one, values) {
    const made = element("section");
    made.append(element("h4", side));
    if (!one) { made.append(element("p", "No answer on record.", "note")); return made; }
    if (one.failure) made.append(element("p", "Failed: " + one.failure, "failure"));
    if (one.reasoning) {
      const folded = element("details");
      folded.append(element("summary", "Reasoning"), element("pre", one.reasoning, "prose"));
      made.append(folded);
    }
    if (one.text) made.append(element("pre", one.text, "prose"));
    else if (!one.failure) made.append(element("p", "An empty answer.", "note"));
    made.append(numbers([
      one.ttft !== null && "TTFT " + time(one.ttft), one.e2e !== null && "E2E " + time(one.e2e),
      one["in"] !== null && one["in"] + " tokens in", one.out !== null && one.out + " tokens out",
      one.cost !== null && "$" + one.cost.toPrecision(3), one.finish && "finish " + one.finish,
      one.model && "model " + one.model, one.attempts > 1 && one.attempts + " attempts", one.reused && "reused",
      "chat " + one.chat, one.request && "server " + one.request, ...(values || [])]));
    return made;
  }

  function game(one) {
    const made = element("section"), first = one.order === "baseline-first" ? "baseline" : "candidate";
    const words = one.score === 1 ? "candidate wins" : one.score === 0 ? "baseline wins" : "tie";
    made.append(element("h4", one.judge + ", " + first + " shown first" + (one.repeat ? ", repeat " + (one.repeat + 1) : "")));
    made.append(element("p", one.verdict ? one.verdict + ": " + words : "void: " + one.void, "says " +
      (one.verdict ? one.score === 1 ? "is-win" : one.score === 0 ? "is-loss" : "is-tie" : "is-void")));
    if (one.why) made.append(element("pre", one.why, "prose"));
    made.append(numbers([one.chat && "chat " + one.chat]));
    return made;
  }

  function numbers(words) {
    const made = element("p", null, "numbers");
    for (const word of words) if (word) made.append(element("span", word));
    return made;
  }

  const time = (seconds) => seconds < 1 ? Math.round(seconds * 1000) + " ms" : seconds.toFixed(2) + " s";

  function close() {
    const shown = state.open;
    state.open = -1;
    byId("battle").hidden = true;
    history.replaceState(null, "", "#battles");
    for (const line of byId("rows").children) {
      line.setAttribute("aria-current", "false");
      if (Number(line.dataset.place) === shown) line.querySelector("button").focus({ preventScroll: true });
    }
  }

  function step(by) {
    const at = state.shown.indexOf(state.open), to = at < 0 ? 0 : at + by;
    if (to < 0 || to >= state.shown.length) return;
    const page = Math.floor(to / PAGE);
    if (page !== state.page) { state.page = page; draw(); }
    show(state.shown[to], true);
  }

  // ---- full-text search: chunk by chunk, so that the page stays alive ---------------------------

  async function search() {
    const wanted = byId("f-text").value.trim().toLowerCase(), mine = ++state.scan, index = state.index;
    if (!wanted) { state.hits = null; refresh(); return; }
    const hits = new Set(), size = index.chunk, chunks = Math.ceil(index.id.length / size);
    for (let i = 0; i < index.id.length; i++) {
      if ((index.prompt[i] + " " + index.id[i] + " " + index.excerpt[i]).toLowerCase().includes(wanted)) hits.add(i);
    }
    for (let number = 0; number < chunks; number++) {
      const loaded = await chunk(number);
      if (mine !== state.scan) return;
      const within = (one) => JSON.stringify(Object.values(one)).toLowerCase().includes(quoted);
      const quoted = JSON.stringify(wanted).slice(1, -1);
      const prompts = loaded.prompts.map(within), answers = loaded.answers.map(within);
      loaded.battles.forEach((body, place) => {
        if (body && (prompts[body.p] || answers[body.b] || answers[body.c] || body.g.some(within) || (body.values || []).some(within))) hits.add(number * size + place);
      });
      byId("found").textContent = "searching… " + Math.round(100 * (number + 1) / chunks) + " %";
    }
    state.hits = hits;
    refresh();
  }

  // ---- permalinks and keys ----------------------------------------------------------------------

  async function follow() {
    const [, kind, value] = location.hash.match(/^#(battle|chat)=(.*)$/) || [];
    if (!kind) return;
    let wanted = value;
    try { wanted = decodeURIComponent(value); } catch { /* not encoded: as it stands */ }
    let place = -1;
    if (kind === "battle") place = state.index.id.indexOf(wanted);
    else {
      state.chats = state.chats || await unpack("chats");
      place = state.chats.findIndex((chats) => chats.includes(wanted));
    }
    if (place < 0) { byId("found").textContent = visible("no " + kind + " " + wanted + " in this report"); return; }
    if (place === state.open) return;
    const at = state.shown.indexOf(place);
    if (at >= 0) { state.page = Math.floor(at / PAGE); draw(); }
    await show(place, true);
  }

  function keys(event) {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { if (typing) event.target.blur(); else if (state.open >= 0) close(); return; }
    if (typing) return;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "/") { byId("f-text").focus(); event.preventDefault(); }
  }

  function options(id, names) {
    if (names.length < 2) byId(id).closest("label").hidden = true;
    names.forEach((name, place) => {
      const made = element("option", name || "(none)");
      made.value = place;
      byId(id).append(made);
    });
  }

  function listen() {
    for (const id of ["f-outcome", "f-candidate", "f-category", "f-sort", "f-disagree", "f-failed"]) byId(id).addEventListener("change", refresh);
    let waiting = 0;
    byId("f-text").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 200); });
    byId("filters").addEventListener("submit", (event) => { event.preventDefault(); search(); });
    byId("rows").addEventListener("click", (event) => {
      const line = event.target.closest("tr");
      if (line) show(Number(line.dataset.place), true);
    });
    byId("earlier").addEventListener("click", () => { state.page--; draw(); });
    byId("later").addEventListener("click", () => { state.page++; draw(); });
    window.addEventListener("hashchange", follow);
    document.addEventListener("keydown", keys);
  }

  function copying() {
    const button = byId("copy"), command = byId("command");
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(command.textContent); button.textContent = "Copied"; }
      catch { getSelection().selectAllChildren(command); button.textContent = "Press Ctrl+C"; }
    });
  }

  async function start() {
    copying();
    if (!("DecompressionStream" in window)) return; // an old browser keeps the list without scripts
    state.index = await unpack("index");
    if (!state.index.id.length) return;
    options("f-candidate", state.index.candidates);
    options("f-category", state.index.categories);
    document.documentElement.classList.add("scripted");
    byId("browser").hidden = false;
    listen();
    refresh();
    await follow();
  }

  start();
})();
