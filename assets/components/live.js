// Learning curves of training runs. Asks the server for the records it does not have yet, and draws them: no run of the page is needed.
// Tells the server only what changes the page: a run started, paused or ended, or there are new weights to look at.
import { brief } from "./lib/colours.js";
import { component, find, kept, make } from "./lib/component.js";
import { within } from "./lib/keys.js";
import { later, say } from "./lib/words.js";

const ADDRESS = "cnnviz/live"; // below the page's own folder, wherever a proxy has put it
const WAIT_MS = { first: 80, young: 200, running: 500, queued: 250, paused: 700, unreachable: 15000 };
const YOUNG_MS = 3000;
const FAILURES = 5;
const WEIGHTS_MS = 2500; // between two looks at the weights: at least this, and
const WEIGHTS_SHARE = 15; // this many times what a look takes, so that the training keeps its processor
const AGAIN_MS = 10000; // what the server has not answered for so long has not reached it
const ACTIVE = ["queued", "running", "paused"];
const [STEP, SECONDS] = [0, 5];
const FIELDS = { loss: [1, 3], accuracy: [2, 4] }; // places of training and validation in a row
const DASHES = { solid: "", dash: "11 7", dot: "2 6", dashdot: "11 6 2 6", longdash: "20 7", longdashdot: "20 6 2 6" };
const HINT = later("Point at a curve for its values, drag to zoom in. Keys: ← → + − Esc.");

export default component(function mount({ data, setStateValue, parentElement }) {
  const live = kept(parentElement, create);
  live.send = setStateValue;
  live.update(data);
  return () => live.stop();
});

