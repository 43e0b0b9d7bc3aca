// Creates DOM nodes and patches the page with them. Unchanged nodes stay in place, so that focus, selection, scroll position and typed
// text survive every redraw.

const SVG = "http://www.w3.org/2000/svg";

/** SVG paths on a grid of 24 × 24, stroked. @type {Record<string, string>} */
const ICONS = {
  home: "M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z",
  calendar: "M5 5h14a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM4 10h16M8 3v4M16 3v4",
  download: "M12 4v11m0 0l-5-5m5 5l5-5M4 19h16",
  history: "M4 12a8 8 0 1 0 3-6.2M4 4v4h4M12 8v4l3 2",
  cart: "M3 4h2l2.4 10.5h9.8L19 7H6M9 19.5h.01M16 19.5h.01",
  receipt: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
  database: "M5 6c0-3.5 14-3.5 14 0v12c0 3.5-14 3.5-14 0zM5 6c0 3.5 14 3.5 14 0M5 12c0 3.5 14 3.5 14 0",
  settings: "M4 7h9m4 0h3M4 17h3m4 0h9M13 5v4M7 15v4",
  bell: "M6 16V11a6 6 0 1 1 12 0v5l1.5 2h-15zM10 21h4",
  check: "M5 12.5l4.5 4.5L19 7.5",
  alert: "M12 4l9 16H3zM12 10v4m0 3h.01",
  clock: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v4l3 2",
  run: "M20 12a8 8 0 1 1-2.6-5.9M20 4v4h-4",
  archive: "M4 8h16v11a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1zM3 4h18v4H3zM10 12h4",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9l6 6 6-6",
  up: "M6 15l6-6 6 6",
  copy: "M9 9h10v10H9zM5 15V5h10",
  stop: "M7 7h10v10H7z",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  eye: "M3 12c4-7 14-7 18 0-4 7-14 7-18 0zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z",
  search: "M11 5a6 6 0 1 1 0 12 6 6 0 0 1 0-12zM15.5 15.5L20 20",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM5 20a7 7 0 0 1 14 0",
};

/** Event handlers by node. All nodes listen with `dispatch`, so that a redraw can replace their handlers. @type {WeakMap<Node, Record<string, Handler>>} */
const handlers = new WeakMap();

/** Nodes whose action is in progress, with the `aria-disabled` value to restore. @type {Map<Element, { disabled: string | null }>} */
const busy = new Map();

/** @param {Event} event */
function dispatch(event) {
  const node = /** @type {Element} */ (event.currentTarget);
  const isAction = event.type === "click" || event.type === "submit";
  if (isAction && busy.has(node)) return event.preventDefault();
  const outcome = /** @type {unknown} */ (handlers.get(node)?.[event.type]?.(event));
  if (isAction && outcome instanceof Promise) {
    const { submitter } = /** @type {SubmitEvent} */ (event);
    void markBusy(node, submitter ?? node, outcome);
  }
}

/**
 * Marks a button as busy until its action has ended. A busy button keeps the focus and ignores clicks, so that no action starts twice.
 * @param {Element} node @param {Element} button @param {Promise<unknown>} outcome
 */
async function markBusy(node, button, outcome) {
  const state = { disabled: button.getAttribute("aria-disabled") };
  busy.set(node, state).set(button, state);
  button.setAttribute("aria-busy", "true");
  button.setAttribute("aria-disabled", "true");
  try {
    await outcome;
  } finally {
    busy.delete(node);
    busy.delete(button);
    button.removeAttribute("aria-busy");
    if (state.disabled === null) button.removeAttribute("aria-disabled");
    else button.setAttribute("aria-disabled", state.disabled);
  }
}

/** @param {Node} node @param {Record<string, Handler>} [next] */
function listen(node, next) {
  const before = handlers.get(node) ?? {};
  for (const type of Object.keys(next ?? {})) if (!(type in before)) node.addEventListener(type, dispatch);
  if (next) handlers.set(node, { ...Object.fromEntries(Object.keys(before).map((type) => [type, () => {}])), ...next });
}

