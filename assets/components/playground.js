// The playground: a small network that learns points in the plane. It trains in a worker thread of this browser (lib/engine_worker.js); the server hears only what the
// experiment is, so that the address and the code follow.
import { brief, ink, paint } from "./lib/colours.js";
import { answersOf } from "./lib/answers.js";
import { component, find, kept, make, news } from "./lib/component.js";
import { writeLegend, gradient } from "./lib/legend.js";
import { EDGE, FEATURES, isRegression } from "./lib/plane.js";
import { menu, sets, settings, sliders } from "./lib/plane_controls.js";
import { createNetwork } from "./lib/plane_network.js";
import { drawClasses, drawCurve, drawMap, sharp, tableOf } from "./lib/plane_picture.js";
import { later, say, sayMany } from "./lib/words.js";

/** @type {[string, number][]} */
const SPEEDS = [[later("1 epoch a second"), 1], [later("10 a second"), 10], [later("100 a second"), 100], [later("as fast as it can"), 1e9]];
const MOST_LAYERS = 8, MOST_UNITS = 8, MOST_POINTS = 700, CURVE_POINTS = 400, UNDO = 40;
const BEST = "cnnviz-playground-best";

const CALM_MS = 500; // between two pictures where motion is to be reduced

export default component(function mount({ data, setStateValue, parentElement }) {
  const room = kept(parentElement, create);
  room.send = (experiment, number) => setStateValue("changed", news({ experiment, number }));
  room.update(data);
  return () => room.stop();
});

