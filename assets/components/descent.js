// Gradient descent on a loss that one sees: a point a rule, each with its trail; every update is written with its numbers. All is computed here, on the tape that Python sent.
import { answersOf } from "./lib/answers.js";
import { brief } from "./lib/colours.js";
import { component, find, kept, make, news } from "./lib/component.js";
import { arrow } from "./lib/keys.js";
import { writeLegend, gradient as colours } from "./lib/legend.js";
import { createPlayer } from "./lib/player.js";
import { drawMap, sharp, tableOf } from "./lib/plane_picture.js";
import { randomFrom, shuffle } from "./lib/random.js";
import { descend, memoryOf } from "./lib/rules.js";
import { run } from "./lib/tape.js";
import { later, say } from "./lib/words.js";

/** @type {[string, number][]} */
const SPEEDS = [[later("slow"), 900], [later("normal"), 250], [later("fast"), 60], [later("full speed"), 0]];
const SIDE = 72, BANDS = 22, FAR = 1e6, MOST_STEPS = 3000, CLOUD = 50;
const NAMES = ["a", "b"];

export default component(function mount({ data, setStateValue, parentElement }) {
  const walk = kept(parentElement, create);
  walk.send = (what) => setStateValue("chosen", news(what));
  walk.update(data);
  return () => walk.stop();
});