/** @param {HTMLElement} root */
function create(root) {
  const [bar, says, results, keys, charts, tip, said, whole, more, table] = ["bar", "says", "results", "keys", "charts", "tip", "said", "whole", "more", "table"]
    .map((name) => find(root, `[data-part=${name}]`));
  const live = { send: (/** @type {any[]} */ ..._) => {}, update, stop };
  const view = { from: 0, to: null, cursor: null }; // steps; `to` null: all
  let data = null, runs = [], plots = [];
  let timer = 0, asking = null, failures = 0, since = 0, told = "", looked = 0, lookTook = 0, tellings = 0, again = 0;

  Object.assign(root, { numbers: () => records() });
  whole.addEventListener("click", () => zoom(0, null));
  more.addEventListener("toggle", () => writeTable(true));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  const sizes = new ResizeObserver(() => plots.forEach((plot) => plot.draw()));

  function update(/** @type {import("./lib/messages").LiveMessage} */ next) {
    const known = new Map(runs.map((run) => [run.id, run]));
    const names = (given) => JSON.stringify(given?.runs.map((run) => run.id));
    const [before, asked] = [data, (given) => JSON.stringify([given?.quantities, given?.names])];
    data = next;
    if (names(before) !== names(next)) { Object.assign(view, { from: 0, to: null, cursor: null }); since = performance.now(); }
    if (asked(before) !== asked(next)) build(next.quantities);
    runs = data.runs.map((about) => {
      const run = known.get(about.id) ?? { id: about.id, rows: [], mark: "", report: null };
      const stale = !run.report || run.report.state !== about.state || run.report.step !== about.step;
      return Object.assign(run, { about, stale });
    });
    clearTimeout(again);
    if (told) { lookTook = performance.now() - looked; looked = performance.now(); told = ""; }
    if (data.reports) take(data.reports);
    render(true);
    ask();
  }

  function stop() { clearTimeout(timer); clearTimeout(again); asking?.abort(); asking = null; }

  function build(quantities) {
    sizes.disconnect();
    plots = quantities.map((quantity) => createPlot(quantity));
    charts.replaceChildren(...plots.map((plot) => plot.element));
    plots.forEach((plot) => sizes.observe(plot.element));
  }

  // What is asked for: runs that may have changed.
  function wanted() { return runs.filter(({ report, stale }) => stale || (ACTIVE.includes(report.state) && !report.error)); }

  async function ask() {
    clearTimeout(timer);
    const open = wanted();
    if (asking || !open.length || document.hidden || !root.isConnected) return;
    asking = new AbortController();
    try {
      const query = new URLSearchParams([["language", data.language?.name ?? "en"], ...open.flatMap((run) => [["run", run.id], ["after", run.mark]])]);
      const reply = await fetch(new URL(`${ADDRESS}?${query}`, location.href), { signal: asking.signal, cache: "no-store" });
      if (!reply.ok) throw new Error(reply.statusText);
      const changed = take(await reply.json());
      if (failures >= FAILURES || data.reports) live.send("asks", true);
      failures = 0;
      if (changed) render(false);
      tell();
    } catch (error) {
      if (error.name === "AbortError") return;
      failures += 1;
      if (failures === FAILURES && !data.reports) live.send("asks", false);
    } finally {
      asking = null;
    }
    if (wanted().length) timer = setTimeout(ask, pause());
  }

  function pause() {
    if (failures) return Math.min(WAIT_MS.unreachable, 250 * 2 ** failures);
    const states = runs.map((run) => run.report?.state);
    if (states.includes("running") || states.includes(undefined)) {
      if (!runs.some((run) => run.rows.length)) return WAIT_MS.first;
      return performance.now() - since < YOUNG_MS ? WAIT_MS.young : WAIT_MS.running;
    }
    if (!states.includes("queued")) return WAIT_MS.paused;
    return performance.now() - since < YOUNG_MS ? WAIT_MS.first : WAIT_MS.queued;
  }

  // Keeps what the reports say; false if they say nothing new.
  function take(reports) {
    let changed = false;
    for (const report of reports) {
      const run = runs.find((each) => each.id === report.run);
      if (!run) continue;
      run.stale = false;
      changed ||= Boolean(report.error) || report.whole || report.rows.length > 0 || `${report.says}` !== `${run.report?.says}`
        || report.changes.length !== run.report?.changes.length;
      run.report = report;
      if (report.error) continue;
      run.rows = report.whole ? report.rows : run.rows.concat(report.rows);
      run.mark = report.mark;
    }
    return changed;
  }

  // The page runs again when a run has changed its state, or when new weights can be afforded.
  function tell() {
    if (told) return;
    const phase = (state) => (state === "running" ? "queued" : state);
    const changed = runs.filter(({ report, about }) => report && !report.error && phase(report.state) !== phase(about.state));
    const { report, about } = runs[0];
    const fresh = data.weights && (report?.snapshot ?? null) !== null && report.snapshot !== about.snapshot
      && (about.snapshot === null || performance.now() - looked > Math.max(WEIGHTS_MS, WEIGHTS_SHARE * lookTook));
    if (!changed.length && !fresh) return;
    told = JSON.stringify([++tellings, runs.map((run) => [run.id, run.report?.state, run.report?.snapshot])]);
    looked = performance.now();
    live.send("told", told);
    again = setTimeout(() => { told = ""; tell(); }, AGAIN_MS);
  }

  function render(all) {
    const several = runs.length > 1;
    if (all) keys.replaceChildren(...(several ? legendOfSeveral() : legendOfOne()));
    writeStatus(several);
    results.hidden = !several;
    if (several) writeResults();
    plots.forEach((plot) => plot.draw());
    writeTable(all);
    const best = runs.flatMap((run) => run.rows.map((row) => row[FIELDS.accuracy[1]] ?? 0));
    Object.assign(root.dataset, { runs: runs.map((run) => run.id).join(" "), points: runs.reduce((sum, run) => sum + run.rows.length, 0), best: Math.max(0, ...best),
      states: runs.map((run) => run.report?.state ?? run.about.state).join(" ") });
  }

  function writeStatus(several) {
    const { report } = runs[0];
    bar.hidden = several || !report || Boolean(report.error);
    says.hidden = (several || !report) && !runs.some((run) => run.report?.error);
    const error = runs.map((run) => run.report?.error).find(Boolean);
    if (says.hidden) return;
    says.children[0].textContent = error ? "" : report.says[0];
    says.children[1].textContent = error ?? `· ${report.says[1]}`;
    if (error) return;
    const share = Math.min(1, report.step / Math.max(1, report.total));
    bar.firstElementChild.style.transform = `scaleX(${share})`;
    bar.setAttribute("aria-valuenow", Math.round(100 * share));
    bar.setAttribute("aria-valuetext", report.says.join(", "));
  }

  function curves(run, quantity) {
    const [train, validation] = FIELDS[quantity];
    const one = runs.length === 1;
    const shown = [{ run, place: validation, name: one ? say("validation") : run.about.title, colour: run.about.colours[1], width: 3, dash: DASHES[run.about.dash], dots: true }];
    const line = { run, place: train, name: one ? say("training") : say("{title}, training", { title: run.about.title }), colour: run.about.colours[0], width: one ? 3 : 1.3, dash: "", dots: false };
    return data.training ? [line, ...shown] : shown;
  }

  // What the page calls a quantity: the mean IoU of a segmentation stands where others have their accuracy.
  function called(quantity) { return data.names[quantity] ?? quantity; }

  function legendOfOne() { return curves(runs[0], "accuracy").map((curve) => make("span", {}, [sample(curve), curve.name])); }
  function legendOfSeveral() {
    if (!data.training) return [];
    const line = { colour: "currentColor", width: 1.3, dash: "", dots: false };
    return [make("span", {}, [sample({ ...line, width: 3, dots: true }), say("validation")]), make("span", {}, [sample(line), say("training")])];
  }

  function writeResults() {
    const cells = runs.map((run) => {
      const validated = run.rows.filter((row) => row[FIELDS.accuracy[1]] !== null).at(-1);
      const trained = run.rows.slice(-8).map((row) => row[FIELDS.accuracy[0]]).filter((value) => value !== null);
      const test = validated ? validated[FIELDS.accuracy[1]] : null;
      const train = trained.length ? trained.reduce((sum, value) => sum + value, 0) / trained.length : null;
      const gap = test === null || train === null ? null : train - test;
      return [run.report?.state ?? run.about.state, share(test, 2), share(train, 1), gap === null ? "–" : (gap < 0 ? "−" : "+") + share(Math.abs(gap), 1),
        run.rows.length ? run.rows.at(-1)[SECONDS].toFixed(1) : "–"];
    });
    const head = [say("run"), say("state"), say("validation {called}", { called: called("accuracy") }), say("training {called}", { called: called("accuracy") }), say("generalisation gap"), say("seconds")];
    results.replaceChildren(
      make("thead", {}, [make("tr", {}, head.map((text) => make("th", { scope: "col", textContent: text })))]),
      make("tbody", {}, runs.map((run, at) => make("tr", {}, [
        make("th", { scope: "row" }, [make("span", {}, [sample(curves(run, "accuracy").at(-1)), run.about.title])]),
        ...cells[at].map((text) => make("td", { textContent: text })),
      ]))),
    );
  }

  // All records: a row a step, a column a curve.
  function records() {
    const columns = runs.flatMap((run) => data.quantities.flatMap((quantity) => curves(run, quantity).map((curve) => ({ ...curve, quantity }))));
    const name = (curve) => (curve.run.about.title && runs.length > 1 ? `${curve.name}, ${called(curve.quantity)}` : `${curve.name} ${called(curve.quantity)}`);
    const byStep = new Map();
    runs.forEach((run, at) => run.rows.forEach((row) => { (byStep.get(row[STEP]) ?? byStep.set(row[STEP], []).get(row[STEP]))[at] = row; }));
    return [[say("step"), ...columns.map(name)], ...[...byStep].sort(([a], [b]) => a - b).map(([step, rows]) => [
      step, ...columns.map((curve) => exact(rows[runs.indexOf(curve.run)]?.[curve.place] ?? null, curve.quantity)),
    ])];
  }

  // They are written only while the table is open.
  function writeTable(all) {
    if (!more.open) { if (all) table.replaceChildren(); return; }
    const [head, ...body] = records();
    table.replaceChildren(
      make("thead", {}, [make("tr", {}, head.map((textContent) => make("th", { scope: "col", textContent })))]),
      make("tbody", {}, body.map(([step, ...values]) => make("tr", {}, [make("th", { scope: "row", textContent: step }), ...values.map((textContent) => make("td", { textContent }))]))),
    );
  }

  function zoom(from, to) {
    const last = total();
    if (to !== null && to - from < 1) return;
    const all = to === null || (from <= 0 && to >= last);
    Object.assign(view, all ? { from: 0, to: null } : { from: Math.max(0, from), to: Math.min(last, to) });
    whole.hidden = all;
    plots.forEach((plot) => plot.draw());
  }

  function total() { return Math.max(1, ...runs.map((run) => Math.max(run.report?.total ?? 0, run.rows.at(-1)?.[STEP] ?? 0))); }
  function steps() { return [...new Set(runs.flatMap((run) => run.rows.map((row) => row[STEP])))].sort((a, b) => a - b); }

  function point(step) {
    view.cursor = step;
    if (step !== null && view.to !== null && (step < view.from || step > view.to)) {
      const middle = step - (view.to - view.from) / 2;
      const from = Math.max(0, Math.min(middle, total() - (view.to - view.from)));
      zoom(from, from + view.to - view.from);
    }
    plots.forEach((plot) => plot.draw());
    said.textContent = step === null ? "" : [say("step {step}", { step }), ...plots.map((plot) => plot.words(step))].join("; ");
  }

  // One quantity of all runs against the steps.
  function createPlot(quantity) {
    const svg = draw("svg", { class: "chart", role: "img", tabindex: 0 });
    const card = make("div", { className: "card", hidden: true });
    const element = make("figure", {}, [make("figcaption", { textContent: called(quantity) }), svg, card]);
    let box = { left: 0, top: 0, width: 0, height: 0 }, low = 0, high = 1, drag = null;
    const end = () => view.to ?? total();
    const x = (step) => ((step - view.from) / (end() - view.from)) * box.width;
    const y = (value) => (1 - (value - low) / (high - low)) * box.height;
    const stepAt = (event) => view.from + ((event.clientX - svg.getBoundingClientRect().left - box.left) / box.width) * (end() - view.from);
    const nearest = (step) => { const all = steps(); return all.length ? all.reduce((best, each) => (Math.abs(each - step) < Math.abs(best - step) ? each : best)) : null; };

    svg.addEventListener("pointerdown", (event) => { if (event.button === 0) { drag = { from: stepAt(event), x: event.clientX, to: null }; svg.setPointerCapture(event.pointerId); } });
    svg.addEventListener("pointermove", (event) => {
      if (drag && (drag.to !== null || Math.abs(event.clientX - drag.x) > 6)) { drag.to = stepAt(event); drawPlot(); }
      else point(nearest(stepAt(event)));
    });
    svg.addEventListener("pointerup", () => { const done = drag; drag = null; if (done?.to != null) zoom(...[done.from, done.to].sort((a, b) => a - b)); drawPlot(); });
    svg.addEventListener("pointercancel", () => { drag = null; drawPlot(); });
    svg.addEventListener("pointerleave", () => { if (!drag) point(null); });
    svg.addEventListener("dblclick", () => zoom(0, null));
    svg.addEventListener("blur", () => point(null));
    svg.addEventListener("keydown", (event) => {
      const all = steps(), at = all.indexOf(view.cursor), far = event.shiftKey ? 10 : 1;
      const go = { ArrowRight: at + far, ArrowLeft: at < 0 ? all.length - 1 : at - far, Home: 0, End: all.length - 1 }[event.key];
      const middle = view.cursor ?? (view.from + end()) / 2, half = (end() - view.from) / 2;
      if (go !== undefined) { if (all.length) point(all[within(go, all.length - 1)]); }
      else if (event.key === "+" || event.key === "=") zoom(middle - half / 2, middle + half / 2);
      else if (event.key === "-" || event.key === "−") zoom(middle - half * 2, middle + half * 2);
      else if (event.key === "Escape") { zoom(0, null); point(null); }
      else return;
      event.preventDefault();
    });

    function values(curve) { return curve.run.rows.filter((row) => row[curve.place] !== null && row[curve.place] !== undefined); }
    function seen(rows) { return rows.filter((row) => row[STEP] >= view.from && row[STEP] <= end()); }

    function range(shown) {
      const inside = shown.flatMap(({ curve, rows }) => seen(rows).map((row) => row[curve.place]));
      if (view.to !== null && inside.length) {
        const [least, most] = [Math.min(...inside), Math.max(...inside)];
        const room = (most - least) * 0.08 || Math.abs(most) * 0.05 || 0.05;
        [low, high] = [least - room, most + room];
      } else [low, high] = quantity === "accuracy" ? [0, 1.02] : [0, Math.max(0.1, ...inside) * 1.04];
    }

    function drawPlot() {
      const size = svg.getBoundingClientRect();
      if (!size.width || !data) return;
      const letter = parseFloat(getComputedStyle(root).fontSize);
      box = { left: letter * 3.1, top: letter * 0.6, width: Math.max(10, size.width - letter * 3.9), height: Math.max(10, size.height - letter * 2.2) };
      const shown = runs.flatMap((run) => curves(run, quantity)).map((curve) => ({ curve, rows: values(curve) }));
      range(shown);
      const across = ticks(view.from, end(), box.width / (letter * 5), true), up = ticks(low, high, box.height / (letter * 1.9));
      const inner = draw("svg", { x: box.left, y: box.top, width: box.width, height: box.height, overflow: "hidden" }, [
        ...marks(letter), ...shown.flatMap(({ curve, rows }) => lines(curve, rows)), ...brush(),
      ]);
      const dots = shown.filter(({ curve }) => curve.dots).map(({ curve, rows }) => draw("path", { class: "dots", stroke: curve.colour,
        d: seen(rows).map((row) => `M${px(box.left + x(row[STEP]))} ${px(box.top + y(row[curve.place]))}h0`).join("") }));
      svg.replaceChildren(
        ...up.map((value) => draw("line", { class: "grid", x1: box.left, x2: box.left + box.width, y1: box.top + y(value), y2: box.top + y(value) })),
        ...up.map((value) => draw("text", { x: box.left - letter * 0.4, y: box.top + y(value) + letter * 0.3, "text-anchor": "end" }, [label(value, quantity)])),
        ...across.map((step) => draw("text", { x: box.left + x(step), y: box.top + box.height + letter * 1.2, "text-anchor": "middle" }, [String(step)])),
        draw("text", { x: box.left - letter * 0.6, y: box.top + box.height + letter * 1.2, "text-anchor": "end" }, [say("step")]),
        draw("path", { class: "axis", fill: "none", d: `M${box.left} ${box.top}V${box.top + box.height}H${box.left + box.width}` }),
        inner, ...dots, ...cursor(),
      );
      svg.setAttribute("aria-label", described(shown));
      writeCard(letter);
    }

    function lines(curve, rows) {
      // The neighbours outside the window too, so that lines run to its edge.
      const part = rows.filter((row, at) => (rows[at + 1]?.[STEP] ?? Infinity) >= view.from && (rows[at - 1]?.[STEP] ?? -1) <= end());
      const path = part.map((row, at) => `${at ? "L" : "M"}${px(x(row[STEP]))} ${px(y(row[curve.place]))}`).join("");
      return [draw("path", { class: "curve", d: path, stroke: curve.colour, "stroke-width": curve.width, "stroke-dasharray": curve.dash })];
    }
    function marks(letter) {
      const changes = runs.length === 1 ? runs[0].report?.changes ?? [] : [];
      const found = changes.flatMap(([step, words], number) => [
        draw("line", { class: "change", x1: x(step), x2: x(step), y1: 0, y2: box.height }),
        draw("text", { x: x(step) + (x(step) > box.width / 2 ? -1 : 1) * letter * 0.3, y: box.height / 2 + letter * 1.3 * (number % 5 - 2), "text-anchor": x(step) > box.width / 2 ? "end" : "start" }, [words]),
      ]);
      if (data.step !== null) found.push(draw("line", { class: "shown", x1: x(data.step), x2: x(data.step), y1: 0, y2: box.height }));
      return found;
    }
    function brush() {
      if (!drag || drag.to === null) return [];
      const [a, b] = [x(drag.from), x(drag.to)].sort((one, two) => one - two);
      return [draw("rect", { class: "brush", x: a, width: b - a, y: 0, height: box.height })];
    }
    function cursor() {
      if (view.cursor === null) return [];
      const at = box.left + x(view.cursor);
      return [draw("line", { class: "cursor", x1: at, x2: at, y1: box.top, y2: box.top + box.height })];
    }

    // The value of each curve at a step, or the last one before it with its step.
    function at(step) {
      return runs.flatMap((run) => curves(run, quantity)).map((curve) => {
        const row = values(curve).filter((each) => each[STEP] <= step).at(-1);
        const when = row && row[STEP] !== step ? say(" (step {step})", { step: row[STEP] }) : "";
        return { curve, text: row ? exact(row[curve.place], quantity) + when : "–" };
      });
    }
    function words(step) { return `${called(quantity)}: ${at(step).map(({ curve, text }) => `${curve.name} ${text}`).join(", ")}`; }
    function writeCard(letter) {
      card.hidden = view.cursor === null || Boolean(drag);
      if (card.hidden) return;
      card.replaceChildren(make("b", { textContent: say("step {cursor}", { cursor: view.cursor }) }),
        ...at(view.cursor).map(({ curve, text }) => make("span", {}, [sample(curve), `${curve.name}: ${text}`])));
      const place = box.left + x(view.cursor), width = card.offsetWidth;
      const right = place + letter + width < element.clientWidth;
      card.style.left = `${Math.max(0, right ? place + letter * 0.7 : place - width - letter * 0.7)}px`;
      const top = svg.getBoundingClientRect().top - element.getBoundingClientRect().top + box.top;
      // Where the curves are not: accuracies rise to the top, losses fall to the bottom.
      card.style.top = `${top + (quantity === "accuracy" ? Math.max(0, box.height - card.offsetHeight - letter * 0.5) : 0)}px`;
    }
    function described(shown) {
      return shown.filter(({ curve }) => curve.dots).map(({ curve, rows }) => {
        const who = runs.length > 1 ? `${curve.run.about.title}: ` : "";
        if (!rows.length) return data.alt[quantity] && runs.length === 1 ? data.alt[quantity] : say("{who}Curve of the {quantity}, still empty", { who, quantity: called(quantity) });
        const [first, last] = [rows[0], rows.at(-1)];
        return say("{who}Validation {quantity} from {first} at step {first2} to {last} at step {last2}", { who, quantity: called(quantity), first: first[curve.place].toFixed(3), first2: first[STEP], last: last[curve.place].toFixed(3), last2: last[STEP] });
      }).join("; ");
    }

    return { element, draw: drawPlot, words };
  }

  tip.textContent = say(HINT);
  return live;
}

