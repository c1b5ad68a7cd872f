// The playground's thread: trains, and sends a picture as often as the page can draw one. The page's server has no part in it.
import { Engine } from "./engine.js";
import { EDGE, FEATURES } from "./plane.js";

export const SIDE = 48; // points of the plane along each edge of a map
const PICTURE_MS = 40; // between pictures while training
const PATH_POINTS = 120;

/** @type {{ engine: Engine, others: Engine[], digits: any[], places: Float64Array, playing: boolean, rate: number, began: number, done: number, drawn: boolean, due: number,
 *   path: Float64Array[], every: number, trained: number, clock: number }} */
const here = { engine: null, others: [], digits: [], places: null, playing: false, rate: Infinity, began: 0, done: 0, drawn: true, due: 0, path: [], every: 1, trained: 0, clock: 0 };

/** Inputs of a grid over the plane, top row first. @param {string[]} features @param {number} side */
export function gridOf(features, side) {
  const places = new Float64Array(side * side * features.length);
  let at = 0;
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const x = ((column + 0.5) / side) * 2 * EDGE - EDGE, y = EDGE - ((row + 0.5) / side) * 2 * EDGE;
      for (const name of features) places[at++] = FEATURES[name](x, y);
    }
  return places;
}

const ORDERS = {
  open({ experiment, digits, seeds = 1, state = null }) {
    here.playing = false;
    if (digits) here.digits = digits;
    here.engine = new Engine(experiment, here.digits);
    here.others = Array.from({ length: seeds - 1 }, (_, at) => new Engine({ ...experiment, seed: `${experiment.seed}+${at + 1}` }, here.digits));
    if (state) restore(state);
    here.places = gridOf(experiment.features, SIDE);
    here.path = [here.engine.parameters.slice()];
    here.every = 1;
    here.trained = here.clock = 0;
    send({ first: true });
  },
  play({ rate }) {
    here.rate = rate;
    here.began = performance.now();
    here.done = 0;
    here.clock = performance.now();
    if (here.playing) return;
    here.playing = true;
    here.due = 0;
    tick();
  },
  pause() { here.playing = false; send({}); },
  step({ how }) {
    here.playing = false;
    for (const engine of engines()) if (!engine.stopped) { if (how === "example") engine.example(); else if (how === "batch") engine.batch(); else engine.epoch(); }
    walked();
    send({ stepped: how });
  },
  drawn() { here.drawn = true; },
  set({ place, value }) { here.engine.parameters[place] = value; send({}); },
  live({ experiment }) { for (const engine of engines()) Object.assign(engine.experiment, experiment, { seed: engine.experiment.seed }); },
  state() { postMessage({ kind: "state", state: kept() }); },
  surface() { postMessage({ kind: "surface", ...surface() }); },
};

onmessage = ({ data }) => ORDERS[data.kind](data);

const engines = () => [here.engine, ...here.others];

function kept() {
  const { parameters, memory, steps, epochs, examples, place, waiting, gradient } = here.engine;
  return structuredClone({ parameters, memory, steps, epochs, examples, place, waiting, gradient });
}

function restore(state) {
  const { engine } = here;
  if (state.parameters.length !== engine.parameters.length) return;
  for (const name of ["parameters", "gradient"]) engine[name].set(state[name]);
  for (const name of Object.keys(engine.memory)) engine.memory[name].set(state.memory[name]);
  for (const name of ["steps", "epochs", "examples", "place", "waiting"]) engine[name] = state[name];
}

/** Remembers the way of the weights, thinner and thinner. */
function walked() {
  const { engine, path } = here;
  if (engine.epochs % here.every) return;
  path.push(engine.parameters.slice());
  if (path.length > PATH_POINTS) { here.path = path.filter((_, at) => at % 2 === 0); here.every *= 2; }
}

const channel = new MessageChannel();
channel.port1.onmessage = tick;

