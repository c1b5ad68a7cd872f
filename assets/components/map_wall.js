// Shows sheets of maps, one figure a layer; a click, or arrow keys and Enter, picks one map and tells the server.
import { ink } from "./lib/colours.js";
import { component, find, kept, make, news, showPicture } from "./lib/component.js";
import { cellUnder, isInside, markCells } from "./lib/grid.js";
import { travel, within } from "./lib/keys.js";
import { writeLegend } from "./lib/legend.js";
import { sheetRows } from "./lib/read_pixels.js";
import { say } from "./lib/words.js";

export default component(function mount({ data, setStateValue, parentElement }) {
  const wall = kept(parentElement, create);
  wall.send = (layer, map) => setStateValue("picked", news({ layer, map }));
  wall.embed = () => setStateValue("embedded", true);
  wall.update(data);
});

/** @param {HTMLElement} root */
function create(root) {
  const list = find(root, ".wall");
  const tip = find(root, ".tip");
  const figures = new Map();
  // Each pixel of a sheet is a value.
  Object.assign(root, { numbers: () => {
    const rows = [...figures.values()].flatMap((figure) => figure.rows());
    const most = rows.reduce((longest, row) => Math.max(longest, row.length), 5);
    return rows.length ? [["sheet", "number", "row", "column", ...(most > 5 ? ["red", "green", "blue"] : ["value"])], ...rows] : [];
  } });
  const wall = { send: (/** @type {any[]} */ ..._) => {}, embed() {}, update };
  let picked = null;
  let pickable = false;

  function update(/** @type {import("./lib/messages").MapWallMessage} */ data) {
    pickable = data.pickable;
    picked = data.picked;
    const names = new Set(data.sheets.map((sheet) => sheet.name));
    for (const [name, figure] of figures) if (!names.has(name)) { figure.element.remove(); figures.delete(name); }
    for (const sheet of data.sheets) {
      if (!figures.has(sheet.name)) figures.set(sheet.name, createFigure(sheet.name));
      const figure = figures.get(sheet.name);
      figure.show(sheet);
      list.append(figure.element);
    }
    if (!pickable) tip.textContent = "";
  }

  function createFigure(name) {
    const element = make("figure");
    element.innerHTML = `<figcaption><small></small><b></b> <span></span></figcaption><div class="frame"><img><div class="mark hover" hidden></div>
      <div class="mark" hidden></div><div class="mark field" hidden></div></div><div class="labels" hidden></div><div class="legend"></div>`;
    const [path, title, shape] = find(element, "figcaption").children;
    const frame = find(element, ".frame");
    const image = find(element, "img");
    const [hoverMark, mark, field] = element.querySelectorAll(".mark");
    const labels = find(element, ".labels");
    const legend = find(element, ".legend");
    let sheet;
    let cursor = 0;

    const at = (event) => {
      const [row, column] = cellUnder(event, image, sheet.rows, sheet.columns);
      const map = row * sheet.columns + column;
      return isInside(row, column, sheet.rows, sheet.columns) && map < sheet.count ? map : null;
    };
    frame.addEventListener("pointermove", (event) => { if (pickable) hover(at(event)); });
    frame.addEventListener("pointerleave", () => hover(null));
    frame.addEventListener("click", (event) => pick(at(event)));
    frame.addEventListener("keydown", (event) => {
      const move = travel(event, sheet.columns);
      if (move !== null) { cursor = within(cursor + move, sheet.count - 1); hover(cursor); }
      else if (event.key === "Enter" || event.key === " ") pick(cursor);
      else return;
      event.preventDefault();
    });

    function hover(map) {
      place(hoverMark, map);
      if (map === null) tip.textContent = pickable ? sheet.hint : "";
      else if (sheet.cells) tip.textContent = say("row {floor}, column {sheet} — click to open", { floor: Math.floor(map / sheet.columns), sheet: map % sheet.columns });
      else tip.textContent = say("{title}, {unit} {map} of {count} — click to open", { title: sheet.title, unit: sheet.unit, map, count: sheet.count });
    }
    function pick(map) {
      if (!pickable || map === null) return;
      cursor = map;
      picked = { layer: name, map };
      for (const other of figures.values()) other.markPicked();
      wall.send(name, map);
    }
    function place(box, map) {
      box.hidden = map === null;
      if (map !== null) markCells(box, { row: Math.floor(map / sheet.columns), column: map % sheet.columns }, sheet.rows, sheet.columns);
    }
    function markPicked() { place(mark, picked?.layer === name ? picked.map : null); }
    function show(next) {
      sheet = next;
      // Of a layer inside blocks, stage2.block1.conv1, the blocks stand above its own name.
      const dot = /^[\w.]+$/.test(sheet.title) ? sheet.title.lastIndexOf(".") + 1 : 0;
      path.textContent = sheet.title.slice(0, dot);
      title.textContent = sheet.title.slice(dot);
      shape.textContent = sheet.shape;
      showPicture(image, sheet.url, () => wall.embed());
      image.alt = sheet.alt;
      // One pixel lies between maps, none between the cells of one map.
      const gap = sheet.cells ? 0 : 1;
      const [width, height] = [sheet.columns * (sheet.width + gap) - gap, sheet.rows * (sheet.height + gap) - gap];
      // Heights are meant for letters of 16 pixels; in projector mode all is larger.
      const large = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
      const zoom = Math.max(0.5, Math.min((sheet.target * large) / height, (sheet.most * large) / width));
      const whole = zoom >= 1 ? Math.floor(zoom) : zoom;
      Object.assign(image.style, { width: `${width * whole}px`, aspectRatio: `${width} / ${height}`, maxWidth: "100%" });
      figcaptionWidth(width * whole);
      frame.classList.toggle("pick", pickable);
      frame.tabIndex = pickable ? 0 : -1;
      frame.setAttribute("role", pickable ? "button" : "img");
      frame.setAttribute("aria-label", sheet.alt);
      writeLegend(legend, sheet.css, sheet.low, sheet.high);
      labels.hidden = !sheet.labels;
      if (sheet.labels) {
        labels.style.gridTemplateColumns = `repeat(${sheet.columns}, minmax(0, 1fr))`;
        labels.style.width = `min(100%, ${width * whole}px)`;
        labels.replaceChildren(...sheet.labels.map(({ text, colour }) => make("span", { textContent: text, style: colour ? `color:${ink(colour)};font-weight:650` : "" })));
      }
      field.hidden = !sheet.field;
      if (sheet.field) {
        const [top, left, bottom, right] = sheet.field;
        markCells(field, { row: top, column: left, height: bottom - top, width: right - left }, height, width);
      }
      markPicked();
    }
    function figcaptionWidth(pixels) { element.style.width = `min(100%, ${Math.max(pixels, 132)}px)`; }

    return { element, show, markPicked, rows: () => sheetRows(image, sheet) };
  }

  return wall;
}
