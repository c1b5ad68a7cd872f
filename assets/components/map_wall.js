// Shows sheets of maps, one figure a layer; a click, or arrow keys and Enter, picks one map and tells the server.

function mount({ data, setStateValue, parentElement }) {
  const root = parentElement.querySelector(".root");
  const wall = (root.wall ??= create(root));
  wall.send = (layer, map) => setStateValue("picked", { layer, map, at: Date.now() });
  wall.embed = () => setStateValue("embedded", true);
  wall.update(data);
}

function create(root) {
  const list = root.querySelector(".wall");
  const tip = root.querySelector(".tip");
  const figures = new Map();
  const wall = { send: () => {}, embed: () => {}, update };
  let picked = null;
  let pickable = false;

  function update(data) {
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
    const element = document.createElement("figure");
    element.innerHTML = `<figcaption><small></small><b></b> <span></span></figcaption><div class="frame"><img><div class="mark hover" hidden></div>
      <div class="mark" hidden></div><div class="mark field" hidden></div></div><div class="labels" hidden></div><div class="legend"><span></span><i></i><span></span></div>`;
    const [path, title, shape] = element.querySelector("figcaption").children;
    const frame = element.querySelector(".frame");
    const image = element.querySelector("img");
    const [hoverMark, mark, field] = element.querySelectorAll(".mark");
    const labels = element.querySelector(".labels");
    const legend = element.querySelector(".legend");
    let sheet;
    let cursor = 0;

    const at = (event) => {
      const box = image.getBoundingClientRect();
      const column = Math.floor(((event.clientX - box.left) / box.width) * sheet.columns);
      const row = Math.floor(((event.clientY - box.top) / box.height) * sheet.rows);
      const map = row * sheet.columns + column;
      return map >= 0 && map < sheet.count ? map : null;
    };
    frame.addEventListener("pointermove", (event) => { if (pickable) hover(at(event)); });
    frame.addEventListener("pointerleave", () => hover(null));
    frame.addEventListener("click", (event) => pick(at(event)));
    frame.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: sheet.columns, ArrowUp: -sheet.columns }[event.key];
      if (move !== undefined) { cursor = Math.min(Math.max(0, cursor + move), sheet.count - 1); hover(cursor); }
      else if (event.key === "Enter" || event.key === " ") pick(cursor);
      else return;
      event.preventDefault();
    });

    function hover(map) {
      place(hoverMark, map);
      if (map === null) tip.textContent = pickable ? sheet.hint : "";
      else if (sheet.cells) tip.textContent = `row ${Math.floor(map / sheet.columns)}, column ${map % sheet.columns} — click to open`;
      else tip.textContent = `${sheet.title}, ${sheet.unit} ${map} of ${sheet.count} — click to open`;
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
      if (map === null) return;
      const [stepX, stepY] = [100 / sheet.columns, 100 / sheet.rows];
      Object.assign(box.style, { left: `${(map % sheet.columns) * stepX}%`, top: `${Math.floor(map / sheet.columns) * stepY}%`,
        width: `${stepX}%`, height: `${stepY}%` });
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
      legend.hidden = !sheet.css;
      if (sheet.css) { legend.children[0].textContent = sheet.low; legend.children[1].style.background = sheet.css; legend.children[2].textContent = sheet.high; }
      legend.style.display = sheet.css ? "" : "none";
      labels.hidden = !sheet.labels;
      if (sheet.labels) {
        labels.style.gridTemplateColumns = `repeat(${sheet.columns}, 1fr)`;
        labels.style.width = `min(100%, ${width * whole}px)`;
        labels.replaceChildren(...sheet.labels.map(({ text, colour }) => Object.assign(document.createElement("span"), { textContent: text, style: colour ? `color:${colour};font-weight:650` : "" })));
      }
      field.hidden = !sheet.field;
      if (sheet.field) {
        const [top, left, bottom, right] = sheet.field;
        Object.assign(field.style, { top: `${(100 * top) / height}%`, left: `${(100 * left) / width}%`,
          height: `${(100 * (bottom - top)) / height}%`, width: `${(100 * (right - left)) / width}%` });
      }
      markPicked();
    }
    function figcaptionWidth(pixels) { element.style.width = `min(100%, ${Math.max(pixels, 132)}px)`; }

    return { element, show, markPicked };
  }

  return wall;
}
