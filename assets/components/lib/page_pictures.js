// The pictures and tables that stand on a page: charts of Plotly, images, components; each with its words and, where it has some, its numbers.
import { say } from "./words.js";

import { colourRows } from "./read_pixels.js";

/** @typedef {{ element: HTMLElement, title: string, isTable: boolean }} PagePicture */
/** @typedef {(string | number | null)[][]} Rows the first one names the columns */

const SMALLEST = 24; // pixels along an edge; what is smaller is a sign, not a picture
const LONGEST = 160; // letters of a title

export const isPlotly = (/** @type {Element} */ element) => element.classList.contains("js-plotly-plot");

/**
 * All of a page, from top to bottom; those with the same words are counted.
 * @param {Element} page
 * @param {Element} own this list itself
 * @returns {PagePicture[]}
 */
export function picturesOf(page, own) {
  /** @type {PagePicture[]} */
  const found = [];
  const walker = document.createTreeWalker(page, NodeFilter.SHOW_ELEMENT);
  for (let node = /** @type {HTMLElement} */ (walker.currentNode); node; node = /** @type {HTMLElement} */ (walker.nextNode())) {
    if (isPlotly(node)) found.push({ element: node, title: wordsOf(node.closest("[aria-label]") ?? node.querySelector("[aria-label]")) || say("Chart"), isTable: false });
    else if (node.matches("[data-testid=stImage] img")) found.push({ element: node, title: wordsOf(node) || say("Image"), isTable: false });
    else if (node.matches("[data-testid=stMarkdown] table")) found.push({ element: node, title: say("Table: {columns}", { columns: [...node.querySelectorAll("th")].map((cell) => cell.textContent).join(", ") }), isTable: true });
    else {
      const root = /** @type {HTMLElement | null} */ (node.shadowRoot?.querySelector(".root") ?? null);
      const picture = root && root !== own ? firstPicture(root) : null;
      if (picture) found.push({ element: root, title: wordsOf(picture) || say("Picture"), isTable: false });
      else if (root && root !== own && root.querySelector("table")) found.push({ element: root, title: wordsOf(root.querySelector("table")) || say("Table"), isTable: false });
    }
  }
  const seen = new Map();
  return found.filter(({ element }) => element.getClientRects().length).map((one) => {
    const title = one.title.length > LONGEST ? `${one.title.slice(0, LONGEST)}…` : one.title;
    const times = (seen.get(title) ?? 0) + 1;
    seen.set(title, times);
    return { ...one, title: times > 1 ? `${title} (${times})` : title };
  });
}

/** @param {HTMLElement} root */
function firstPicture(root) {
  const all = [...root.querySelectorAll("canvas, svg, img, [role=img]")];
  const large = all.filter((one) => { const box = one.getBoundingClientRect(); return box.width >= SMALLEST && box.height >= SMALLEST; });
  return large.find((one) => wordsOf(one)) ?? large[0] ?? null;
}

/** @param {Element | null} element */
const wordsOf = (element) => (element?.getAttribute("aria-label") ?? element?.getAttribute("alt") ?? element?.querySelector("caption")?.textContent ?? "").trim();

/**
 * The numbers of a picture; `null` where the browser has none.
 * @param {PagePicture} picture
 * @returns {Rows | null}
 */
export function tableOf({ element }) {
  if (isPlotly(element)) return rowsOfPlotly(/** @type {any} */ (element));
  const { numbers } = /** @type {any} */ (element);
  if (numbers) { // of the picture; a table of controls beside it has none of them
    const told = numbers();
    return told.length > 1 ? told : null;
  }
  const sole = element instanceof HTMLImageElement ? element : null;
  if (sole) return colourRows(sole);
  const tables = element.matches("table") ? [element] : [...element.querySelectorAll("table")];
  const rows = tables.flatMap((table) => [...table.querySelectorAll("tr")].map((row) => [...row.querySelectorAll("th, td")].map((cell) => cell.textContent.trim())));
  if (rows.length > 1) return rows;
  const picture = /** @type {HTMLImageElement | HTMLCanvasElement | null} */ (firstPicture(element)?.closest("img, canvas") ?? element.querySelector("canvas, img"));
  return picture ? colourRows(picture) : null;
}

/** @param {any} chart @returns {Rows | null} */
function rowsOfPlotly(chart) {
  const traces = (chart._fullData ?? []).filter((/** @type {any} */ trace) => trace.visible === true);
  const layout = chart._fullLayout ?? {};
  const name = (/** @type {string | undefined} */ axis, /** @type {string} */ usual) => {
    const key = axis ? `${axis[0]}axis${axis.slice(1)}` : "";
    return layout[key]?.title?.text && !layout[key].title.text.startsWith("Click to enter") ? layout[key].title.text : usual;
  };
  const [first] = traces;
  if (!first) return null;
  if (first.dimensions) {
    const shown = first.dimensions.filter((/** @type {any} */ one) => one.visible !== false);
    return [shown.map((/** @type {any} */ one) => one.label), ...Array.from(shown[0].values, (_, at) => shown.map((/** @type {any} */ one) => one.ticktext?.[[...one.tickvals].indexOf(one.values[at])] ?? one.values[at]))];
  }
  const places = traces.some((/** @type {any} */ trace) => trace.z);
  /** @type {Rows} */
  const rows = [["series", name(first.xaxis, "x"), name(first.yaxis, "y"), ...(places ? ["value"] : [])]];
  for (const trace of traces) {
    const { x, y, z } = trace;
    const series = trace.name?.startsWith("trace ") && traces.length === 1 ? "" : trace.name ?? "";
    if (z && typeof z[0] === "object") z.forEach((/** @type {any} */ line, /** @type {number} */ row) => Array.from(line, (value, column) => rows.push([series, x?.[column] ?? column, y?.[row] ?? row, /** @type {number} */ (value)])));
    else {
      const length = Math.max(x?.length ?? 0, y?.length ?? 0);
      for (let at = 0; at < length; at++) rows.push([series, x?.[at] ?? at, y?.[at] ?? at, ...(places ? [z?.[at] ?? null] : [])]);
    }
  }
  return rows.length > 1 ? rows : null;
}

/** @param {Rows} rows */
export function toCsv(rows) {
  const cell = (/** @type {string | number | null} */ value) => {
    let text = value === null || value === undefined ? "" : String(value);
    // A spreadsheet would compute it: a name from outside may be =cmd|…
    if (/^\s*[=+\-@]/.test(text) && Number.isNaN(Number(text))) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;
}

/**
 * A chart as one SVG with its own letters and lines: Plotly draws it in layers.
 * @param {Element} chart
 * @param {string} paper
 */
export function svgOfPlotly(chart, paper) {
  const layers = [...chart.querySelectorAll(".main-svg")];
  const whole = /** @type {SVGElement} */ (layers[0].cloneNode(true));
  for (const layer of layers.slice(1)) for (const child of layer.children) whole.append(child.cloneNode(true));
  whole.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  whole.setAttribute("xmlns:xlink", "http://www.w3.org/1999/xlink");
  whole.style.background = paper;
  whole.setAttribute("viewBox", `0 0 ${whole.getAttribute("width")} ${whole.getAttribute("height")}`);
  return new XMLSerializer().serializeToString(whole);
}
