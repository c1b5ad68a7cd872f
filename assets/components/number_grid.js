// A table of numbers to type into. Only numbers are sent; what is no number stays where it was typed, marked, with a sentence.
import { paint } from "./lib/colours.js";
import { component, find, kept, make, news } from "./lib/component.js";
import { arrow } from "./lib/keys.js";
import { say } from "./lib/words.js";

export default component(function mount({ data, setStateValue, parentElement }) {
  const grid = kept(parentElement, create);
  grid.send = (values) => setStateValue("grid", news({ values }));
  grid.update(data);
});

/** @param {HTMLElement} root */
function create(root) {
  const box = find(root, ".grid");
  const message = find(root, ".message");
  const grid = { send: (/** @type {any[]} */ ..._) => {}, update };
  let cells = [];
  let data;
  let known = "";

  const read = (text) => {
    const plain = text.trim().replace("−", "-").replace(/^([+-]?\d*),(\d+)$/, "$1.$2");
    return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : null;
  };

  function update(/** @type {import("./lib/messages").NumberGridMessage} */ next) {
    const shape = `${next.values.length}×${next.values[0].length}`;
    const stamp = JSON.stringify([next.values, next.scale]);
    const rebuilt = !data || shape !== `${data.values.length}×${data.values[0].length}`;
    data = next;
    root.setAttribute("aria-label", next.label);
    find(root, "[data-part=title]").textContent = next.label;
    find(root, "[data-part=help]").textContent = next.help;
    find(root, ".help").hidden = !next.help;
    find(root, "summary").setAttribute("aria-label", `Help for ${next.label}`);
    if (rebuilt) build();
    if (rebuilt || stamp !== known) {
      data.values.flat().forEach((value, at) => {
        const cell = cells[at];
        if (cell.getAttribute("aria-invalid") !== "true" || rebuilt) if (read(cell.value) !== value) cell.value = String(value);
        colour(cell, value);
      });
      known = stamp;
    }
  }

  function colour(cell, value) {
    const { background, text } = paint(value, data.scale);
    cell.style.setProperty("--bg", background);
    cell.style.setProperty("--fg", text);
  }

  function build() {
    const cols = data.values[0].length;
    message.textContent = "";
    box.style.gridTemplateColumns = `repeat(${cols}, minmax(0, ${data.cell}rem))`;
    box.style.fontSize = cols > 8 ? "0.85rem" : "1rem";
    cells = data.values.flat().map((_, at) => {
      const [row, col] = [Math.floor(at / cols), at % cols];
      const cell = make("input", { type: "text", inputMode: "text", autocomplete: "off", ariaLabel: say("{label}, row {row}, column {col}", { label: data.label, row, col }) });
      // One cell is reached by Tab, the others from it by Enter and the arrow keys.
      cell.tabIndex = at ? -1 : 0;
      cell.addEventListener("focus", () => { for (const one of cells) one.tabIndex = one === cell ? 0 : -1; cell.select(); });
      cell.addEventListener("change", () => commit());
      cell.addEventListener("keydown", (event) => travel(event, at, cols));
      cell.addEventListener("paste", (event) => paste(event, row, col));
      return cell;
    });
    box.replaceChildren(...cells);
  }

  function check(cell) {
    const value = read(cell.value);
    const wrong = value === null ? say("is not a number. Type a number such as 0.5 or −1.") : Math.abs(value) > data.most ? say("is too large. Use numbers up to {most}.", { most: data.most.toLocaleString("en") }) : "";
    cell.setAttribute("aria-invalid", String(wrong !== ""));
    return wrong && say("“{value}” {wrong} The last good number still counts.", { value: cell.value, wrong });
  }

  function commit() {
    const wrongs = cells.map(check).filter(Boolean);
    message.textContent = wrongs[0] ?? "";
    const cols = data.values[0].length;
    const values = data.values.map((row, r) => row.map((old, c) => {
      const cell = cells[r * cols + c];
      return cell.getAttribute("aria-invalid") === "true" ? old : read(cell.value);
    }));
    if (JSON.stringify(values) !== JSON.stringify(data.values)) grid.send(values);
  }

  function travel(event, at, cols) {
    const cell = cells[at];
    const whole = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
    const way = event.key === "Enter" ? [1, 0] : arrow(event);
    // Inside a number the arrow keys move between its digits.
    if (!way || (way[1] < 0 && !whole && cell.selectionStart > 0) || (way[1] > 0 && !whole && cell.selectionEnd < cell.value.length)) return;
    event.preventDefault();
    if (event.key === "Enter") commit();
    const [row, col] = [Math.floor(at / cols) + way[0], (at % cols) + way[1]];
    if (col >= 0 && col < cols) cells[row * cols + col]?.focus();
  }

  function paste(event, row, col) {
    const lines = event.clipboardData.getData("text").trim().split(/\r?\n/).map((line) => line.split(/[\t;]|,(?=\s|-?\d)/));
    if (lines.length === 1 && lines[0].length === 1) return;
    event.preventDefault();
    const cols = data.values[0].length;
    lines.forEach((line, r) => line.forEach((text, c) => {
      if (row + r < data.values.length && col + c < cols) cells[(row + r) * cols + col + c].value = text.trim();
    }));
    commit();
  }

  return grid;
}
