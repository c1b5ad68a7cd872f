// The bar of a room, above each page. A student's browser asks what the lecturer shows and follows; one that was moved away by its
// student looks around alone until it comes back. The lecturer's bar counts who is there, and what they answer.
import { component, find, kept, make, news } from "./lib/component.js";
import { createQuestion } from "./lib/question.js";
import { say } from "./lib/words.js";

const ADDRESS = "cnnviz/room"; // below the page's own folder, wherever a proxy has put it
const LOOK_MS = 150; // between two looks at the page's own address
const SETTLED_MS = 400; // a page that was followed to and rests for so long has arrived
const LOST_MS = [500, 1000, 2000, 4000];
const TRIES = 3; // so often the server is asked for the lecturer's page; what another request overtook does not come
const KEYS = "cnnviz-room-keys";

/** What this tab did in each room; a page that changes makes the bar anew. @type {Map<string, any>} */
const tabs = new Map();

export default component(function mount({ data, setStateValue, parentElement }) {
  const bar = kept(parentElement, create);
  bar.send = setStateValue;
  bar.update(data);
  return () => bar.stop();
});

function tabOf(code) {
  if (!tabs.has(code)) {
    let stored = {};
    try { stored = JSON.parse(sessionStorage.getItem(`cnnviz-room-${code}`) ?? "{}"); } catch { /* a private window keeps nothing */ }
    tabs.set(code, { alone: false, place: 0, home: "", acted: true, arriving: 0, restedAt: 0, tries: 0, name: "", ...stored });
  }
  return tabs.get(code);
}

function storedKeys() { try { return JSON.parse(localStorage.getItem(KEYS) ?? "{}"); } catch { return {}; } }

