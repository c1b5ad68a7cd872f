// A table of counts whose cells can be clicked, or reached with Tab and the arrow keys; tells the server row and column.

function mount({ data, setStateValue, parentElement }) {
  const root = parentElement.querySelector(".root");
  const body = root.querySelector("tbody");
  root.querySelector("caption").textContent = data.caption;
  root.querySelector("thead").replaceChildren(make("tr", {}, [make("th"), ...data.columns.map((name) => make("th", { scope: "col", textContent: name }))]));
  const focused = root.getRootNode().activeElement?.dataset?.place;
  body.replaceChildren(...data.rows.map((name, row) => make("tr", {}, [
    make("th", { scope: "row", textContent: name }),
    ...data.values[row].map((value, column) => cell(row, column, value)),
  ])));
  const legend = root.querySelector(".legend").children;
  legend[0].textContent = data.low;
  legend[1].style.background = `linear-gradient(to right, ${data.scale.stops.join()})`;
  legend[2].textContent = data.high;
  if (focused) body.querySelector(`[data-place="${focused}"]`)?.focus();

  function cell(row, column, value) {
    const { background, text } = paint(data.shares[row][column], data.scale);
    const picked = data.picked && data.picked[0] === row && data.picked[1] === column;
    const button = make("button", { type: "button", textContent: value });
    button.dataset.place = `${row}-${column}`;
    button.setAttribute("aria-pressed", String(Boolean(picked)));
    button.setAttribute("aria-label", `${data.rowTitle} ${data.rows[row]}, ${data.columnTitle} ${data.columns[column]}: ${value}`);
    Object.assign(button.style, { background, color: text });
    button.addEventListener("click", () => setStateValue("picked", { row, column, at: Date.now() }));
    button.addEventListener("keydown", (event) => {
      const [down, right] = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key] ?? [];
      if (down === undefined) return;
      event.preventDefault();
      body.querySelector(`[data-place="${row + down}-${column + right}"]`)?.focus();
    });
    return make("td", {}, [button]);
  }
}
