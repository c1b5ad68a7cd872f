// The bar of a lecture that is given: previous, next, jump, time, spotlight, notes; and its keys, wherever the page's focus is.
import { component, find, kept, make, news } from "./lib/component.js";
import { began, beginAgain, forget, hear, plannedBefore, say, spoken } from "./lib/lecture_clock.js";
import { watchPointers } from "./lib/pointers.js";
import { placeOf, spotlight } from "./lib/spotlight.js";

const DIGITS_MS = 4000; // how long typed digits wait for Enter
const TICK_MS = 500;
const LOOK_MS = 200, LOOK_TIMES = 40; // how often, and how many times, a new slide looks for what is spoken of
const LATE = 60e3; // milliseconds behind the plan from which on the time is marked

/** @typedef {import("./lib/messages.js").LectureBarMessage} Message */

/** What the keys act on: the bar that is on the screen. @type {ReturnType<typeof create> | null} */
let bar = null;
/** @type {ReturnType<typeof spotlight> | null} */
let light = null;
/** Bar -> its timer. Streamlit cleans up once, when the bar leaves the page, and that may be when the next one is there already. @type {Map<ReturnType<typeof create>, number>} */
const alive = new Map();
const onScreen = () => [...alive.keys()].filter(({ root }) => root.isConnected).at(-1) ?? null;
let scrolled = ""; // the slide whose page was put to its beginning

export default component(function mount({ data, parentElement, setStateValue }) {
  const mine = kept(parentElement, create);
  mine.update(data, setStateValue);
  if (!alive.has(mine)) alive.set(mine, setInterval(mine.tick, TICK_MS));
  bar = onScreen();
  return () => {
    clearInterval(alive.get(mine));
    alive.delete(mine);
    bar = onScreen();
    // The next page has its own bar in a moment; without one the lecture is left.
    setTimeout(() => { if (!bar) light?.off(); }, 1000);
  };
});

/** @param {HTMLElement} root */
function create(root) {
  const part = (/** @type {string} */ name) => find(root, `[data-part=${name}]`);
  /** @type {Message} */
  let data;
  let tell = (/** @type {string} */ _name, /** @type {any} */ _value) => {};
  let asked = 0; // the slide that was asked for and is not there yet
  let digits = "", forgetDigits = 0;
  let shown = "";
  listen();
  watchPointers();

  const go = (/** @type {number} */ number) => {
    const slide = Math.min(Math.max(1, number), data.titles.length);
    if (slide === (asked || data.slide) && !data.away) { part("jump").value = String(slide); return; }
    asked = slide;
    light?.off();
    tell("go", news({ slide }));
    part("jump").value = String(slide);
  };
  const step = (/** @type {number} */ by) => go((asked || data.slide) + by);
  const leave = () => { light?.off(); forget(); tell("go", news({ leave: true })); };
  const spot = () => {
    light ??= spotlight();
    light.next(data.spot);
    part("spot").setAttribute("aria-pressed", String(light.state !== "off"));
  };
  const notes = () => {
    const folder = location.pathname.split("/").slice(0, -1).join("/");
    const address = `${folder}/notes?lecture=${encodeURIComponent(data.lecture)}&slide=${data.slide}&hide=sidebar`;
    if (!window.open(address, "cnnviz-notes", "popup,width=1000,height=760")) part("title").textContent = data.words.blocked;
  };
  const typed = (/** @type {string} */ digit) => {
    clearTimeout(forgetDigits);
    digits = (digits + digit).slice(-3);
    forgetDigits = setTimeout(() => typedNothing(), DIGITS_MS);
    part("goto").hidden = false;
    part("goto").textContent = `${data.words.goto} ${digits}`;
  };
  const typedNothing = () => { clearTimeout(forgetDigits); digits = ""; part("goto").hidden = true; };

  part("previous").addEventListener("click", () => step(-1));
  part("next").addEventListener("click", () => step(1));
  part("back").addEventListener("click", () => go(data.slide));
  part("jump").addEventListener("change", () => go(Number(part("jump").value)));
  part("time").addEventListener("click", () => { beginAgain(data.lecture); tick(); });
  part("spot").addEventListener("click", (/** @type {Event} */ event) => { event.stopPropagation(); spot(); });
  part("notes").addEventListener("click", notes);
  part("leave").addEventListener("click", leave);

  function tick() {
    const elapsed = Date.now() - began(data.lecture);
    const before = plannedBefore(data.minutes, data.slide);
    const end = plannedBefore(data.minutes, data.slide + 1);
    part("time").textContent = end ? `${spoken(elapsed)} / ${data.words.planned} ${spoken(before)}` : spoken(elapsed);
    part("time").classList.toggle("late", end > 0 && elapsed > end + LATE);
  }

  let looking = 0;

  /** A new slide begins at its top, or where that is what is spoken of, as soon as it is there. */
  function scroll() {
    clearInterval(looking);
    const main = document.querySelector("[data-testid=stMain]");
    main?.scrollTo(0, 0);
    if (!data.spot || data.away) return;
    let times = 0;
    const stop = () => clearInterval(looking);
    looking = setInterval(() => {
      const thing = placeOf(data.spot);
      if (thing && thing.getBoundingClientRect().top > innerHeight * 0.6) thing.scrollIntoView({ block: "start" });
      if (++times >= LOOK_TIMES) stop();
    }, LOOK_MS);
    for (const event of ["wheel", "keydown", "pointerdown", "touchstart"]) addEventListener(event, stop, { once: true, passive: true });
  }

  function update(/** @type {Message} */ message, /** @type {typeof tell} */ setStateValue) {
    const isNew = data?.slide !== message.slide || data?.lecture !== message.lecture;
    data = message;
    tell = setStateValue;
    if (asked === data.slide) asked = 0;
    root.setAttribute("aria-label", data.words.bar);
    for (const name of ["previous", "next", "jump", "spot", "notes", "leave", "time"]) {
      part(name).title = data.words[name];
      if (name !== "time") part(name).setAttribute("aria-label", data.words[name]);
    }
    const titles = JSON.stringify(data.titles);
    if (titles !== shown) {
      shown = titles;
      part("jump").replaceChildren(...data.titles.map((title, at) => make("option", { value: String(at + 1), textContent: `${at + 1} / ${data.titles.length} · ${title}` })));
    }
    part("jump").value = String(asked || data.slide);
    part("title").textContent = part("title").title = data.titles[data.slide - 1];
    part("previous").disabled = data.slide === 1 && !data.away;
    part("next").disabled = data.slide === data.titles.length && !data.away;
    part("back").hidden = !data.away;
    part("back").textContent = `↩ ${data.words.back}`;
    root.dataset.slide = String(data.slide);
    // The caption stands on the page's paper, so that nothing shines through it.
    const bar_and_caption = /** @type {HTMLElement | null} */ (document.querySelector(".st-key-lecture_player"));
    if (bar_and_caption) bar_and_caption.style.background = getComputedStyle(root).getPropertyValue("--st-background-color");
    if (isNew && scrolled !== `${data.lecture} ${data.slide}`) { scrolled = `${data.lecture} ${data.slide}`; scroll(); }
    tick();
    say({ kind: "at", lecture: data.lecture, slide: data.slide });
  }

  return {
    update, tick, go, step, leave, spot, notes, typed, typedNothing,
    get data() { return data; },
    get digits() { return digits; },
    get root() { return root; },
  };
}