/** A slice of training; then whatever the page has asked meanwhile comes first. */
function tick() {
  if (!here.playing) return;
  const end = performance.now() + 8;
  const { engine } = here;
  let now = performance.now();
  while (now < end && !engine.stopped) {
    if (here.done >= ((now - here.began) / 1000) * here.rate) break;
    for (const one of engines()) if (!one.stopped) one.epoch();
    here.done++;
    here.trained++;
    walked();
    now = performance.now();
  }
  if (engine.stopped) { here.playing = false; send({}); return; }
  if (here.drawn && now >= here.due) { here.due = now + PICTURE_MS; send({}); }
  if (here.done >= ((now - here.began) / 1000) * here.rate) setTimeout(tick, 4);
  else channel.port2.postMessage(0);
}

/** Sends a picture. @param {Record<string, any>} more */
function send(more) {
  const { engine, places } = here;
  here.drawn = false;
  const maps = engine.maps(places, SIDE * SIDE);
  const parameters = engine.parameters.slice();
  const train = engine.measure(engine.train), test = engine.measure(engine.test);
  const spread = here.others.map((one) => { const { loss, accuracy } = one.measure(one.test); return { loss, accuracy }; });
  const { m, v, s } = engine.memory;
  const seconds = (performance.now() - here.clock) / 1000;
  postMessage({ kind: "picture", maps, parameters, memory: { m: m.slice(), v: v.slice(), s: s.slice() }, train, test, spread, epochs: engine.epochs, steps: engine.steps, examples: engine.examples,
    place: engine.place, playing: here.playing, stopped: engine.stopped, why: engine.why, speed: seconds > 0 ? here.done / seconds : 0, points: more.first ? { train: engine.train.points, test: engine.test.points } : null,
    layers: engine.layers.map(({ inputs, rows, units, weight, bias, slope, activation }) => ({ inputs, rows, units, weight, bias, slope, activation })), ends: engine.ends, side: SIDE, ...more },
    /** @type {any} */ ([maps.buffer, parameters.buffer]));
}

/** The loss over the plane through the first weights, the present ones, and the farthest the way went from their line; and the way in it. */
function surface() {
  const { engine, path } = here;
  const now = engine.parameters.slice(), first = path[0];
  const walk = [...path, now];
  const along = now.map((value, at) => value - first[at]);
  let length = Math.sqrt(dot(along, along));
  if (length < 1e-9) { along.fill(0); along[0] = length = 1; }
  const one = along.map((value) => value / length);
  let two = new Float64Array(now.length), farthest = 0;
  for (const place of walk) {
    const off = place.map((value, at) => value - first[at]);
    const share = dot(off, one);
    const rest = off.map((value, at) => value - share * one[at]);
    const size = Math.sqrt(dot(rest, rest));
    if (size > farthest) { farthest = size; two = rest.map((value) => value / size); }
  }
  if (farthest < 1e-9) { two.fill(0); two[two.length > 1 ? 1 : 0] = 1; const share = dot(two, one); two = two.map((value, at) => value - share * one[at]); const size = Math.sqrt(dot(two, two)) || 1; two = two.map((value) => value / size); }
  const way = walk.map((place) => { const off = place.map((value, at) => value - first[at]); return [dot(off, one), dot(off, two)]; });
  const xs = way.map(([x]) => x), ys = way.map(([, y]) => y);
  const reach = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys), 0.5) * 0.75;
  const middle = [(Math.max(...xs) + Math.min(...xs)) / 2, (Math.max(...ys) + Math.min(...ys)) / 2];
  const side = 41, values = new Float64Array(side * side);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const x = middle[0] + ((column / (side - 1)) * 2 - 1) * reach, y = middle[1] + (1 - (row / (side - 1)) * 2) * reach;
      for (let at = 0; at < now.length; at++) engine.parameters[at] = first[at] + x * one[at] + y * two[at];
      values[row * side + column] = engine.measure(engine.train).loss;
    }
  engine.parameters.set(now);
  return { values, side, way, middle, reach };
}

/** @param {Float64Array} a @param {Float64Array} b */
function dot(a, b) { let sum = 0; for (let at = 0; at < a.length; at++) sum += a[at] * b[at]; return sum; }
