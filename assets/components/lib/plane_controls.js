// The playground's menus: what can be chosen of an experiment, and where its own points come from.
import { make } from "./component.js";
import { EDGE, isRegression, pointsOf } from "./plane.js";
import { say } from "./words.js";

const RATES = [0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const PENALTY_RATES = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/**
 * A menu with a label.
 * @param {string} label
 * @param {[string, string][]} choices value, title
 * @param {string} value
 * @param {(value: string) => void} on
 * @param {string} control its name in links that hide it
 */
export function menu(label, choices, value, on, control = "") {
  const select = make("select", { ariaLabel: label }, choices.map(([name, title]) => make("option", { value: name, textContent: title, selected: name === value })));
  select.addEventListener("change", () => on(select.value));
  const element = make("label", {}, [label, select]);
  if (control) element.dataset.control = control;
  return element;
}

/** @param {number[]} usual @param {number} value @returns {[string, string][]} */
const withValue = (usual, value) => [...new Set([...usual, value])].sort((a, b) => a - b).map((one) => [String(one), String(one)]);

/**
 * The row of menus above the network.
 * @param {any} experiment @param {any} menus @param {(changes: Record<string, any>, live?: boolean) => void} change
 */
export function settings(experiment, menus, change) {
  const regression = isRegression(experiment.dataset);
  const one = new Set(experiment.layers.map((/** @type {any} */ layer) => layer.activation));
  /** @type {[string, string][]} */
  const activations = Object.entries(menus.activations);
  if (one.size > 1) activations.unshift(["", say("differs by layer")]);
  return [
    menu(say("Problem"), [["classification", say("Classification")], ["regression", say("Regression")]], regression ? "regression" : "classification",
      (value) => change({ dataset: value === "regression" ? "reg-plane" : "circle", points: [], classes: 2 }), "problem"),
    menu(say("Learning rate"), withValue(RATES, experiment.learning_rate), String(experiment.learning_rate), (value) => change({ learning_rate: Number(value) }, true), "learningRate"),
    menu(say("Optimiser"), Object.entries(menus.optimizers), experiment.optimizer, (value) => change({ optimizer: value }), "optimizer"),
    menu(say("Activation"), activations, one.size > 1 ? "" : [...one][0] ?? "tanh",
      (value) => value && change({ layers: experiment.layers.map((/** @type {any} */ layer) => ({ ...layer, activation: value })) }), "activation"),
    menu(say("Regularisation"), Object.entries(menus.penalties), experiment.penalty, (value) => change({ penalty: value }), "regularization"),
    menu(say("Its rate"), withValue(PENALTY_RATES, experiment.penalty_rate), String(experiment.penalty_rate), (value) => change({ penalty_rate: Number(value) }), "regularizationRate"),
    menu(say("Schedule"), Object.entries(menus.schedules), experiment.schedule, (value) => change({ schedule: value }), "schedule"),
    menu(say("First weights"), Object.entries(menus.inits), experiment.init, (value) => change({ init: value }), "init"),
    ...(regression || experiment.classes > 2 ? [] : [menu(say("Output"), Object.entries(menus.outputs), experiment.output, (value) => change({ output: value }), "output")]),
    menu(say("Stop"), [["", say("never")], ["p20", say("20 epochs without gain")], ["p100", say("100 epochs without gain")], ["t0.05", say("test loss 0.05")], ["t0.01", say("test loss 0.01")], ["e100", say("after 100 epochs")],
      ["e1000", say("after 1,000 epochs")], ...custom(experiment)], stopOf(experiment), (value) => change(stopFrom(value)), "stop"),
  ];
}

/** @param {any} e */
const stopOf = (e) => (e.patience ? `p${e.patience}` : e.target ? `t${e.target}` : e.most_epochs ? `e${e.most_epochs}` : "");
/** @param {string} text */
const stopFrom = (text) => ({ patience: text[0] === "p" ? Number(text.slice(1)) : 0, target: text[0] === "t" ? Number(text.slice(1)) : 0, most_epochs: text[0] === "e" ? Number(text.slice(1)) : 0 });
/** @param {any} e @returns {[string, string][]} */
function custom(e) {
  const now = stopOf(e);
  return ["", "p20", "p100", "t0.05", "t0.01", "e100", "e1000"].includes(now) ? [] : [[now, now[0] === "p" ? say("{patience} epochs without gain", { patience: e.patience }) : now[0] === "t" ? say("test loss {target}", { target: e.target }) : say("after {most_epochs} epochs", { most_epochs: e.most_epochs })]];
}

/**
 * Data sets as small pictures.
 * @param {any} experiment @param {any} menus @param {any[]} digits @param {(label: number, many: boolean) => string} colour @param {(changes: Record<string, any>) => void} change
 */
export function sets(experiment, menus, digits, colour, change) {
  const problem = isRegression(experiment.dataset) ? "regression" : "classification";
  return menus.sets.filter((/** @type {any} */ set) => set.problem === problem).map((/** @type {any} */ set) => {
    const canvas = make("canvas", { width: 52, height: 52 });
    const context = canvas.getContext("2d");
    const classes = Math.min(set.most, Math.max(set.least, set.name === "blobs" || set.name === "arms" ? 3 : 2));
    const own = set.name === "own" || set.name === "reg-own";
    const { train, test } = pointsOf({ ...experiment, dataset: set.name, noise: 0, classes, seed: "1", points: own ? experiment.points : [] }, digits);
    for (const [x, y, label] of [...train, ...test].filter((_, at) => at % 2 === 0)) {
      context.fillStyle = colour(label, classes > 2);
      context.fillRect(26 + (x / EDGE) * 24 - 1, 26 - (y / EDGE) * 24 - 1, 2, 2);
    }
    const button = make("button", { type: "button", role: "radio", title: set.title }, [canvas, set.title]);
    button.setAttribute("aria-checked", String(experiment.dataset === set.name));
    button.dataset.set = set.name;
    button.addEventListener("click", () => change({ dataset: set.name, classes, points: own ? experiment.points : [], output: classes > 2 ? "softmax" : experiment.output }));
    return button;
  });
}

/**
 * Noise, share, batch size, classes, seed.
 * @param {any} experiment @param {any} menus @param {(changes: Record<string, any>) => void} change
 */
export function sliders(experiment, menus, change) {
  const slider = (/** @type {string} */ label, /** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ step, /** @type {string} */ name, /** @type {string} */ unit, control = "") => {
    const value = make("b", { textContent: `${experiment[name]}${unit}` });
    const input = make("input", { type: "range", min: low, max: high, step, ariaLabel: label });
    input.value = experiment[name];
    input.addEventListener("input", () => { value.textContent = `${input.value}${unit}`; });
    input.addEventListener("change", () => change({ [name]: Number(input.value) }));
    const element = make("label", {}, [`${label}: `, value, input]);
    if (control) element.dataset.control = control;
    return element;
  };
  const set = menus.sets.find((/** @type {any} */ one) => one.name === experiment.dataset);
  const own = ["own", "reg-own", "digits"].includes(experiment.dataset);
  const seed = make("input", { type: "text", value: experiment.seed, maxLength: 64, style: "width:100%;padding:0.1rem 0.4rem", ariaLabel: say("Seed") });
  seed.addEventListener("change", () => change({ seed: seed.value || "1" }));
  const again = make("button", { type: "button", textContent: own ? say("Mix anew") : say("New points"), title: say("another seed: other points, other first weights") });
  again.addEventListener("click", () => change({ seed: Math.random().toFixed(5) }));
  const shuffled = make("input", { type: "checkbox", checked: experiment.shuffle });
  shuffled.addEventListener("change", () => change({ shuffle: shuffled.checked }));
  return [
    ...(set.most > set.least ? [slider(say("Classes"), set.least, set.most, 1, "classes", "")] : []),
    slider(say("Training data"), 10, 90, 10, "train_share", " %", "percTrainData"),
    ...(own ? [] : [slider(say("Noise"), 0, 50, 5, "noise", " %", "noise")]),
    slider(say("Batch size"), 1, Math.max(30, experiment.batch_size), 1, "batch_size", "", "batchSize"),
    make("label", { className: "check" }, [shuffled, say(" Mix the order in each epoch")]),
    make("label", {}, [say("Seed"), seed]),
    again,
  ];
}
