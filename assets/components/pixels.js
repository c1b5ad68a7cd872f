// A picture beside its numbers: what is under the pointer lights in both. A number can be typed over; a window moves over a large picture.
import { component, find, kept, make, news, showPicture } from "./lib/component.js";
import { cellUnder, markCells } from "./lib/grid.js";
import { arrow, travel, within } from "./lib/keys.js";
import { say } from "./lib/words.js";

export default component(function mount({ data, setStateValue, parentElement }) {
  const board = kept(parentElement, create);
  board.send = (name, value) => setStateValue(name, name === "embedded" ? value : news(value));
  board.update(data);
});

/** @param {HTMLElement} root */
function create(root) {
  const part = (name) => find(root, `[data-part=${name}]`);
  const [overview, sheets, tip] = ["overview", "sheets", "tip"].map(part);
  const frame = find(overview, ".frame");
  const board = { send: (/** @type {any[]} */ ..._) => {}, update };
  let data, stamp = "", grids = [];
  new ResizeObserver(() => fit()).observe(root);

  function update(/** @type {import("./lib/messages").PixelsMessage} */ next) {
    const text = JSON.stringify(next);
    if (text === stamp) return;
    stamp = text;
    data = next;
    build();
    fit();
    window_();
  }

  // sheet: { name, channel, rows, cols, colours: [css …], texts: [string …], lines, changed: [place …] }
  function build() {
    grids = [];
    sheets.replaceChildren(...data.sheets.map((sheet) => {
      const cells = (className, fill) => {
        const box = make("div", { className: `cells ${className}` });
        box.style.gridTemplateColumns = `repeat(${sheet.cols}, auto)`;
        const list = sheet.colours.map((colour, at) => { const cell = make("div"); fill(cell, at); return cell; });
        for (let at = 0; at < list.length; at += sheet.cols) box.append(make("span", { className: "row", role: "row" }, list.slice(at, at + sheet.cols)));
        box.addEventListener("pointermove", (event) => { const at = list.indexOf(event.target); if (at >= 0) light(at); });
        box.addEventListener("pointerleave", () => light(null));
        return { box, list };
      };
      const picture = cells("picture", (cell, at) => { cell.style.background = sheet.colours[at]; });
      const matrix = cells(`matrix${sheet.lines > 1 ? " tall" : ""}${sheet.channel !== null ? " editable" : ""}`, (cell, at) => { cell.textContent = sheet.texts[at]; });
      for (const at of sheet.changed) matrix.list[at].classList.add("changed");
      for (const cell of matrix.list) cell.role = "cell";
      for (const row of picture.box.children) row.role = "presentation";
      picture.box.setAttribute("role", "img");
      picture.box.setAttribute("aria-label", say("{name}, {rows}×{cols} pixels", { name: sheet.name, rows: sheet.rows, cols: sheet.cols }));
      matrix.box.setAttribute("role", "table");
      matrix.box.setAttribute("aria-label", say("{name} as numbers", { name: sheet.name }));
      if (sheet.channel !== null) {
        matrix.list.forEach((cell, at) => {
          cell.tabIndex = at ? -1 : 0;
          cell.addEventListener("click", () => edit(sheet, matrix, at));
          cell.addEventListener("keydown", (event) => typed(event, sheet, matrix, at));
        });
      }
      grids.push({ sheet, picture, matrix });
      const figure = (title, box) => make("figure", {}, [make("figcaption", { textContent: title }), box]);
      return make("div", { className: "sheet" }, [figure(sheet.name, picture.box), figure(data.unit, matrix.box)]);
    }));
  }

  function light(at) {
    for (const { picture, matrix } of grids) for (const { list } of [picture, matrix]) {
      list.lit?.classList.remove("lit");
      list.lit = at === null ? undefined : list[at];
      list.lit?.classList.add("lit");
    }
    if (at === null) { tip.textContent = data.hint; return; }
    const { cols } = grids[0].sheet;
    const values = grids.map(({ sheet }) => `${grids.length > 1 ? `${sheet.name}: ` : ""}${sheet.texts[at].split("\n").join(", ")}`).join(" · ");
    tip.textContent = say("row {top}, column {left}: {values}", { top: data.top + Math.floor(at / cols), left: data.left + (at % cols), values });
  }

  function edit(sheet, matrix, at, first = "") {
    const cell = matrix.list[at];
    if (cell.querySelector("input")) return;
    const input = make("input", { value: first || sheet.texts[at].trim(), ariaLabel: say("Pixel row {floor}, column {sheet}, 0 to 255", { floor: Math.floor(at / sheet.cols), sheet: at % sheet.cols }) });
    const old = sheet.texts[at];
    const finish = (keep) => {
      const typed = input.value.trim();
      const value = Number(typed.replace(",", "."));
      cell.textContent = old;
      if (!keep || typed === old.trim()) return;
      if (typed === "" || !Number.isFinite(value) || value < data.low || value > data.high) {
        tip.textContent = say("“{typed}” is not a number from {low} to {high}. The old value stays.", { typed, low: data.low, high: data.high });
        return;
      }
      cell.textContent = typed;
      board.send("edit", { channel: sheet.channel, row: data.top + Math.floor(at / sheet.cols), col: data.left + (at % sheet.cols), value });
    };
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") { input.blur(); cell.focus(); }
      if (event.key === "Escape") { input.value = old.trim(); input.blur(); cell.focus(); }
    });
    input.addEventListener("blur", () => finish(true), { once: true });
    cell.replaceChildren(input);
    input.focus();
    if (!first) input.select();
  }

  function typed(event, sheet, matrix, at) {
    const by = travel(event, sheet.cols);
    if (by !== null && matrix.list[at + by]) { matrix.list[at + by].focus(); light(at + by); }
    else if (event.key === "Enter") edit(sheet, matrix, at);
    else if (/^[0-9]$/.test(event.key)) edit(sheet, matrix, at, event.key);
    else return;
    event.preventDefault();
  }

  function fit() {
    if (!data) return;
    const { rows, cols } = data.sheets[0];
    const lines = Math.max(...data.sheets.map((sheet) => sheet.lines));
    const longest = Math.max(...data.sheets.map((sheet) => Math.max(...sheet.texts.map((text) => Math.max(...text.split("\n").map((line) => line.length))))));
    const width = root.clientWidth - 8;
    if (width <= 0) return;
    const stacked = width < 640;
    // A matrix cell is as wide as its number needs; where many cells leave little room, the picture is the smaller one.
    const broad = Math.max(1, 0.3 * longest * (lines > 1 ? 0.9 : 1));
    const share = stacked ? 0 : cols > 14 ? 0.45 : 1;
    const tall = (innerHeight * (data.sheets.length > 1 ? 0.85 : 0.66)) / (rows * Math.min(data.sheets.length, 3));
    const cell = Math.max(5, Math.floor(Math.min((width - (stacked ? 0 : 24)) / (cols * (share + broad)), Math.max(tall, 14), 44)));
    const wide = Math.floor(cell * broad);
    for (const { picture, matrix } of grids) {
      picture.box.style.setProperty("--cell", `${Math.max(4, Math.floor(stacked ? Math.min(cell, width / cols) : cell * share))}px`);
      matrix.box.style.setProperty("--cell", `${cell}px`);
    }
    sheets.style.setProperty("--wide", `${wide}px`);
    sheets.style.setProperty("--font", `${Math.min(cell / (lines > 1 ? 3.3 : 1.6), wide / (0.6 * longest), 20)}px`);
  }

  // --- the window over a large picture --------------------------------------------------------------------------------

  function window_() {
    const view = data.overview;
    overview.hidden = !view;
    if (!view) return;
    const image = find(overview, "img");
    showPicture(image, view.url, () => board.send("embedded", true));
    image.alt = view.alt;
    const { rows, cols } = data.sheets[0];
    markCells(frame, { row: data.top, column: data.left, height: rows, width: cols }, view.height, view.width);
    frame.ariaValueMax = String(Math.max(0, view.height - rows));
    frame.ariaValueNow = String(data.top);
    frame.ariaValueText = say("row {row}, column {column}", { row: data.top, column: data.left });
  }

  function moveTo(top, left) {
    const view = data.overview;
    const { rows, cols } = data.sheets[0];
    const clamp = (value, most) => Math.round(within(value, Math.max(0, most)));
    board.send("corner", { top: clamp(top, view.height - rows), left: clamp(left, view.width - cols) });
  }

  overview.addEventListener("click", (event) => {
    const { rows, cols } = data.sheets[0];
    const [row, col] = cellUnder(event, find(overview, "img"), data.overview.height, data.overview.width);
    moveTo(row - rows / 2, col - cols / 2);
  });
  frame.addEventListener("keydown", (event) => {
    const way = arrow(event);
    if (!way) return;
    event.preventDefault();
    moveTo(data.top + way[0], data.left + way[1]);
  });

  return board;
}
