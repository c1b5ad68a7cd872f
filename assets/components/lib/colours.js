// Colours and numbers, the same in all components.

/** @typedef {{ stops: string[], low: number, high: number }} Scale colours, equally spaced from the lowest to the highest value */

/** A colour for text: so far towards the text's own that it can be read, light and dark. */
export const ink = (/** @type {string} */ colour) => `color-mix(in srgb, ${colour} 50%, var(--st-text-color))`;

/** @param {string} hex */
function parseColour(hex) { return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)); }

/**
 * The background of a value, and a text colour that stands out from it.
 * @param {number | null} value
 * @param {Scale} scale
 */
export function paint(value, scale) {
  if (value === null || !Number.isFinite(value)) return { background: "transparent", text: "inherit" };
  const last = scale.stops.length - 1;
  const place = Math.min(last, Math.max(0, ((value - scale.low) / (scale.high - scale.low || 1)) * last));
  const below = Math.min(last - 1, Math.floor(place));
  const [a, b] = [parseColour(scale.stops[below]), parseColour(scale.stops[below + 1])];
  const mixed = a.map((part, at) => Math.round(part + (b[at] - part) * (place - below)));
  return { background: `rgb(${mixed.join()})`, text: luminance(mixed) > EVEN ? "#000000" : "#ffffff" };
}

const EVEN = Math.sqrt(1.05 * 0.05) - 0.05; // as far from black as from white: 4.6 to 1

/** Relative luminance (WCAG 2.1), 0 to 1, of red, green and blue from 0 to 255. */
function luminance(/** @type {number[]} */ rgb) {
  const [red, green, blue] = rgb.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * A number in few characters: whole numbers as they are, others with `digits` significant digits.
 * @param {number | null} value
 */
export function brief(value, digits = 3) {
  if (value === null || Number.isNaN(value)) return "";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (Number.isInteger(value) && Math.abs(value) < 1e5) return String(value).replace("-", "−");
  const size = Math.abs(value);
  if (size < 5e-7) return "0";
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(digits - 2) : String(Number(value.toPrecision(digits)));
  return text.replace("-", "−");
}
