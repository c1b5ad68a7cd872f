// Boxes on a picture; where there are steps, what becomes of each box, step by step.
import { component, find, kept, make, showPicture } from "./lib/component.js";
import { within } from "./lib/keys.js";
import { createPlayer } from "./lib/player.js";
import { later, say } from "./lib/words.js";

/** @type {[string, number][]} */
const SPEEDS = [[later("slow"), 1600], [later("normal"), 800], [later("fast"), 250]];
/** @type {Record<string, string>} */
const CLASSES = { k: "stays", "?": "waits", x: "gone", n: "now" }; // any other letter: not shown
const LETTER = 14; // height of a label, as in the style sheet

export default component(function mount({ data, setStateValue, parentElement }) {
  const view = kept(parentElement, create);
  view.embed = () => setStateValue("embedded", true);
  view.update(data);
});

/** @param {HTMLElement} root */
function create(root) {
  const [bar, now, picture, image, marks, details, summary, head, body, range, label] =
    ["bar", "now", "picture", "image", "marks", "details", "summary", "head", "body", "range", "label"].map((name) => find(root, `[data-part=${name}]`));
  const button = (/** @type {string} */ name) => find(root, `[data-part=${name}]`);
  const view = { embed() {}, update };
  /** @type {import("./lib/messages").BoxesMessage} */
  let data;
  let step = 0;
  let known = "";
  const last = () => Math.max(0, data.steps.length - 1);
  const player = createPlayer({ play: button("play"), speed: button("speed"), root }, SPEEDS, 800, {
    atEnd: () => step >= last(), rewind: () => go(0), step: () => go(step + 1),
  });
  button("first").addEventListener("click", () => act(0));
  button("last").addEventListener("click", () => act(last()));
  button("back").addEventListener("click", () => act(step - 1));
  button("forward").addEventListener("click", () => act(step + 1));
  range.addEventListener("input", () => act(Number(range.value)));
  picture.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    /** @type {Record<string, number>} */
    const ways = { ArrowLeft: step - 1, ArrowRight: step + 1, Home: 0, End: last() };
    if (!data.steps.length || !(event.key in ways)) return;
    event.preventDefault();
    act(ways[event.key]);
  });

  function act(/** @type {number} */ to) { player.stop(); go(to); }

  function go(/** @type {number} */ to) { step = within(to, last()); draw(); }

  function update(/** @type {import("./lib/messages").BoxesMessage} */ next) {
    data = next;
    const stepped = data.steps.length > 0;
    const content = JSON.stringify(data.steps);
    if (content !== known) { known = content; player.stop(); step = within(data.start, last()); }
    bar.hidden = now.hidden = !stepped;
    range.max = String(last());
    const large = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    const zoom = Math.max(1, Math.floor((data.target * large) / data.height));
    Object.assign(picture.style, { width: `${data.width * zoom}px`, aspectRatio: `${data.width} / ${data.height}` });
    marks.setAttribute("viewBox", `0 0 ${data.width * zoom} ${data.height * zoom}`);
    showPicture(image, data.url, () => view.embed());
    image.alt = data.alt;
    picture.tabIndex = stepped ? 0 : -1;
    marks.replaceChildren(...data.boxes.map((box) => mark(box, zoom)));
    summary.textContent = data.caption;
    head.replaceChildren(make("tr", {}, data.head.map((text) => make("th", { scope: "col", textContent: text }))));
    body.replaceChildren(...data.rows.map((row) => make("tr", {}, row.map((text) => make("td", { textContent: text })))));
    details.hidden = !data.rows.length;
    draw();
  }

  function mark(/** @type {import("./lib/messages").BoxMark} */ { box, text, colour, dashed }, /** @type {number} */ zoom) {
    const [left, top, right, bottom] = box.map((value) => value * zoom);
    const group = svg("g", {});
    group.append(svg("rect", { class: "box", x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top), stroke: colour, "stroke-dasharray": dashed ? "6 5" : "none" }));
    if (text) {
      const wide = text.length * LETTER * 0.56 + 8;
      const x = within(left, Math.max(0, data.width * zoom - wide));
      const y = top >= LETTER + 6 ? top - LETTER - 6 : Math.min(bottom, data.height * zoom - LETTER - 6);
      const words = svg("text", { x: x + 4, y: y + LETTER, fill: colour });
      words.textContent = text;
      const tag = svg("g", { class: "tag" });
      tag.append(svg("rect", { x, y, width: wide, height: LETTER + 6 }), words);
      group.append(tag);
    }
    return group;
  }

  function draw() {
    const states = data.steps.length ? data.steps[step].states : "k".repeat(data.boxes.length);
    [...marks.children].forEach((group, number) => {
      const name = CLASSES[states[number]];
      group.setAttribute("class", name ?? "");
      group.style.display = name ? "" : "none";
    });
    if (!data.steps.length) return;
    now.textContent = data.steps[step].words;
    range.value = String(step);
    label.textContent = say("step {step} of {steps}", { step: step + 1, steps: data.steps.length });
    button("first").disabled = button("back").disabled = step === 0;
    button("last").disabled = button("forward").disabled = step === last();
    if (data.rows.length !== data.steps.length) return;
    [...body.children].forEach((row, number) => { if (number === step) row.setAttribute("aria-current", "step"); else row.removeAttribute("aria-current"); });
  }

  return view;
}

/** @param {string} tag @param {Record<string, string | number>} attributes @returns {any} */
function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
