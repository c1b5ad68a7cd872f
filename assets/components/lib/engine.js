// The playground's network: forward, backward, update, on typed arrays in float64. cnnviz.learning.twin does the same in torch, and tests hold
// both to the same numbers. Nothing of the page in here: it runs in a worker thread, and in Node.
import { FEATURES, isRegression, pointsOf } from "./plane.js";
import { randomFrom, shuffle } from "./random.js";
import { descend } from "./rules.js";
import { filled, later } from "./words.js";

const LEAK = 0.1, PRELU_START = 0.25;
const GELU_RATE = Math.sqrt(2 / Math.PI), GELU_CUBE = 0.044715;

/** @type {Record<string, { limit: (inputs: number, units: number) => number, bias: number, constant?: number }>} */
const INITIALISATIONS = {
  playground: { limit: () => 0.5, bias: 0.1 },
  zero: { limit: () => 0, bias: 0, constant: 0 },
  constant: { limit: () => 0, bias: 0.1, constant: 0.5 },
  xavier: { limit: (i, o) => Math.sqrt(6 / (i + o)), bias: 0 },
  he: { limit: (i) => Math.sqrt(6 / i), bias: 0 },
  large: { limit: () => 5, bias: 0 },
};

/** @type {Record<string, (epoch: number) => number>} */
const SCHEDULES = {
  constant: () => 1,
  step: (epoch) => 0.5 ** Math.floor(epoch / 100),
  exponential: (epoch) => 0.995 ** epoch,
  cosine: (epoch) => (1 + Math.cos((Math.PI * Math.min(epoch, 500)) / 500)) / 2,
};

/** @param {number} x */
const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** tanh by one exponential, twice as fast as Math.tanh; as exact in absolute terms. @param {number} x */
function tanh(x) {
  if (x > 20) return 1;
  if (x < -20) return -1;
  const e = Math.exp(2 * x);
  return (e - 1) / (e + 1);
}

/** The normal distribution: a series of positive terms, and far out a continued fraction. @param {number} x */
function normalBelow(x) {
  const size = Math.abs(x) / Math.SQRT2;
  if (size > 6) return x > 0 ? 1 : 0;
  let term = size, sum = size;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * size * size) / (2 * n + 1);
    sum += term;
  }
  const erf = (2 / Math.sqrt(Math.PI)) * Math.exp(-size * size) * sum;
  return x > 0 ? (1 + erf) / 2 : (1 - erf) / 2;
}

/** Function and derivative, of the sum x and the output y. @type {Record<string, [(x: number) => number, (x: number, y: number) => number]>} */
const FUNCTIONS = {
  linear: [(x) => x, () => 1],
  tanh: [tanh, (_, y) => 1 - y * y],
  sigmoid: [sigmoid, (_, y) => y * (1 - y)],
  relu: [(x) => (x > 0 ? x : 0), (x) => (x > 0 ? 1 : 0)],
  relu6: [(x) => Math.min(6, Math.max(0, x)), (x) => (x > 0 && x < 6 ? 1 : 0)],
  leaky_relu: [(x) => (x > 0 ? x : LEAK * x), (x) => (x > 0 ? 1 : LEAK)],
  elu: [(x) => (x > 0 ? x : Math.expm1(x)), (x) => (x > 0 ? 1 : Math.exp(x))],
  gelu: [(x) => x * normalBelow(x), (x) => normalBelow(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI)],
  gelu_tanh: [
    (x) => 0.5 * x * (1 + Math.tanh(GELU_RATE * (x + GELU_CUBE * x ** 3))),
    (x) => {
      const inner = Math.tanh(GELU_RATE * (x + GELU_CUBE * x ** 3));
      return 0.5 * (1 + inner) + 0.5 * x * (1 - inner * inner) * GELU_RATE * (1 + 3 * GELU_CUBE * x * x);
    },
  ],
};

/**
 * A layer: `rows` sums of `inputs` numbers, and `units` outputs (maxout takes the larger of two sums).
 * @typedef {{ inputs: number, rows: number, units: number, activation: string, dropout: number, weight: number, bias: number, slope: number,
 *   sums: Float64Array, out: Float64Array, delta: Float64Array, back: Float64Array, mask: Float64Array | null }} Layer
 *   weight, bias, slope: where they begin in the parameters; slope is -1 without PReLU
 */

