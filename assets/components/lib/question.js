// A question on the screen: its tables and pictures, a way to answer, and, when it is known, the solution.
import { make } from "./component.js";
import { cellUnder, isInside, markCells } from "./grid.js";
import { arrow, within } from "./keys.js";
import { say } from "./words.js";

/** @typedef {import("./messages").QuestionCard} QuestionCard */
/** @typedef {import("./messages").QuestionSolution} QuestionSolution */
/** @typedef {{ page: string, parameters: Record<string, string> }} Place */

/** A number as people type it, as Python reads it; null for anything else. */
export function readNumber(/** @type {string} */ text) {
  let plain = text.replaceAll("−", "-").replaceAll(" ", "");
  if (!plain.includes(".") && plain.split(",").length === 2) plain = plain.replace(",", ".");
  const [above, below, more] = plain.split("/");
  const value = Number(above) / (below === undefined ? 1 : Number(below));
  return above && more === undefined && below !== "" && Number.isFinite(value) ? value : null;
}

/**
 * Whether an answer is right, and the sentence for it.
 * @param {QuestionCard} card
 * @param {QuestionSolution} solution
 * @param {string} answer as it is sent: place of the option, number, or row,column
 */
export function verdict(card, solution, answer) {
  if (card.kind === "choice") return { right: Number(answer) === solution.right, why: solution.whys[Number(answer)] ?? "" };
  if (card.kind === "pixel") return { right: solution.pixels.some((place) => place.join() === answer), why: "" };
  const value = readNumber(answer);
  const near = (/** @type {number} */ other) => value !== null && Math.abs(value - other) <= solution.tolerance + 1e-9;
  if (near(solution.value)) return { right: true, why: "" };
  return { right: false, why: solution.slips.find((slip) => near(slip.value))?.why ?? "" };
}

/** An answer in words. */
export function said(/** @type {QuestionCard} */ card, /** @type {string} */ answer) {
  if (card.kind === "pixel") { const [row, column] = answer.split(","); return say("row {row}, column {column}", { row, column }); }
  return card.kind === "number" ? answer : card.options[Number(answer)]?.text ?? "";
}

/**
 * A place for questions.
 * @param {{ label: string, send: (answer: string) => void, open: (place: Place) => void }} options
 */
