// All pictures of the page as files: PNG and SVG; the numbers of charts and tables as CSV. The server has no part in it.
import { component, find, kept, make } from "./lib/component.js";
import { isPlotly, picturesOf, svgOfPlotly, tableOf, toCsv } from "./lib/page_pictures.js";

const SCALE = 3; // pixels of a PNG for one of the screen
const LATER = 300; // milliseconds after which a page that has changed is looked through again

export default component(function mount({ parentElement }) {
  kept(parentElement, create);
});

/** @param {HTMLElement} root */
function create(root) {
  const [box, says, list] = ["box", "says", "list"].map((name) => find(root, `[data-part=${name}]`));
  let shown = "", later = 0;
  const watcher = new MutationObserver(() => { clearTimeout(later); later = setTimeout(look, LATER); });
  box.addEventListener("toggle", () => {
    if (box.open) { look(); watcher.observe(document.querySelector("[data-testid=stMain]") ?? document.body, { childList: true, subtree: true }); } else watcher.disconnect();
  });

  function look() {
    if (!root.isConnected) { watcher.disconnect(); return; }
    const pictures = picturesOf(document.querySelector("[data-testid=stMain]") ?? document.body, root);
    const names = pictures.map((one) => `${one.title}${one.isTable}${tableOf(one) !== null}`).join("\n");
    if (names === shown) return;
    shown = names;
    list.replaceChildren(...pictures.map(row));
    says.textContent = pictures.length ? "A PNG has three times the pixels of the screen; an SVG of something that is not a chart opens in browsers." : "There is no picture on this page now.";
  }

  function row(/** @type {import("./lib/page_pictures.js").PagePicture} */ { title }, /** @type {number} */ at) {
    // The page may have drawn it anew since the list was made.
    const now = () => picturesOf(document.querySelector("[data-testid=stMain]") ?? document.body, root).find((one) => one.title === title);
    const button = (/** @type {string} */ kind, /** @type {(one: any) => Promise<Blob>} */ write) => {
      const made = make("button", { type: "button", textContent: kind });
      made.setAttribute("aria-label", `${kind}: ${title}`);
      made.addEventListener("click", async () => {
        const one = now();
        if (!one) { says.textContent = "This picture is no longer on the page."; look(); return; }
        made.disabled = true;
        try {
          save(await write(one), `${pageName()}-${at + 1}.${kind.toLowerCase()}`);
          says.textContent = `${kind} is saved.`;
        } catch { says.textContent = "This browser could not make the picture. Try PNG, or another browser."; }
        made.disabled = false;
      });
      return made;
    };
    const picture = now();
    const buttons = picture.isTable ? [] : [button("PNG", png), button("SVG", svg)];
    if (tableOf(picture)) buttons.push(button("CSV", async (one) => new Blob([toCsv(tableOf(one))], { type: "text/csv" })));
    return make("li", {}, [make("span", { textContent: title, title }), ...buttons]);
  }

  return {};
}

/** What the picture stands on. */
const paper = () => getComputedStyle(document.querySelector("[data-testid=stApp]") ?? document.body).backgroundColor;

async function png(/** @type {import("./lib/page_pictures.js").PagePicture} */ { element }) {
  const { domToBlob } = await import("./lib/modern_screenshot.js");
  return domToBlob(element, { scale: SCALE, backgroundColor: paper(), font: false });
}

async function svg(/** @type {import("./lib/page_pictures.js").PagePicture} */ { element }) {
  if (isPlotly(element)) return new Blob([svgOfPlotly(element, paper())], { type: "image/svg+xml" });
  const { domToSvg } = await import("./lib/modern_screenshot.js");
  const address = await domToSvg(element, { backgroundColor: paper(), font: false });
  return (await fetch(address)).blob();
}

function save(/** @type {Blob} */ blob, /** @type {string} */ name) {
  const address = URL.createObjectURL(blob);
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

const pageName = () => `cnnviz-${location.pathname.split("/").filter(Boolean).at(-1) ?? "start"}`;
