// What every component begins with: the data that Python sent, and elements of the page.

/** @typedef {{ data: any, parentElement: ParentNode, setStateValue: (name: string, value: any) => void }} Given what Streamlit gives a component */

/**
 * The function that Streamlit calls at each message, of one that gets the message read.
 * @param {(given: Given) => (void | (() => void))} mount
 */
export function component(mount) {
  return (/** @type {Given} */ given) => {
    const stop = mount({ ...given, data: parsed(given.data) });
    find(given.parentElement, ".root")?.setAttribute("data-ready", ""); // until then its buttons do nothing
    return stop;
  };
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
