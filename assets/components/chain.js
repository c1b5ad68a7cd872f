// A computation forward and back, number by number: what makes each number is lit, and its sum is written. The whole trace comes once.
import { brief, paint } from "./lib/colours.js";
import { component, find, kept, make } from "./lib/component.js";
import { travel, within } from "./lib/keys.js";
import { legend } from "./lib/legend.js";
import { createPlayer } from "./lib/player.js";
import { later, say } from "./lib/words.js";

/** @type {[string, number][]} */
const SPEEDS = [[later("slow"), 1600], [later("normal"), 700], [later("fast"), 180], [later("full speed"), 0]];
const PHASES = { forward: later("Forward"), backward: later("Backward"), update: later("Update"), again: later("Forward again") };
const ORDER = { value: 0, gradient: 1, updated: 2 };

export default component(function mount({ data, parentElement }) {
  const player = kept(parentElement, create);
  player.update(data);
  return () => player.stop();
});

/** @param {HTMLElement} root */
function create(root) {
  const part = (/** @type {string} */ name) => find(root, `[data-part="${name}"]`);
  const [range, label, play, speed, phases, now, grids, table] = ["range", "label", "play", "speed", "phases", "now", "grids", "table"].map(part);
  /** @type {import("./lib/messages").ChainMessage} */
  let data = null;
  let index = 0;
  /** When a number of a cell is there: grid -> place -> [value, gradient, updated] as steps. @type {Map<string, number[][]>} */
  let since = new Map();
  /** @type {Map<string, HTMLElement[]>} */
  let cells = new Map();
  /** @type {{ first: number, button: HTMLElement }[]} */
  let stages = [];
  let text = "";
  const moving = createPlayer({ play, speed, root }, SPEEDS, 700, { atEnd: () => index >= data.steps.length - 1, rewind: () => go(0, true), step: () => go(index + 1, true) });

  range.addEventListener("input", () => go(Number(range.value)));
  part("first").addEventListener("click", () => go(0));
  part("back").addEventListener("click", () => go(index - 1));
  part("forward").addEventListener("click", () => go(index + 1));
  part("last").addEventListener("click", () => go(data.steps.length - 1));
  root.addEventListener("keydown", (event) => {
    if (/** @type {HTMLElement} */ (event.target).tagName === "INPUT") return;
    const by = travel(event, 10);
    if (by === null || ["SELECT"].includes(/** @type {HTMLElement} */ (event.target).tagName)) return;
    event.preventDefault();
    go(index + by);
  });
  find(root, "details").addEventListener("toggle", fillTable);

  function update(/** @type {import("./lib/messages").ChainMessage} */ next) {
    const shape = JSON.stringify([next.layout, next.grids.map(({ name, rows, columns }) => [name, rows, columns])]);
    const fresh = !data || shape !== text || data.start !== next.start;
    text = shape;
    data = next;
    since = new Map(data.grids.map(({ name, values }) => [name, values.map(() => [Infinity, Infinity, Infinity])]));
    data.steps.forEach(({ grid, place, part: what }, at) => { const seen = since.get(grid)[place]; seen[ORDER[what]] = Math.min(seen[ORDER[what]], at); });
    // What no forward step makes is given.
    const made = new Set(data.steps.filter(({ part: what }) => what === "value").map(({ grid }) => grid));
    for (const { name } of data.grids) if (!made.has(name)) for (const seen of since.get(name)) seen[0] = -1;
    build();
    legend(part("legend"), data.scale);
    range.max = data.steps.length - 1;
    fillTable();
    go(fresh ? data.start : within(index, data.steps.length - 1), moving.playing);
  }

  function build() {
    cells = new Map();
    grids.classList.toggle("paper", Boolean(data.layout));
    grids.replaceChildren(...(data.layout ? drawn(data.layout) : sideBySide()));
    buildStages();
  }

  /** The numbers as a graph: each cell at its place, lines behind them. @param {import("./lib/messages").ChainLayout} layout */
  function drawn({ width, height, cells: places, labels, lines, beside }) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("style", `width:${width}rem;height:${height}rem`);
    svg.setAttribute("aria-hidden", "true");
    for (const [x1, y1, x2, y2] of lines) {
      const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
      line.setAttribute("d", `M${x1},${y1}C${(x1 + x2) / 2},${y1} ${(x1 + x2) / 2},${y2} ${x2},${y2}`);
      svg.append(line);
    }
    const boxes = data.grids.map(({ name, title, values }) => {
      const list = values.map((_, place) => make("div", { className: "cell", style: `left:${places[name][place][0]}rem;top:${places[name][place][1]}rem` }));
      cells.set(name, list);
      const names = list.map((_, place) => make("div", { className: "title", textContent: labels[name][place], style: beside.includes(name)
        ? `left:${places[name][place][0] - 0.2}rem;top:${places[name][place][1] + 0.7}rem;transform:translateX(-100%)` : `left:${places[name][place][0]}rem;top:${places[name][place][1] - 1.25}rem` }));
      const figure = make("figure", { role: "img" }, [make("figcaption", { textContent: title }), ...names, ...list]);
      figure.dataset.grid = name;
      return figure;
    });
    return [make("div", { className: "graph", style: `width:${width}rem;height:${height}rem` }, [svg, ...boxes])];
  }

  function sideBySide() {
    return data.grids.map(({ name, title, rows, columns, values }) => {
      const list = values.map(() => make("div", { className: "cell" }));
      cells.set(name, list);
      const grid = make("div", { className: "grid", role: "img", style: `grid-template-columns:repeat(${columns},max-content)` }, list);
      const figure = make("figure", {}, [make("figcaption", { textContent: `${title}${rows * columns > 1 ? `  ${rows}×${columns}` : ""}` }), grid]);
      figure.dataset.grid = name;
      return figure;
    });
  }

  function buildStages() {
    stages = [];
    const row = [];
    let phase = "";
    data.steps.forEach((step, at) => {
      if (at && data.steps[at - 1].name === step.name) return;
      if (step.phase !== phase) { phase = step.phase; row.push(make("span", { textContent: say(PHASES[phase]), style: "align-self:center;font-weight:650;font-size:0.9rem" })); }
      const button = make("button", { type: "button", textContent: step.name.replace("gradient of the ", "∂ ").replace("gradient ", "∂ ").replace("update of the ", "") });
      button.addEventListener("click", () => go(at));
      stages.push({ first: at, button });
      row.push(button);
    });
    phases.replaceChildren(...row);
  }

  function go(/** @type {number} */ to, byPlay = false) {
    if (!byPlay) moving.stop();
    index = within(to, data.steps.length - 1);
    render();
  }
  function stop() { moving.stop(); }

  function render() {
    const step = data.steps[index];
    for (const { name, values, gradients, updated } of data.grids) {
      const grid = data.grids.find((one) => one.name === name);
      cells.get(name).forEach((cell, place) => {
        const [value, gradient, changed] = since.get(name)[place];
        const known = value <= index;
        const { background, text: ink } = paint(known ? values[place] : null, data.scale);
        cell.className = known ? "cell" : "cell unknown";
        cell.style.background = known ? background : "";
        cell.style.color = known ? ink : "";
        const lines = [make("span", { textContent: known ? brief(values[place], 3) : "·" })];
        if (gradient <= index) lines.push(make("span", { className: "g", textContent: brief(gradients[place], 2) }));
        if (updated && changed <= index) lines.push(make("span", { className: "u", textContent: brief(updated[place], 3) }));
        cell.replaceChildren(...lines);
        const words = [say("{title}, row {floor}, column {place}: {known}", { title: grid.title, floor: Math.floor(place / grid.columns) + 1, place: (place % grid.columns) + 1, known: known ? values[place] : say("not yet") })];
        if (gradient <= index) words.push(say("gradient {gradients}", { gradients: gradients[place] }));
        if (updated && changed <= index) words.push(say("after the update {updated}", { updated: updated[place] }));
        cell.title = words.join("\n");
      });
      const shown = values.map((value, place) => (since.get(name)[place][0] <= index ? brief(value, 3) : say("not yet"))).join(" ");
      cells.get(name)[0].parentElement.setAttribute("aria-label", `${grid.title}: ${shown}`);
    }
    for (const term of step.terms)
      for (const [side, number] of /** @type {const} */ ([["left", term.left], ["right", term.right]])) if (number && number.grid) cells.get(number.grid)[number.place].classList.add(side);
    cells.get(step.grid)[step.place].classList.add("target");
    write(step);
    range.value = index;
    range.setAttribute("aria-valuetext", say("step {index}: {name}", { index: index + 1, name: step.name }));
    label.textContent = say("step {index} of {steps}", { index: index + 1, steps: data.steps.length });
    root.dataset.step = String(index + 1);
    const current = stages.findLast(({ first }) => first <= index);
    for (const stage of stages) stage.button.toggleAttribute("aria-current", false);
    current?.button.setAttribute("aria-current", "step");
  }

  /** The sum of a step, each number in the colour of its frame, and its running sums. */
  function write(/** @type {any} */ step) {
    const grid = data.grids.find((one) => one.name === step.grid);
    const where = grid.rows * grid.columns > 1 ? say(" · row {floor}, column {step}", { floor: Math.floor(step.place / grid.columns) + 1, step: (step.place % grid.columns) + 1 }) : "";
    const sum = make("div", { className: "sum" });
    const bracket = (/** @type {number} */ value) => (value < 0 ? `(${brief(value, 3)})` : brief(value, 3));
    const additive = step.sum;
    step.terms.forEach((/** @type {any} */ { left, right }, /** @type {number} */ at) => {
      if (at) sum.append(additive ? " + " : ", ");
      sum.append(make("span", { className: "left", textContent: bracket(left.value) }));
      if (right) sum.append(" · ", make("span", { className: "right", textContent: bracket(right.value) }));
    });
    if (step.terms.length) sum.append(` ${additive ? "=" : "→"} `);
    sum.append(make("b", { textContent: brief(step.value, 4) }));
    const running = make("div", { className: "running" });
    if (additive && step.terms.length > 2) {
      let total = 0;
      running.textContent = say("running sum: {terms}", { terms: step.terms.map((/** @type {any} */ { product }) => brief((total += product), 3)).join(" → ") });
    }
    now.replaceChildren(make("b", { textContent: `${step.name}${where}` }), make("div", { textContent: step.rule }), sum, running);
  }

  function fillTable() {
    if (!find(root, "details").open) return;
    table.replaceChildren(...data.steps.map((step, at) => {
      const how = step.terms.map(({ left, right }) => (right ? `${brief(left.value, 3)} · ${brief(right.value, 3)}` : brief(left.value, 3))).join(step.sum ? " + " : ", ");
      return make("tr", {}, [String(at + 1), step.name, `${step.grid} ${step.place + 1}`, how, brief(step.value, 5)].map((cell) => make("td", { textContent: cell })));
    }));
  }

  return { update, stop };
}