export function createQuestion({ label, send, open }) {
  const text = make("p", { className: "q-text" });
  const grids = make("div", { className: "q-grids" });
  const field = make("div", { className: "q-field" });
  const button = make("button", { type: "button", textContent: label, className: "q-send" });
  const told = make("p", { className: "q-told", role: "status" });
  const result = make("div", { className: "q-result", role: "status" });
  const element = make("div", { className: "question" }, [text, make("div", { className: "q-body" }, [grids, field]), make("div", { className: "q-row" }, [button, told]), result]);
  let card = null, chosen = "", solution = null;
  button.addEventListener("click", () => { if (chosen !== "") send(chosen); });

  /** Another question, or more about the same one. */
  function show(/** @type {QuestionCard} */ next, /** @type {string | null} */ mine, /** @type {QuestionSolution | null} */ known, fixed = Boolean(known)) {
    const another = !card || JSON.stringify([card.name, card.seed, card.text]) !== JSON.stringify([next.name, next.seed, next.text]);
    card = next;
    solution = known;
    if (another) { chosen = ""; build(); }
    if (mine !== null) choose(mine);
    field.inert = fixed;
    button.hidden = fixed;
    button.disabled = chosen === "";
    result.replaceChildren(...(known ? solved(mine) : []));
    if (!known) for (const one of field.querySelectorAll("[data-right]")) one.removeAttribute("data-right");
  }

  function build() {
    text.textContent = card.text;
    grids.replaceChildren(...card.grids.map(table));
    result.replaceChildren();
    told.textContent = "";
    field.replaceChildren(...(card.kind === "number" ? numberBox() : card.kind === "pixel" ? pixels() : options()));
  }

  function choose(answer) {
    chosen = answer;
    button.disabled = chosen === "";
    for (const one of field.querySelectorAll("[data-option]")) one.setAttribute("aria-checked", String(one.dataset.option === chosen));
    const input = field.querySelector("input");
    if (input && input.value !== chosen && readNumber(input.value) !== readNumber(chosen)) input.value = chosen;
    field.querySelector(".q-picture")?.dispatchEvent(new CustomEvent("chosen"));
  }

  function options() {
    const list = make("div", { className: "q-options", role: "radiogroup", ariaLabel: say("Choices") });
    list.append(...card.options.map((option, place) => {
      const one = make("button", { type: "button" }, [...(option.picture ? [make("img", { src: option.picture, alt: "" })] : []), make("span", { textContent: option.text })]);
      one.dataset.option = String(place);
      one.setAttribute("role", "radio");
      one.setAttribute("aria-checked", "false");
      one.addEventListener("click", () => choose(String(place)));
      one.addEventListener("keydown", (event) => {
        const way = arrow(event);
        if (!way) return;
        event.preventDefault();
        list.children[within(place + way[0] + way[1], card.options.length - 1)].focus();
      });
      return one;
    }));
    return [list];
  }

  function numberBox() {
    const input = make("input", { type: "text", inputMode: "text", autocomplete: "off", maxLength: 20, ariaLabel: say("Your number"), placeholder: say("a number") });
    input.addEventListener("input", () => { const known = readNumber(input.value) !== null; chosen = known ? input.value.trim() : ""; button.disabled = !known; });
    input.addEventListener("keydown", (event) => { if (event.key === "Enter" && chosen !== "") send(chosen); });
    return [input];
  }

  function pixels() {
    const { url, alt, rows, columns } = card.picture;
    const image = make("img", { src: url, alt, draggable: false });
    const [mark, cursor] = [make("div", { className: "q-mark", hidden: true }), make("div", { className: "q-cursor", hidden: true })];
    const box = make("div", { className: "q-picture", tabIndex: 0, role: "application", ariaLabel: say("{alt}. Click a pixel, or move with the arrow keys and press Enter.", { alt }) }, [image, cursor, mark]);
    const where = make("small", { className: "q-where" });
    let [row, column] = [0, 0];
    box.style.aspectRatio = `${columns} / ${rows}`;
    const point = () => { cursor.hidden = false; markCells(cursor, { row, column }, rows, columns); where.textContent = say("row {row}, column {column}", { row, column }); };
    box.addEventListener("pointermove", (event) => {
      const [r, c] = cellUnder(event, image, rows, columns);
      if (isInside(r, c, rows, columns)) { [row, column] = [r, c]; point(); }
    });
    box.addEventListener("click", (event) => {
      const [r, c] = cellUnder(event, image, rows, columns);
      if (isInside(r, c, rows, columns)) { [row, column] = [r, c]; point(); choose(`${r},${c}`); }
    });
    box.addEventListener("keydown", (event) => {
      const way = arrow(event);
      if (way) { [row, column] = [within(row + way[0], rows - 1), within(column + way[1], columns - 1)]; point(); }
      else if (event.key === "Enter" || event.key === " ") choose(`${row},${column}`);
      else return;
      event.preventDefault();
    });
    box.addEventListener("chosen", () => {
      mark.hidden = chosen === "";
      if (chosen === "") return;
      const [r, c] = chosen.split(",").map(Number);
      markCells(mark, { row: r, column: c }, rows, columns);
    });
    return [box, where];
  }

  /** What is said when the answer is known. */
  function solved(/** @type {string | null} */ mine) {
    const judged = mine === null ? null : verdict(card, solution, mine);
    for (const one of field.querySelectorAll("[data-option]")) one.dataset.right = String(Number(one.dataset.option) === solution.right);
    if (card.kind === "pixel") {
      const box = field.querySelector(".q-picture");
      box.querySelectorAll(".q-right").forEach((one) => one.remove());
      for (const [row, column] of solution.pixels) {
        const right = make("div", { className: "q-right" });
        markCells(right, { row, column }, card.picture.rows, card.picture.columns);
        box.append(right);
      }
    }
    const parts = [];
    if (judged) {
      const line = make("p", { className: judged.right ? "q-yes" : "q-no" }, [make("b", { textContent: judged.right ? say("✓ Right. ") : say("✗ Not right. ") }), judged.right ? "" : judged.why]);
      parts.push(line);
    }
    parts.push(make("p", {}, [make("b", { textContent: say("Answer: {answer}. ", { answer: solution.answer }) }), solution.explanation]));
    if (solution.title) {
      const link = make("button", { type: "button", textContent: say("See it on the page “{title}”", { title: solution.title }) });
      link.addEventListener("click", () => open({ page: solution.page, parameters: solution.parameters }));
      parts.push(link);
    }
    return parts;
  }

  return { element, show, tell(/** @type {string} */ words) { told.textContent = words; } };
}

function table(/** @type {import("./messages").QuestionGrid} */ grid) {
  const caption = make("figcaption", { textContent: grid.title });
  if (grid.picture) return make("figure", {}, [caption, make("img", { src: grid.picture, alt: grid.title })]);
  const head = grid.head.length ? [make("thead", {}, [make("tr", {}, grid.head.map((textContent) => make("th", { scope: "col", textContent })))])] : [];
  const rows = grid.rows.map((row) => make("tr", {}, row.map((textContent, place) => (grid.head.length && !place ? make("th", { scope: "row", textContent }) : make("td", { textContent })))));
  return make("figure", {}, [caption, make("table", {}, [...head, make("tbody", {}, rows)])]);
}
