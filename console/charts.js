// Small charts as inline SVG. Each has a text alternative; colours come from the style sheet.

import { drawing, el, shape } from "./dom.js";

/** @typedef {{ name: string, end: string, value: number, words: string }} Bar */

/**
 * A column chart over time, oldest first, with the newest value as text.
 * @param {string} heading @param {Bar[]} bars
 */
export function columns(heading, bars) {
  const [WIDTH, HEIGHT, WIDEST] = [320, 96, 24];
  const max = Math.max(...bars.map(({ value }) => value), 1);
  const width = Math.min(WIDEST, (WIDTH / bars.length) * 0.8);
  // The first column is flush left and the last flush right, like the dates below the chart.
  const step = (WIDTH - width) / Math.max(bars.length - 1, 1);
  const drawn = bars.map(({ value, name, words }, at) => {
    const height = Math.max(2, (value / max) * (HEIGHT - 4));
    const bar = shape("rect", { x: at * step, y: HEIGHT - height, width, height, rx: 2 });
    if (at === bars.length - 1) bar.setAttribute("class", "newest");
    bar.append(shape("title", {}, document.createTextNode(`${name}: ${words}`)));
    return bar;
  });
  const base = shape("line", { x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT });
  const words = bars.map(({ name, words }) => `${name}: ${words}`).join("; ");
  const newest = bars[bars.length - 1];
  return el(
    "figure",
    { class: "columns-chart" },
    el("figcaption", {}, el("span", { class: "soft" }, heading), " ", el("strong", {}, newest?.words ?? "")),
    drawing(WIDTH, HEIGHT + 1, { role: "img", preserveAspectRatio: "none", "aria-label": `${heading}. ${words}` }, ...drawn, base),
    el("p", { class: "ends soft", "aria-hidden": "true" }, el("span", {}, bars[0]?.end ?? ""), el("span", {}, newest?.end ?? "")),
  );
}

/** A decorative bar beside the number that it shows. @param {number} value @param {number} max */
export function bar(value, max) {
  const width = max > 0 ? (value / max) * 100 : 0;
  return drawing(
    100,
    8,
    { "aria-hidden": "true", preserveAspectRatio: "none", class: "chart row-bar" },
    shape("rect", { class: "ground", x: 0, y: 0, width: 100, height: 8, rx: 4 }),
    shape("rect", { x: 0, y: 0, width: Math.max(width, value > 0 ? 2 : 0), height: 8, rx: 4 }),
  );
}