function draw(tag, attributes, children = []) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function sample({ colour, width, dash, dots }) {
  const parts = [draw("path", { d: "M0 6H30", stroke: colour, "stroke-width": width, "stroke-dasharray": dash, class: "curve" })];
  if (dots) parts.push(draw("path", { d: "M15 6h0", stroke: colour, class: "dots" }));
  return draw("svg", { class: "sample", viewBox: "0 0 30 12", "aria-hidden": "true" }, parts);
}

// Round numbers between low and high, about `count` of them; whole ones if asked for.
function ticks(low, high, count, integers = false) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  let by = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough);
  if (integers) by = Math.max(1, Math.round(by));
  const found = [];
  for (let value = Math.ceil(low / by - 1e-9); value * by <= high + by * 1e-9; value += 1) found.push(Number((value * by).toPrecision(12)));
  return found;
}

// Short enough for the room beside the axis: 0.05, 250, 2e6.
function label(value, quantity) {
  if (quantity === "accuracy") return `${Number((100 * value).toPrecision(6))}%`;
  const size = Math.abs(value);
  const text = size >= 1e4 || (size > 0 && size < 1e-3) ? value.toExponential().replace("e+", "e") : String(value);
  return text.replaceAll("-", "−");
}

// A value with all digits that mean something.
function exact(value, quantity) {
  if (value === null) return "";
  return quantity === "accuracy" ? `${Number((100 * value).toPrecision(6))}%` : String(Number(value.toPrecision(6)));
}

function px(value) { return Math.round(value * 10) / 10; }
function share(value, digits) { return value === null ? "–" : `${(100 * value).toFixed(digits)}%`; }
