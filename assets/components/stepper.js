// Plays any trace: a window moves over the input, its products (or its largest value …) make one cell of the output.
// The whole trace comes once; nothing is asked of the server while stepping.
import { brief, paint } from "./lib/colours.js";
import { component, find, kept, make, unpacked } from "./lib/component.js";
import { cellUnder, isInside } from "./lib/grid.js";
import { travel, within } from "./lib/keys.js";
import { legend } from "./lib/legend.js";
import { createPlayer } from "./lib/player.js";
import { later, say } from "./lib/words.js";

/** @type {[string, number][]} */
const SPEEDS = [[later("slow"), 1200], [later("normal"), 450], [later("fast"), 120], [later("full speed"), 0]];
const SHOWS = [["both", later("numbers + colours")], ["numbers", later("numbers")], ["colours", later("colours")]];
const TABLE_ROWS = 600;

export default component(function mount({ data, parentElement }) {
  const player = kept(parentElement, create);
  player.update(data);
  return () => player.stop();
});

/** @param {HTMLElement} root */
function create(root) {
  const part = (name) => find(root, `[data-part=${name}]`);
  const [range, label, play, speed, terms, show, formula, running, grids, said, details, table] =
    ["range", "label", "play", "speed", "terms", "show", "formula", "running", "grids", "said", "details", "table"].map(part);
  const state = { data: null, terms: null, shares: null, stamp: "", index: 0, term: 0, single: false, shown: -1, cell: 0 };
  const view = { inputs: [], kernels: [], output: null, terms: [] };
  const moving = createPlayer({ play, speed, root }, SPEEDS, 450, {
    atEnd: () => state.index >= steps() - 1 && (!state.single || state.term >= last()),
    rewind: () => go(0, state.single ? 0 : undefined), step: () => move(1), stopped: () => { if (state.data) speak(); },
  });
  const { stop } = moving;

  for (const [value, name] of SHOWS) show.add(new Option(say(name), value));
  part("first").addEventListener("click", () => { stop(); go(0, 0); });
  part("last").addEventListener("click", () => { stop(); go(steps() - 1, last()); });
  part("back").addEventListener("click", () => { stop(); move(-1); });
  part("forward").addEventListener("click", () => { stop(); move(1); });
  terms.addEventListener("click", () => { state.single = !state.single; go(state.index, state.single ? 0 : last()); });
  show.addEventListener("change", fit);
  range.addEventListener("input", () => { stop(); go(Number(range.value), state.single ? 0 : last()); });
  details.addEventListener("toggle", () => { if (details.open) fillTable(); });
  root.addEventListener("keydown", (event) => {
    if (/** @type {HTMLElement} */ (event.target).tagName === "SELECT" || event.ctrlKey || event.metaKey || event.altKey) return;
    const by = travel(event, state.data.out_cols);
    const acts = { Home: () => go(0, 0), End: () => go(steps() - 1, last()), t: () => terms.click(), T: () => terms.click() };
    if (by === null && !acts[event.key]) return;
    if (event.key.length > 1) stop();
    // To the left and right single terms are steps too.
    if (by === null) acts[event.key](); else if (event.key === "ArrowLeft" || event.key === "ArrowRight") move(by); else go(state.index + by);
    event.preventDefault();
  });
  new ResizeObserver(() => fit()).observe(root);

  const steps = () => state.data.output.length;
  const count = () => state.data.size[0] * state.data.size[1] * state.data.inputs.length;
  const last = () => count() - 1 + (state.data.bias === null ? 0 : 1);

  function update(/** @type {import("./lib/messages").StepperMessage} */ data) {
    const stamp = JSON.stringify(data);
    if (stamp === state.stamp) return;
    const sameShape = state.data && ["out_rows", "out_cols", "rows", "cols"].every((name) => state.data[name] === data[name]);
    state.stamp = stamp;
    state.data = data;
    state.terms = unpacked(data.terms);
    state.shares = data.shares && unpacked(data.shares);
    if (!sameShape || data.start !== state.start) { state.index = Math.min(data.start, steps() - 1); state.single = false; }
    state.start = data.start;
    state.term = state.single ? 0 : last();
    terms.hidden = last() === 0;
    build();
    fit();
    if (details.open) fillTable();
  }

  // --- moving -------------------------------------------------------------------------------------------------------

  function go(index, term) {
    state.index = within(index, steps() - 1);
    state.term = state.single ? within(term ?? 0, last()) : last();
    render();
  }

  function move(by) {
    if (!state.single) return go(state.index + by);
    const next = state.term + by;
    if (next > last()) { if (state.index < steps() - 1) go(state.index + 1, 0); }
    else if (next < 0) { if (state.index > 0) go(state.index - 1, last()); }
    else go(state.index, next);
  }

  // --- numbers ------------------------------------------------------------------------------------------------------

  function place(index) {
    const { out_cols, stride } = state.data;
    const [row, col] = [Math.floor(index / out_cols), index % out_cols];
    return { row, col, top: row * stride, left: col * stride };
  }

  // The terms of one step: value under the window, its weight, and what torch made of them.
  function termsOf(index) {
    const { inputs, weights, size, cols, dilation } = state.data;
    const { top, left } = place(index);
    const each = size[0] * size[1];
    return inputs.flatMap((values, channel) => Array.from({ length: each }, (_, at) => {
      const [m, n] = [Math.floor(at / size[1]), at % size[1]];
      const value = values[(top + m * dilation) * cols + left + n * dilation];
      const weight = state.shares ? state.shares[index * each + at] : weights.length ? weights[channel][at] : null;
      return { channel, m, n, value, weight, term: state.terms[(index * inputs.length + channel) * each + at] };
    }));
  }

  function written(term) {
    if (term.value === null) return "–";
    if (state.data.combine === "l2") return `${brief(term.value)}²`;
    return term.weight === null ? brief(term.value) : `${brief(term.value)}·${term.weight < 0 ? `(${brief(term.weight)})` : brief(term.weight)}`;
  }

  function soFar(found) {
    const { combine, bias } = state.data;
    const until = found.slice(0, state.term + 1);
    if (combine === "max") return Math.max(...until.map((term) => (Number.isNaN(term.term) ? -Infinity : term.term)));
    return until.reduce((sum, term) => sum + (Number.isNaN(term.term) ? 0 : term.term), 0) + (state.term >= found.length ? bias : 0);
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  function board(name, rows, cols, values, scale, padded = 0) {
    const cells = make("div", { className: "cells" });
    cells.style.gridTemplateColumns = `repeat(${cols}, var(--cell))`;
    const list = values.map((value, at) => {
      const cell = make("div", { className: "cell" });
      const [row, col] = [Math.floor(at / cols), at % cols];
      if (row < padded || col < padded || row >= rows - padded || col >= cols - padded) cell.classList.add("pad");
      cells.append(cell);
      return cell;
    });
    const box = make("div", { className: "board" }, [cells]);
    const key = make("div");
    legend(key, scale);
    const title = make("figcaption", {}, [make("b", { textContent: name }), ` ${rows - 2 * padded}×${cols - 2 * padded}${padded ? say(" + {padded} around", { padded }) : ""}`]);
    const figure = make("figure", {}, [title, box, key]);
    const result = { figure, box, list, rows, cols, scale, values };
    if (values.every((value) => value !== undefined)) values.forEach((value, at) => fillCell(result, at, value));
    return result;
  }

  function fillCell(grid, at, value) {
    const cell = grid.list[at];
    cell.textContent = value === undefined ? "" : value === null ? "" : brief(value, 2);
    const { background, text } = value === undefined ? { background: "transparent", text: "inherit" } : paint(value, grid.scale);
    cell.style.setProperty("--bg", background);
    cell.style.setProperty("--fg", text);
  }

  function build() {
    const { inputs, weights, rows, cols, size, out_rows, out_cols, output, names, scales, pad, dilation } = state.data;
    const several = inputs.length > 1;
    view.inputs = inputs.map((values, channel) => {
      const grid = board(several ? `${names.input} ${names.channels?.[channel] ?? channel}` : names.input, rows, cols, values, scales.input, pad);
      const parts = [];
      for (let m = 0; m < size[0]; m++) for (let n = 0; n < size[1]; n++) {
        const cell = make("i", {}, [make("span")]);
        cell.style.left = `calc(var(--cell) * ${n * dilation})`;
        cell.style.top = `calc(var(--cell) * ${m * dilation})`;
        parts.push(cell);
      }
      grid.parts = parts;
      grid.window = make("div", { className: "window" }, parts);
      grid.box.append(grid.window);
      listen(grid, (row, col) => {
        const { stride } = state.data;
        const reach = [(size[0] - 1) * dilation, (size[1] - 1) * dilation];
        const near = (at, half, most) => Math.min(most - 1, Math.max(0, Math.round((at - half / 2) / stride)));
        return near(row, reach[0], out_rows) * out_cols + near(col, reach[1], out_cols);
      });
      return grid;
    });
    view.kernels = weights.map((values, channel) => board(several ? `${names.weights} ${names.channels?.[channel] ?? channel}` : names.weights,
      size[0], size[1], values, scales.weights));
    view.output = board(names.output, out_rows, out_cols, output.map(() => undefined), scales.output);
    view.output.list.forEach((_, at) => fillCell(view.output, at, undefined));
    view.output.mark = make("div", { className: "mark" });
    view.output.box.append(view.output.mark);
    listen(view.output, (row, col) => row * out_cols + col);
    state.shown = -1;
    const pairs = view.inputs.map((grid, channel) => make("div", { className: "pair" }, [grid.figure, ...(view.kernels[channel] ? [view.kernels[channel].figure] : [])]));
    view.pairs = make("div", { className: "pairs" }, pairs);
    grids.replaceChildren(view.pairs, view.output.figure);
    view.terms = Array.from({ length: last() + 1 }, () => make("span", { className: "term" }));
    view.head = make("span");
    view.sum = make("span", { className: "sum" });
    formula.replaceChildren(view.head, ...view.terms.flatMap((term, at) => (at ? [state.data.combine === "max" ? ", " : " + ", term] : [term])), view.sum);
    range.max = steps() - 1;
  }

  function listen(grid, target) {
    const at = (event) => {
      const [row, col] = cellUnder(event, grid.box, grid.rows, grid.cols);
      return isInside(row, col, grid.rows, grid.cols) ? target(row, col) : null;
    };
    grid.box.addEventListener("pointermove", (event) => {
      const index = moving.playing || event.pointerType === "touch" ? null : at(event);
      if (index !== null && index !== state.index) go(index);
    });
    grid.box.addEventListener("click", (event) => { const index = at(event); if (index !== null) { stop(); go(index); } });
  }

  // One cell size for all grids, as large as they fit side by side (on a phone: below each other).
  function fit() {
    if (!state.data) return;
    const { inputs, weights, rows, cols, size, out_rows, out_cols } = state.data;
    const width = root.clientWidth - 6;
    if (width <= 0) return;
    const tall = innerHeight * 0.6;
    const kernel = weights.length ? size[1] : 0;
    const gap = 26;
    const [side, down] = width < 640
      ? [0, Math.min(width / Math.max(cols, out_cols), 46)]
      : [Math.min((width - gap * (inputs.length * (kernel ? 2 : 1))) / (inputs.length * (cols + kernel) + out_cols), tall / Math.max(rows, out_rows)),
         inputs.length > 1 ? Math.min((width - gap * 2) / (cols + kernel + out_cols), (innerHeight * 1.15 - 50 * inputs.length) / (inputs.length * rows)) : 0];
    const cell = Math.max(3, Math.min(88, Math.floor(Math.max(side, down))));
    view.pairs.classList.toggle("down", down > side);
    state.cell = cell;
    const mode = show.value;
    grids.classList.toggle("tiny", cell < 17);
    grids.classList.toggle("colours", mode !== "numbers" || cell < 17);
    grids.classList.toggle("silent", mode === "colours");
    grids.style.setProperty("--cell", `${cell}px`);
    for (const grid of [...view.inputs, ...view.kernels, view.output]) {
      const numbers = grid === view.output ? state.data.output : grid.values;
      const longest = numbers.reduce((most, value) => Math.max(most, brief(value, 2).length), 1);
      grid.figure.style.setProperty("--font", `${Math.min(cell * 0.46, (cell * 1.55) / longest)}px`);
    }
    render();
  }

  function render() {
    const { out_cols, output, names, combine, weights, size, bias } = state.data;
    const { row, col, top, left } = place(state.index);
    const done = state.term >= last();
    const found = termsOf(state.index);
    for (const grid of view.inputs) grid.window.style.transform = `translate(${left * state.cell}px, ${top * state.cell}px)`;
    view.output.mark.style.transform = `translate(${col * state.cell}px, ${row * state.cell}px)`;
    const filled = done ? state.index : state.index - 1;
    for (let at = Math.min(filled, state.shown) + 1; at <= Math.max(filled, state.shown); at++) fillCell(view.output, at, at <= filled ? output[at] : undefined);
    state.shown = filled;

    const mark = state.single ? state.term : -1;
    const best = combine === "max" ? found.reduce((top, term, at) => ((term.value ?? -Infinity) > (found[top].value ?? -Infinity) ? at : top), 0) : -1;
    const each = size[0] * size[1];
    found.forEach((term, at) => {
      const chip = view.terms[at];
      chip.textContent = written(term);
      chip.className = `term${at > state.term ? " later" : ""}${at === mark ? " now" : ""}${done && at === best ? " chosen" : ""}`;
      const cell = view.inputs[term.channel].parts[at % each];
      cell.className = at === mark || (done && at === best) ? "now" : "";
      const text = term.weight !== null && state.cell >= 34 ? `×${brief(term.weight, 2)}` : "";
      if (cell.textContent !== text) cell.firstChild.textContent = text;
      if (weights.length) view.kernels[term.channel].list[at % each].classList.toggle("now", at === mark);
    });
    if (bias !== null) {
      const chip = view.terms[last()];
      chip.textContent = brief(bias);
      chip.className = `term${state.term < last() ? " later" : ""}${mark === last() ? " now" : ""}`;
    }
    const open = { max: "max(", l2: "√(", each: `${names.function}(` }[combine] ?? "";
    view.head.textContent = `${names.symbol}[${row}, ${col}] = ${open}`;
    view.sum.textContent = `${open ? ")" : ""} = ${done ? brief(output[state.index], 5) : "…"}`;
    const total = brief(soFar(found), 5);
    const what = { max: say("largest so far"), l2: say("sum of squares so far") }[combine] ?? say("running sum");
    running.replaceChildren(...(state.single ? [say("{what} after {term} of {last}: ", { what, term: state.term + 1, last: last() + 1 }), make("b", { textContent: total })] : []));
    range.value = state.index;
    range.setAttribute("aria-valuetext", say("step {index} of {steps}", { index: state.index + 1, steps: steps() }));
    label.textContent = say("step {index} of {steps}", { index: state.index + 1, steps: steps() });
    terms.setAttribute("aria-pressed", String(state.single));
    if (!moving.playing) speak();
  }

  function speak() {
    const { row, col } = place(state.index);
    const text = state.single && state.term < last() ? say("term {term} of {terms}, {words}; {sum}", { term: state.term + 1, terms: last() + 1, words: view.terms[state.term].textContent ?? "", sum: running.textContent ?? "" }) : formula.textContent.slice(formula.textContent.indexOf("=") + 2);
    said.textContent = say("Step {index} of {steps}, output row {row}, column {col}: {text}", { index: state.index + 1, steps: steps(), row, col, text });
  }

  function fillTable() {
    const head = ["step", "row", "column", "terms", state.data.names.output];
    const body = state.data.output.slice(0, TABLE_ROWS).map((value, index) => {
      const { row, col } = place(index);
      const joint = state.data.combine === "max" ? ", " : " + ";
      const sum = termsOf(index).map(written).join(joint) + (state.data.bias === null ? "" : ` + ${brief(state.data.bias)}`);
      return make("tr", {}, [index + 1, row, col, sum, brief(value, 5)].map((textContent) => make("td", { textContent })));
    });
    const more = steps() > TABLE_ROWS ? [make("caption", { textContent: say("The first {table_rows} of {steps} steps", { table_rows: TABLE_ROWS, steps: steps() }) })] : [];
    table.replaceChildren(make("table", {}, [...more, make("thead", {}, [make("tr", {}, head.map((textContent) => make("th", { textContent })))]), make("tbody", {}, body)]));
  }

  return { update, stop };
}
