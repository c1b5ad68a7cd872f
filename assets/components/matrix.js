// A table of counts whose cells can be clicked, or reached with Tab and the arrow keys; tells the server row and column.
import { paint } from "./lib/colours.js";
import { component, find, make, news } from "./lib/component.js";
import { arrow } from "./lib/keys.js";
import { writeLegend, gradient } from "./lib/legend.js";

export default component(function mount({ data, setStateValue, parentElement }) {
  const root = parentElement.querySelector(".root");
  const body = find(root, "tbody");
  find(root, "caption").textContent = data.caption;
  find(root, "thead").replaceChildren(make("tr", {}, [make("th"), ...data.columns.map((name) => make("th", { scope: "col", textContent: name }))]));
  const page = /** @type {Document | ShadowRoot} */ (root.getRootNode());
  const focused = /** @type {HTMLElement} */ (page.activeElement)?.dataset?.place;
  body.replaceChildren(...data.rows.map((name, row) => make("tr", {}, [
    make("th", { scope: "row", textContent: name }),
    ...data.values[row].map((value, column) => cell(row, column, value)),
  ])));
  writeLegend(find(root, ".legend"), gradient(data.scale), data.low, data.high);
  if (focused) focusOn(`[data-place="${focused}"]`);

  // One cell is reached by Tab, the others from it by the arrow keys.
  const first = focused ?? (data.picked ? data.picked.join("-") : "0-0");
  (find(body, `[data-place="${first}"]`) ?? find(body, "button"))?.setAttribute("tabindex", "0");

  function focusOn(place) { find(body, place)?.focus(); }

  function cell(row, column, value) {
    const { background, text } = paint(data.shares[row][column], data.scale);
    const picked = data.picked && data.picked[0] === row && data.picked[1] === column;
    const button = make("button", { type: "button", textContent: value, tabIndex: -1 });
    button.dataset.place = `${row}-${column}`;
    button.setAttribute("aria-pressed", String(Boolean(picked)));
    button.setAttribute("aria-label", `${data.row_title} ${data.rows[row]}, ${data.column_title} ${data.columns[column]}: ${value}`);
    Object.assign(button.style, { background, color: text });
    button.addEventListener("focus", () => { for (const one of body.querySelectorAll("button")) one.tabIndex = one === button ? 0 : -1; });
    button.addEventListener("click", () => setStateValue("picked", news({ row, column })));
    button.addEventListener("keydown", (event) => {
      const way = arrow(event);
      if (!way) return;
      event.preventDefault();
      focusOn(`[data-place="${row + way[0]}-${column + way[1]}"]`);
    });
    return make("td", {}, [button]);
  }
});