/** @param {HTMLElement} root */
function create(root) {
  const part = (/** @type {string} */ name) => find(root, `[data-part="${name}"]`);
  const walk = { send: (/** @type {any} */ _) => {}, update, stop };
  /** @type {import("./lib/messages").DescentMessage} */
  let data = null;
  const answers = answersOf();
  let drawn = "", told = "", rate = 0.1, batch = 0, start = [0, 0], teller = 0;
  /** @type {{ rule: any, w: Float64Array, memory: any, trail: number[][], losses: number[], gradient: number[], last: any, gone: boolean }[]} */
  let points = [];
  let order = [], random = null, at = 0, ground = null, low = 0, high = 1;
  const map = document.createElement("canvas");
  const [plane, losses, line] = ["plane", "losses", "line"].map(part);
  const moving = createPlayer({ play: part("play"), speed: part("speed"), root }, SPEEDS, 250, { atEnd: () => done(), rewind: begin, step: once });

  Object.assign(root, { numbers: () => [[say("rule"), say("update"), ...start.map((_, k) => `w${k + 1}`), "E"],
    ...points.flatMap(({ rule, trail, losses: found }) => trail.map((w, step) => [rule.title, step, ...w, found[step]]))] });
  part("reset").addEventListener("click", () => { moving.stop(); begin(); });
  part("step").addEventListener("click", () => { moving.stop(); if (done()) begin(); once(); });
  part("rate").addEventListener("input", () => { rate = Number((10 ** Number(part("rate").value)).toPrecision(2)); labels(); tell(); render(); });
  part("batch").addEventListener("input", () => { const value = Number(part("batch").value); batch = value >= data.data.length ? 0 : value; labels(); tell(); newOrder(); render(); });
  plane.addEventListener("click", (/** @type {PointerEvent} */ event) => {
    const box = plane.getBoundingClientRect();
    const share = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
    from(start.map((_, k) => data.low[k] + share[k] * (data.high[k] - data.low[k])));
  });
  plane.addEventListener("keydown", (event) => {
    const way = arrow(event);
    if (!way) return;
    event.preventDefault();
    const by = [way[1], -way[0]];
    from(start.map((value, k) => Math.min(data.high[k], Math.max(data.low[k], value + (by[k] * (data.high[k] - data.low[k])) / 40))));
  });
  new ResizeObserver(() => render()).observe(plane);

  function update(/** @type {import("./lib/messages").DescentMessage} */ next) {
    const { rate: r, batch: b, start: s, answers: number, ...rest } = next;
    const text = JSON.stringify(rest), values = JSON.stringify([r, b, s]);
    // An answer to a change from here is no news, nor what the server says again while a change is on its way to it.
    const isNews = s.length !== start.length || (answers.kind(number) === "news" && values !== told), same = text === drawn;
    [data, drawn, told] = [next, text, values];
    if (same && !isNews) return;
    if (isNews) {
      clearTimeout(teller);
      answers.renew();
      rate = r; batch = b; start = [...s];
    }
    part("rate").value = Math.log10(rate);
    part("batch").max = data.data.length || 1;
    part("batch-label").hidden = !data.data.length;
    part("batch").value = batch || data.data.length;
    paper();
    labels();
    moving.stop();
    begin();
  }
  function labels() {
    part("rate-value").textContent = String(rate);
    part("batch-value").textContent = batch ? say("{batch} of {data}", { batch, data: data.data.length }) : say("all {data}", { data: data.data.length });
  }
  function stop() { moving.stop(); }
  function tell() {
    clearTimeout(teller);
    const number = answers.next();
    teller = setTimeout(() => walk.send({ rate, batch, start, number }), 300);
  }
  function from(/** @type {number[]} */ place) { moving.stop(); start = place.map((value) => Number(value.toFixed(2))); begin(); tell(); }

  /** E and gradient; with data of some examples, times N / B. */
  function loss(/** @type {ArrayLike<number>} */ w, /** @type {number[] | null} */ examples = null) {
    const given = Object.fromEntries(NAMES.slice(0, start.length).map((name, k) => [name, w[k]]));
    if (!data.data.length) { const { value, gradient } = run(data.nodes, given); return { value, gradient: start.map((_, k) => gradient[NAMES[k]] ?? 0) }; }
    const used = examples ?? data.data.map((_, number) => number), scale = data.data.length / used.length;
    let value = 0;
    const gradient = start.map(() => 0);
    for (const number of used) {
      const [x, y] = data.data[number];
      const one = run(data.nodes, { ...given, x, y });
      value += one.value;
      gradient.forEach((_, k) => { gradient[k] += one.gradient[NAMES[k]] ?? 0; });
    }
    return { value: value * scale, gradient: gradient.map((one) => one * scale) };
  }

  function newOrder() { random = randomFrom(`${data.seed} batches`); order = data.data.map((_, number) => number); at = Infinity; }
  /** The examples of the next step; all rules get the same. */
  function nextBatch() {
    if (!batch) return null;
    if (at + batch > order.length) { shuffle(order, random); at = 0; }
    const found = order.slice(at, at + batch);
    at += batch;
    return found;
  }
  function begin() {
    newOrder();
    const first = loss(start);
    points = data.rules.map((rule) => ({ rule, w: Float64Array.from(start), memory: memoryOf(start.length), trail: [[...start]], losses: [first.value], gradient: first.gradient, last: null, gone: false }));
    render();
  }
  function done() { return !points.length || points.every(({ gone }) => gone) || points[0].trail.length > MOST_STEPS; }
  function once() {
    const examples = nextBatch();
    for (const point of points) {
      if (point.gone) continue;
      const { gradient } = loss(point.w, examples), before = [...point.w];
      descend(point.rule.name, point.w, Float64Array.from(gradient), 1, point.memory, rate, point.trail.length);
      point.gone = !point.w.every((value) => Math.abs(value) < FAR);
      point.gradient = gradient;
      point.last = { before, gradient, after: [...point.w], rate };
      point.trail.push([...point.w]);
      point.losses.push(point.gone ? Infinity : loss(point.w).value);
    }
    render();
  }

  /** The picture under the points: made once a surface. */
  function paper() {
    if (start.length === 1) return;
    const values = new Float64Array(SIDE * SIDE);
    for (let row = 0; row < SIDE; row++)
      for (let column = 0; column < SIDE; column++)
        values[row * SIDE + column] = loss([data.low[0] + ((column + 0.5) / SIDE) * (data.high[0] - data.low[0]), data.high[1] - ((row + 0.5) / SIDE) * (data.high[1] - data.low[1])]).value;
    low = Math.min(...values);
    high = Math.max(...values);
    // Roots of the height, in bands: contour lines that stand closer where it is flat.
    const shares = values.map((value) => Math.floor(Math.sqrt((value - low) / (high - low || 1)) * BANDS) / BANDS);
    ground = shares;
    drawMap(map, Float64Array.from(shares), SIDE, tableOf(data.sequential), { low: 0, high: 1 });
    writeLegend(part("legend"), colours({ stops: [...data.sequential], low, high }), `E ${brief(low, 3)}`, brief(high, 3));
  }

  function render() {
    if (!data || !points.length) return;
    if (start.length === 1) drawCurve(); else drawPlane();
    drawLosses();
    drawLine();
    const steps = points[0].trail.length - 1;
    root.dataset.step = String(Math.max(...points.map(({ trail }) => trail.length - 1)));
    part("clock").textContent = batch ? say("step {steps}, epoch {steps2}", { steps, steps2: ((steps * batch) / data.data.length).toFixed(1) }) : say("step {steps}", { steps });
    part("rows").replaceChildren(...points.map(({ rule, w, losses: found, gradient, memory, trail, gone }) => {
      const list = (/** @type {ArrayLike<number>} */ values) => Array.from(values, (value) => brief(value, 3)).join(", ");
      const remembers = rule.memory.map((/** @type {string} */ name) => `${name} = ${list(memory[name])}`).join("; ");
      const row = make("tr", {}, [make("td", {}, [make("i", { className: "dot", style: `background:${rule.colour}` }), rule.title]), String(trail.length - 1), gone ? say("diverged") : brief(found.at(-1), 4), list(w), list(gradient), remembers || "–"].map((cell) => (cell instanceof HTMLElement ? cell : make("td", { textContent: cell }))));
      row.dataset.rule = rule.name;
      return row;
    }));
    write();
  }

  /** The last update of the first rule, with its numbers. */
  function write() {
    const { rule, last, gone, memory } = points[0];
    const box = part("now");
    if (!last) { box.replaceChildren(make("b", { textContent: `${rule.title}, η = ${rate}` }), make("div", { textContent: say("Each step moves each weight against its gradient.") })); return; }
    const lines = last.after.map((value, k) => {
      const w = start.length === 1 ? "w" : `w${"₁₂"[k]}`, [before, g] = [brief(last.before[k], 4), brief(last.gradient[k], 4)];
      const text = rule.name === "sgd" ? `${w} ← ${before} − ${last.rate} · (${g}) = ${brief(value, 4)}`
        : `${w} ← ${before} − ${last.rate} · ${brief((last.before[k] - value) / last.rate, 4)} = ${brief(value, 4)}   (g = ${g}; ${rule.memory.map((name) => `${name} = ${brief(memory[name][k], 4)}`).join(", ")})`;
      return make("div", { textContent: text });
    });
    if (gone) lines.push(make("div", { className: "bad", textContent: say("It has left for infinity: the learning rate is too large here.") }));
    box.replaceChildren(make("b", { textContent: say("{title}, step {points}", { title: rule.title, points: points[0].trail.length - 1 }) }), ...lines);
  }

  function drawPlane() {
    const { context, width, height } = sharp(plane);
    context.imageSmoothingEnabled = true;
    context.drawImage(map, 0, 0, width, height);
    const to = (/** @type {ArrayLike<number>} */ w) => [((w[0] - data.low[0]) / (data.high[0] - data.low[0])) * width, (1 - (w[1] - data.low[1]) / (data.high[1] - data.low[1])) * height];
    if (data.data.length && batch) cloud(context, to);
    for (const { rule, trail } of points) {
      for (const [colour, thick] of /** @type {[string, number][]} */ ([["#fff", 4], [rule.colour, 2.2]])) {
        context.strokeStyle = colour;
        context.lineWidth = thick;
        context.beginPath();
        for (const w of trail) { const [x, y] = to(w); if (Math.abs(x) < 1e5 && Math.abs(y) < 1e5) context.lineTo(x, y); }
        context.stroke();
      }
      const [x, y] = to(trail.at(-1));
      dot(context, x, y, rule.colour);
    }
    axes(context, width, height, "w₁", "w₂");
    plane.setAttribute("aria-label", say("E over two weights, {points}", { points: points.map(({ rule, w, losses: found }) => say("{title} at {w}, {w2} with E {found}", { title: rule.title, w: brief(w[0], 3), w2: brief(w[1], 3), found: brief(found.at(-1), 3) })).join("; ") }));
  }
  /** Gradients of random batches of this size at the first point, as arrows downhill, and the true one. */
  function cloud(context, to) {
    const w = [...points[0].w], [x, y] = to(w);
    const draw = randomFrom(`${data.seed} cloud`), numbers = data.data.map((_, number) => number);
    const true_ = loss(w).gradient, size = Math.hypot(...true_) || 1, scale = 60 / Math.max(size, 20);
    const arrowTo = (gradient, colour, thick) => {
      context.strokeStyle = colour;
      context.lineWidth = thick;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x - gradient[0] * scale, y + gradient[1] * scale);
      context.stroke();
    };
    for (let one = 0; one < CLOUD; one++) { shuffle(numbers, draw); arrowTo(loss(w, numbers.slice(0, batch)).gradient, "#ffffff99", 1); }
    arrowTo(true_, "#000", 3);
  }
  function drawCurve() {
    const { context, width, height } = sharp(plane);
    context.clearRect(0, 0, width, height);
    const xs = Array.from({ length: 240 }, (_, k) => data.low[0] + (k / 239) * (data.high[0] - data.low[0])), ys = xs.map((x) => loss([x]).value);
    low = Math.min(...ys);
    high = Math.max(...ys);
    const to = (/** @type {number} */ w, /** @type {number} */ value) => [((w - data.low[0]) / (data.high[0] - data.low[0])) * width, height - 24 - ((value - low) / (high - low)) * (height - 44)];
    context.strokeStyle = getComputedStyle(root).color;
    context.lineWidth = 2.5;
    context.beginPath();
    xs.forEach((x, k) => { const [a, b] = to(x, ys[k]); context.lineTo(a, b); });
    context.stroke();
    for (const { rule, trail, losses: found } of points) {
      context.strokeStyle = rule.colour;
      context.lineWidth = 1.5;
      context.beginPath();
      trail.slice(-60).forEach((w, k, all) => { const [a, b] = to(w[0], found[found.length - all.length + k]); if (Math.abs(a) < 1e5) context.lineTo(a, b); });
      context.stroke();
      const [a, b] = to(trail.at(-1)[0], found.at(-1));
      dot(context, a, b, rule.colour);
    }
    axes(context, width, height, "w", "E");
    writeLegend(part("legend"), "", "", "");
    plane.setAttribute("aria-label", say("E over one weight, {points}", { points: points.map(({ rule, w, losses: found }) => say("{title} at {w} with E {found}", { title: rule.title, w: brief(w[0], 3), found: brief(found.at(-1), 3) })).join("; ") }));
  }
  function dot(context, x, y, colour) {
    context.beginPath();
    context.arc(x, y, 8, 0, 7);
    context.fillStyle = colour;
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = "#fff";
    context.stroke();
  }
  function axes(context, width, height, across, up) {
    context.font = "bold 14px sans-serif";
    const write = (text, x, y, align = "left") => { context.textAlign = align; context.lineWidth = 3; context.strokeStyle = "#ffffffcc"; context.strokeText(text, x, y); context.fillStyle = "#10161d"; context.fillText(text, x, y); };
    write(brief(data.low[0], 2), 4, height - 6);
    write(`${across} → ${brief(data.high[0], 2)}`, width - 4, height - 6, "right");
    if (start.length > 1) write(brief(data.low[1], 2), 4, height - 26);
    write(start.length > 1 ? `${up} ↑ ${brief(data.high[1], 2)}` : `${up} ↑ ${brief(high, 3)}`, 4, 18);
  }
  function drawLosses() {
    const { context, width, height } = sharp(losses);
    context.clearRect(0, 0, width, height);
    const finite = points.flatMap(({ losses: found }) => found).filter((value) => Number.isFinite(value) && value < 1e9);
    const log = (/** @type {number} */ value) => Math.log10(Math.max(value - Math.min(0, low), 1e-6));
    const top = Math.max(...finite.map(log)), bottom = Math.min(...finite.map(log), top - 0.5), last = Math.max(10, ...points.map(({ losses: found }) => found.length - 1));
    for (const { rule, losses: found } of points) {
      context.strokeStyle = rule.colour;
      context.lineWidth = 2;
      context.beginPath();
      found.forEach((value, k) => { if (Number.isFinite(value) && value < 1e9) context.lineTo(4 + (k / last) * (width - 8), 16 + ((top - log(value)) / (top - bottom)) * (height - 22)); });
      context.stroke();
    }
    context.fillStyle = getComputedStyle(root).color;
    context.font = "12px sans-serif";
    context.textAlign = "left";
    context.fillText(say("E (logarithmic), from {bottom} to {top}", { bottom: brief(10 ** bottom, 2), top: brief(10 ** top, 2) }), 4, 11);
    context.textAlign = "right";
    context.fillText(say("step {last}", { last }), width - 4, 11);
    losses.setAttribute("aria-label", say("E by step: {points}", { points: points.map(({ rule, losses: found }) => `${rule.title} ${brief(found.at(-1), 3)}`).join(", ") }));
  }
  /** The regression itself: the examples, and the line of each rule. */
  function drawLine() {
    line.hidden = !data.data.length;
    if (line.hidden) return;
    const { context, width, height } = sharp(line);
    context.clearRect(0, 0, width, height);
    const to = (x, y) => [((x + 2.3) / 4.6) * width, height / 2 - (y / 4) * (height / 2)];
    for (const { rule, w } of points) {
      context.strokeStyle = rule.colour;
      context.lineWidth = 2.5;
      context.beginPath();
      for (const x of [-2.3, 2.3]) { const [a, b] = to(x, w[0] * x + w[1]); context.lineTo(a, b); }
      context.stroke();
    }
    for (const [x, y] of data.data) { const [a, b] = to(x, y); context.beginPath(); context.arc(a, b, 4, 0, 7); context.fillStyle = getComputedStyle(root).color; context.fill(); }
    line.setAttribute("aria-label", say("{data} examples and the line of each rule", { data: data.data.length }));
  }

  return walk;
}