export class Engine {
  /**
   * @param {any} experiment as cnnviz.learning describes it
   * @param {import("./plane.js").Point[]} digits the points of the set "digits"
   */
  constructor(experiment, digits = []) {
    this.experiment = experiment;
    const { train, test, random } = pointsOf(experiment, digits);
    this.ends = isRegression(experiment.dataset) ? "linear" : experiment.output;
    this.outputs = this.ends === "softmax" ? experiment.classes : 1;
    this.build(random);
    this.train = this.packed(train);
    this.test = this.packed(test);
    this.order = Int32Array.from(train, (_, at) => at);
    this.dropped = randomFrom(`${experiment.seed} dropout`);
    this.ordered = randomFrom(`${experiment.seed} order`);
    this.epochs = this.steps = this.examples = 0;
    this.place = 0; // in the epoch
    this.waiting = 0; // examples since the last update
    this.best = Infinity;
    this.waited = 0;
    this.stopped = "";
    /** Its sentence, for the page: this thread knows no other language. @type {{ key: string, values: Record<string, number> } | null} */
    this.why = null;
    if (experiment.patience || experiment.target) this.best = this.measure(this.test).loss;
  }

  /** No more steps. @param {string} key @param {Record<string, number>} values */
  stop(key, values = {}) {
    this.stopped = filled(key, values);
    this.why = { key, values };
  }

  /** @param {() => number} random */
  build(random) {
    const { experiment } = this;
    const init = INITIALISATIONS[experiment.init];
    /** @type {Layer[]} */
    this.layers = [];
    let inputs = experiment.features.length, at = 0;
    const kinds = [...experiment.layers, { units: this.outputs, activation: "linear", dropout: 0 }];
    for (const { units, activation, dropout } of kinds) {
      const rows = units * (activation === "maxout" ? 2 : 1);
      const weight = at, bias = weight + rows * inputs, slope = activation === "prelu" ? bias + rows : -1;
      at = bias + rows + (slope < 0 ? 0 : 1);
      const array = (/** @type {number} */ length) => new Float64Array(length);
      this.layers.push({ inputs, rows, units, activation, dropout, weight, bias, slope, sums: array(rows), out: array(units), delta: array(rows), back: array(inputs),
        mask: dropout ? array(units) : null });
      inputs = units;
    }
    this.parameters = new Float64Array(at);
    this.gradient = new Float64Array(at);
    this.memory = { v: new Float64Array(at), s: new Float64Array(at), m: new Float64Array(at) };
    this.dead = experiment.penalty === "L1" ? new Uint8Array(at) : null;
    for (const layer of this.layers) {
      const limit = init.limit(layer.inputs, layer.units);
      for (let w = layer.weight; w < layer.bias; w++) this.parameters[w] = init.constant ?? (random() - 0.5) * (2 * limit);
      this.parameters.fill(init.bias, layer.bias, layer.bias + layer.rows);
      if (layer.slope >= 0) this.parameters[layer.slope] = PRELU_START;
    }
  }

  /** Points as the network gets them. @param {import("./plane.js").Point[]} points */
  packed(points) {
    const { features, classes } = this.experiment;
    const inputs = new Float64Array(points.length * features.length);
    const targets = new Float64Array(points.length);
    points.forEach(([x, y, label], at) => {
      features.forEach((/** @type {string} */ name, /** @type {number} */ place) => { inputs[at * features.length + place] = FEATURES[name](x, y); });
      targets[at] = this.ends === "softmax" && classes === 2 ? Number(label > 0) : label;
    });
    return { inputs, targets, points, count: points.length };
  }

  /** Outputs of one example, before the last function. @param {Float64Array} inputs @param {number} from @param {boolean} drops */
  forward(inputs, from, drops = false) {
    const theta = this.parameters;
    let values = inputs, start = from;
    for (let l = 0; l < this.layers.length; l++) {
      const layer = this.layers[l];
      const { sums, out, rows, inputs: width } = layer;
      let w = layer.weight;
      for (let r = 0; r < rows; r++) {
        let sum = theta[layer.bias + r];
        for (let i = 0; i < width; i++) sum += theta[w++] * values[start + i];
        sums[r] = sum;
      }
      switch (layer.activation) {
        case "linear": out.set(sums); break;
        case "tanh": for (let r = 0; r < rows; r++) out[r] = tanh(sums[r]); break;
        case "relu": for (let r = 0; r < rows; r++) out[r] = sums[r] > 0 ? sums[r] : 0; break;
        case "maxout": for (let u = 0; u < layer.units; u++) out[u] = Math.max(sums[2 * u], sums[2 * u + 1]); break;
        case "prelu": for (let r = 0; r < rows; r++) out[r] = sums[r] > 0 ? sums[r] : theta[layer.slope] * sums[r]; break;
        default: { const [value] = FUNCTIONS[layer.activation]; for (let r = 0; r < rows; r++) out[r] = value(sums[r]); }
      }
      if (drops && layer.mask) {
        const { mask, dropout } = layer;
        for (let u = 0; u < layer.units; u++) { mask[u] = this.dropped() < dropout ? 0 : 1 / (1 - dropout); out[u] *= mask[u]; }
      }
      values = out;
      start = 0;
    }
    return values;
  }

