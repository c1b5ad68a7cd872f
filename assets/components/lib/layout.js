// Where the cards and lines of a network with nested blocks stand. Each block is laid out alone by dagre, and is one box in the layout
// around it; so the time grows with the number of layers, and blocks that look alike are laid out once.
import dagre from "./dagre.js";

/**
 * @typedef {{ x: number, y: number }} Point
 * @typedef {{ id: string, parent: string, width: number, height: number }} Box a card, or (without a size) an open block
 * @typedef {{ from: string, to: string, text: string, width: number }} Line between cards; `text` stands beside it
 * @typedef {{ width: number, height: number, at: Point[], ways: { points: Point[], label: Point }[] }} Level
 */
const MARGIN = 12;
const KNOWN = /** @type {Map<string, Level>} */ (new Map());
const MOST_KNOWN = 400;

/**
 * @param {Box[]} cards
 * @param {Box[]} blocks outer ones first
 * @param {Line[]} lines
 * @param {"LR" | "TB"} direction
 */
export function layout(cards, blocks, lines, direction) {
  const parents = new Map([...cards, ...blocks].map((one) => [one.id, one.parent]));
  /** @param {string} id @returns {string[]} the blocks around it from the outside in, and itself */
  const chain = (id) => {
    const found = [];
    for (let at = id; at; at = parents.get(at) ?? "") found.unshift(at);
    return found;
  };
  const levels = new Map(["", ...blocks.map((one) => one.id)].map((id) => [id, { boxes: /** @type {Box[]} */ ([]), edges: new Map() }]));
  for (const card of cards) levels.get(card.parent)?.boxes.push(card);
  // Each line is cut where it crosses the border of a block.
  const cuts = lines.map((line) => {
    const [from, to] = [chain(line.from), chain(line.to)];
    let common = 0;
    while (common < from.length - 1 && common < to.length - 1 && from[common] === to[common]) common += 1;
    const parts = [];
    const part = (/** @type {string} */ level, /** @type {string} */ a, /** @type {string} */ b, text = "", width = 0) => {
      const edges = levels.get(level)?.edges, key = `${a}>${b}`;
      if (!edges.has(key) || (text && !edges.get(key).text)) edges.set(key, { from: a, to: b, text, width });
      parts.push({ level, key });
    };
    for (let depth = from.length - 1; depth > common; depth -= 1) part(from[depth - 1], from[depth], "out");
    part(common ? from[common - 1] : "", from[common], to[common], line.text, line.width);
    const middle = parts.length - 1;
    for (let depth = common + 1; depth < to.length; depth += 1) part(to[depth - 1], "in", to[depth]);
    return { parts, middle };
  });

  const laid = new Map(), size = new Map(cards.map((card) => [card.id, card]));
  for (const id of [...blocks.map((one) => one.id).reverse(), ""]) {
    const { boxes, edges } = levels.get(id) ?? { boxes: [], edges: new Map() };
    const ends = ["in", "out"].filter((end) => [...edges.values()].some((edge) => edge.from === end || edge.to === end));
    const names = [...boxes.map((box) => box.id), ...ends];
    const found = once(boxes.map((box) => [Math.round(box.width), Math.round(box.height)]), ends.length, [...edges.values()].map((edge) =>
      [names.indexOf(edge.from), names.indexOf(edge.to), edge.text.length, edge.width]), direction);
    laid.set(id, { found, names, keys: [...edges.keys()] });
    if (id) {
      const box = { id, parent: parents.get(id) ?? "", width: found.width, height: found.height };
      size.set(id, box);
      levels.get(box.parent)?.boxes.push(box);
    }
  }

  // From the inside of each block to the whole drawing.
  const corners = new Map([["", { x: 0, y: 0 }]]), places = new Map();
  for (const id of ["", ...blocks.map((one) => one.id)]) {
    const { found, names } = laid.get(id), corner = corners.get(id) ?? { x: 0, y: 0 };
    names.forEach((/** @type {string} */ name, /** @type {number} */ at) => {
      const [middle, box] = [found.at[at], size.get(name)];
      if (!box) return;
      const place = { x: corner.x + middle.x, y: corner.y + middle.y, width: box.width, height: box.height };
      places.set(name, place);
      corners.set(name, { x: place.x - box.width / 2, y: place.y - box.height / 2 });
    });
  }
  const ways = cuts.map(({ parts, middle }) => {
    const points = /** @type {Point[]} */ ([]);
    let label = { x: 0, y: 0 };
    parts.forEach(({ level, key }, at) => {
      const { found, keys } = laid.get(level), way = found.ways[keys.indexOf(key)], corner = corners.get(level) ?? { x: 0, y: 0 };
      const own = way.points.map((/** @type {Point} */ point) => ({ x: corner.x + point.x, y: corner.y + point.y }));
      // At a border the line goes on from where it enters, not from the middle of the block's edge.
      if (at > middle) points.pop();
      if (at > 0 && at <= middle) own.shift();
      points.push(...own);
      if (at === middle) label = { x: corner.x + way.label.x, y: corner.y + way.label.y };
    });
    return { points, label };
  });
  const { found } = laid.get("");
  return { width: found.width, height: found.height, places, ways };
}

/**
 * One block, or one that looks the same and was laid out before.
 * @param {number[][]} sizes
 * @param {number} ends how many of the places where lines enter and leave it has
 * @param {number[][]} edges from, to, letters and width of the text
 * @param {"LR" | "TB"} direction
 */
function once(sizes, ends, edges, direction) {
  const key = JSON.stringify([sizes, ends, edges, direction]);
  let level = KNOWN.get(key);
  if (!level) {
    level = one([...sizes, ...Array(ends).fill([1, 1])], edges, direction);
    if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
    KNOWN.set(key, level);
  }
  return level;
}

/**
 * @param {number[][]} sizes
 * @param {number[][]} edges
 * @param {"LR" | "TB"} direction
 * @returns {Level}
 */
function one(sizes, edges, direction) {
  const graph = new dagre.graphlib.Graph();
  const across = direction === "LR";
  graph.setGraph({ rankdir: direction, nodesep: across ? 18 : 24, ranksep: across ? 20 : 26, marginx: MARGIN, marginy: MARGIN });
  sizes.forEach(([width, height], at) => graph.setNode(String(at), { width, height }));
  for (const [from, to, letters, width] of edges) {
    graph.setEdge(String(from), String(to), letters ? { width, height: 16, labelpos: across ? "c" : "r" } : {});
  }
  dagre.layout(graph);
  const { width, height } = graph.graph();
  return {
    width,
    height,
    at: sizes.map((_, at) => graph.node(String(at))),
    ways: edges.map(([from, to]) => {
      const edge = graph.edge(String(from), String(to));
      return { points: edge.points, label: { x: edge.x, y: edge.y } };
    }),
  };
}
