// Places in a grid that is drawn as one picture.

/**
 * [row, column] under the pointer, which may lie outside the grid.
 * @param {PointerEvent | MouseEvent} event
 * @param {Element} element that holds the whole grid
 * @param {number} rows
 * @param {number} columns
 */
export function cellUnder(event, element, rows, columns) {
  const box = element.getBoundingClientRect();
  return [Math.floor(((event.clientY - box.top) / box.height) * rows), Math.floor(((event.clientX - box.left) / box.width) * columns)];
}

/** Whether a place lies in the grid. */
export const isInside = (/** @type {number} */ row, /** @type {number} */ column, /** @type {number} */ rows, /** @type {number} */ columns) =>
  row >= 0 && column >= 0 && row < rows && column < columns;

/**
 * Puts a mark around some cells of a grid; it lies in the grid's own box.
 * @param {HTMLElement} mark
 * @param {{ row: number, column: number, height?: number, width?: number }} cells
 * @param {number} rows
 * @param {number} columns
 */
export function markCells(mark, { row, column, height = 1, width = 1 }, rows, columns) {
  Object.assign(mark.style, {
    left: `${(100 * column) / columns}%`, top: `${(100 * row) / rows}%`, width: `${(100 * width) / columns}%`, height: `${(100 * height) / rows}%`,
  });
}
