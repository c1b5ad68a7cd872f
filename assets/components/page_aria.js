// What Streamlit's own elements lack for keyboards and screen readers, mended from outside: they are drawn by others, and drawn anew at any time.
import { component, scrollable } from "./lib/component.js";

const LOOK_MS = 150; // between a change of the page and the next look at it
const SCROLLS = [
  "[data-testid=stMarkdownContainer]:has(> table)", // a wide table
  "[data-testid=stMain] pre", // code
  "[data-testid=stMain] .katex-display", // a long formula
];

let timer = 0;

function mend() {
  // The pages of the menu lie in a list, but below its sections; as plain links below headings they are what they look like.
  for (const one of document.querySelectorAll("[data-testid=stSidebarNavItems], [data-testid=stSidebarNavItems] :is(ul, li)")) one.setAttribute("role", "presentation");
  // A heading of the menu folds its pages at a click.
  for (const one of document.querySelectorAll("[data-testid=stNavSectionHeader]")) {
    one.setAttribute("role", "button");
    one.setAttribute("tabindex", "0");
    one.setAttribute("aria-expanded", String(one.nextElementSibling !== null));
  }
  for (const one of document.querySelectorAll(SCROLLS.join())) scrollable(/** @type {HTMLElement} */ (one));
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(mend, LOOK_MS);
}

export default component(function mount() {
  mend();
  if (document.documentElement.dataset.mended) return;
  document.documentElement.dataset.mended = "yes"; // one watcher a page, however often Streamlit draws this
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  addEventListener("resize", soon);
  document.addEventListener("keydown", (event) => {
    const heading = /** @type {HTMLElement} */ (event.target).closest?.("[data-testid=stNavSectionHeader]");
    if (!heading || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    /** @type {HTMLElement} */ (heading).click();
  });
});
