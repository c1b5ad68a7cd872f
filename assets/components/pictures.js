// All pictures of the page as files: PNG and SVG; the numbers of charts and tables as CSV. The server has no part in it.
import { component, find, kept, make } from "./lib/component.js";
import { watchPointers } from "./lib/pointers.js";
import { isPlotly, picturesOf, svgOfPlotly, tableOf, toCsv } from "./lib/page_pictures.js";
import { say } from "./lib/words.js";

const SCALE = 3; // pixels of a PNG for one of the screen
const MOST_ROWS = 500; // of a table on the page
const LOOK_MS = 700; // between two looks at the page, while the list is open

export default component(function mount({ parentElement }) {
  watchPointers();
  kept(parentElement, create);
});

/** @typedef {import("./lib/page_pictures.js").PagePicture} PagePicture */

/** @param {HTMLElement} root */
function create(root) {
  const [box, told, list] = ["box", "told", "list"].map((name) => find(root, `[data-part=${name}]`));
  /** @type {{ element: HTMLElement, kinds: string, name: (title: string) => void }[]} */
  let rows = [];
  let timer = 0;
  box.addEventListener("toggle", () => {
    clearInterval(timer);
    if (box.open) { look(); timer = setInterval(() => (root.isConnected ? look() : clearInterval(timer)), LOOK_MS); }
  });

  /** The rows stay as long as the page has the same pictures; their words follow. */
  function look() {
    const pictures = picturesOf(document.querySelector("[data-testid=stMain]") ?? document.body, root);
    const kinds = pictures.map(kindsOf);
    if (!told.textContent || pictures.length !== rows.length || pictures.some(({ element }, at) => element !== rows[at].element || kinds[at] !== rows[at].kinds)) {
      const made = pictures.map((picture, at) => row(picture, kinds[at], at + 1));
      rows = made.map(({ known }) => known);
      list.replaceChildren(...made.map(({ line }) => line));
      told.textContent = pictures.length ? say("A PNG has three times the pixels of the screen; an SVG of something that is not a chart opens in browsers.") : say("There is no picture on this page now.");
    }
    pictures.forEach(({ title }, at) => rows[at].name(title));
  }

  const kindsOf = (/** @type {PagePicture} */ picture) => [...(picture.isTable ? [] : ["PNG", "SVG"]), ...(tableOf(picture) ? ["CSV"] : [])].join();

  function row(/** @type {PagePicture} */ picture, /** @type {string} */ kinds, /** @type {number} */ number) {
    const text = make("span");
    const place = make("div", { className: "numbers", tabIndex: 0, hidden: true });
    place.setAttribute("role", "region");
    const opener = make("button", { type: "button", textContent: say("Table") });
    opener.setAttribute("aria-expanded", "false");
    opener.addEventListener("click", () => {
      place.hidden = !place.hidden;
      opener.setAttribute("aria-expanded", String(!place.hidden));
      if (!place.hidden) place.replaceChildren(written(tableOf(picture) ?? [], text.textContent));
    });
    const buttons = kinds.split(",").filter(Boolean).map((kind) => {
      const made = make("button", { type: "button", textContent: kind });
      made.addEventListener("click", async () => {
        made.disabled = true;
        try {
          save(await WRITERS[kind](picture), `${pageName()}-${number}.${kind.toLowerCase()}`);
          told.textContent = say("{kind} is saved.", { kind });
        } catch { told.textContent = say("This browser could not make the file. Try another kind, or another browser."); }
        made.disabled = false;
      });
      return made;
    });
    const name = (/** @type {string} */ title) => {
      if (text.textContent === title) return;
      text.textContent = text.title = title;
      place.setAttribute("aria-label", say("Numbers of: {title}", { title }));
      [opener, ...buttons].forEach((one) => one.setAttribute("aria-label", `${one.textContent}: ${title}`));
    };
    return { line: make("li", {}, [text, ...(kinds.includes("CSV") ? [opener] : []), ...buttons, place]), known: { element: picture.element, kinds, name } };
  }

  return {};
}

/** The numbers of a picture, to be read; a CSV has all of them. */
function written(/** @type {import("./lib/page_pictures.js").Rows} */ [head, ...rows], /** @type {string} */ title) {
  const cell = (/** @type {string | number | null} */ value) => typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value ?? "");
  const line = (/** @type {any[]} */ values) => make("tr", {}, values.map((value) => make("td", { textContent: cell(value) })));
  const caption = rows.length > MOST_ROWS ? `${title}. The first ${MOST_ROWS} of ${rows.length} rows; the CSV has all.` : title;
  return make("table", {}, [make("caption", { textContent: caption }),
    make("thead", {}, [make("tr", {}, (head ?? []).map((name) => make("th", { textContent: cell(name), scope: "col" })))]), make("tbody", {}, rows.slice(0, MOST_ROWS).map(line))]);
}

/** @type {Record<string, (picture: PagePicture) => Promise<Blob>>} */
const WRITERS = { PNG: png, SVG: svg, CSV: async (picture) => new Blob([toCsv(tableOf(picture))], { type: "text/csv" }) };

/** What the picture stands on. */
const paper = () => getComputedStyle(document.querySelector("[data-testid=stApp]") ?? document.body).backgroundColor;

async function png(/** @type {PagePicture} */ { element }) {
  const { domToBlob } = await import("./lib/modern_screenshot.js");
  return domToBlob(element, { scale: SCALE, backgroundColor: paper(), font: false });
}

async function svg(/** @type {PagePicture} */ { element }) {
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