let isListening = false;

/** The keys and the other window, once a tab. */
function listen() {
  if (isListening) return;
  isListening = true;
  document.addEventListener("keydown", onKey);
  oneEntryAStep();
  hear((said) => {
    bar = onScreen();
    if (!bar || said.lecture !== bar.data.lecture) return;
    if (said.kind === "go") bar.go(said.slide);
    else if (said.kind === "ask") say({ kind: "at", lecture: bar.data.lecture, slide: bar.data.slide });
  });
}

/** For a step to another page Streamlit writes two entries into the browser's history: the old page with the new query, then the new page. They become one. */
function oneEntryAStep() {
  const push = history.pushState.bind(history);
  history.pushState = (state, unused, url) => {
    const to = new URL(url ?? "", location.href);
    const isSecond = to.searchParams.has("lecture") && to.search === location.search && to.pathname !== location.pathname;
    if (isSecond) history.replaceState(state, unused, url);
    else push(state, unused, url);
  };
}

const TYPING = "input:not([type=button], [type=checkbox], [type=radio], [type=range], [type=file]), textarea, select, [contenteditable], [role=textbox], [role=combobox], [role=spinbutton]";
const ARROWS = "input, select, [role=radio], [role=slider], [role=tab], [role=option], [role=menuitem], [role=treeitem], [role=gridcell], [role=grid], canvas";

/** @param {KeyboardEvent} event */
function onKey(event) {
  bar = onScreen();
  if (!bar || event.ctrlKey || event.metaKey || event.altKey) return;
  const done = () => event.preventDefault();
  // What a presenter's remote sends works everywhere.
  if (event.key === "PageDown") { done(); bar.step(1); return; }
  if (event.key === "PageUp") { done(); bar.step(-1); return; }
  const focus = /** @type {Element} */ (event.composedPath()[0]);
  if (event.defaultPrevented || (focus.matches?.(TYPING) ?? false)) return;
  if (event.key === "Escape") { escape(done); return; }
  if (/^\d$/.test(event.key)) { bar.typed(event.key); return; }
  if (event.key === "Enter" && bar.digits) { done(); const number = Number(bar.digits); bar.typedNothing(); bar.go(number); return; }
  /** @type {Record<string, () => void>} */
  const letters = { n: () => bar.step(1), s: bar.spot, o: bar.notes };
  if (!event.shiftKey && letters[event.key.toLowerCase()]) { done(); letters[event.key.toLowerCase()](); return; }
  const own = focus.getRootNode();
  if ((own !== document && own !== bar.root.getRootNode()) || focus.matches?.(ARROWS)) return;
  /** @type {Record<string, () => void>} */
  const places = { ArrowRight: () => bar.step(1), ArrowLeft: () => bar.step(-1), Home: () => bar.go(1), End: () => bar.go(Infinity) };
  const lit = light && light.state !== "off";
  if (lit && (event.key === "ArrowDown" || event.key === "ArrowUp")) { done(); light.move(event.key === "ArrowDown" ? 1 : -1); }
  else if (places[event.key]) { done(); places[event.key](); }
}

/** One thing at a time: digits, spotlight, an open menu of the page, the lecture. */
function escape(/** @type {() => void} */ done) {
  if (bar.digits) bar.typedNothing();
  else if (light && light.state !== "off") { light.off(); find(bar.root, "[data-part=spot]").setAttribute("aria-pressed", "false"); }
  else if (document.querySelector("[role=dialog], [data-baseweb=popover], [data-testid=stFullScreenFrame] [data-fullscreen=true]")) return;
  else bar.leave();
  done();
}
