// A block of maps and the vector it becomes: a cell and its place in the vector light together.
import { brief, paint } from "./lib/colours.js";
import { component, find, kept } from "./lib/component.js";
import { cellUnder } from "./lib/grid.js";
import { travel, within } from "./lib/keys.js";
import { legend } from "./lib/legend.js";
import { say } from "./lib/words.js";

export default component(function mount({ data, parentElement }) {
  kept(parentElement, create).update(data);
});

/** @param {HTMLElement} root */
function create(root) {
  const part = (name) => find(root, `[data-part=${name}]`);
  const [block, vector, tip] = ["block", "vector", "tip"].map(part);
  let data, stamp = "", boards = [], index = 0;

  // A board: `count` cells; cellAt(place) gives [x, y] in cells and placeAt(x, y) the way back; `size` pixels a cell.
  function board(element, columns, rows, size, cellAt, placeAt) {
    const canvas = find(element, "canvas");
    canvas.width = columns * size;
    canvas.height = rows * size;
    canvas.style.width = `${columns * size}px`;
    const context = canvas.getContext("2d");
    data.values.forEach((value, place) => {
      const [x, y] = cellAt(place);
      context.fillStyle = paint(value, data.scale).background;
      context.fillRect(x * size, y * size, size - (size > 4 ? 1 : 0), size - (size > 4 ? 1 : 0));
    });
    const show = () => {
      const scale = canvas.getBoundingClientRect().width / canvas.width || 1;
      const [x, y] = cellAt(index);
      Object.assign(find(element, ".mark").style, { left: `${x * size * scale}px`, top: `${y * size * scale}px`, width: `${size * scale}px`, height: `${size * scale}px` });
    };
    element.onpointermove = (event) => {
      const [row, column] = cellUnder(event, canvas, rows, columns);
      const place = placeAt(column, row);
      if (place !== null && place >= 0 && place < data.values.length) go(place);
    };
    element.onkeydown = (event) => {
      const area = data.rows * data.cols;
      const by = travel(event, data.cols) ?? { PageUp: -area, PageDown: area, Home: -Infinity, End: Infinity }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      go(index + by);
    };
    return show;
  }

  function go(place) {
    index = within(place, data.values.length - 1);
    const { rows, cols } = data;
    const area = rows * cols;
    const [channel, row, col] = [Math.floor(index / area), Math.floor((index % area) / cols), index % cols];
    boards.forEach((show) => show());
    tip.textContent = say("channel {channel}, row {row}, column {col}  →  place {channel}·{rows}·{cols} + {row}·{cols} + {col} = {index} of {values}, value {values2}", { channel, row, col, rows, cols, index, values: data.values.length, values2: brief(data.values[index], 3) });
  }

  function update(/** @type {import("./lib/messages").FlattenMessage} */ next) {
    const text = JSON.stringify(next);
    if (text === stamp) return;
    stamp = text;
    data = next;
    const { channels, rows, cols, values } = data;
    const width = root.clientWidth || 800;
    const perRow = channels <= 4 ? channels : Math.round(Math.sqrt(channels * 2));
    const lines = Math.ceil(channels / perRow);
    const wide = perRow * (cols + 1) - 1;
    const size = Math.max(2, Math.min(14, Math.floor(Math.min(width * (width < 640 ? 1 : 0.5), 620) / wide)));
    part("blockname").textContent = say("{channels} maps of {rows}×{cols}", { channels, rows, cols });
    part("vectorname").textContent = say("one vector of {channels}·{rows}·{cols} = {values}, read line by line", { channels, rows, cols, values: values.length });
    const area = rows * cols;
    const blockShow = board(block, wide, lines * (rows + 1) - 1, size, (place) => {
      const channel = Math.floor(place / area);
      return [(channel % perRow) * (cols + 1) + (place % cols), Math.floor(channel / perRow) * (rows + 1) + Math.floor((place % area) / cols)];
    }, (x, y) => {
      const [gx, gy, cx, cy] = [Math.floor(x / (cols + 1)), Math.floor(y / (rows + 1)), x % (cols + 1), y % (rows + 1)];
      return cx < cols && cy < rows && gx < perRow ? (gy * perRow + gx) * area + cy * cols + cx : null;
    });
    const length = values.length > 1000 ? 64 : 32;
    const small = Math.max(3, Math.min(12, Math.floor(Math.min(width * (width < 640 ? 1 : 0.45), 560) / length)));
    const vectorShow = board(vector, length, Math.ceil(values.length / length), small, (place) => [place % length, Math.floor(place / length)], (x, y) => y * length + x);
    boards = [blockShow, vectorShow];
    for (const [element, what] of [[block, say("Block of maps")], [vector, say("Flattened vector")]]) element.setAttribute("aria-label", say("{what}; arrow keys move the marked cell", { what }));
    legend(find(root, ".legend"), data.scale);
    go(Math.min(data.start, values.length - 1));
  }

  return { update };
}
