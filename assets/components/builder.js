// A network as cards: add, move, duplicate, edit in place. The browser changes the tree, Python says what each layer makes of it.
import { answersOf } from "./lib/answers.js";
import { component, find, kept, make, news } from "./lib/component.js";
import { say } from "./lib/words.js";

const MOST_HISTORY = 200;

export default component(function mount({ data, setStateValue, parentElement }) {
  const builder = kept(parentElement, create);
  builder.send = (network, number) => setStateValue("network", news({ network, number }));
  builder.update(data);
});

/** @param {HTMLElement} root */
function create(root) {
  const part = (/** @type {string} */ name) => find(root, `[data-part=${name}]`);
  const list = part("list");
  const builder = { send: (/** @type {any} */ _, /** @type {string} */ __) => {}, update };
  /** @type {import("./lib/messages").BuilderMessage} */
  let data = null;
  let network = null; // as edited here
  let selected = [0];
  let arrived = ""; // the network that Python said last
  const answers = answersOf();
  let past = [], future = [];
  let kinds = new Map();
  let focus = null; // what gets the focus after the next drawing

  for (const [name, act] of Object.entries({ put: () => add(part("add").value), up: () => move(-1), down: () => move(1), copy: duplicate, remove, undo, redo }))
    part(name).addEventListener("click", () => { focus = name; act(); });
  root.addEventListener("keydown", onKey);

  function update(/** @type {import("./lib/messages").BuilderMessage} */ next) {
    if (!data) part("add").append(...options(next.kinds));
    data = next;
    kinds = new Map(data.kinds.map((kind) => [kind.kind, kind]));
    const text = JSON.stringify(data.network);
    const kind = answers.kind(data.answers); // of a late answer only the rows are used: what was edited since then stays
    if (kind === "last") network = structuredClone(data.network);
    else if (kind === "news" && text !== arrived && text !== JSON.stringify(network)) {
      if (network) remember();
      network = structuredClone(data.network);
      answers.renew();
    }
    arrived = text;
    draw();
  }

  function options(all) { return all.map((kind) => make("option", { value: kind.kind, textContent: kind.title })); }

  // --- the tree ---
  function remember() { past = [...past, structuredClone(network)].slice(-MOST_HISTORY); future = []; }
  function change(act) {
    const before = structuredClone(network);
    if (act() === false) { network = before; return; }
    past = [...past, before].slice(-MOST_HISTORY);
    future = [];
    tell();
  }
  function tell() {
    builder.send(structuredClone(network), answers.next());
    draw();
  }
  /** The list that an address lies in, and its place there. */
  function home(address) {
    let holder = network;
    let at = network.layers;
    for (const key of address.slice(0, -1)) at = at?.[key];
    holder = at;
    return { list: holder, index: address.at(-1) };
  }
  function layerAt(address) { const { list: held, index } = home(address); return held?.[index]; }

  function add(kind) {
    change(() => {
      const fresh = structuredClone(kinds.get(kind).fresh);
      const { list: held, index } = home(selected);
      if (!Array.isArray(held)) { network.layers.push(fresh); selected = [network.layers.length - 1]; return; }
      const place = held.length ? index + 1 : 0;
      held.splice(place, 0, fresh);
      selected = [...selected.slice(0, -1), place];
      focus = "card";
    });
  }
  function move(way) {
    const { list: held, index } = home(selected);
    const to = index + way;
    if (!held || to < 0 || to >= held.length) return;
    change(() => {
      [held[index], held[to]] = [held[to], held[index]];
      selected = [...selected.slice(0, -1), to];
      focus ??= "card";
    });
  }
  function duplicate() {
    const { list: held, index } = home(selected);
    if (!held?.[index]) return;
    change(() => {
      const copy = structuredClone(held[index]);
      if (copy.name) copy.name = "";
      held.splice(index + 1, 0, copy);
      selected = [...selected.slice(0, -1), index + 1];
      focus ??= "card";
    });
  }
  function remove() {
    const { list: held, index } = home(selected);
    if (!held?.[index]) return;
    change(() => {
      held.splice(index, 1);
      selected = held.length ? [...selected.slice(0, -1), Math.min(index, held.length - 1)] : parent(selected);
      focus ??= "card";
    });
  }
  function parent(address) {
    let up = address.slice(0, -1);
    while (up.length && !isLayer(up)) up = up.slice(0, -1);
    return up.length ? up : [0];
  }
  function isLayer(address) { return typeof layerAt(address)?.kind === "string"; }
  function step(from, to) {
    if (!from.length) return [from, to];
    to.push(structuredClone(network));
    network = from.pop();
    if (!isLayer(selected)) selected = [0];
    tell();
    return [from, to];
  }
  function undo() { [past, future] = step(past, future); }
  function redo() { [future, past] = step(future, past); }

  // --- the cards ---
  function draw() {
    const rows = new Map(data.rows.map((row) => [row.address.join("/"), row]));
    const at = active();
    list.replaceChildren(...cards(network.layers, [], rows));
    part("input").textContent = say("An image of {input} comes in.", { input: data.input });
    const end = part("end");
    end.hidden = !(data.error && data.at === null);
    if (!end.hidden) end.replaceChildren(...fault());
    const held = home(selected);
    part("up").disabled = !held.list || held.index <= 0;
    part("down").disabled = !held.list || held.index >= held.list.length - 1;
    part("copy").disabled = part("remove").disabled = !layerAt(selected);
    part("undo").disabled = !past.length;
    part("redo").disabled = !future.length;
    root.dataset.error = data.error;
    root.dataset.layers = String(list.querySelectorAll(".card").length);
    restore(at);
  }
  function active() {
    const element = /** @type {any} */ (root.getRootNode()).activeElement;
    const card = element?.closest?.(".card");
    return card && { address: card.dataset.address, option: element.dataset.option };
  }
  function restore(at) {
    const wanted = focus;
    focus = null;
    if (wanted === "card") cardOf(selected)?.focus();
    else if (wanted && part(wanted) && !part(wanted).disabled) part(wanted).focus();
    else if (wanted) cardOf(selected)?.focus();
    else if (at) {
      const card = list.querySelector(`[data-address="${at.address}"]`);
      (at.option ? card?.querySelector(`[data-option="${at.option}"]`) : card)?.focus();
    }
  }
  function cardOf(address) { return list.querySelector(`.card[data-address="${address.join("/")}"]`); }

  function levelOf(address) { return address.filter((key) => typeof key === "number").length; }

  function cards(layers, before, rows) { return layers.flatMap((layer, index) => card(layer, [...before, index], rows)); }

  function card(layer, address, rows) {
    const kind = kinds.get(layer.kind);
    const row = rows.get(address.join("/"));
    const wrong = data.error && data.at?.join("/") === address.join("/");
    const chosen = address.join("/") === selected.join("/");
    const element = make("div", { className: `card${wrong ? " wrong" : ""}`, tabIndex: chosen ? 0 : -1 });
    element.setAttribute("role", "treeitem");
    element.setAttribute("aria-selected", String(chosen));
    element.setAttribute("aria-level", String(levelOf(address)));
    element.dataset.address = address.join("/");
    element.style.setProperty("--kind", data.colours[kind?.colour ?? "other"]);
    const facts = row ? [make("b", { textContent: row.shape }), say(" · {parameters} parameters · {multiply_adds} multiply-adds · sees {field} · {bytes} bytes", { parameters: counted(row.parameters), multiply_adds: counted(row.multiply_adds), field: row.field, bytes: counted(row.bytes) })] : [say("not known yet")];
    const title = kind?.title ?? layer.kind;
    element.setAttribute("aria-label", `${title}, ${row ? say("output {shape}, {parameters} parameters", { shape: row.shape, parameters: row.parameters }) : say("not known yet")}${wrong ? `. ${data.error}` : ""}`);
    const grip = make("span", { className: "grip", textContent: "⠿", title: say("Drag") });
    grip.setAttribute("aria-hidden", "true");
    grip.addEventListener("pointerdown", (event) => drag(event, address, element));
    element.append(grip, make("span", { className: "title", textContent: title }), make("span", { className: "facts" }, facts));
    const edits = (kind?.options ?? []).map((option) => edit(layer, address, option, title));
    if (edits.length) {
      const line = make("div", { className: "options" }, edits);
      line.style.gridColumn = "1 / -1";
      element.append(line);
    }
    if (wrong) element.append(make("div", { className: "fault" }, fault()));
    element.addEventListener("pointerdown", (event) => { if (!event.target.closest("input, select, button, .grip")) choose(address, true); });
    element.addEventListener("focusin", () => choose(address, false));
    return [element, ...(kind?.parts ?? []).flatMap((name) => held(layer, address, name, rows))];
  }

  // The layers that a block holds, part by part.
  function held(layer, address, name, rows) {
    const value = layer[name];
    if (name === "branches") {
      const boxes = value.map((branch, number) => box(say("branch {number}", { number: number + 1 }), branch, [...address, name, number], rows, () => change(() => { value.splice(number, 1); })));
      return [...boxes, plus(say("Another branch"), levelOf(address) + 1, () => change(() => { value.push([structuredClone(kinds.get("conv").fresh)]); }))];
    }
    if (value === null || value === undefined || (!value.length && name !== "body"))
      return [plus(name === "shortcut" ? say("A layer in the shortcut") : say("A layer {name}", { name: name === "after" ? say("behind the sum") : say("in {name}", { name }) }), levelOf(address) + 1,
        () => change(() => { layer[name] = [structuredClone(kinds.get(name === "after" ? "activation" : "conv").fresh)]; selected = [...address, name, 0]; focus = "card"; }))];
    return [box(name === "after" ? say("behind the sum") : name, value, [...address, name], rows, name === "shortcut" || name === "after" ? () => change(() => { layer[name] = name === "shortcut" ? null : []; }) : null)];
  }
  function box(name, layers, address, rows, take) {
    const head = make("div", { className: "name" }, [name]);
    if (take) lineOfTree(head, levelOf(address) + 1, name).append(make("button", { textContent: "✕", title: say("Take {name} away", { name }), onclick: take }));
    const element = make("div", { className: "part" }, [head, ...cards(layers, address, rows)]);
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", name);
    return element;
  }
  function plus(text, level, act) {
    const head = make("div", { className: "name" }, [make("button", { textContent: `+ ${text}`, onclick: act })]);
    return make("div", { className: "part" }, [lineOfTree(head, level, text)]);
  }
  // A button may stand in a tree only within one of its items.
  function lineOfTree(element, level, label) {
    element.setAttribute("role", "treeitem");
    element.setAttribute("aria-level", String(level));
    element.setAttribute("aria-label", label);
    return element;
  }

  function edit(layer, address, option, title) {
    const now = layer[option.name] ?? (layer[option.name] === null ? null : option.usual);
    const set = (value) => change(() => { const target = layerAt(address); if (target[option.name] === value) return false; target[option.name] = value; });
    let box;
    if (option.kind === "choice") {
      box = make("select", {}, Object.entries(option.choices).map(([value, text]) => make("option", { value, textContent: text, selected: value === now })));
      box.addEventListener("change", () => set(box.value));
    } else if (option.kind === "yes") {
      box = make("input", { type: "checkbox", checked: Boolean(now) });
      box.addEventListener("change", () => set(box.checked));
    } else {
      box = make("input", { type: "number", value: now ?? "", step: option.kind === "real" ? "any" : "1", min: option.low ?? "", placeholder: option.empty ?? "", required: option.empty === null });
      box.addEventListener("input", () => {
        if (!box.checkValidity()) return; // said by its red border; what stood before holds
        set(box.value === "" ? null : Number(box.value));
      });
    }
    box.dataset.option = option.name;
    box.setAttribute("aria-label", say("{title} of {title2}", { title: option.title, title2: title }));
    return make("label", {}, [option.title, box]);
  }

  function fault() {
    const words = make("div", { textContent: data.error });
    return [words, ...data.repairs.map((repair) => make("button", { textContent: repair.title, onclick: () => change(() => { network = structuredClone(repair.network); if (!isLayer(selected)) selected = [0]; }) }))];
  }

  function choose(address, focused) {
    if (address.join("/") === selected.join("/")) return;
    cardOf(selected)?.setAttribute("aria-selected", "false");
    const before = cardOf(selected);
    if (before) before.tabIndex = -1;
    selected = address;
    const now = cardOf(selected);
    if (!now) return;
    now.setAttribute("aria-selected", "true");
    now.tabIndex = 0;
    if (focused) now.focus();
    const { list: layers, index } = home(selected);
    part("up").disabled = index <= 0;
    part("down").disabled = index >= layers.length - 1;
  }

  // --- keys ---
  function onKey(event) {
    const typing = event.target.closest?.("input, select");
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "z") { focus = "card"; (event.shiftKey ? redo : undo)(); }
    else if (command && event.key.toLowerCase() === "y") { focus = "card"; redo(); }
    else if (event.key === "Escape" && typing && event.target.closest(".card")) event.target.closest(".card").focus();
    else if (event.key === "Escape" && event.target === part("add")) cardOf(selected)?.focus();
    else if (event.key === "Enter" && event.target === part("add")) add(part("add").value);
    else if (typing || event.target.tagName === "BUTTON") return;
    else if (command && event.key.toLowerCase() === "d") { focus = "card"; duplicate(); }
    else if (event.altKey && event.key === "ArrowUp") { focus = "card"; move(-1); }
    else if (event.altKey && event.key === "ArrowDown") { focus = "card"; move(1); }
    else if (event.key === "ArrowUp") walk(-1);
    else if (event.key === "ArrowDown") walk(1);
    else if (event.key === "Delete" || event.key === "Backspace") { focus = "card"; remove(); }
    else if (event.key === "Enter") cardOf(selected)?.querySelector("input, select")?.focus();
    else if (event.key.toLowerCase() === "a") part("add").focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  function walk(way) {
    const all = [...list.querySelectorAll(".card")];
    const next = all[all.indexOf(cardOf(selected)) + way];
    if (next) choose(read(next.dataset.address), true);
  }
  function read(text) { return text.split("/").map((key) => (/^\d+$/.test(key) ? Number(key) : key)); }

  // --- drag ---
  function drag(event, address, element) {
    event.preventDefault();
    choose(address, false);
    element.querySelector(".grip").setPointerCapture(event.pointerId);
    let target = null, after = false;
    const clear = () => list.querySelectorAll(".card").forEach((one) => one.classList.remove("drop-before", "drop-after"));
    const over = (moved) => {
      const under = /** @type {any} */ (root.getRootNode()).elementFromPoint(moved.clientX, moved.clientY)?.closest(".card");
      clear();
      target = under && under !== element ? under : null;
      if (!target || `${target.dataset.address}/`.startsWith(`${address.join("/")}/`)) { target = null; return; }
      const box = target.getBoundingClientRect();
      after = moved.clientY > box.top + box.height / 2;
      target.classList.add(after ? "drop-after" : "drop-before");
    };
    const grip = element.querySelector(".grip");
    const drop = () => {
      grip.removeEventListener("pointermove", over);
      clear();
      if (!target) return;
      const to = read(target.dataset.address);
      change(() => {
        const from = home(address);
        const goal = home(to);
        const [layer] = from.list.splice(from.index, 1);
        let place = goal.index + (after ? 1 : 0);
        if (goal.list === from.list && from.index < place) place -= 1;
        goal.list.splice(place, 0, layer);
        selected = address.length === to.length || to.length < address.length ? [...to.slice(0, -1), place] : [0];
        if (!isLayer(selected)) selected = [0];
        focus = "card";
      });
    };
    grip.addEventListener("pointermove", over);
    grip.addEventListener("pointerup", drop, { once: true });
    grip.addEventListener("pointercancel", () => { grip.removeEventListener("pointermove", over); clear(); }, { once: true });
  }

  return builder;
}

/** 12345678 as 12.3 M. */
function counted(/** @type {number} */ number) {
  if (number < 10000) return String(number);
  return number < 1e6 ? `${(number / 1e3).toFixed(number < 1e5 ? 1 : 0)} k` : `${(number / 1e6).toFixed(number < 1e7 ? 2 : 1)} M`;
}
