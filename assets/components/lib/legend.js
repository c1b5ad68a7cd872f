// The legend of a picture: its lowest number, its colours, its highest number.
import { brief } from "./colours.js";
import { make } from "./component.js";

/** @param {import("./colours.js").Scale} scale */
export const gradient = (scale) => `linear-gradient(to right, ${scale.stops.join()})`;

/**
 * Writes a legend into its box; without colours there is none.
 * @param {HTMLElement} box
 * @param {string} colours of CSS
 * @param {string} low
 * @param {string} high
 */
export function writeLegend(box, colours, low, high) {
  box.classList.add("legend");
  box.style.display = colours ? "" : "none";
  if (!box.children.length) box.append(make("span"), make("i"), make("span"));
  const [from, bar, to] = /** @type {HTMLElement[]} */ ([...box.children]);
  from.textContent = low;
  bar.style.background = colours;
  to.textContent = high;
}

/**
 * The same for a scale.
 * @param {HTMLElement} box
 * @param {import("./colours.js").Scale | null} scale
 */
export function legend(box, scale) { writeLegend(box, scale ? gradient(scale) : "", scale ? brief(scale.low) : "", scale ? brief(scale.high) : ""); }
