// The playground's network: a small map for each feature and neuron, and a line for each weight.
import { make } from "./component.js";
import { drawMap } from "./plane_picture.js";
import { say } from "./words.js";

const letter = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16; // larger in projector mode
const SVG = "http://www.w3.org/2000/svg";

/** @typedef {{ layer: number, unit: number }} Unit layer -1: a feature */
/**
 * @param {HTMLElement} paper
 * @param {{ toggle: (feature: string) => void, resize: (layer: number, by: number) => void, hover: (unit: Unit | null) => void, edit: (place: number) => void, name: (place: number) => string }} acts
 */
export function createNetwork(paper, acts) {
  const svg = /** @type {SVGElement} */ (paper.querySelector("svg"));
  /** @type {{ unit: Unit, canvas: HTMLCanvasElement, button: HTMLElement }[]} */
  let nodes = [];
  /** @type {{ place: number, line: SVGElement }[]} */
  let lines = [];
  /** @type {{ place: number, box: HTMLElement }[]} */
  let biases = [];
  /** @type {any} */
  let shape = null;
  const net = { build, draw, width: 0 };
  new ResizeObserver(() => { if (shape && Math.abs(paper.clientWidth - net.width) > 4) build(shape); }).observe(paper);
  let redraw = () => {};
  let node = 34, pitch = 44, head = 40, names = 62;

  /** @param {any} given layers of the engine, features and their titles, classes of a softmax, what may be changed */
  function build(given) {
    shape = given;
    const size = letter();
    node = 34 * size; pitch = 44 * size; head = 40 * size; names = 62 * size;
    const { layers, features, titles, chosen, hidden, canResize } = given;
    const shown = features.filter((/** @type {string} */ name) => chosen.includes(name) || !hidden.includes(name));
    net.width = paper.clientWidth;
    const columns = layers.length + 1;
    const gap = Math.max(62, (net.width - names - node - 16) / Math.max(1, columns - 1));
    const x = (/** @type {number} */ column) => names + column * gap;
    const y = (/** @type {number} */ row) => head + row * pitch;
    const rows = Math.max(shown.length, ...layers.map((/** @type {any} */ layer) => layer.units));
    for (const old of [...paper.children]) if (old !== svg) old.remove();
    svg.replaceChildren();
    Object.assign(paper.style, { height: `${y(rows) + 4}px` });
    svg.setAttribute("width", String(x(columns - 1) + node + 12));
    svg.setAttribute("height", String(y(rows)));
    nodes = []; lines = []; biases = [];

    shown.forEach((/** @type {string} */ name, /** @type {number} */ row) => {
      const on = chosen.includes(name);
      const button = addNode({ layer: -1, unit: features.indexOf(name) }, x(0), y(row), say("Feature {titles}: {on}", { titles: titles[name], on: on ? say("on") : say("off") }));
      button.classList.toggle("off", !on);
      button.setAttribute("aria-pressed", String(on));
      button.addEventListener("click", () => acts.toggle(name));
      paper.append(make("span", { className: "name", textContent: titles[name], style: `left:0;width:${names - 8}px;top:${y(row) + 7}px` }));
    });
    paper.append(make("span", { className: "column", textContent: "inputs", style: `left:${x(0) + node / 2}px;top:6px` }));

    layers.forEach((/** @type {any} */ layer, /** @type {number} */ l) => {
      const last = l === layers.length - 1;
      const from = l === 0 ? shown.map((/** @type {string} */ name, /** @type {number} */ row) => [chosen.indexOf(name), row]).filter(([at]) => at >= 0) : Array.from({ length: layers[l - 1].units }, (_, unit) => [unit, unit]);
      const pieces = layer.rows / layer.units;
      for (let unit = 0; unit < layer.units; unit++) {
        const title = last ? layer.units > 1 ? say("Output of class {unit}", { unit }) : say("Output") : say("Layer {l}, neuron {unit}", { l: l + 1, unit: unit + 1 });
        addNode({ layer: l, unit }, x(l + 1), y(unit), title);
        for (let piece = 0; piece < pieces; piece++) {
          const row = unit * pieces + piece;
          const end = y(unit) + (node * (piece + 1)) / (pieces + 1);
          for (const [input, at] of from) addLine(layer.weight + row * layer.inputs + input, x(l) + node, y(at) + node / 2, x(l + 1), end);
          const place = layer.bias + row;
          const box = make("button", { type: "button", className: "bias", style: `left:${x(l + 1) - 9 + piece * 9}px;top:${y(unit) + node - 4}px`, tabIndex: -1, ariaLabel: acts.name(place) });
          box.addEventListener("click", () => acts.edit(place));
          paper.append(box);
          biases.push({ place, box });
        }
      }
      const words = last ? make("span", { textContent: layer.units > 1 ? "softmax" : "output" }) : make("span", { textContent: `${layer.units}` });
      const column = make("div", { className: "column", style: `left:${x(l + 1) + node / 2}px;top:4px` }, [words]);
      if (!last && canResize) {
        const less = make("button", { type: "button", className: "step", textContent: "−", ariaLabel: say("one neuron less in layer {l}", { l: l + 1 }), disabled: layer.units <= 1 });
        const more = make("button", { type: "button", className: "step", textContent: "+", ariaLabel: say("one neuron more in layer {l}", { l: l + 1 }) });
        less.addEventListener("click", () => acts.resize(l, -1));
        more.addEventListener("click", () => acts.resize(l, 1));
        column.prepend(less);
        column.append(more);
      }
      paper.append(column);
    });
    redraw();
  }

  /** @param {Unit} unit @param {number} left @param {number} top @param {string} label */
  function addNode(unit, left, top, label) {
    const canvas = make("canvas");
    const button = make("button", { type: "button", className: "node", style: `left:${left}px;top:${top}px;width:${node}px;height:${node}px`, ariaLabel: label, title: label }, [canvas]);
    for (const event of ["pointerenter", "focus"]) button.addEventListener(event, () => { acts.hover(unit); });
    for (const event of ["pointerleave", "blur"]) button.addEventListener(event, () => acts.hover(null));
    paper.append(button);
    nodes.push({ unit, canvas, button });
    return button;
  }

  /** @param {number} place @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
  function addLine(place, x1, y1, x2, y2) {
    const middle = (x1 + x2) / 2, d = `M${x1},${y1}C${middle},${y1} ${middle},${y2} ${x2},${y2}`;
    const line = document.createElementNS(SVG, "path"), hit = document.createElementNS(SVG, "path");
    line.setAttribute("d", d);
    hit.setAttribute("d", d);
    hit.setAttribute("class", "hit");
    hit.setAttribute("data-place", String(place));
    hit.addEventListener("click", () => acts.edit(place));
    svg.append(line, hit);
    lines.push({ place, line });
  }

  /**
   * @param {{ parameters: Float64Array, maps: (unit: Unit) => Float32Array, side: number, table: Uint8ClampedArray, colour: (value: number) => string, steps: boolean }} picture
   */
  function draw(picture) {
    redraw = () => {
      const { parameters, maps, side, table, colour, steps } = picture;
      for (const { unit, canvas } of nodes) drawMap(canvas, maps(unit), side, table, { steps });
      for (const { place, line } of lines) {
        const value = parameters[place];
        line.setAttribute("stroke", colour(value));
        line.setAttribute("stroke-width", String(Math.min(10, 1 + Math.abs(value) * 1.8)));
      }
      for (const { place, box } of biases) box.style.background = colour(parameters[place]);
    };
    redraw();
  }

  return net;
}