/**
 * Creates an element. `key` identifies it among its siblings and `on` holds its event handlers; attributes that are null, undefined or
 * false are omitted.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name @param {Props} [props] @param {Child[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(name, props = {}, ...children) {
  const made = document.createElement(name);
  const { on, key, ...attributes } = props;
  if (key !== undefined) made.dataset.key = key;
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(attribute, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(attribute, String(value));
  }
  listen(made, on);
  made.append(...nodes(children));
  return made;
}

/** Flattens children and drops empty ones. @param {Child[]} children @returns {(Node | string)[]} */
export function nodes(children) {
  return children.flat(9).flatMap((child) => {
    if (child === null || child === undefined || child === false || child === true) return [];
    return [typeof child === "number" ? String(child) : /** @type {Node | string} */ (child)];
  });
}

/** A decorative icon beside its text. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" };
  for (const [attribute, value] of Object.entries(attributes)) svg.setAttribute(attribute, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name] ?? "");
  svg.append(path);
  return svg;
}

/** @param {Node | null} node */
const keyOf = (node) => (node instanceof HTMLElement ? node.dataset.key : undefined);

/** Updates the children of an element with as few changes as possible. @param {Element} parent @param {Child[]} children */
export function patch(parent, children) {
  const wanted = nodes(children).map((child) => (typeof child === "string" ? document.createTextNode(child) : child));
  const keys = new Set(wanted.map(keyOf).filter(Boolean));
  /** @type {Map<string, ChildNode>} */
  const known = new Map();
  for (const child of [...parent.childNodes]) {
    const key = keyOf(child);
    if (key && !keys.has(key)) child.remove();
    else if (key) known.set(key, child);
  }
  let at = parent.firstChild;
  for (const next of wanted) {
    const key = keyOf(next);
    const old = key ? known.get(key) : keyOf(at) ? null : at;
    if (!old || old.nodeName !== next.nodeName) {
      parent.insertBefore(next, at);
      continue;
    }
    if (old === at) at = at.nextSibling;
    else parent.insertBefore(old, at);
    update(old, next);
  }
  while (at) {
    const after = at.nextSibling;
    at.remove();
    at = after;
  }
}

/** @param {ChildNode} old @param {Node} next */
function update(old, next) {
  if (!(old instanceof Element) || !(next instanceof Element)) {
    if (old.nodeValue !== next.nodeValue) old.nodeValue = next.nodeValue;
    return;
  }
  const state = old.hasAttribute("aria-busy") ? busy.get(old) : undefined;
  if (state) state.disabled = next.getAttribute("aria-disabled");
  // `open` belongs to the user and the busy state to the running action: a redraw changes neither.
  const own = state ? ["open", "aria-busy", "aria-disabled"] : ["open"];
  const isOwn = (/** @type {string} */ name) => own.includes(name);
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name) && !isOwn(name)) old.removeAttribute(name);
  for (const { name, value } of next.attributes) {
    if (old.getAttribute(name) !== value && !isOwn(name)) old.setAttribute(name, value);
  }
  listen(old, handlers.get(next) ?? {});
  patch(old, [...next.childNodes]);
}

/** A button. It is busy until the promise returned by `press` settles. @param {string} words @param {() => unknown} press @param {Props & { icon?: string }} [props] */
export function button(words, press, props = {}) {
  const { icon: picture, on, ...rest } = props;
  const click = () => (rest["aria-disabled"] === "true" ? undefined : press());
  return el("button", { type: "button", ...rest, on: { click, ...on } }, picture ? icon(picture) : null, el("span", {}, words));
}

/** A link to a view of the console. @param {string} to @param {Props} props @param {Child[]} children */
export function link(to, props = {}, ...children) {
  return el("a", { href: `#${to}`, ...props }, ...children);
}

/** A card with a heading. @param {string} id @param {string} heading @param {Props} props @param {Child[]} children */
export function card(id, heading, props = {}, ...children) {
  const { class: names = "", ...rest } = props;
  const attributes = { ...rest, class: `card ${names}`, "aria-labelledby": `${id}-heading`, key: id };
  return el("section", attributes, el("h2", { id: `${id}-heading` }, heading), ...children);
}

