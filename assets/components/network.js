// A network as cards and lines; blocks fold and unfold.
import { brief } from "./lib/colours.js";
import { component, find, kept, make, news } from "./lib/component.js";
import { arrow } from "./lib/keys.js";
import { layout } from "./lib/layout.js";
import { say } from "./lib/words.js";

export default component(function mount({ data, setStateValue, parentElement }) {
  const drawing = kept(parentElement, create);
  drawing.send = (name) => setStateValue("picked", news({ name }));
  drawing.update(data);
});

const SVG = "http://www.w3.org/2000/svg";
const LETTER = 6.7;
const HEAD = 24;

/** @param {HTMLElement} root */
function create(root) {
  const [paper, tip, table] = [".paper", ".tip", ".table"].map((name) => find(root, name));
  const details = find(root, "details");
  const drawing = { send: (/** @type {any[]} */ ..._) => {}, update };
  let data = null, folded = new Set(), direction = "", zoom = 0, current = "image", picked = null, parents, leaves, cards, places;

  function update(/** @type {import("./lib/messages").NetworkMessage} */ next) {
    const same = data !== null && data.title === next.title && JSON.stringify(data.lines) === JSON.stringify(next.lines);
    // The same layers may stand there with other shapes, for an image of another size.
    const alike = same && JSON.stringify([data.shape, data.cards, data.colours]) === JSON.stringify([next.shape, next.cards, next.colours]);
    data = next;
    picked = data.picked;
    if (!alike) leaves = new Map(data.cards.map((card) => [card.name, card]));
    if (!same) {
      folded = new Set(data.folded);
      parents = new Map(data.frames.map((frame) => [frame.name, frame.parent]));
      [direction, zoom, current] = ["", 0, "image"];
    }
    if (!alike) {
      table.replaceChildren();
      details.open = false;
    }
    for (const name of ["unfold", "fold"]) find(root, `[data-do=${name}]`).hidden = data.frames.length === 0;
    if (alike) mark(); else draw();
    tip.textContent = picked && leaves.has(picked) ? told(picked) : hint();
  }

  const hint = () => say("{alt} {frames}Point at a layer for its numbers{pickable}.", { alt: data.alt, frames: data.frames.length ? say("Click a block to fold or unfold it. ") : "", pickable: data.pickable ? say("; click it to open it") : "" });
  const own = (name) => name.slice(name.lastIndexOf(".") + 1);
  const dimensions = (shape) => shape.join("×");
  const amount = (value) => value >= 1e9 ? `${brief(value / 1e9)} G` : value >= 1e6 ? `${brief(value / 1e6)} M` : value.toLocaleString("en");

  function ancestors(block) {
    const found = [];
    for (let at = block; at; at = parents.get(at)) found.unshift(at);
    return found;
  }
  // What stands for a layer: itself, or the outermost folded block around it.
  function seen(name) {
    if (name === "image") return name;
    return ancestors(leaves.get(name).block).find((block) => folded.has(block)) ?? name;
  }
  const inside = (block) => data.cards.filter((card) => ancestors(card.block).includes(block));

  function told(name) {
    if (name === "image") return say("The image: {shape}.", { shape: dimensions(data.shape) });
    const numbers = (parameters, adds) => [
      parameters === null ? "" : say("{parameters} parameters", { parameters: parameters.toLocaleString("en") }),
      adds === null ? "" : say("{adds} multiply-adds", { adds: adds.toLocaleString("en") }),
    ].filter(Boolean);
    if (!leaves.has(name)) {
      const held = inside(name);
      const sum = (field) => held.some((card) => card[field] === null) ? null : held.reduce((total, card) => total + card[field], 0);
      return say("{name}: {held} layers; {numbers}.", { name, held: held.length, numbers: [say("output {held}", { held: dimensions(held.at(-1).shape) }), ...numbers(sum("parameters"), sum("multiply_adds"))].join(", ") });
    }
    const card = leaves.get(name);
    const words = [say("output {shape}", { shape: dimensions(card.shape) }), ...numbers(card.parameters, card.multiply_adds)];
    return `${name}: ${card.title}; ${words.join(", ")}${card.field ? say("; a unit sees {field}", { field: card.field }) : ""}.`;
  }

  function visible() {
    const nodes = new Map([["image", { kind: "image", lines: ["image", dimensions(data.shape)], block: "", shape: data.shape }]]);
    for (const card of data.cards) {
      const name = seen(card.name);
      if (name === card.name) nodes.set(name, { kind: card.kind, lines: [own(name), card.title], block: card.block, shape: card.shape });
      else {
        const held = inside(name);
        const known = held.reduce((total, one) => total + (one.parameters ?? 0), 0);
        nodes.set(name, { kind: "block", lines: [`▸ ${own(name)}`, say("{held} layers, {amount} par.", { held: held.length, amount: amount(known) })], block: parents.get(name), shape: held.at(-1).shape });
      }
    }
    const lines = new Map();
    for (const [from, to] of data.lines) {
      const [a, b] = [seen(from), seen(to)];
      if (a !== b) lines.set(`${a}>${b}`, { from: a, to: b, shape: from === "image" ? data.shape : leaves.get(from).shape });
    }
    return { nodes, lines: [...lines.values()] };
  }

  function placed(nodes, lines) {
    const frames = data.frames.filter((frame) => !folded.has(frame.name) && !ancestors(frame.parent).some((block) => folded.has(block)));
    const into = new Map();
    for (const line of lines) into.set(line.to, [...(into.get(line.to) ?? []), dimensions(line.shape)]);
    const cards = [...nodes].map(([id, node]) => {
      const round = node.kind === "join" && node.lines[1].length === 1;
      const width = round ? 34 : Math.max(62, LETTER * Math.max(...node.lines.map((text) => text.length)) + 22);
      return { id, parent: node.block, width, height: round ? 34 : 44 };
    });
    // A shape is written where it is another one than before.
    const texts = lines.map((line) => line.from !== "image" && (into.get(line.from) ?? []).some((shape) => shape !== dimensions(line.shape)) ? dimensions(line.shape) : "");
    const found = layout(cards, frames.map((frame) => ({ id: frame.name, parent: frame.parent, width: 0, height: 0 })),
      lines.map((line, at) => ({ from: line.from, to: line.to, text: texts[at], width: LETTER * texts[at].length })), direction === "TB" ? "TB" : "LR");
    return { ...found, texts, frames };
  }

  function element(tag, attributes, children = []) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function path(points) {
    // Straight to the middle of each two points, and round the points between them.
    const [first, ...rest] = points;
    let text = `M${first.x},${first.y}`;
    rest.slice(0, -1).forEach((point, at) => {
      const next = rest[at + 1];
      text += ` Q${point.x},${point.y} ${at === rest.length - 2 ? next.x : (point.x + next.x) / 2},${at === rest.length - 2 ? next.y : (point.y + next.y) / 2}`;
    });
    return rest.length < 2 ? `${text} L${rest[0].x},${rest[0].y}` : text;
  }

  function draw() {
    const { nodes, lines } = visible();
    if (!nodes.has(current) && !parents.has(current)) current = seen(current);
    const room = paper.clientWidth || 800;
    direction ||= room < 640 ? "TB" : "LR";
    const { width, height, places: stand, ways, texts, frames } = placed(nodes, lines);
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    zoom ||= Math.min(1, Math.max(0.82, (room - 4) / (width * rem)));
    places = new Map([...nodes.keys()].map((name) => [name, { ...stand.get(name), before: [], after: [] }]));
    for (const line of lines) { places.get(line.from).after.push(line.to); places.get(line.to).before.push(line.from); }
    const marker = element("marker", { id: "arrow", viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
      [element("path", { d: "M0,0 L10,5 L0,10 z", class: "tip-of-line" })]);
    marker.firstChild.style.fill = "var(--st-text-color)";
    const top = frames.length ? HEAD : 0;
    const svg = element("svg", { width: Math.round(width * rem * zoom), height: Math.round((height + top) * rem * zoom), viewBox: `0 ${-top} ${width} ${height + top}`,
      role: "group", "aria-label": data.alt }, [element("defs", {}, [marker])]);
    const boxes = new Map(frames.map((frame) => [frame.name, stand.get(frame.name)]));
    for (const box of boxes.values()) svg.append(element("rect", { class: "frame", x: box.x - box.width / 2, y: box.y - box.height / 2, width: box.width, height: box.height, rx: 8 }));
    lines.forEach((line, at) => {
      const { points, label } = ways[at];
      svg.append(element("path", { class: "line", d: path(points), "marker-end": "url(#arrow)", "data-from": line.from, "data-to": line.to }));
      if (texts[at]) svg.append(element("text", { class: "shape", x: label.x, y: label.y + (direction === "LR" ? -5 : 4), "text-anchor": "middle" }, [texts[at]]));
    });
    cards = new Map();
    for (const [name, node] of nodes) {
      cards.set(name, card(name, node, stand.get(name)));
      svg.append(cards.get(name));
    }
    const ends = new Map();
    for (const frame of frames) {
      cards.set(frame.name, frameHead(frame, boxes.get(frame.name), ends));
      svg.append(cards.get(frame.name));
    }
    if (!cards.has(current)) current = "image";
    cards.get(current).setAttribute("tabindex", 0);
    paper.replaceChildren(svg);
    find(root, "[data-do=turn]").textContent = direction === "LR" ? say("Top to bottom") : say("Left to right");
  }

  // The name of an open block, above its frame; behind those of the blocks around it, so that they stand in one line.
  function frameHead(frame, box, ends) {
    const text = `▾ ${own(frame.name)}${["", "group"].includes(frame.title) || own(frame.name).startsWith(frame.title) ? "" : ` · ${frame.title}`}`;
    const width = LETTER * text.length + 16;
    const left = Math.max(box.x - box.width / 2, (ends.get(frame.parent) ?? -Infinity) + 4);
    const above = box.y - box.height / 2;
    ends.set(frame.name, left + width);
    const head = element("g", { class: "frame-head", tabindex: -1, role: "button", "aria-expanded": "true", "aria-label": say("{name} Fold it.", { name: told(frame.name) }), "data-frame": frame.name }, [
      element("rect", { x: left, y: above - 20, width, height: 20, rx: 4 }),
      element("text", { x: left + 6, y: above - 5 }, [text]),
    ]);
    listen(head, frame.name);
    return head;
  }

  function card(name, node, box) {
    const [left, above] = [box.x - box.width / 2, box.y - box.height / 2];
    const parts = node.kind === "join" && node.lines[1].length === 1
      ? [element("circle", { class: "edge", cx: box.x, cy: box.y, r: 15 }), element("text", { x: box.x, y: box.y + 6, "text-anchor": "middle", "font-size": 19 }, [node.lines[1]])]
      : [
        ...(node.kind === "block" ? [element("rect", { x: left + 5, y: above + 5, width: box.width, height: box.height, rx: 6 })] : []),
        element("rect", { class: "edge", x: left, y: above, width: box.width, height: box.height, rx: 6 }),
        element("rect", { class: "stripe", x: left + 1, y: above + 1, width: 6, height: box.height - 2, rx: 3, style: `fill:${data.colours[node.kind]}` }),
        element("text", { class: "name", x: left + 13, y: above + 18 }, [node.lines[0]]),
        element("text", { class: "what", x: left + 13, y: above + 36 }, [node.lines[1]]),
      ];
    const group = element("g", { class: `card${picked === name ? " picked" : ""}`, tabindex: -1, role: "button", "data-name": name, "aria-label": told(name),
      "aria-expanded": node.kind === "block" ? "false" : null, "aria-pressed": node.kind === "block" || name === "image" ? null : picked === name }, parts);
    listen(group, name);
    return group;
  }

  function listen(group, name) {
    group.addEventListener("pointerenter", () => point(name));
    group.addEventListener("focus", () => point(name));
    group.addEventListener("click", () => { go(name, false); act(name); });
    group.addEventListener("keydown", (event) => {
      const way = arrow(event);
      if (way) go(neighbour(name, way[1], way[0]), true);
      else if (event.key === "Enter") act(name);
      else if (event.key === " ") toggle(leaves.has(name) ? leaves.get(name).block : name);
      else return;
      event.preventDefault();
    });
  }

  function point(name) {
    tip.textContent = told(name);
    for (const line of paper.querySelectorAll(".line")) line.classList.toggle("near", line.dataset.from === name || line.dataset.to === name);
  }

  function go(name, focus) {
    cards.get(current)?.setAttribute("tabindex", -1);
    current = name;
    cards.get(name).setAttribute("tabindex", 0);
    if (focus) { cards.get(name).focus(); cards.get(name).scrollIntoView({ block: "nearest", inline: "nearest" }); }
  }

  // Along the lines in the direction of the drawing, else to the nearest card on that side.
  function neighbour(name, x, y) {
    const place = places.get(name);
    if (!place) return inside(name).map((held) => seen(held.name)).find((held) => places.has(held)) ?? name;
    const along = direction === "LR" ? x : y;
    const ways = along > 0 ? place.after : along < 0 ? place.before : [...places.keys()].filter((other) => other !== name);
    const gap = (other) => {
      const at = places.get(other);
      const [dx, dy] = [at.x - place.x, at.y - place.y];
      return along ? Math.hypot(dx, dy) : Math.sign(x ? dx : dy) !== (x || y) || Math.abs(x ? dx : dy) < 8 ? Infinity : Math.hypot(x ? dx : 3 * dx, x ? 3 * dy : dy);
    };
    const nearest = ways.map((other) => [gap(other), other]).sort((a, b) => a[0] - b[0])[0];
    return nearest && nearest[0] < Infinity ? nearest[1] : name;
  }

  function act(name) {
    if (name === "image") return;
    if (!leaves.has(name)) { toggle(name); return; }
    picked = name;
    mark();
    drawing.send(name);
  }

  function mark() {
    for (const [name, group] of cards) {
      group.classList.toggle("picked", name === picked);
      if (group.hasAttribute("aria-pressed")) group.setAttribute("aria-pressed", name === picked);
    }
  }

  function toggle(block) {
    if (!block || !parents.has(block)) return;
    if (folded.has(block)) folded.delete(block); else folded.add(block);
    current = block;
    draw();
    if (!cards.has(block)) current = seen(inside(block)[0].name);
    go(cards.has(block) ? block : current, true);
  }

  function fillTable() {
    if (!details.open || table.firstChild) return;
    const titles = [say("layer"), say("what it does"), say("output"), say("parameters"), say("multiply-adds"), say("a unit sees")];
    const number = (value) => make("td", { className: "number", textContent: value === null ? "" : value.toLocaleString("en") });
    const rows = data.cards.map((card) => make("tr", {}, [
      ...[card.name, card.title, dimensions(card.shape)].map((text) => make("td", { textContent: text })),
      number(card.parameters), number(card.multiply_adds), make("td", { textContent: card.field }),
    ]));
    table.replaceChildren(make("table", {}, [make("thead", {}, [make("tr", {}, titles.map((text) => make("th", { textContent: text, scope: "col" })))]), make("tbody", {}, rows)]));
  }

  // The picture with its colours written into it, so that it looks the same without this page.
  function save() {
    const svg = paper.firstChild;
    const copy = svg.cloneNode(true);
    const kept = ["fill", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "font-size", "font-weight", "font-family", "paint-order"];
    const twins = copy.querySelectorAll("*");
    svg.querySelectorAll("*").forEach((drawn, at) => {
      const style = getComputedStyle(drawn);
      twins[at].setAttribute("style", kept.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
      for (const name of ["tabindex", "role", "aria-expanded", "aria-pressed"]) twins[at].removeAttribute(name);
    });
    copy.setAttribute("xmlns", SVG);
    const [x, y, width, height] = copy.getAttribute("viewBox").split(" ");
    copy.prepend(element("title", {}, [data.alt]), element("rect", { x, y, width, height, fill: getComputedStyle(paper).getPropertyValue("--st-background-color") }));
    const address = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }));
    make("a", { href: address, download: `${data.title.replace(/[^\w-]+/g, "_") || "network"}.svg` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  const deeds = {
    unfold: () => { folded.clear(); zoom = 0; draw(); },
    fold: () => { folded = new Set(data.frames.map((frame) => frame.name)); zoom = 0; draw(); },
    turn: () => { direction = direction === "LR" ? "TB" : "LR"; zoom = 0; draw(); },
    smaller: () => { zoom = Math.max(0.3, zoom / 1.25); draw(); },
    larger: () => { zoom = Math.min(2.5, zoom * 1.25); draw(); },
    save,
  };
  find(root, ".bar").addEventListener("click", (event) => deeds[event.target.dataset.do]?.());
  details.addEventListener("toggle", fillTable);
  return drawing;
}
