// A photograph and what a kernel makes of it. The pointer, or the arrow keys, show the window under it with its products and their sum.
import { brief, paint } from "./lib/colours.js";
import { component, find, kept, make, showPicture } from "./lib/component.js";
import { cellUnder, markCells } from "./lib/grid.js";
import { arrow, within } from "./lib/keys.js";
import { legend } from "./lib/legend.js";
import { say } from "./lib/words.js";

export default component(function mount({ data, setStateValue, parentElement }) {
  const view = kept(parentElement, create);
  view.embed = () => setStateValue("embedded", true);
  view.update(data);
});

/** @param {HTMLElement} root */
function create(root) {
  const part = (name) => find(root, `[data-part=${name}]`);
  const [from, to, source, result, panel, tip] = ["from", "to", "source", "result", "lens", "tip"].map(part);
  const canvas = find(source, "canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const picture = find(result, "img");
  const view = { embed() {}, update };
  let data, pixels = null, loaded = "", place = null;

  for (const frame of [source, result]) {
    frame.addEventListener("pointermove", (event) => {
      const [row, col] = cellUnder(event, frame.firstElementChild, data.height, data.width);
      look(row, col);
    });
    frame.addEventListener("keydown", (event) => {
      const way = arrow(event);
      if (!way || !place) return;
      event.preventDefault();
      look(place[0] + way[0], place[1] + way[1]);
    });
  }

  function update(/** @type {import("./lib/messages").LensMessage} */ next) {
    data = next;
    from.textContent = data.source_title;
    to.textContent = data.result_title;
    source.setAttribute("aria-label", data.source_title);
    result.setAttribute("aria-label", data.alt);
    picture.alt = data.alt;
    showPicture(picture, data.result, () => view.embed());
    legend(find(root, ".legend"), data.scale);
    if (loaded !== data.source) take(data.source); else if (pixels && place) look(...place);
  }

  function take(address) {
    loaded = address;
    const image = new Image();
    image.onload = () => {
      if (loaded !== address) return;
      canvas.width = image.width;
      canvas.height = image.height;
      context.drawImage(image, 0, 0);
      pixels = context.getImageData(0, 0, image.width, image.height).data;
      look(Math.floor(image.height / 2), Math.floor(image.width / 2));
    };
    showPicture(image, address, () => view.embed());
  }

  // Beyond the edge the nearest pixel counts, as on the server. The picture is grey, so one channel tells the value.
  const at = (row, col) => pixels[4 * (within(row, data.height - 1) * data.width + within(col, data.width - 1))] / 255;

  function look(row, col) {
    if (!pixels || !data) return;
    place = [within(row, data.height - 1), within(col, data.width - 1)];
    const half = (data.side - 1) / 2;
    let sum = 0;
    const cells = data.kernel.map((weight, index) => {
      const value = at(place[0] - half + Math.floor(index / data.side), place[1] - half + (index % data.side));
      sum += value * weight;
      return [value, weight];
    });
    for (const frame of [source, result]) {
      const size = frame === source ? data.side : 1;
      const shift = frame === source ? half : 0;
      markCells(find(frame, ".mark"), { row: place[0] - shift, column: place[1] - shift, height: size, width: size }, data.height, data.width);
    }
    tip.textContent = say("row {place}, column {place2}: sum of {cells} products = {sum}", { place: place[0], place2: place[1], cells: cells.length, sum: brief(sum, 4) });
    if (data.side > 7) { panel.replaceChildren(); return; }
    const grid = make("div", { className: "cells" });
    grid.style.gridTemplateColumns = `repeat(${data.side}, auto)`;
    grid.append(...cells.map(([value, weight]) => {
      const cell = make("div", { textContent: `${brief(value, 2)}\n× ${brief(weight, 2)}` });
      const { background, text } = paint(value * weight, data.products);
      cell.style.background = background;
      cell.style.color = text;
      return cell;
    }));
    panel.replaceChildren(grid, make("div", { textContent: say("pixel × weight, coloured by the product") }));
  }

  return view;
}