/** A status label, with an icon so that it does not rely on colour alone. @param {"good" | "bad" | "busy" | "quiet"} kind @param {string} words */
export function badge(kind, words) {
  const pictures = { good: "check", bad: "alert", busy: "run", quiet: "clock" };
  return el("span", { class: `badge ${kind}` }, icon(pictures[kind]), words);
}

/**
 * A notice about a failure: the reason, the item at fault, the technical message in a disclosure, and an action.
 * @param {{ words: string, subject: string, more: string, technical: string }} failure @param {Child} action
 */
export function failureNotice({ words, subject, more, technical }, action) {
  const text = el(
    "div",
    {},
    el("p", {}, words),
    subject ? el("p", { class: "subject" }, subject) : null,
    el("details", {}, el("summary", {}, more), el("p", { lang: "en" }, technical)),
  );
  return el("div", { class: "notice bad" }, icon("alert"), text, action);
}

/** A notice about something that needs attention. @param {Child[]} children */
export function notice(...children) {
  return el("p", { class: "notice bad", key: "notice" }, icon("alert"), ...children);
}

/** A meter, with what it shows as text. @param {{ max: number, now: number, words: string, label: string }} values @param {Child} shown */
export function meterOf({ max, now, words, label }, shown) {
  const values = { "aria-valuemin": 0, "aria-valuemax": max, "aria-valuenow": now, "aria-valuetext": words };
  return el("div", { class: "meter", role: "meter", ...values, "aria-label": label }, shown);
}

/** A warning, and a link or button that helps. @param {string} words @param {Child} help */
export function warning(words, help) {
  return el("div", { class: "notice bad", role: "alert", key: "warning" }, icon("alert"), el("div", {}, el("p", {}, words), help));
}

/** Visually hidden text for screen readers. @param {Child[]} children */
export function visuallyHidden(...children) {
  return el("span", { class: "visually-hidden" }, ...children);
}

/** A description list of names and values. @param {[Child, Child][]} facts @param {string} [names] */
export function facts(facts, names = "facts") {
  return el(
    "dl",
    { class: names },
    facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
  );
}

/** An SVG element. @param {string} name @param {Record<string, string | number>} attributes @param {Node[]} children */
export function shape(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  made.append(...children);
  return made;
}

/** An inline SVG image. @param {number} width @param {number} height @param {Record<string, string | number>} attributes @param {Node[]} children */
export function drawing(width, height, attributes, ...children) {
  return shape("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", focusable: "false", ...attributes }, ...children);
}

/** A legend entry: the colour of a kind and its name. @param {string} kind @param {string} words */
export function legend(kind, words) {
  return el("span", { class: "key" }, el("span", { class: `dot ${kind}`, "aria-hidden": "true" }), words);
}

/**
 * A bar with one cell for each backup of the month.
 * @param {{ kind: "used" | "planned" | "left" | "short", count: number }[]} parts
 */
export function cells(parts) {
  const kinds = parts.flatMap(({ kind, count }) => Array.from({ length: count }, () => kind)).slice(0, 31);
  const [WIDTH, GAP] = [320, 4];
  const step = (WIDTH + GAP) / Math.max(kinds.length, 1);
  const drawn = kinds.map((kind, at) =>
    shape("rect", { class: kind, x: at * step + 1, y: 1, width: step - GAP - 2, height: 10, rx: 5 }),
  );
  return drawing(WIDTH, 12, { "aria-hidden": "true", class: "chart cells", preserveAspectRatio: "none" }, ...drawn);
}

/** Draws a progress bar beside a text; it is indeterminate if `all` is zero. @param {number} some @param {number} all @param {string} text @param {string} label Id of what labels it */
export function progressBar(some, all, text, label) {
  const bar = el("progress", { ...(all ? { max: all, value: Math.min(some, all) } : {}), "aria-labelledby": label });
  return el("div", { class: "bar-line" }, bar, el("span", { class: "number" }, text));
}