/** @param {HTMLElement} root */
function create(root) {
  const part = (/** @type {string} */ name) => find(root, `[data-part="${name}"]`);
  const room = { send: (/** @type {any} */ _, /** @type {string} */ __) => {}, update, stop };
  const worker = new Worker(new URL("./lib/engine_worker.js", import.meta.url), { type: "module" });
  /** @type {import("./lib/messages").PlaygroundMessage} */
  let data = null;
  /** @type {any} */
  let experiment = null;
  /** @type {any} */
  let picture = null;
  let points = { train: [], test: [] };
  let history = emptyHistory();
  const answers = answersOf();
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let painted = "", ending = "", drawnAt = 0;
  let arrived = "", seeds = 1, hovered = null, edited = -1, cursor = -1, brush = 0, playing = false, frame = 0, teller = 0;
  /** @type {{ experiment: any, state: any, history: any }[]} */
  let past = [];
  /** @type {((state: any) => void) | null} */
  let waiting = null;
  /** What was asked while a change waited for the engine's state: it comes after that change. @type {(() => void)[]} */
  const queue = [];
  let table = null, heat = null;
  const net = createNetwork(part("paper"), {
    toggle: (name) => inTurn(() => {
      const features = Object.keys(data.menus.features).filter((one) => experiment.features.includes(one) !== (one === name));
      if (features.length) change({ features }); else announce(say("The network needs at least one input, so this feature stays."));
    }),
    resize: (layer, by) => inTurn(() => {
      const units = experiment.layers[layer].units + by;
      if (units >= 1 && units <= MOST_UNITS) change({ layers: experiment.layers.map((one, at) => (at === layer ? { ...one, units } : one)) });
      else announce(say("A layer can have 1 to {most_units} neurons here.", { most_units: MOST_UNITS }));
    }),
    hover(unit) { hovered = unit; render(); },
    edit,
    name: nameOf,
  });

  worker.onmessage = ({ data: news }) => {
    if (news.kind === "picture") took(news);
    else if (news.kind === "surface") showSurface(news);
    else if (news.kind === "state") {
      const act = waiting;
      waiting = null;
      act?.(news.state);
      while (queue.length && !waiting) queue.shift()?.();
    }
  };
  Object.assign(root, { numbers: () => [[say("epoch"), say("training loss"), say("test loss")], ...history.epochs.map((epoch, at) => [epoch, history.train[at], history.test[at]])] });
  worker.onerror = () => announce(say("The training stopped because this browser could not run it. Load the page again."));

  const on = (/** @type {string} */ name, /** @type {() => void} */ act) => part(name).addEventListener("click", () => inTurn(act));
  on("play", () => (playing ? halt() : start()));
  on("reset", () => remember(() => open()));
  for (const how of ["example", "batch", "epoch"]) on(how, () => { playing = false; post({ kind: "step", how }); });
  on("undo", undo);
  on("less", () => { if (experiment.layers.length) change({ layers: experiment.layers.slice(0, -1) }); });
  on("more", () => {
    if (experiment.layers.length >= MOST_LAYERS) { announce(say("At most {most_layers} hidden layers are possible here.", { most_layers: MOST_LAYERS })); return; }
    change({ layers: [...experiment.layers, { units: 2, activation: experiment.layers.at(-1)?.activation ?? "tanh", dropout: 0 }] });
  });
  on("look", () => post({ kind: "surface" }));
  const speed = part("speed");
  for (const [title, rate] of SPEEDS) speed.add(new Option(say(title), String(rate)));
  speed.value = "100";
  speed.addEventListener("change", () => { if (playing) start(); });
  root.addEventListener("keydown", (event) => {
    if (event.key !== " " || ["BUTTON", "SELECT", "INPUT", "SUMMARY"].includes(/** @type {HTMLElement} */ (event.target).tagName)) return;
    event.preventDefault();
    if (playing) halt(); else start();
  });
  for (const name of ["weights", "confusion", "best", "layers"]) part(name).addEventListener("toggle", () => tables(true));
  const curve = part("curve"), plane = part("plane");
  curve.addEventListener("pointermove", (event) => { cursor = Math.round((event.offsetX / curve.clientWidth) * (history.epochs.length - 1)); render(); });
  curve.addEventListener("pointerleave", () => { cursor = -1; render(); });
  curve.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) { cursor = Math.min(Math.max(0, (cursor < 0 ? history.epochs.length : cursor) + by), history.epochs.length - 1); render(); event.preventDefault(); }
  });
  plane.addEventListener("pointermove", (event) => { const [x, y] = placeUnder(event); whereabouts(x, y); if (event.buttons === 1 && isOwn()) put(x, y); });
  plane.addEventListener("pointerleave", () => { part("tip").textContent = isOwn() ? say("Click or draw to put points.") : ""; });
  plane.addEventListener("pointerdown", (event) => { if (isOwn()) { plane.setPointerCapture(event.pointerId); put(...placeUnder(event)); } });
  plane.addEventListener("pointerup", () => { if (isOwn()) changed({ points: experiment.points }); });
  new ResizeObserver(() => render()).observe(curve);

  function post(/** @type {any} */ order) { worker.postMessage(order); }
  /** Streamlit has let go of it: perhaps only for a moment. */
  function stop() { setTimeout(() => { if (!root.isConnected) worker.terminate(); }, 2000); }
  function announce(/** @type {string} */ text) { ending = ""; part("says").textContent = text; }
  function isOwn() { return experiment.dataset === "own" || experiment.dataset === "reg-own"; }
  function manyClasses() { return !isRegression(experiment.dataset) && (experiment.classes > 2 || experiment.output === "softmax"); }

  function update(/** @type {import("./lib/messages").PlaygroundMessage} */ next) {
    const text = JSON.stringify(next.experiment);
    const first = data === null;
    data = next;
    const colours = JSON.stringify([next.diverging, next.sequential, next.classes, next.train, next.test]);
    const recoloured = colours !== painted;
    if (recoloured) { table = tableOf(next.diverging); heat = tableOf(next.sequential); painted = colours; }
    if (recoloured && !first && picture) { render(); menus(); }
    const others = next.seeds !== seeds;
    seeds = next.seeds;
    // The server's answer to a change from here is no news, also where it says it in another way; what has been changed since is on its way.
    const kind = answers.kind(next.answers);
    if (kind !== "news") {
      if (kind === "last" && text !== JSON.stringify(experiment)) { experiment = structuredClone(next.experiment); menus(); }
      arrived = text;
      if (others) open();
      return;
    }
    // Anything else is a link, an experiment, or a new number of seeds.
    if (text === arrived && !others) return;
    arrived = text;
    clearTimeout(teller);
    answers.renew();
    experiment = structuredClone(next.experiment);
    open();
  }

  /** A change by the student: the experiment begins anew, unless it may go on (`live`). */
  function change(/** @type {Record<string, any>} */ changes, live = false) {
    remember(() => changed(changes, live));
  }
  function changed(/** @type {Record<string, any>} */ changes, live = false) {
    experiment = { ...experiment, ...changes };
    announce("");
    if (live) { post({ kind: "live", experiment: changes }); menus(); render(); } else open();
    tell();
  }
  function tell() {
    clearTimeout(teller);
    const number = answers.next();
    teller = setTimeout(() => { arrived = JSON.stringify(experiment); room.send(experiment, number); }, 300);
  }

  function inTurn(/** @type {() => void} */ act) { if (waiting) queue.push(act); else act(); }
  /** Keeps what is there for "Undo", and goes on. */
  function remember(/** @type {() => void} */ then) {
    inTurn(() => {
      const was = { experiment, history: structuredClone(history) };
      waiting = (state) => {
        past.push({ ...was, state });
        if (past.length > UNDO) past.shift();
        part("undo").disabled = false;
        then();
      };
      post({ kind: "state" });
    });
  }
  function undo() {
    const last = past.pop();
    part("undo").disabled = !past.length;
    if (!last) return;
    experiment = last.experiment;
    open(last.state);
    history = last.history;
    tell();
  }

  function open(state = null) {
    playing = false;
    history = emptyHistory();
    edited = -1;
    hovered = null;
    picture = null;
    part("editor").hidden = true;
    post({ kind: "open", experiment, digits: data.digits, seeds, state });
    menus();
  }
  function start() {
    if (picture && !points.train.length) { announce(say("There are no points to learn yet. Put some into the plane, or choose another data set.")); return; }
    announce("");
    playing = true;
    post({ kind: "play", rate: Number(speed.value) });
    buttons();
  }
  function halt() { playing = false; post({ kind: "pause" }); buttons(); }
  function buttons() {
    const play = part("play");
    play.textContent = playing ? say("❚❚ Pause") : say("▶ Play");
    play.setAttribute("aria-pressed", String(playing));
    root.toggleAttribute("data-playing", playing);
  }

  function took(/** @type {any} */ next) {
    picture = next;
    if (next.points) { points = next.points; buildNetwork(); }
    if (next.stopped && playing) ending = say(next.why.key, next.why.values);
    if (!next.playing && !next.points) playing = false; // a first picture may have been on its way when Play was pressed
    const { epochs } = history;
    if (epochs.at(-1) !== next.epochs) {
      const losses = next.spread.map((/** @type {any} */ one) => one.loss).concat(next.spread.length ? next.test.loss : []);
      epochs.push(next.epochs);
      history.train.push(next.train.loss);
      history.test.push(next.test.loss);
      history.low.push(losses.length ? Math.min(...losses) : NaN);
      history.high.push(losses.length ? Math.max(...losses) : NaN);
      if (epochs.length > CURVE_POINTS) for (const name of Object.keys(history)) history[name] = history[name].filter((_, at) => at % 2 === 0 || at === epochs.length - 1);
    }
    if (!next.playing) part("said").textContent = `Epoch ${next.epochs}: training loss ${brief(next.train.loss)}, test loss ${brief(next.test.loss)}`;
    if (!next.playing && next.epochs) best();
    cancelAnimationFrame(frame);
    // With reduced motion the pictures change twice a second while it trains.
    if (calm.matches && next.playing && performance.now() - drawnAt < CALM_MS) { post({ kind: "drawn" }); return; }
    drawnAt = performance.now();
    frame = requestAnimationFrame(() => { render(); tables(); if (ending) announce(ending); post({ kind: "drawn" }); });
    buttons();
  }

  function buildNetwork() {
    net.build({ layers: picture.layers, features: Object.keys(data.menus.features), titles: data.menus.features, chosen: experiment.features, hidden: experiment.hidden,
      canResize: !experiment.hidden.includes("numHiddenLayers") });
  }

  /** The map of a feature (layer −1) or a unit. */
  function mapOf({ layer, unit }) {
    const { side } = picture;
    if (layer < 0) return featureMap(unit, side);
    let at = unit;
    for (let l = 0; l < layer; l++) at += picture.layers[l].units;
    return picture.maps.subarray(at * side * side, (at + 1) * side * side);
  }

  function colourOf(/** @type {number} */ value) {
    const share = Math.min(1, Math.max(0, (value + 1) / 2 || 0));
    // White would not be seen on white: the middle of the scale is grey here.
    const at = Math.round(share * 255) * 3, grey = 1 - Math.min(1, Math.abs(share - 0.5) * 4);
    return `rgb(${[0, 1, 2].map((c) => Math.round(table[at + c] * (1 - grey) + 190 * grey)).join()})`;
  }
  function labelColour(/** @type {number} */ label, many = manyClasses()) {
    if (many) return data.classes[experiment.classes === 2 ? Number(label > 0) : label];
    const at = Math.round(Math.min(1, Math.max(0, (label * 0.85 + 1) / 2)) * 255) * 3;
    return `rgb(${table[at]},${table[at + 1]},${table[at + 2]})`;
  }

  function render() {
    if (!picture) return;
    const { side, train, test, spread } = picture;
    const last = picture.layers.length - 1;
    net.draw({ parameters: picture.parameters, maps: mapOf, side, table, colour: colourOf, steps: experiment.discretize });
    const back = find(root, "canvas[data-part=plane]");
    if (hovered || picture.ends !== "softmax") drawMap(ground, mapOf(hovered ?? { layer: last, unit: 0 }), side, table, { steps: experiment.discretize });
    else drawClasses(ground, Array.from({ length: picture.layers[last].units }, (_, unit) => mapOf({ layer: last, unit })), side, data.classes, experiment.discretize);
    const { context, width } = sharp(back);
    context.imageSmoothingEnabled = !experiment.discretize;
    context.drawImage(ground, 0, 0, width, width);
    const dot = (/** @type {any[]} */ [x, y, label], /** @type {string} */ ring) => {
      context.beginPath();
      context.arc(((x + EDGE) / (2 * EDGE)) * width, ((EDGE - y) / (2 * EDGE)) * width, 3.2, 0, 7);
      context.fillStyle = labelColour(label);
      context.fill();
      context.lineWidth = 1.2;
      context.strokeStyle = ring;
      context.stroke();
    };
    for (const point of points.train) dot(point, picture.ends === "linear" ? "#444" : "#fff");
    if (experiment.show_test) for (const point of points.test) dot(point, "#000");
    const what = hovered ? (hovered.layer < 0 ? say("feature {values}", { values: Object.values(data.menus.features)[hovered.unit] }) : say("neuron {unit} of layer {layer}", { unit: hovered.unit + 1, layer: hovered.layer + 1 })) : say("output of the network");
    back.setAttribute("aria-label", say("The plane from −6 to 6 with {train} training points, coloured by the {what}", { train: points.train.length, what }));
    const classes = !hovered && picture.ends === "softmax";
    writeLegend(part("legend"), classes ? "" : gradient({ stops: [...data.diverging], low: -1, high: 1 }), "−1", "1");
    part("classes").replaceChildren(...(classes ? data.classes.slice(0, picture.layers[last].units) : []).map((colour, number) => make("span", { textContent: `■ ${number}`, style: `color:${ink(colour)};font-weight:650` })));
    const at = cursor >= 0 && cursor < history.epochs.length ? cursor : -1;
    const loss = (/** @type {number} */ value) => (Number.isFinite(value) ? value.toFixed(4) : say("not a number"));
    const rows = [[say("Train loss"), loss(at < 0 ? train.loss : history.train[at]), "train-loss"], [say("Test loss"), loss(at < 0 ? test.loss : history.test[at]), "test-loss"]];
    if (picture.ends !== "linear") rows.push([say("Train acc."), percent(train.accuracy), "train-accuracy"], [say("Test acc."), percent(test.accuracy), "test-accuracy"]);
    if (spread.length) {
      const all = [test.loss, ...spread.map((/** @type {any} */ one) => one.loss)].sort((a, b) => a - b);
      rows.push([say("{all} seeds", { all: all.length }), `${loss(all[0])} – ${loss(all.at(-1))}`, "spread"]);
    }
    part("numbers").replaceChildren(...rows.flatMap(([name, value, key]) => { const dd = make("dd", { textContent: value }); dd.dataset.number = key; return [make("dt", { textContent: name }), dd]; }));
    const style = getComputedStyle(root);
    drawCurve(curve, history, { train: data.train, test: data.test, text: style.color }, at);
    curve.setAttribute("aria-label", say("Loss by epoch: training {loss} (line), test {loss2} (dashes){at}", { loss: loss(train.loss), loss2: loss(test.loss), at: at < 0 ? "" : say("; at epoch {epochs}", { epochs: history.epochs[at] }) }));
    const where = at < 0 ? picture.epochs : history.epochs[at];
    part("clock").textContent = say("epoch {where}{place}", { where: where.toLocaleString("en"), place: picture.place && at < 0 ? say(" + {place} examples", { place: picture.place }) : "" });
    part("clock").dataset.epoch = picture.epochs;
    part("clock").title = say("{steps} updates", { steps: picture.steps.toLocaleString("en") });
    root.dataset.pictures = String(Number(root.dataset.pictures ?? 0) + 1);
    root.dataset.speed = String(Math.round(picture.speed));
    if (edited >= 0) editorNumbers();
  }
  const ground = document.createElement("canvas");

  function whereabouts(/** @type {number} */ x, /** @type {number} */ y) {
    if (!picture) return;
    const { side } = picture, last = picture.layers.length - 1;
    const row = Math.min(side - 1, Math.max(0, Math.floor(((EDGE - y) / (2 * EDGE)) * side))), column = Math.min(side - 1, Math.max(0, Math.floor(((x + EDGE) / (2 * EDGE)) * side)));
    const outputs = Array.from({ length: picture.layers[last].units }, (_, unit) => brief(mapOf({ layer: last, unit })[row * side + column], 2));
    part("tip").textContent = `x₁ ${brief(x, 2)}, x₂ ${brief(y, 2)}: ${picture.ends === "softmax" ? "probabilities" : "output"} ${outputs.join(", ")}`;
  }
  function placeUnder(/** @type {PointerEvent} */ event) {
    const box = plane.getBoundingClientRect();
    return /** @type {[number, number]} */ ([((event.clientX - box.left) / box.width) * 2 * EDGE - EDGE, EDGE - ((event.clientY - box.top) / box.height) * 2 * EDGE]);
  }
  /** A point of the student's, or one less. */
  function put(/** @type {number} */ x, /** @type {number} */ y) {
    if (Math.abs(x) > EDGE || Math.abs(y) > EDGE) return;
    const round = (/** @type {number} */ value) => (Math.round(((value + EDGE) / (2 * EDGE)) * 4095) / 4095) * 2 * EDGE - EDGE;
    const near = (/** @type {any} */ point, /** @type {number} */ reach) => Math.hypot(point[0] - x, point[1] - y) < reach;
    if (brush < 0) experiment.points = experiment.points.filter((point) => !near(point, 0.5));
    else if (experiment.points.length >= MOST_POINTS) { announce(say("{most_points} points are the most that fit into a link.", { most_points: MOST_POINTS })); return; }
    else if (experiment.points.some((point) => near(point, 0.12))) return;
    else {
      const label = experiment.dataset === "reg-own" ? [-1, -0.5, 0, 0.5, 1][brush] : experiment.classes === 2 ? [-1, 1][brush] : brush;
      experiment.points = [...experiment.points, [round(x), round(y), label]];
    }
    points = { train: experiment.points, test: [] };
    render();
  }

  /** All menus, anew for this experiment. */
  function menus() {
    part("settings").replaceChildren(...settings(experiment, data.menus, change));
    part("sets").replaceChildren(...sets(experiment, data.menus, data.digits, (label, many) => (many ? data.classes[label] : labelColour(label, false)), change));
    find(root, ".sets").dataset.control = "dataset";
    part("sliders").replaceChildren(...sliders(experiment, data.menus, change));
    part("count").textContent = experiment.layers.length ? sayMany("{count} hidden layer", "{count} hidden layers", experiment.layers.length) : say("no hidden layer: a perceptron");
    part("own").hidden = !isOwn();
    if (isOwn()) part("own").replaceChildren(brushes());
    const check = (/** @type {string} */ label, /** @type {string} */ name, /** @type {string} */ control) => {
      const input = make("input", { type: "checkbox", checked: experiment[name] });
      input.addEventListener("change", () => { experiment = { ...experiment, [name]: input.checked }; post({ kind: "live", experiment: { [name]: input.checked } }); render(); tell(); });
      const element = make("label", {}, [input, ` ${label}`]);
      element.dataset.control = control;
      return element;
    };
    part("checks").replaceChildren(check(say("Show test data"), "show_test", "showTestData"), check(say("Discretise output"), "discretize", "discretize"));
    part("layer-table").replaceChildren(layerTable());
    for (const element of root.querySelectorAll("[data-control]")) /** @type {HTMLElement} */ (element).hidden = experiment.hidden.includes(/** @type {HTMLElement} */ (element).dataset.control);
  }

  function brushes() {
    const regression = experiment.dataset === "reg-own";
    const names = regression ? ["−1", "−0.5", "0", "0.5", "1"] : Array.from({ length: experiment.classes }, (_, at) => say("class {at}", { at }));
    brush = Math.min(brush, names.length - 1);
    const row = make("div", { className: "own" });
    const paintRow = () => row.replaceChildren(...[...names, say("erase")].map((name, at) => {
      const number = name === "erase" ? -1 : at;
      const label = regression ? [-1, -0.5, 0, 0.5, 1][at] : experiment.classes === 2 ? [-1, 1][at] : at;
      const button = make("button", { type: "button", textContent: name, style: number < 0 ? "" : `border-color:${labelColour(label)}` });
      button.setAttribute("aria-pressed", String(brush === number));
      button.addEventListener("click", () => { brush = number; paintRow(); });
      return button;
    }), make("button", { type: "button", textContent: say("remove all"), onclick: () => change({ points: [] }) }), make("span", { textContent: say("{points} of {most_points} points", { points: experiment.points.length, most_points: MOST_POINTS }) }));
    paintRow();
    return row;
  }

  function layerTable() {
    if (!experiment.layers.length) return make("p", { textContent: say("There is no hidden layer: the output is one function of one sum, so its border is a straight line in the inputs.") });
    const body = experiment.layers.map((layer, at) => {
      const set = (/** @type {any} */ changes) => change({ layers: experiment.layers.map((one, place) => (place === at ? { ...one, ...changes } : one)) });
      return make("tr", {}, [make("th", { textContent: sayMany("Layer {at}, {count} neuron", "Layer {at}, {count} neurons", layer.units, { at: at + 1 }) }),
        make("td", {}, [menu(say("Activation of layer {at}: ", { at: at + 1 }), Object.entries(data.menus.activations), layer.activation, (value) => set({ activation: value }))]),
        make("td", {}, [menu(say("Dropout of layer {at}: ", { at: at + 1 }), [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8].map((share) => [String(share), String(share)]), String(layer.dropout), (value) => set({ dropout: Number(value) }))])]);
    });
    return make("table", {}, [make("tbody", {}, body)]);
  }

  /** Where a parameter is, in words. */
  function nameOf(/** @type {number} */ place) {
    const l = picture.layers.findIndex((layer) => place >= layer.weight && place < layer.bias + layer.rows + (layer.slope < 0 ? 0 : 1));
    const layer = picture.layers[l], to = l === picture.layers.length - 1 ? say("output") : say("layer {l}", { l: l + 1 });
    if (place === layer.slope) return say("slope of PReLU in {to}", { to });
    const unit = (/** @type {number} */ row) => `${Math.floor(row / (layer.rows / layer.units)) + 1}${layer.rows > layer.units ? "ab"[row % 2] : ""}`;
    if (place >= layer.bias) return say("bias of {to}, neuron {unit}", { to, unit: unit(place - layer.bias) });
    const row = Math.floor((place - layer.weight) / layer.inputs), input = (place - layer.weight) % layer.inputs;
    return say("weight from {l} to {to}, neuron {unit}", { l: l === 0 ? data.menus.features[experiment.features[input]] : say("layer {l}, neuron {input}", { l, input: input + 1 }), to, unit: unit(row) });
  }
  function edit(/** @type {number} */ place) {
    edited = place;
    const input = make("input", { type: "number", step: "any", value: Number(picture.parameters[place].toPrecision(4)), ariaLabel: nameOf(place) });
    input.addEventListener("change", () => setParameter(place, input));
    const close = make("button", { type: "button", textContent: say("Close") });
    close.addEventListener("click", () => { edited = -1; part("editor").hidden = true; });
    const memory = make("span", {});
    memory.dataset.part = "memory";
    part("editor").replaceChildren(make("b", { textContent: nameOf(place) }), input, memory, close);
    part("editor").hidden = false;
    editorNumbers();
    input.focus();
    input.select();
  }
  function editorNumbers() {
    const state = data.menus.memory[experiment.optimizer].map((name) => `${name} = ${brief(picture.memory[name][edited], 3)}`);
    part("memory").textContent = say("now {parameters}{state}", { parameters: brief(picture.parameters[edited], 4), state: state.length ? say(" · {optimizers} remembers {state}", { optimizers: data.menus.optimizers[experiment.optimizer], state: state.join(", ") }) : "" });
  }
  function setParameter(/** @type {number} */ place, /** @type {HTMLInputElement} */ input) {
    const value = input.valueAsNumber;
    if (!Number.isFinite(value)) { announce(say("A weight is a number, such as 0.5.")); return; }
    remember(() => post({ kind: "set", place, value }));
  }

  /** The tables that are open; those that can be typed into stand still while something trains. */
  function tables(now = false) {
    if (!picture) return;
    if (part("confusion").open) part("confusion-table").replaceChildren(confusionTable());
    if (part("best").open && now) part("best-table").replaceChildren(bestTable());
    const active = /** @type {ShadowRoot | Document} */ (root.getRootNode()).activeElement;
    if (part("weights").open && (now || !playing) && !part("weight-table").contains(active)) part("weight-table").replaceChildren(weightTable());
  }
  function weightTable() {
    const rows = Array.from(picture.parameters, (value, place) => {
      const input = make("input", { type: "number", step: "any", value: Number(value.toPrecision(6)), ariaLabel: nameOf(place) });
      input.addEventListener("change", () => setParameter(place, input));
      return make("tr", {}, [make("th", { scope: "row", textContent: nameOf(place) }), make("td", {}, [input])]);
    });
    return make("table", {}, [make("tbody", {}, rows)]);
  }
  function confusionTable() {
    const { confusion } = picture.test;
    const count = Math.round(Math.sqrt(confusion.length));
    if (!count) return make("p", { textContent: say("A regression has no classes.") });
    const rows = Array.from({ length: count }, (_, row) => {
      const line = confusion.slice(row * count, (row + 1) * count), sum = line.reduce((a, b) => a + b, 0) || 1;
      return make("tr", {}, [make("th", { scope: "row", textContent: say("true {row}", { row }) }), ...line.map((value) => {
        const { background, text } = paint(value / sum, { stops: [...data.sequential], low: 0, high: 1 });
        return make("td", { textContent: String(value), style: `background:${background};color:${text}` });
      })]);
    });
    return make("table", {}, [make("thead", {}, [make("tr", {}, [make("th"), ...rows.map((_, column) => make("th", { scope: "col", textContent: say("predicted {column}", { column }) }))])]), make("tbody", {}, rows)]);
  }

  function showSurface(/** @type {any} */ { values, side, way, middle, reach }) {
    const canvas = part("surface-map");
    canvas.hidden = false;
    const logs = values.map((value) => Math.log(Number.isFinite(value) ? value + 1e-6 : 1e6));
    const low = Math.min(...logs), high = Math.max(...logs);
    drawMap(ground, Float64Array.from(logs), side, heat, { low, high });
    const { context, width, height } = sharp(canvas);
    context.imageSmoothingEnabled = true;
    context.drawImage(ground, 0, 0, width, height);
    const at = ([x, y]) => [((x - middle[0]) / reach + 1) * 0.5 * width, (1 - (y - middle[1]) / reach) * 0.5 * height];
    for (const [colour, thick] of /** @type {[string, number][]} */ ([["#000", 5], ["#fff", 2.5]])) {
      context.strokeStyle = colour;
      context.lineWidth = thick;
      context.beginPath();
      way.forEach((place) => { const [x, y] = at(place); context.lineTo(x, y); });
      context.stroke();
    }
    const [x, y] = at(way.at(-1));
    context.fillStyle = "#d55e00";
    context.beginPath();
    context.arc(x, y, 6, 0, 7);
    context.fill();
    context.stroke();
    writeLegend(part("surface-legend"), gradient({ stops: [...data.sequential], low, high }), brief(Math.exp(low), 3), brief(Math.exp(high), 3));
    canvas.setAttribute("aria-label", say("Training loss from {exp} to {exp2} over two directions of the weights, and the way from the first weights to the present ones", { exp: brief(Math.exp(low), 3), exp2: brief(Math.exp(high), 3) }));
    part("surface-says").textContent = low === high ? say("The loss is the same, or no number, everywhere here: reset, or train first.") : say("Across: from the first weights to the present ones. Up: the farthest that the way left this line. The dot is where the weights are now. The colours are logarithmic.");
    render();
  }

  /** The best test loss of each experiment that this browser has seen. */
  function best() {
    if (!points.test.length || !Number.isFinite(picture.test.loss)) return;
    const { points: _, ...plain } = experiment;
    const key = JSON.stringify(plain);
    const list = bests().filter((one) => one.key !== key || one.loss < picture.test.loss);
    if (!list.some((one) => one.key === key))
      list.push({ key, loss: picture.test.loss, accuracy: picture.test.accuracy, epochs: picture.epochs, parameters: picture.parameters.length, experiment });
    list.sort((a, b) => a.loss - b.loss);
    try { localStorage.setItem(BEST, JSON.stringify(list.slice(0, 60))); } catch { /* a browser that keeps nothing has no table */ }
    if (part("best").open) part("best-table").replaceChildren(bestTable());
  }
  function bests() {
    try { const found = JSON.parse(localStorage.getItem(BEST) ?? "[]"); return Array.isArray(found) ? found : []; } catch { return []; }
  }
  function bestTable() {
    const here = bests().filter((one) => one.experiment?.dataset === experiment.dataset).slice(0, 10);
    if (!here.length) return make("p", { textContent: say("Nothing yet for this data set: train, and pause.") });
    const rows = here.map((one) => {
      const button = make("button", { type: "button", textContent: say("Open") });
      button.addEventListener("click", () => change({ ...one.experiment, points: one.experiment.points ?? [] }));
      return make("tr", {}, [brief(one.loss, 3), percent(one.accuracy ?? NaN), one.epochs.toLocaleString("en"), String(one.parameters), one.experiment.layers.map((layer) => layer.units).join("-") || say("perceptron"),
        data.menus.optimizers[one.experiment.optimizer], button].map((cell) => make("td", {}, [cell])));
    });
    return make("table", {}, [make("thead", {}, [make("tr", {}, [say("test loss"), say("test acc."), say("epochs"), say("parameters"), say("hidden layers"), say("optimiser"), ""].map((name) => make("th", { scope: "col", textContent: name })))]), make("tbody", {}, rows)]);
  }

  /** @type {Map<string, Float32Array>} */
  const featureMaps = new Map();
  function featureMap(/** @type {number} */ unit, /** @type {number} */ side) {
    const name = Object.keys(data.menus.features)[unit];
    if (!featureMaps.has(name)) {
      const map = new Float32Array(side * side);
      for (let row = 0; row < side; row++)
        for (let column = 0; column < side; column++) map[row * side + column] = FEATURES[name](((column + 0.5) / side) * 2 * EDGE - EDGE, EDGE - ((row + 0.5) / side) * 2 * EDGE);
      featureMaps.set(name, map);
    }
    return featureMaps.get(name);
  }

  return room;
}

function emptyHistory() { return { epochs: [], train: [], test: [], low: [], high: [] }; }
const percent = (/** @type {number} */ share) => (Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : "–");
