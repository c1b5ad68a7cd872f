// A photograph and what a kernel makes of it. The pointer, or the arrow keys, show the window under it with its products and their sum.

function mount({ data, setStateValue, parentElement }) {
  const root = parentElement.querySelector(".root");
  const view = (root.lens ??= create(root));
  view.embed = () => setStateValue("embedded", true);
  view.update(data);
}

function create(root) {
  const part = (name) => root.querySelector(`[data-part=${name}]`);
  const [from, to, source, result, panel, tip] = ["from", "to", "source", "result", "lens", "tip"].map(part);
  const canvas = source.querySelector("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const picture = result.querySelector("img");
  const view = { embed: () => {}, update };
  let data, pixels = null, loaded = "", place = null;

  for (const frame of [source, result]) {
    frame.addEventListener("pointermove", (event) => {
      const box = frame.firstElementChild.getBoundingClientRect();
      look(Math.floor(((event.clientY - box.top) / box.height) * data.height), Math.floor(((event.clientX - box.left) / box.width) * data.width));
    });
    frame.addEventListener("keydown", (event) => {
      const [down, right] = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key] ?? [];
      if (down === undefined) return;
      event.preventDefault();
      look(place[0] + down, place[1] + right);
    });
  }

  function update(next) {
    data = next;
    from.textContent = data.from;
    to.textContent = data.to;
    source.setAttribute("aria-label", data.from);
    result.setAttribute("aria-label", data.alt);
    picture.alt = data.alt;
    showPicture(picture, data.result, () => view.embed());
    const legend = root.querySelector(".legend");
    legend.children[0].textContent = brief(data.scale.low);
    legend.children[1].style.background = `linear-gradient(to right, ${data.scale.stops.join()})`;
    legend.children[2].textContent = brief(data.scale.high);
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
  const at = (row, col) => pixels[4 * (Math.min(Math.max(row, 0), data.height - 1) * data.width + Math.min(Math.max(col, 0), data.width - 1))] / 255;

  function look(row, col) {
    if (!pixels || !data) return;
    place = [Math.min(Math.max(0, row), data.height - 1), Math.min(Math.max(0, col), data.width - 1)];
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
      Object.assign(frame.querySelector(".mark").style, {
        left: `${(100 * (place[1] - shift)) / data.width}%`, top: `${(100 * (place[0] - shift)) / data.height}%`,
        width: `${(100 * size) / data.width}%`, height: `${(100 * size) / data.height}%`,
      });
    }
    tip.textContent = `row ${place[0]}, column ${place[1]}: sum of ${cells.length} products = ${brief(sum, 4)}`;
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
    panel.replaceChildren(grid, make("div", { textContent: "pixel × weight, coloured by the product" }));
  }

  return view;
}