  /** Adds one example's gradient. @param {number} example */
  learn(example) {
    const { layers, train, gradient, parameters: theta } = this;
    const width = this.experiment.features.length;
    const last = layers[layers.length - 1];
    this.forward(train.inputs, example * width, true);
    const target = train.targets[example];
    if (this.ends === "softmax") {
      softmaxInto(last.delta, last.out);
      last.delta[target] -= 1;
    } else if (this.ends === "tanh") {
      const output = tanh(last.out[0]);
      last.delta[0] = (output - target) * (1 - output * output);
    } else last.delta[0] = last.out[0] - target;

    for (let l = layers.length - 1; l >= 0; l--) {
      const { delta, rows, inputs, back, weight, bias } = layers[l];
      const from = l > 0 ? layers[l - 1].out : train.inputs;
      const start = l > 0 ? 0 : example * width;
      let w = weight;
      if (l === 0) {
        for (let r = 0; r < rows; r++) {
          const d = delta[r];
          gradient[bias + r] += d;
          for (let i = 0; i < inputs; i++) gradient[w++] += d * from[start + i];
        }
        break;
      }
      back.fill(0);
      for (let r = 0; r < rows; r++) {
        const d = delta[r];
        gradient[bias + r] += d;
        for (let i = 0; i < inputs; i++, w++) {
          gradient[w] += d * from[i];
          back[i] += d * theta[w];
        }
      }
      this.through(layers[l - 1], back);
    }
    this.waiting++;
    this.examples++;
  }

  /** Back through a layer's function. @param {Layer} layer @param {Float64Array} back */
  through(layer, back) {
    const { sums, out, delta, rows, mask } = layer;
    if (mask) for (let u = 0; u < layer.units; u++) back[u] *= mask[u];
    switch (layer.activation) {
      case "linear": delta.set(back); break;
      case "tanh":
        // Dropout has changed the output, so tanh is taken once more.
        if (mask) for (let r = 0; r < rows; r++) { const y = tanh(sums[r]); delta[r] = back[r] * (1 - y * y); }
        else for (let r = 0; r < rows; r++) delta[r] = back[r] * (1 - out[r] * out[r]);
        break;
      case "relu": for (let r = 0; r < rows; r++) delta[r] = sums[r] > 0 ? back[r] : 0; break;
      case "maxout":
        for (let u = 0; u < layer.units; u++) {
          const a = sums[2 * u], b = sums[2 * u + 1];
          delta[2 * u] = a > b ? back[u] : a === b ? back[u] / 2 : 0;
          delta[2 * u + 1] = b > a ? back[u] : a === b ? back[u] / 2 : 0;
        }
        break;
      case "prelu":
        for (let r = 0; r < rows; r++) {
          delta[r] = sums[r] > 0 ? back[r] : this.parameters[layer.slope] * back[r];
          if (sums[r] <= 0) this.gradient[layer.slope] += back[r] * sums[r];
        }
        break;
      default: { const [value, slope] = FUNCTIONS[layer.activation]; for (let r = 0; r < rows; r++) delta[r] = back[r] * slope(sums[r], value(sums[r])); }
    }
  }

  /** One update with the mean gradient of the examples that wait. */
  update() {
    if (!this.waiting) return;
    const { parameters: theta, gradient, experiment, dead } = this;
    const rate = experiment.learning_rate * SCHEDULES[experiment.schedule](this.epochs);
    const share = 1 / this.waiting, step = ++this.steps;
    const { penalty, optimizer } = experiment;
    const pull = rate * experiment.penalty_rate;
    const before = penalty === "none" ? null : theta.slice();
    descend(optimizer, theta, gradient, share, this.memory, rate, step);
    if (before) this.regularise(before, pull, dead);
    gradient.fill(0);
    this.waiting = 0;
  }

  /** @param {Float64Array} before @param {number} pull @param {Uint8Array | null} dead */
  regularise(before, pull, dead) {
    const theta = this.parameters;
    for (const { weight, bias } of this.layers)
      for (let w = weight; w < bias; w++) {
        if (!dead) { theta[w] -= pull * before[w]; continue; }
        if (dead[w]) { theta[w] = 0; continue; }
        const pulled = theta[w] - pull * Math.sign(before[w]);
        if (theta[w] * pulled < 0) dead[w] = 1;
        theta[w] = dead[w] ? 0 : pulled;
      }
  }

