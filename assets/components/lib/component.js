// What every component begins with: the data that Python sent, and elements of the page.
import { learn, translate } from "./words.js";

/** @typedef {{ data: any, parentElement: ParentNode, setStateValue: (name: string, value: any) => void }} Given what Streamlit gives a component */

/**
 * The function that Streamlit calls at each message, of one that gets the message read.
 * @param {(given: Given) => (void | (() => void))} mount
 */
export function component(mount) {
  return (/** @type {Given} */ given) => {
    const data = parsed(given.data);
    speak(given.parentElement, data?.language);
    const stop = mount({ ...given, data });
    const root = find(given.parentElement, ".root");
    if (root) {
      root.setAttribute("data-ready", ""); // until then its buttons do nothing
      stops.set(root, () => stop && stop());
      if (!reached.has(root)) { reached.add(root); byKeyboard(root); }
    }
    return stop;
  };
}

/** @typedef {{ name: string, plural: string, words: Record<string, string | string[]> }} Language what Python sends of it */
/** @type {WeakMap<Element, () => void>} */
const stops = new WeakMap();
/** The HTML of each component as it came, and the language that it stands in. @type {WeakMap<ParentNode, { html: Element, name: string }>} */
const spoken = new WeakMap();

/**
 * Says the HTML of a component in the language of the page; in another one the component begins anew.
 * @param {ParentNode} parentElement
 * @param {Language | undefined} language
 */
function speak(parentElement, language) {
  learn(language);
  document.documentElement.lang = (language?.name ?? "en").replace("_", "-"); // a screen reader speaks it
  const root = find(parentElement, ".root"), name = language?.name ?? "en", before = spoken.get(parentElement);
  if (!root || (before?.name === name && root.dataset.ready !== undefined)) return;
  const html = before && root.dataset.ready !== undefined ? before.html : root.cloneNode(true);
  spoken.set(parentElement, { html, name });
  let now = root;
  if (before && root.dataset.ready !== undefined) {
    stops.get(root)?.(); // its clocks and threads
    now = html.cloneNode(true);
    root.replaceWith(now);
  }
  translate(now);
}

/** @type {WeakSet<Element>} */
const reached = new WeakSet();
const SCROLLS = ".scroll, .table, .rows, .sideways, .formula, .paper, .numbers";

/** What all components owe the keyboard: Escape lets go of what has the focus, and what scrolls can be scrolled. */
function byKeyboard(/** @type {HTMLElement} */ root) {
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    // Where an inner thing takes the focus back, as a card does from its field, that is its answer.
    const before = /** @type {ShadowRoot} */ (root.getRootNode()).activeElement;
    queueMicrotask(() => { const now = /** @type {ShadowRoot} */ (root.getRootNode()).activeElement; if (now === before) /** @type {HTMLElement | null} */ (now)?.blur(); });
  });
  const look = () => root.querySelectorAll(SCROLLS).forEach((one) => scrollable(/** @type {HTMLElement} */ (one)));
  new ResizeObserver(look).observe(root);
  new MutationObserver(look).observe(root, { childList: true, subtree: true });
}

/** Who scrolls a box by keys has to reach it, or something inside it. */
export function scrollable(/** @type {HTMLElement} */ box) {
  const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
  const inner = box.querySelector("a[href], button:not([tabindex='-1']), input, select, textarea, [tabindex='0']");
  if (scrolls && !inner) {
    if (box.tabIndex !== 0) { box.tabIndex = 0; box.dataset.scrolls = ""; }
  } else if ("scrolls" in box.dataset) { box.removeAttribute("tabindex"); delete box.dataset.scrolls; }
}

/** @type {WeakMap<Element, any>} */
const made = new WeakMap();

/**
 * What `create` made of this place on the page, at the first message; later messages find it again.
 * @template Thing
 * @param {ParentNode} parentElement
 * @param {(root: HTMLElement) => Thing} create
 * @returns {Thing}
 */
export function kept(parentElement, create) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".root"));
  if (!made.has(root)) made.set(root, create(root));
  return made.get(root);
}

/** Python sends bytes of JSON. */
export function parsed(/** @type {any} */ data) { return data instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(data)) : data; }

/**
 * The first element of a selector, whatever its type.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {any}
 */
export function find(root, selector) { return root.querySelector(selector); }

/**
 * Many numbers, as Python packs them.
 * @param {{ bits: number, text: string }} packed
 */
export function unpacked({ bits, text }) {
  const { buffer } = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return bits === 32 ? new Float32Array(buffer) : new Float64Array(buffer);
}

/**
 * An element with properties and children.
 * @param {string} tag
 * @param {Record<string, any>} properties
 * @param {(Node | string)[]} children
 * @returns {any}
 */
export function make(tag, properties = {}, children = []) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** What a component tells carries the time, so that the same thing done once more is news. */
export function news(/** @type {Record<string, any>} */ what) { return { ...what, at: Date.now() }; }

/**
 * Shows a picture of the server's. Where it cannot be fetched, `embed` asks for one inside the data.
 * @param {HTMLImageElement} image
 * @param {string} address
 * @param {() => void} embed
 */
export function showPicture(image, address, embed) {
  if (image.dataset.address === address) return;
  image.dataset.address = address;
  image.onerror = () => { if (image.dataset.address === address && !address.startsWith("data:")) embed(); };
  image.src = address;
}
