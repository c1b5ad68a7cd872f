// Pictures of the plane: maps of units, points, and small curves, drawn on canvases.
import { say } from "./words.js";

/** @param {string} hex */
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/**
 * 256 colours of a scale as one table of bytes.
 * @param {string[]} stops
 */
export function tableOf(stops) {
  const table = new Uint8ClampedArray(256 * 3);
  for (let at = 0; at < 256; at++) {
    const place = (at / 255) * (stops.length - 1), below = Math.min(stops.length - 2, Math.floor(place));
    const [a, b] = [rgb(stops[below]), rgb(stops[below + 1])];
    for (let c = 0; c < 3; c++) table[at * 3 + c] = a[c] + (b[c] - a[c]) * (place - below);
  }
  return table;
}

/**
 * A map whose values from `low` to `high` go through a table of colours.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array | Float64Array} values
 * @param {number} side
 * @param {Uint8ClampedArray} table
 * @param {{ low?: number, high?: number, steps?: boolean }} limits steps: only two colours
 */
export function drawMap(canvas, values, side, table, { low = -1, high = 1, steps = false } = {}) {
  const { context, image } = paperOf(canvas, side);
  const { data } = image;
  for (let at = 0, to = 0; at < side * side; at++, to += 4) {
    let share = (values[at] - low) / (high - low);
    share = share > 1 ? 1 : share > 0 ? share : 0; // NaN is 0
    if (steps) share = share >= 0.5 ? 0.85 : 0.15;
    const from = Math.round(share * 255) * 3;
    data[to] = table[from];
    data[to + 1] = table[from + 1];
    data[to + 2] = table[from + 2];
  }
  context.putImageData(image, 0, 0);
}

/**
 * The most probable class's colour, paler where it is less sure.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array[]} maps one a class
 * @param {number} side
 * @param {string[]} colours
 * @param {boolean} steps without the paler tones
 */
export function drawClasses(canvas, maps, side, colours, steps) {
  const { context, image } = paperOf(canvas, side);
  const parts = colours.map(rgb);
  for (let at = 0, to = 0; at < side * side; at++, to += 4) {
    let said = 0;
    for (let c = 1; c < maps.length; c++) if (maps[c][at] > maps[said][at]) said = c;
    const sure = steps ? 0.7 : 0.15 + 0.65 * Math.max(0, (maps[said][at] - 1 / maps.length) / (1 - 1 / maps.length) || 0);
    for (let c = 0; c < 3; c++) image.data[to + c] = 255 + (parts[said][c] - 255) * sure;
  }
  context.putImageData(image, 0, 0);
}

/** @type {WeakMap<HTMLCanvasElement, { context: CanvasRenderingContext2D, image: ImageData }>} */
const papers = new WeakMap();

/** @param {HTMLCanvasElement} canvas @param {number} side */
function paperOf(canvas, side) {
  let paper = papers.get(canvas);
  if (!paper || canvas.width !== side || canvas.height !== side) {
    canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    const image = context.createImageData(side, side);
    image.data.fill(255);
    papers.set(canvas, (paper = { context, image }));
  }
  return paper;
}

/**
 * Makes a canvas as sharp as the screen; returns its context and its size in CSS pixels.
 * @param {HTMLCanvasElement} canvas
 */
export function sharp(canvas) {
  const box = canvas.getBoundingClientRect(), scale = devicePixelRatio || 1;
  const width = Math.max(1, Math.round(box.width * scale)), height = Math.max(1, Math.round(box.height * scale));
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return { context, width: box.width, height: box.height };
}

/**
 * A curve or two over the epochs, and the spread of other seeds.
 * @param {HTMLCanvasElement} canvas
 * @param {{ epochs: number[], train: number[], test: number[], low: number[], high: number[] }} history
 * @param {{ train: string, test: string, text: string }} colours
 * @param {number} cursor an index to mark, or -1
 */
export function drawCurve(canvas, history, colours, cursor) {
  const { context, width, height } = sharp(canvas);
  context.clearRect(0, 0, width, height);
  const { epochs, train, test, low, high } = history;
  if (!epochs.length) return;
  const finite = [...train, ...test, ...high].filter(Number.isFinite);
  const most = Math.max(...finite, 1e-9) * 1.05, last = Math.max(1, epochs[epochs.length - 1]);
  const left = 4, right = width - 4;
  const x = (/** @type {number} */ epoch) => left + (epoch / last) * (right - left);
  const y = (/** @type {number} */ loss) => height - 4 - (Math.min(loss, most) / most) * (height - 8);
  context.lineWidth = 2;
  if (low.some(Number.isFinite)) {
    context.fillStyle = colours.test + "44";
    context.beginPath();
    epochs.forEach((epoch, at) => { if (Number.isFinite(high[at])) context.lineTo(x(epoch), y(high[at])); });
    for (let at = epochs.length - 1; at >= 0; at--) if (Number.isFinite(low[at])) context.lineTo(x(epochs[at]), y(low[at]));
    context.fill();
  }
  for (const [values, colour, dash] of /** @type {const} */ ([[train, colours.train, []], [test, colours.test, [6, 4]]])) {
    context.strokeStyle = colour;
    context.setLineDash([...dash]);
    context.beginPath();
    values.forEach((value, at) => { if (Number.isFinite(value)) context.lineTo(x(epochs[at]), y(value)); });
    context.stroke();
  }
  context.setLineDash([]);
  context.fillStyle = colours.text;
  context.font = "12px sans-serif";
  context.fillText(most.toPrecision(2), left, 12);
  context.textAlign = "right";
  context.fillText(say("epoch {last}", { last: last.toLocaleString("en") }), right, 12);
  context.textAlign = "left";
  if (cursor >= 0) {
    context.strokeStyle = colours.text;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x(epochs[cursor]), 0);
    context.lineTo(x(epochs[cursor]), height);
    context.stroke();
  }
}
