// Words that point at a picture, and a picture that points at its words. In any Markdown text of a page: [the kernel](#spot:stepper).
import { outline, placeOf } from "./spotlight.js";

const WORDS = "a[href*='#spot:']";
/** @type {ReturnType<typeof outline>} */
let mark;

const nameOf = (/** @type {Element} */ words) => decodeURIComponent((words.getAttribute("href") ?? "").split("#spot:")[1] ?? "");
const wordsAt = (/** @type {Event} */ event) => /** @type {Element | undefined} */ (event.composedPath().find((one) => one instanceof Element && one.matches(WORDS)));

/** @param {Event} event */
function point(event) {
  const words = wordsAt(event);
  const thing = words && placeOf(nameOf(words));
  if (thing) mark.around(thing); else mark.hide();
  const path = event.composedPath();
  for (const one of document.querySelectorAll(WORDS)) {
    const place = placeOf(nameOf(one));
    one.classList.toggle("cnnviz-pointed-at", Boolean(place) && one !== words && path.includes(place));
  }
}

/** @param {Event} event */
function go(event) {
  const words = wordsAt(event);
  if (!words) return;
  event.preventDefault();
  event.stopPropagation();
  const thing = placeOf(nameOf(words));
  if (!thing) return;
  thing.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  mark.around(thing);
}

/** Once a browser tab; each component that imports this file has a copy of it. */
export function watchPointers() {
  if ("cnnvizPointers" in document.documentElement.dataset) return;
  document.documentElement.dataset.cnnvizPointers = "";
  mark = outline();
  const if_any = (/** @type {Event} */ event) => { if (document.querySelector(WORDS)) point(event); };
  document.addEventListener("mouseover", if_any, { passive: true });
  document.addEventListener("focusin", if_any, { passive: true });
  document.addEventListener("focusout", () => mark.hide(), { passive: true });
  document.addEventListener("click", go, { capture: true });
}
