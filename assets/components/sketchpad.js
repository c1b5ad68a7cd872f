// A drawing of white strokes on black. While drawing, the server gets the 112×112 grey values several times a second.
import { component, find, kept } from "./lib/component.js";
import { arrow, within } from "./lib/keys.js";

const SIDE = 112;
const SEND_EVERY = 120; // milliseconds

export default component(function mount({ data, setStateValue, parentElement }) {
  const pad = kept(parentElement, (root) => create(root, `cnnviz-${data.store}`));
  pad.send = (ink) => setStateValue("ink", ink);
  pad.hello();
  return () => pad.stop();
});

function create(root, store) {
  const canvas = find(root, "canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const brush = find(root, "[data-part=brush]");
  const undo = find(root, "[data-part=undo]");
  const clear = find(root, "[data-part=clear]");
  const pad = { send: (/** @type {any[]} */ ..._) => {}, hello, stop: () => clearTimeout(timer) };
  let strokes = restore();
  let active = null;
  let keyboard = null;
  let timer = 0;
  let last = 0;
  let greeted = false;

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    keyboard = null;
    active = begin(place(event));
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!active) return;
    for (const part of event.getCoalescedEvents?.() ?? [event]) active.points.push(place(part));
    changed();
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { active = null; changed(); });
  canvas.addEventListener("keydown", (event) => {
    const way = arrow(event);
    if (way) {
      keyboard ??= { at: [SIDE / 2, SIDE / 2], stroke: null };
      keyboard.at = [within(keyboard.at[0] + 4 * way[1], SIDE), within(keyboard.at[1] + 4 * way[0], SIDE)];
      keyboard.stroke?.points.push([...keyboard.at]);
    } else if (event.key === " ") {
      keyboard ??= { at: [SIDE / 2, SIDE / 2], stroke: null };
      keyboard.stroke = keyboard.stroke ? null : begin([...keyboard.at]);
    } else if (event.key === "Delete" || event.key === "Backspace") clear.click();
    else if (event.key === "z" && (event.ctrlKey || event.metaKey)) undo.click();
    else return;
    event.preventDefault();
    changed();
  });
  undo.addEventListener("click", () => { strokes.pop(); keyboard = null; changed(); });
  clear.addEventListener("click", () => { strokes = []; keyboard = null; changed(); });

  function begin(point) {
    const stroke = { width: Number(brush.value), points: [point] };
    strokes.push(stroke);
    changed();
    return stroke;
  }

  function render() {
    context.fillStyle = "#000";
    context.fillRect(0, 0, SIDE, SIDE);
    context.strokeStyle = context.fillStyle = "#fff";
    context.lineCap = context.lineJoin = "round";
    for (const { width, points } of strokes) {
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(...points[0]);
      for (const point of points) context.lineTo(...point);
      if (points.length === 1) context.lineTo(points[0][0] + 0.01, points[0][1]);
      context.stroke();
    }
  }

  function read() {
    const pixels = context.getImageData(0, 0, SIDE, SIDE).data;
    const grey = new Uint8Array(SIDE * SIDE);
    for (let i = 0; i < grey.length; i++) grey[i] = pixels[4 * i];
    let text = "";
    for (let i = 0; i < grey.length; i += 4096) text += String.fromCharCode(...grey.subarray(i, i + 4096));
    return btoa(text);
  }

  function changed() {
    render();
    undo.disabled = clear.disabled = strokes.length === 0;
    clearTimeout(timer);
    timer = setTimeout(deliver, Math.max(0, SEND_EVERY - (performance.now() - last)));
    if (keyboard) {
      context.strokeStyle = keyboard.stroke ? "#e69f00" : "#888";
      context.lineWidth = 1;
      context.strokeRect(keyboard.at[0] - 3, keyboard.at[1] - 3, 6, 6);
    }
  }

  function deliver() {
    last = performance.now();
    render();
    pad.send(strokes.length ? read() : "");
    try { localStorage.setItem(store, JSON.stringify(strokes)); } catch { /* a private window keeps nothing */ }
  }

  // After a reload the drawing comes back, and the server hears of it once.
  function hello() {
    if (greeted) return;
    greeted = true;
    render();
    undo.disabled = clear.disabled = strokes.length === 0;
    if (strokes.length) pad.send(read());
  }

  function restore() {
    try {
      const stored = JSON.parse(localStorage.getItem(store) ?? "[]");
      return stored.every((stroke) => stroke.width > 0 && stroke.points.length > 0) ? stored : [];
    } catch { return []; }
  }

  return pad;
}
