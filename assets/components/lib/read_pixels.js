// Numbers of pictures, read back from their pixels.

const SIDE = 128; // of a table; a larger picture is made smaller first

/** @typedef {{ width: number, height: number, data: Uint8ClampedArray }} Pixels */

/**
 * The pixels of a picture that is there; at most `most` along a side.
 * @param {HTMLImageElement | HTMLCanvasElement} picture
 * @param {number} most
 * @returns {Pixels | null}
 */
export function pixelsOf(picture, most = Infinity) {
  const whole = picture instanceof HTMLImageElement ? [picture.naturalWidth, picture.naturalHeight] : [picture.width, picture.height];
  if (!whole[0] || !whole[1]) return null;
  const share = Math.min(1, most / Math.max(...whole));
  const [width, height] = whole.map((side) => Math.max(1, Math.round(side * share)));
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  try {
    context.drawImage(picture, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  } catch { return null; } // of another server
}

/**
 * Any picture as a table of its pixels.
 * @param {HTMLImageElement | HTMLCanvasElement} picture
 * @returns {(string | number)[][] | null}
 */
export function colourRows(picture) {
  const pixels = pixelsOf(picture, SIDE);
  if (!pixels) return null;
  const rows = Array.from({ length: pixels.width * pixels.height }, (_, at) => [Math.floor(at / pixels.width), at % pixels.width, ...pixels.data.slice(4 * at, 4 * at + 3)]);
  return [["row", "column", "red", "green", "blue"], ...rows];
}

/** The 255 colours of a scale, as a sheet has them -> their number. */
function numbersOf(/** @type {readonly string[]} */ stops) {
  const parts = stops.map((stop) => [1, 3, 5].map((at) => parseInt(stop.slice(at, at + 2), 16)));
  const last = stops.length - 1, found = new Map();
  for (let number = 254; number >= 0; number--) {
    const place = (number / 254) * last, below = Math.min(last - 1, Math.floor(place));
    found.set(parts[below].map((part, at) => Math.round(part + (parts[below + 1][at] - part) * (place - below))).join(), number);
  }
  return found;
}

/**
 * The values of the maps of a sheet: exact to 1/254 of the range of its scale.
 * @param {HTMLImageElement} image
 * @param {{ title: string, unit: string, stops: readonly string[], span: readonly [number, number] | readonly number[], count: number, columns: number, height: number, width: number, cells: boolean }} sheet
 * @returns {(string | number)[][]}
 */
export function sheetRows(image, sheet) {
  const pixels = pixelsOf(image);
  if (!pixels) return [];
  const [low, high] = sheet.span, numbers = sheet.stops.length ? numbersOf(sheet.stops) : null;
  const value = (/** @type {number} */ share) => Number((low + share * (high - low)).toPrecision(4));
  const told = (/** @type {Uint8ClampedArray} */ [red, green, blue]) => {
    if (!numbers) return red === green && green === blue ? [value(red / 255)] : [red, green, blue].map((part) => value(part / 255));
    const key = [red, green, blue].join();
    return [value((numbers.get(key) ?? nearest(numbers, [red, green, blue])) / 254)];
  };
  // Of a sheet whose cells are picked, each cell is one pixel and all are one map.
  const [count, columns, height, width, gap] = sheet.cells ? [1, 1, pixels.height, pixels.width, 0] : [sheet.count, sheet.columns, sheet.height, sheet.width, 1];
  const rows = [];
  for (let map = 0; map < count; map++) for (let row = 0; row < height; row++) for (let column = 0; column < width; column++) {
    const x = (map % columns) * (width + gap) + column, y = Math.floor(map / columns) * (height + gap) + row;
    const at = 4 * (y * pixels.width + x);
    rows.push([sheet.title, map, row, column, ...told(pixels.data.subarray(at, at + 3))]);
  }
  return rows;
}

/** @param {Map<string, number>} numbers @param {number[]} colour */
function nearest(numbers, colour) {
  let best = 0, distance = Infinity;
  for (const [key, number] of numbers) {
    const away = key.split(",").reduce((sum, part, at) => sum + (Number(part) - colour[at]) ** 2, 0);
    if (away < distance) [best, distance] = [number, away];
  }
  numbers.set(colour.join(), best);
  return best;
}
