// Images as points, each drawn as the marker of its group. Hover, or the arrow keys, show the image; a click, or Enter, tells the server its number.
// When the points move, they slide to their new places.
import { ink } from "./lib/colours.js";
import { component, find, kept, make, news, showPicture } from "./lib/component.js";
import { travel } from "./lib/keys.js";
import { say } from "./lib/words.js";

const SLIDE_MS = 350;
const NEAR = 18;

export default component(function mount({ data, setStateValue, parentElement }) {
  const plot = kept(parentElement, create);
  plot.send = (number) => setStateValue("picked", news({ number }));
  plot.embed = () => setStateValue("embedded", true);
  plot.update(data);
  return () => plot.stop();
});

/** @param {HTMLElement} root */
function create(root) {
  const [canvas, card, thumb, keys, tip] = ["canvas", ".card", ".thumb", ".keys", ".tip"].map((name) => find(root, name));
  const text = find(root, "[data-part=text]");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const plot = { send: (/** @type {any[]} */ ..._) => {}, embed() {}, update, stop };
  const sprite = new Image(); // fetched before it is shown
  let data = null, from = null, to = null, began = 0, frame = 0, cursor = -1;

  Object.assign(root, { numbers: () => [[say("group"), "x", "y", say("text")], ...data.x.map((x, i) => [data.groups[data.group[i]].name, x, data.y[i], data.texts[i]])] });
  canvas.addEventListener("pointermove", (event) => show(nearest(event)));
  canvas.addEventListener("pointerleave", () => show(-1));
  canvas.addEventListener("click", (event) => { const at = nearest(event); if (at >= 0) { show(at); plot.send(at); } });
  canvas.addEventListener("keydown", (event) => {
    const move = travel(event, 1);
    if (move) show((cursor + move + data.x.length) % data.x.length);
    else if ((event.key === "Enter" || event.key === " ") && cursor >= 0) plot.send(cursor);
    else return;
    event.preventDefault();
  });
  new ResizeObserver(() => draw(1)).observe(canvas);

  function update(/** @type {import("./lib/messages").ScatterMessage} */ next) {
    const same = data && data.x.length === next.x.length;
    from = same && !still.matches ? places() : null;
    data = next;
    to = next.x.map((x, i) => [x, next.y[i]]);
    began = performance.now();
    canvas.setAttribute("aria-label", next.alt);
    showPicture(sprite, next.sprite, () => plot.embed());
    keys.replaceChildren(...next.groups.map((group) => make("span", {}, [make("b", { textContent: group.sign, style: `color:${ink(group.colour)}` }), group.name])));
    cancelAnimationFrame(frame);
    slide();
    show(-1);
  }

  function share() { return from ? Math.min(1, (performance.now() - began) / SLIDE_MS) : 1; }
  function places(part = share()) { return to.map(([x, y], i) => (from && part < 1 ? [from[i][0] + (x - from[i][0]) * part, from[i][1] + (y - from[i][1]) * part] : [x, y])); }
  function slide() { draw(share()); if (share() < 1) frame = requestAnimationFrame(slide); }
  function stop() { cancelAnimationFrame(frame); }

  function pixels() {
    const box = canvas.getBoundingClientRect();
    const edge = 16;
    return ([x, y]) => [edge + x * (box.width - 2 * edge), edge + (1 - y) * (box.height - 2 * edge)];
  }

  function draw(part) {
    if (!data) return;
    const box = canvas.getBoundingClientRect();
    if (!box.width) return;
    const ratio = devicePixelRatio || 1;
    [canvas.width, canvas.height] = [box.width * ratio, box.height * ratio];
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.textAlign = "center";
    context.textBaseline = "middle";
    const place = pixels();
    const size = Math.max(11, Math.min(20, box.width / 52));
    places(part).forEach((point, i) => {
      const [x, y] = place(point);
      const group = data.groups[data.group[i]];
      context.font = `${i === cursor ? 900 : 700} ${i === cursor ? size * 1.8 : size}px sans-serif`;
      context.fillStyle = group.colour;
      context.fillText(group.sign, x, y);
      if (data.ringed[i]) { context.beginPath(); context.arc(x, y, size * 0.75, 0, 7); context.strokeStyle = "#d55e00"; context.lineWidth = 2; context.stroke(); }
    });
  }

  function nearest(event) {
    const box = canvas.getBoundingClientRect();
    const place = pixels();
    let best = -1, least = NEAR ** 2;
    places().forEach((point, i) => {
      const [x, y] = place(point);
      const far = (x - event.clientX + box.left) ** 2 + (y - event.clientY + box.top) ** 2;
      if (far < least) [best, least] = [i, far];
    });
    return best;
  }

  function show(number) {
    if (number !== cursor) { cursor = number; draw(share()); }
    card.hidden = number < 0;
    tip.textContent = number < 0 ? data.hint : data.texts[number];
    if (number < 0) return;
    const column = number % data.columns, row = Math.floor(number / data.columns);
    const zoom = 112 / data.side; // one pixel lies between the images of the sprite
    Object.assign(thumb.style, {
      backgroundImage: `url(${data.sprite})`, backgroundSize: `${(data.columns * (data.side + 1) - 1) * zoom}px auto`,
      backgroundPosition: `${-column * (data.side + 1) * zoom}px ${-row * (data.side + 1) * zoom}px`,
    });
    text.textContent = data.texts[number];
    const [x, y] = pixels()(places()[number]);
    const box = canvas.getBoundingClientRect();
    Object.assign(card.style, { left: `${Math.min(x + 14, box.width - 150)}px`, top: `${Math.min(Math.max(0, y - 60), box.height - 170)}px` });
  }

  return plot;
}
