// Questions to answer alone. What was answered stays in this browser, and can be taken away as a file; the server is not told.
import { component, find, kept, make, news } from "./lib/component.js";
import { toCsv } from "./lib/page_pictures.js";
import { createQuestion, said, verdict } from "./lib/question.js";
import { say } from "./lib/words.js";

const STORE = "cnnviz-answers";
const MOST = 2000; // answers that are kept
const LARGEST_SEED = 1_000_000;

export default component(function mount({ data, setStateValue, parentElement }) {
  const quiz = kept(parentElement, create);
  quiz.send = setStateValue;
  quiz.update(data);
});

/** @typedef {{ at: string, chapter: string, name: string, title: string, seed: number, question: string, answer: string, right: boolean, expected: string }} Kept */

function create(/** @type {HTMLElement} */ root) {
  const [title, progress, place, again, next, map, told, csv, json, forget] = ["title", "progress", "place", "again", "next", "map", "kept", "csv", "json", "forget"].map((part) => find(root, `[data-part=${part}]`));
  const quiz = { send: (/** @type {any[]} */ ..._) => {}, update };
  const question = createQuestion({ label: say("Check"), send: check, open: ({ page, parameters }) => window.open(new URL(`${page}?${new URLSearchParams(parameters)}`, location.href), "_blank") });
  /** @type {Kept[]} */
  let answers = read();
  let data = null, mine = null, asked = "";
  place.append(question.element);

  again.addEventListener("click", () => go(data.card.name, data.card.seed + 1));
  next.addEventListener("click", () => {
    const all = data.chapters.flatMap((chapter) => chapter.questions);
    const at = all.findIndex((one) => one.name === data.card.name);
    go(all[(at + 1) % all.length].name, data.card.seed);
  });
  csv.addEventListener("click", () => {
    const columns = ["at", "chapter", "title", "seed", "question", "answer", "right", "expected"];
    save("csv", "text/csv", toCsv([columns, ...answers.map((one) => columns.map((name) => String(one[name])))]));
  });
  json.addEventListener("click", () => save("json", "application/json", JSON.stringify(answers, null, 1)));
  forget.addEventListener("click", () => {
    // Twice, because nothing brings them back.
    if (forget.dataset.sure) { answers = []; keep(); delete forget.dataset.sure; forget.textContent = say("Forget my answers"); mine = null; render(); }
    else { forget.dataset.sure = "yes"; forget.textContent = say("Forget them all? Click again"); }
  });

  function go(name, seed) { quiz.send("next", news({ name, seed: seed % (LARGEST_SEED + 1) })); }

  function update(/** @type {import("./lib/messages").QuizMessage} */ message) {
    data = message;
    const key = `${data.card.name} ${data.card.seed}`;
    if (key !== asked) { mine = null; asked = key; }
    answers = read();
    render();
  }

  function check(answer) {
    mine = answer;
    const { right } = verdict(data.card, data.solution, answer);
    answers.push({ at: new Date().toISOString(), chapter: data.chapter, name: data.card.name, title: data.title, seed: data.card.seed, question: data.card.text,
      answer: said(data.card, answer), right, expected: data.solution.answer });
    keep();
    render();
  }

  function read() { try { const found = JSON.parse(localStorage.getItem(STORE) ?? "[]"); return Array.isArray(found) ? found : []; } catch { return []; } }
  function keep() { try { localStorage.setItem(STORE, JSON.stringify(answers.slice(-MOST))); } catch { /* a private window keeps them as long as the page */ } }

  function render() {
    title.textContent = data.title;
    question.show(data.card, mine, mine === null ? null : data.solution);
    const states = new Map();
    for (const { name, right } of answers) if (states.get(name) !== "right") states.set(name, right ? "right" : "tried");
    const solved = (chapter) => chapter.questions.filter((one) => states.get(one.name) === "right").length;
    const own = data.chapters.find((chapter) => chapter.name === data.chapter);
    progress.textContent = say("{title}: {solved} of {questions} answered right", { title: own.title, solved: solved(own), questions: own.questions.length });
    map.replaceChildren(...data.chapters.map((chapter) => make("div", {}, [
      make("h4", { textContent: say("{title}: {solved} of {questions}", { title: chapter.title, solved: solved(chapter), questions: chapter.questions.length }) }),
      make("div", {}, chapter.questions.map((one) => {
        const button = make("button", { type: "button", textContent: one.title });
        button.dataset.state = states.get(one.name) ?? "";
        button.setAttribute("aria-current", String(one.name === data.card.name));
        button.addEventListener("click", () => go(one.name, data.card.seed));
        return button;
      })),
    ])));
    told.textContent = answers.length === 1 ? say("1 answer is kept in this browser.") : say("{answers} answers are kept in this browser.", { answers: answers.length });
    for (const button of [csv, json, forget]) button.disabled = !answers.length;
    root.dataset.question = asked;
  }

  return quiz;
}

function save(kind, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: `cnnviz-answers.${kind}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