  /** The next example in order; true at the end of an epoch. */
  example() {
    const { order, experiment } = this;
    if (!order.length) return true;
    if (this.place === 0 && experiment.shuffle) shuffle(order, this.ordered);
    this.learn(order[this.place++]);
    const size = Math.min(experiment.batch_size, order.length);
    if (this.place % size === 0) this.update();
    if (this.place < order.length) return false;
    this.place = 0;
    this.epochs++;
    this.watch();
    return true;
  }

  /** To the next update. */
  batch() {
    const { steps, epochs } = this;
    while (this.steps === steps && this.order.length && !this.stopped) if (this.example() && this.epochs > epochs + 1) break;
  }

  epoch() { while (!this.example()); }

  /** Whether the experiment's own end has come. */
  watch() {
    const { patience, target, most_epochs: most } = this.experiment;
    if (patience || target) {
      const { loss } = this.measure(this.test);
      this.waited = loss < this.best ? 0 : this.waited + 1;
      this.best = Math.min(this.best, loss);
      if (target && loss <= target) this.stop(later("The test loss is at most {target}."), { target });
      else if (patience && this.waited >= patience) this.stop(later("The test loss was not lower for {patience} epochs."), { patience });
    }
    if (!this.stopped && most && this.epochs >= most) this.stop(later("{most} epochs are done."), { most });
    let sum = 0;
    for (const value of this.parameters) sum += value;
    if (!Number.isFinite(sum)) this.stop(later("The loss is no longer a number. Take a smaller learning rate, and reset."));
  }

  /**
   * Mean loss of some points, share that is right, and the confusion matrix.
   * @param {{ inputs: Float64Array, targets: Float64Array, count: number }} set
   */
  measure({ inputs, targets, count }) {
    const width = this.experiment.features.length;
    const { ends } = this;
    const { classes } = this.experiment;
    const confusion = new Array(ends === "linear" ? 0 : classes * classes).fill(0);
    let loss = 0, right = 0;
    for (let at = 0; at < count; at++) {
      const out = this.forward(inputs, at * width);
      const target = targets[at];
      if (ends === "softmax") {
        let most = -Infinity, said = 0, total = 0;
        for (let c = 0; c < out.length; c++) if (out[c] > most) { most = out[c]; said = c; }
        for (let c = 0; c < out.length; c++) total += Math.exp(out[c] - most);
        loss += Math.log(total) + most - out[target];
        right += Number(said === target);
        confusion[target * classes + said]++;
      } else {
        const output = ends === "tanh" ? tanh(out[0]) : out[0];
        loss += 0.5 * (output - target) ** 2;
        if (ends === "tanh") {
          right += Number(output >= 0 === target > 0);
          confusion[Number(target > 0) * 2 + Number(output >= 0)]++;
        }
      }
    }
    return { loss: count ? loss / count : 0, accuracy: ends === "linear" || !count ? NaN : right / count, confusion };
  }

  /**
   * What each unit gives over the plane, top row first, one map after the other: hidden layers, then outputs (tanh or probabilities).
   * @param {Float64Array} places inputs of the grid's points, packed
   * @param {number} count
   */
  maps(places, count) {
    const width = this.experiment.features.length;
    const units = this.layers.reduce((sum, layer) => sum + layer.units, 0);
    const found = new Float32Array(units * count);
    const last = this.layers.length - 1;
    const probabilities = new Float64Array(this.outputs);
    for (let at = 0; at < count; at++) {
      this.forward(places, at * width);
      let place = at;
      for (let l = 0; l <= last; l++) {
        let { out } = this.layers[l];
        if (l === last && this.ends === "softmax") { softmaxInto(probabilities, out); out = probabilities; }
        for (let u = 0; u < out.length; u++, place += count) found[place] = l === last && this.ends === "tanh" ? tanh(out[u]) : out[u];
      }
    }
    return found;
  }
}

/** @param {Float64Array} into @param {Float64Array} logits */
function softmaxInto(into, logits) {
  let most = -Infinity, total = 0;
  for (let c = 0; c < logits.length; c++) if (logits[c] > most) most = logits[c];
  for (let c = 0; c < logits.length; c++) { into[c] = Math.exp(logits[c] - most); total += into[c]; }
  for (let c = 0; c < logits.length; c++) into[c] /= total;
}
