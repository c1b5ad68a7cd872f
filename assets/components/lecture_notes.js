// The lecturer's second window: it follows the slide of the first, and its buttons drive the first.
import { component, find, kept, news } from "./lib/component.js";
import { began, beginAgain, hear, plannedBefore, say, spoken } from "./lib/lecture_clock.js";

const TICK_MS = 500;

/** @typedef {import("./lib/messages.js").LectureNotesMessage} Message */

/** @type {ReturnType<typeof create> | null} */
let here = null;
/** What is shown -> its timer. Streamlit cleans up once, when it leaves the page. @type {Map<ReturnType<typeof create>, number>} */
const timers = new Map();

export default component(function mount({ data, parentElement, setStateValue }) {
  const mine = kept(parentElement, create);
  mine.update(data, setStateValue);
  here = mine;
  if (!timers.has(mine)) timers.set(mine, setInterval(mine.tick, TICK_MS));
  return () => { clearInterval(timers.get(mine)); timers.delete(mine); if (here === mine) here = null; };
});

/** @param {HTMLElement} root */
function create(root) {
  const part = (/** @type {string} */ name) => find(root, `[data-part=${name}]`);
  /** @type {Message | null} */
  let data = null;
  let tell = (/** @type {string} */ _name, /** @type {any} */ _value) => {};
  let asked = 0;

  const go = (/** @type {number} */ number) => {
    const slide = Math.min(Math.max(1, number), data.titles.length);
    asked = slide;
    say({ kind: "go", lecture: data.lecture, slide });
    tell("at", news({ lecture: data.lecture, slide }));
  };
  const step = (/** @type {number} */ by) => go((asked || data.slide) + by);
  part("previous").addEventListener("click", () => step(-1));
  part("next").addEventListener("click", () => step(1));
  part("again").addEventListener("click", () => { beginAgain(data.lecture); tick(); });
  document.addEventListener("keydown", (event) => {
    if (here !== api || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /** @type {Element} */ (event.composedPath()[0]).matches?.("input, textarea, select");
    if (event.key === "PageDown" || (!typing && event.key === "ArrowRight")) { event.preventDefault(); step(1); }
    else if (event.key === "PageUp" || (!typing && event.key === "ArrowLeft")) { event.preventDefault(); step(-1); }
  });

  function tick() {
    const elapsed = Date.now() - began(data.lecture);
    const [start, end] = [data.slide, data.slide + 1].map((one) => plannedBefore(data.minutes, one));
    const all = plannedBefore(data.minutes, data.titles.length + 1);
    part("clock").textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    part("elapsed").textContent = spoken(elapsed);
    part("planned").textContent = all ? `${data.words.plan} ${spoken(start)}–${spoken(end)} ${data.words.of} ${spoken(all)}` : "";
    part("planned").classList.toggle("late", all > 0 && elapsed > end);
  }

  function update(/** @type {Message} */ message, /** @type {typeof tell} */ setStateValue) {
    const first = data === null;
    data = message;
    tell = setStateValue;
    if (asked === data.slide) asked = 0;
    for (const name of ["previous", "next", "again"]) { part(name).title = data.words[name]; part(name).setAttribute("aria-label", data.words[name]); }
    part("again").textContent = data.words.again;
    part("number").textContent = `${data.slide} / ${data.titles.length}`;
    part("previous").disabled = data.slide === 1;
    part("next").disabled = data.slide === data.titles.length;
    root.dataset.slide = String(data.slide);
    tick();
    if (first) {
      hear((said) => {
        if (here !== api || said.kind !== "at" || (said.lecture === data.lecture && said.slide === data.slide)) return;
        if (asked && said.slide !== asked) return;
        tell("at", news({ lecture: said.lecture, slide: said.slide }));
      });
      say({ kind: "ask", lecture: data.lecture, slide: data.slide });
    }
  }

  const api = { update, tick };
  return api;
}
