// Arrow keys, the same in all components.

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * Where an arrow key points: [rows down, columns right]; null for any other key.
 * @param {KeyboardEvent} event
 */
export function arrow(event) { return ARROWS[event.key] ?? null; }

/**
 * How many places a key moves in a list that is written in lines of `columns`: one, or a line; null for a key that moves nothing.
 * @param {KeyboardEvent} event
 * @param {number} columns
 */
export function travel(event, columns) {
  const way = arrow(event);
  return way && way[0] * columns + way[1];
}

/** @param {number} value @param {number} most */
export function within(value, most) { return Math.min(Math.max(0, value), most); }
