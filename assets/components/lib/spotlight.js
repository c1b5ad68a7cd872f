// Shows where on the page something is: an outline around it, or a light on it while all else is dark. Works on any page.

/**
 * What a name means: the key of a section, a control or a component, `key/part` for a part inside a component, or a CSS selector.
 * @param {string} name
 * @returns {HTMLElement | null}
 */
export function placeOf(name) {
  const [key, part] = name.split("/");
  /** @type {HTMLElement | null} */
  let found = null;
  if (/^[\w-]+$/.test(key)) found = document.querySelector(`.st-key-${CSS.escape(key)}`) ?? document.querySelector(`.st-key-section_${CSS.escape(key)}`);
  else {
    try { found = document.querySelector(name); } catch { /* no selector: there is no such thing */ }
    return found && isShown(found) ? found : null;
  }
  if (part && found) {
    const roots = [found, ...found.querySelectorAll("*")].map((one) => one.shadowRoot).filter(Boolean);
    found = /** @type {HTMLElement | null} */ (roots.map((root) => root.querySelector(`[data-part="${CSS.escape(part)}"]`)).find(Boolean) ?? null);
  }
  return found && isShown(found) ? found : null;
}

const isShown = (/** @type {Element} */ element) => { const box = element.getBoundingClientRect(); return box.width > 1 && box.height > 1; };

/** All sections of the page, from top to bottom. */
export const sections = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[class*='st-key-section_'], .st-key-play, .st-key-try, .st-key-show_code")]).filter(isShown);

const MARGIN = 8; // pixels between a thing and what is drawn around it
const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * A box that follows what it is around, as long as that is on the page.
 * @param {string} style
 */
function box(style) {
  const shape = document.createElement("div");
  shape.setAttribute("aria-hidden", "true");
  /** @type {(() => { left: number, top: number, width: number, height: number, round: string } | null) | null} */
  let around = null;
  let frame = 0;
  const follow = () => {
    const at = around?.();
    if (!around) { frame = 0; return; }
    shape.hidden = !at;
    if (at) Object.assign(shape.style, { left: `${at.left}px`, top: `${at.top}px`, width: `${at.width}px`, height: `${at.height}px`, borderRadius: at.round });
    frame = requestAnimationFrame(follow);
  };
  return {
    shape,
    show(/** @type {typeof around} */ what) {
      around = what;
      if (!shape.isConnected) {
        shape.style.cssText = `position: fixed; pointer-events: none; box-sizing: border-box; ${style}`;
        document.body.append(shape);
      }
      if (!frame) follow();
    },
    hide() { around = null; cancelAnimationFrame(frame); frame = 0; shape.remove(); },
  };
}

const rectangle = (/** @type {HTMLElement} */ element) => {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { left: left - MARGIN, top: top - MARGIN, width: width + 2 * MARGIN, height: height + 2 * MARGIN, round: "10px" };
};

/** An outline around one thing. */
export function outline() {
  const lines = box("border: 4px solid #d55e00; z-index: 2147483001; box-shadow: 0 0 0 2px #fff8;");
  return {
    around(/** @type {HTMLElement} */ element) {
      lines.shape.className = "cnnviz-outline";
      lines.show(() => (element.isConnected ? rectangle(element) : null));
    },
    hide: lines.hide,
  };
}

/** A light on a thing or around the mouse; all else is dark. */
export function spotlight() {
  const light = box("z-index: 2147483000; box-shadow: 0 0 0 300vmax rgb(0 0 0 / 68%);");
  /** @type {"off" | "thing" | "mouse"} */
  let state = "off";
  let radius = 170;
  const mouse = { x: innerWidth / 2, y: innerHeight / 2 };
  /** @type {() => HTMLElement | null} */
  let thing = () => null;
  const show = () => {
    light.shape.className = "cnnviz-spotlight";
    light.shape.dataset.light = state;
    light.shape.style.transition = "";
    if (state === "off") light.hide();
    else if (state === "mouse") light.show(() => ({ left: mouse.x - radius, top: mouse.y - radius, width: 2 * radius, height: 2 * radius, round: "50%" }));
    else {
      light.show(() => { const element = thing(); return element && rectangle(element); });
      if (!isStill()) setTimeout(() => { if (state === "thing") light.shape.style.transition = "left 0.2s, top 0.2s, width 0.2s, height 0.2s"; }, 60);
    }
  };
  const on = (/** @type {() => HTMLElement | null} */ find) => {
    thing = find;
    state = "thing";
    show();
    find()?.scrollIntoView({ block: "nearest", behavior: isStill() ? "auto" : "smooth" });
  };
  document.addEventListener("mousemove", (event) => { mouse.x = event.clientX; mouse.y = event.clientY; }, { passive: true });
  document.addEventListener("click", (event) => {
    if (state !== "thing") return;
    const path = event.composedPath();
    const pressed = sections().filter((one) => path.includes(one)).at(-1);
    if (pressed) on(() => (pressed.isConnected ? pressed : null));
  });
  return {
    get state() { return state; },
    off() { state = "off"; show(); },
    /** Off, on the thing that the slide names, around the mouse, off. */
    next(/** @type {string} */ name) {
      if (state === "off" && name && placeOf(name)) on(() => placeOf(name));
      else { state = state === "mouse" ? "off" : "mouse"; show(); }
    },
    /** To the section above or below, or a larger or smaller circle. */
    move(/** @type {number} */ by) {
      if (state === "mouse") { radius = Math.min(500, Math.max(60, radius - 30 * by)); return; }
      const all = sections();
      const now = thing();
      const at = all.findIndex((one) => one === now || one.contains(now));
      const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
      if (next) on(() => (next.isConnected ? next : null));
    },
  };
}
