// The sentences of the components in the language of whoever looks. Python sends those that a component says.

/** @type {Map<string, string | string[]>} */
let words = new Map();
let form = (/** @type {number} */ count) => Number(count !== 1);

/**
 * The sentence, with its values, in the language of the page.
 * @param {string} key in English, with names for its values: "{count} images"
 * @param {Record<string, string | number>} values
 * @returns {string}
 */
export function say(key, values = {}) { return filled(/** @type {string} */ (words.get(key) ?? key), values); }

/**
 * A sentence with a number.
 * @param {string} one where `count` is 1
 * @param {string} more
 * @param {number} count
 * @param {Record<string, string | number>} values
 * @returns {string}
 */
export function sayMany(one, more, count, values = {}) {
  const known = words.get(more);
  return filled(Array.isArray(known) ? known[form(count)] ?? more : count === 1 ? one : more, { count, ...values });
}

/** Marks a sentence that stands in a table, and is said where it is shown. */
export function later(/** @type {string} */ key) { return key; }

/** A sentence with its values. */
export function filled(/** @type {string} */ sentence, /** @type {Record<string, string | number>} */ values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => name in values ? String(values[name]) : whole);
}

/** What Python sent of the language; nothing for English. */
export function learn(/** @type {{ words: Record<string, string | string[]>, plural: string } | undefined} */ sent) {
  words = new Map(Object.entries(sent?.words ?? {}));
  const plural = sent?.plural ?? "one";
  form = (count) => plural === "none" ? 0 : Number(count !== 1);
}

const LABELS = ["aria-label", "title", "placeholder", "alt", "aria-description", "aria-roledescription"];

/** Says what stands in the HTML of a component. */
export function translate(/** @type {Element} */ root) {
  if (!words.size) return;
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = /** @type {Text} */ (texts.currentNode), key = node.data.trim().replace(/\s+/g, " ");
    if (words.has(key)) node.data = node.data.replace(node.data.trim(), () => say(key));
  }
  for (const element of [root, ...root.querySelectorAll("*")]) {
    for (const label of LABELS) {
      const key = element.getAttribute(label);
      if (key && words.has(key)) element.setAttribute(label, say(key));
    }
  }
}