/** @param {HTMLElement} root */
function create(root) {
  const [says, buttons, panel] = ["says", "buttons", "panel"].map((name) => find(root, `[data-part=${name}]`));
  const bar = { send: (/** @type {any[]} */ ..._) => {}, update, stop };
  let data = null, tab = null, shown = null, since = -1, asking = null, timer = 0, looker = 0, failures = 0, asked = null, askedFor = "", drawn = "", error = "", folded = false;
  const [wanderOff, comeBack] = [button(say("Look around alone"), () => wander(true)), button(say("Come back"), () => wander(false))];
  const fold = button(say("Hide the question"), () => { folded = !folded; render(); });
  const leave = button(say("Leave"), () => { stop(); bar.send("left", news({})); });
  const name = make("input", { type: "text", maxLength: 20, placeholder: say("nickname, if you like"), ariaLabel: say("Nickname for the scoreboard"), autocomplete: "off" });
  name.addEventListener("change", async () => {
    const reply = await tell({ do: "name", name: name.value });
    if (reply) { name.value = tab.name = reply.name; keep(); }
  });
  const question = createQuestion({ label: say("Send"), send: answer, open: (place) => bar.send("go", news(place)) });
  const lead = createLead();
  const board = make("div");

  function button(textContent, act) { const one = make("button", { type: "button", textContent }); one.addEventListener("click", act); return one; }
  const leads = () => Boolean(data.key);
  const here = () => location.pathname + location.search;
  const keep = () => { try { sessionStorage.setItem(`cnnviz-room-${data.code}`, JSON.stringify({ alone: tab.alone, place: tab.place, home: tab.home, name: tab.name })); } catch { /* as above */ } };

  function update(/** @type {import("./lib/messages").FollowMessage} */ next) {
    if (data && (data.code !== next.code || data.key !== next.key || data.student !== next.student)) { stop(); since = -1; shown = null; askedFor = ""; }
    data = next;
    tab = tabOf(data.code);
    name.value = tab.name;
    const keys = storedKeys();
    if (data.key && keys[data.code] !== data.key) {
      // Only the newest ones: rooms are forgotten after a day.
      try { localStorage.setItem(KEYS, JSON.stringify(Object.fromEntries([...Object.entries(keys).slice(-8), [data.code, data.key]]))); } catch { /* as above */ }
    }
    if (!data.key && keys[data.code]) bar.send("key", keys[data.code]);
    if (tab.home && !leads() && !tab.arriving) look();
    render();
    document.addEventListener("pointerdown", acts, true);
    document.addEventListener("keydown", acts, true);
    if (!looker) looker = setInterval(look, LOOK_MS);
    ask();
  }

  function stop() {
    clearTimeout(timer); clearInterval(looker); looker = 0;
    document.removeEventListener("pointerdown", acts, true);
    document.removeEventListener("keydown", acts, true);
    asking?.abort(); asking = null;
  }

  /** The student did something, but not in the bar itself. */
  function acts(event) { if (tab && event.isTrusted && !event.composedPath().includes(root)) tab.acted = true; }

  // Whether the page still is where the lecturer sent it.
  function look() {
    if (leads() || !tab.home && !tab.arriving) return;
    if (tab.arriving) {
      const busy = document.querySelector("[data-testid=stApp]")?.getAttribute("data-test-script-state") === "running";
      const now = performance.now();
      if (busy || tab.lastSeen !== here()) { tab.lastSeen = here(); tab.restedAt = now; }
      if (now - tab.restedAt < SETTLED_MS || now - tab.arriving < SETTLED_MS) return;
      if (!isThere() && !tab.alone && !tab.acted && tab.tries < TRIES) { go(); return; }
      Object.assign(tab, { arriving: 0, home: here(), acted: false });
      keep();
      render();
    } else if (here() !== tab.home && !tab.alone) {
      // What changes without the student, such as a page that has finished its work, is no way of one's own.
      if (tab.acted) wander(true);
      else { tab.home = here(); keep(); }
    }
  }

  function wander(alone) {
    tab.alone = alone;
    // Where it stands now is no way of its own any more, until it is sent on.
    if (!alone) Object.assign(tab, { place: 0, home: here(), acted: false });
    keep();
    asking?.abort(); asking = null;
    since = -1;
    render();
    ask();
  }

  const headers = () => ({ ...(leads() ? { "X-Room-Key": data.key } : { "X-Room-Student": data.student, "X-Room-Wanders": tab.alone ? "1" : "0" }) });

  async function ask() {
    clearTimeout(timer);
    if (asking || !root.isConnected || !(data.student || data.key)) return;
    const mine = asking = new AbortController();
    let wait = 20;
    try {
      const reply = await fetch(new URL(`${ADDRESS}/${data.code}?since=${since}`, location.href), { signal: mine.signal, cache: "no-store", headers: headers() });
      if (!reply.ok) throw new Error(reply.statusText);
      const next = await reply.json();
      if (next.error) { error = next.error; wait = 5000; throw new Error(error); }
      [failures, error] = [0, ""];
      take(next);
    } catch (problem) {
      if (problem.name === "AbortError") return;
      wait = Math.max(wait, LOST_MS[Math.min(failures, LOST_MS.length - 1)]);
      failures += 1;
      render();
    } finally {
      if (asking === mine) asking = null;
    }
    if (!asking) timer = setTimeout(ask, wait);
  }

  function take(next) {
    since = next.number;
    shown = next;
    if (!leads() && !tab.alone && next.place && next.place !== tab.place) {
      Object.assign(tab, { place: next.place, tries: 0, acted: false });
      keep();
      go();
    }
    const wanted = next.question ? `${next.question} ${next.revealed}` : "";
    if (wanted !== askedFor) { askedFor = wanted; folded = false; fetchQuestion(next.question); }
    render();
  }

  /** Asks the server for the lecturer's page. */
  function go() {
    Object.assign(tab, { tries: tab.tries + 1, arriving: performance.now(), restedAt: performance.now(), lastSeen: "" });
    bar.send("go", news({ page: shown.page, parameters: shown.parameters }));
  }

  const isThere = () => !shown || location.pathname.split("/").pop() === shown.page;

  async function fetchQuestion(number) {
    if (!number) { asked = null; render(); return; }
    try {
      const reply = await fetch(new URL(`${ADDRESS}/${data.code}/question/${number}`, location.href), { cache: "no-store", headers: headers() });
      if (!reply.ok) throw new Error(reply.statusText);
      const found = await reply.json();
      if (found.error) throw new Error(found.error);
      if (shown.question === number) asked = found;
      if (!leads() && !found.solution) question.tell(found.mine === null ? "" : say("Sent."));
      render();
    } catch { askedFor = ""; }
  }

  async function answer(text) {
    question.tell("…");
    const reply = await tell({ do: "answer", question: asked.number, text });
    if (!reply) return;
    asked.mine = reply.mine;
    question.tell(say("Sent. You may change it until the answer is shown."));
  }

  async function tell(what) {
    try {
      const reply = await fetch(new URL(`${ADDRESS}/${data.code}`, location.href), { method: "POST", headers: { ...headers(), "Content-Type": "application/json" }, body: JSON.stringify(what) });
      const known = await reply.json();
      if (!known.error) return known;
      question.tell(known.error);
    } catch { question.tell(say("The server did not answer. Try again.")); }
    render();
    return null;
  }

  function render() {
    const state = error || failures > 2 ? "lost" : leads() ? "leads" : tab.alone ? "alone" : "following";
    Object.assign(root.dataset, { state, room: data.code, place: tab.place, arriving: tab.arriving ? "true" : "false" });
    says.replaceChildren(...words(state));
    const has = Boolean(asked || shown?.scores);
    fold.textContent = folded ? say("Show the question") : say("Hide the question");
    const hide = has ? [fold] : [];
    const wanted = leads() ? [...hide, leave] : [...hide, ...(shown?.scores || tab.name ? [name] : []), tab.alone ? comeBack : wanderOff, leave];
    if ([...buttons.children].some((one, at) => one !== wanted[at]) || buttons.children.length !== wanted.length) buttons.replaceChildren(...wanted);
    panel.hidden = !has || folded;
    const parts = [...(asked ? [leads() ? lead.element : question.element] : []), ...(asked && !leads() && asked.counts ? [bars()] : []), ...(shown?.scores ? [board] : [])];
    const stamp = JSON.stringify([asked, shown?.scores, asked && shown?.counts, shown?.revealed]);
    if (stamp === drawn) return;
    drawn = stamp;
    if (asked && leads()) lead.show();
    if (asked && !leads()) question.show(asked.card, asked.mine, asked.solution, Boolean(shown?.revealed));
    if (shown?.scores) writeBoard();
    panel.replaceChildren(...parts);
  }

  function words(state) {
    const room = make("b", { textContent: data.code });
    if (state === "lost") return [`${say("Room")} `, room, ` · ${error || say("no connection; trying again")}`];
    if (state === "leads") return [say("You lead room "), room, shown ? say(" · {following} follow, {wandering} look around alone", { following: shown.following, wandering: shown.wandering }) : ""];
    if (state === "alone") return [`${say("Room")} `, room, say(" · you look around alone")];
    return [`${say("Room")} `, room, say(" · following")];
  }

  function bars(counts = asked.counts) {
    const rows = Object.entries(counts.groups).sort(([, a], [, b]) => b - a).slice(0, 10);
    const most = Math.max(1, ...rows.map(([, count]) => count));
    const isRight = (group) => asked.solution && (asked.own ? group === counts.label : group === asked.solution.answer);
    const solved = shown?.revealed;
    return make("div", { className: "bars" }, rows.flatMap(([group, count]) => {
      const length = make("i", { className: solved && isRight(group) ? "right" : "" });
      length.style.width = `${(100 * count) / most}%`;
      return [make("span", { textContent: group }), make("span", {}, [length]), make("span", { textContent: String(count) })];
    }));
  }

  function writeBoard() {
    const rows = shown.scores.map((score) => make("li", { textContent: say("{name}: {right} of {answered}", { name: score.name, right: score.right, answered: score.answered }) }));
    board.replaceChildren(make("h4", { textContent: say("Scoreboard") }), rows.length ? make("ol", { className: "board" }, rows) : make("p", { textContent: say("Nobody has a nickname yet.") }));
  }

  // The lecturer's panel: the question, the answers so far, and what can be done.
  function createLead() {
    const text = make("p", { className: "q-text" });
    const count = make("p", { role: "status" });
    const chart = make("div");
    const secret = make("details", {}, [make("summary", { textContent: say("Answer, for you") })]);
    const solved = make("p");
    secret.append(solved);
    const reveal = button(say("Show the answer"), () => act({ do: "reveal" }));
    const away = button(say("Put the question away"), () => act({ do: "away" }));
    const example = createQuestion({ label: "", send() {}, open: (place) => bar.send("go", news(place)) });
    const row = make("div", { className: "led" }, [reveal, away, count]);
    const element = make("div", { className: "question" }, [row, chart, example.element, text, secret]);
    async function act(what) { if (await tell(what)) { asking?.abort(); asking = null; since = -1; ask(); } }
    function show() {
      const counts = shown.counts ?? { answers: 0, right: 0, groups: {}, label: "" };
      text.hidden = !asked.own;
      text.textContent = say("Each student gets an own question of this kind; above stands one of them.");
      example.show(asked.card, null, shown.revealed ? asked.solution : null, true);
      const judged = asked.card.kind !== "poll" && shown.revealed ? say(", {right} right", { right: counts.right }) : "";
      count.textContent = say("{answers} answered{judged}", { answers: counts.answers, judged });
      element.dataset.answers = String(counts.answers);
      // Bars of a question would point at the answer before it is shown; those of a poll do not.
      chart.hidden = asked.card.kind !== "poll" && !shown.revealed;
      chart.replaceChildren(bars(counts));
      secret.hidden = !asked.solution || shown.revealed;
      solved.textContent = asked.solution ? `${asked.solution.answer}. ${asked.solution.explanation}` : "";
      reveal.hidden = shown.revealed;
    }
    return { element, show };
  }

  return bar;
}
