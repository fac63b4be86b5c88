"use strict";
const data = JSON.parse(document.getElementById("page-data").textContent);
const columns = data.columns;
const PAGE = 25;
const table = document.getElementById("predictions");
const view = { sort: "error", descending: true, page: 0 };
const element = (name, text, attributes = {}) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

// Downloads

function download(name, type, text) {
  const link = element("a", "", { download: name });
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const quoted = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

function offerDownload(place, label, save) {
  const button = element("button", label, { type: "button", class: "download" });
  button.addEventListener("click", save);
  place.append(button);
}

const fileName = (card) =>
  (card.querySelector("h3") ?? card.parentElement.querySelector("h2")).textContent
    .trim().toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

for (const svg of document.querySelectorAll(".card svg")) {
  const card = svg.closest(".card");
  offerDownload(card, "SVG", () =>
    download(`${fileName(card)}.svg`, "image/svg+xml", new XMLSerializer().serializeToString(svg)));
}
for (const one of document.querySelectorAll("table[data-csv]")) {
  offerDownload(one.parentElement, "CSV", () => {
    const lines = [...one.rows].map((row) => [...row.cells].map((c) => quoted(c.innerText.trim())).join(","));
    download(`${one.dataset.csv}.csv`, "text/csv", lines.join("\n") + "\n");
  });
}

// The table of predictions

const names = Object.keys(columns);
const filters = Object.fromEntries(
  ["words", "class", "error"].map((name) => [name, document.getElementById(`filter-${name}`)]));

function chosenRows() {
  const words = filters.words.value.toLowerCase();
  const least = Number(filters.error.value);
  const wanted = filters.class.value;
  const rows = columns.id.map((_, i) => i).filter((i) =>
    (!words || `${columns.id[i]} ${columns.text?.[i] ?? ""}`.toLowerCase().includes(words)) &&
    (wanted === "" || columns.class[i] === Number(wanted)) &&
    columns.error[i] >= least);
  const values = columns[view.sort];
  const order = (a, b) => (values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : a - b);
  return rows.sort((a, b) => (view.descending ? order(b, a) : order(a, b)));
}

function showTable() {
  const rows = chosenRows();
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  view.page = Math.min(view.page, pages - 1);
  table.replaceChildren();
  const head = table.createTHead().insertRow();
  for (const name of names) {
    const arrow = name === view.sort ? (view.descending ? " ↓" : " ↑") : "";
    const cell = element("th", "", { scope: "col" });
    const button = element("button", name + arrow, { type: "button" });
    button.addEventListener("click", () => {
      view.descending = name === view.sort ? !view.descending : typeof columns[name][0] === "number";
      view.sort = name;
      showTable();
    });
    cell.append(button);
    head.append(cell);
  }
  const body = table.createTBody();
  for (const i of rows.slice(view.page * PAGE, (view.page + 1) * PAGE)) {
    const row = body.insertRow();
    row.dataset.sample = i;
    row.tabIndex = 0;
    for (const name of names) {
      const value = columns[name][i];
      const number = typeof value === "number";
      row.append(element("td", number && !Number.isInteger(value) ? value.toFixed(3) : value,
        { class: number ? "number" : name }));
    }
    row.addEventListener("click", () => openSample(i));
    row.addEventListener("keydown", (event) => event.key === "Enter" && openSample(i));
  }
  document.getElementById("count").textContent =
    `${rows.length} of ${columns.id.length} samples, page ${view.page + 1} of ${pages}`;
}

for (const filter of Object.values(filters)) {
  filter.addEventListener("input", () => { view.page = 0; showTable(); });
}
document.getElementById("before").addEventListener("click", () => { view.page = Math.max(0, view.page - 1); showTable(); });
document.getElementById("after").addEventListener("click", () => { view.page += 1; showTable(); });
offerDownload(document.getElementById("controls"), "CSV", () => {
  const lines = [names, ...chosenRows().map((i) => names.map((name) => String(columns[name][i])))];
  download("predictions.csv", "text/csv", lines.map((line) => line.map(quoted).join(",")).join("\n") + "\n");
});

// One sample

const panel = document.getElementById("sample");

function openSample(i) {
  panel.replaceChildren(element("h3", `Sample ${columns.id[i]}`));
  if (columns.text) panel.append(element("blockquote", columns.text[i]));
  const facts = names.filter((name) => typeof columns[name][i] === "number")
    .map((name) => `${name} ${columns[name][i]}`);
  panel.append(element("p", facts.join(" · ")));
  const packed = data.attention[i];
  if (packed === undefined) {
    panel.append(element("p", data.maps.length
      ? "The page holds attention for the largest and smallest errors and some others, not for this sample."
      : "The page holds no attention: the model has none, or its data was not at hand."));
  } else {
    showAttention(i, Uint8Array.from(atob(packed), (c) => c.charCodeAt(0)));
  }
  panel.hidden = false;
  panel.scrollIntoView({ behavior: "smooth", block: "nearest" });
}

function stepNames(modality, count, i) {
  if (modality === "modalities") return ["text", "audio", "video"];
  const mask = data.masks[i][modality];
  const words = modality === "text" ? (columns.text?.[i] ?? "").split(/\s+/).filter(Boolean) : [];
  const valid = mask ? [...mask].filter((step) => step === "1").length : -1;
  let next = 0;
  return Array.from({ length: count }, (_, step) =>
    words.length === valid && mask[step] === "1" ? words[next++] : String(step + 1));
}

function showAttention(i, bytes) {
  const chooser = element("select", undefined, { id: "map", "aria-label": "attention map" });
  data.maps.forEach((map, index) => chooser.append(element("option", map.name, { value: index })));
  const heads = element("select", undefined, { id: "head", "aria-label": "head" });
  const canvas = element("canvas", undefined, { id: "attention" });
  const draw = () => drawMap(canvas, i, bytes, Number(chooser.value), heads.value);
  const fill = () => {
    const count = data.maps[Number(chooser.value)].heads;
    heads.replaceChildren(element("option", "mean of heads", { value: "mean" }));
    for (let head = 0; head < count; head++) heads.append(element("option", `head ${head + 1}`, { value: head }));
    draw();
  };
  chooser.addEventListener("change", fill);
  heads.addEventListener("change", draw);
  const line = element("p");
  line.append(chooser, " ", heads);
  panel.append(line, canvas, element("p",
    "Each row is a query and shows how its attention is spread over the keys; darker is more. Padding is grey."));
  const cross = data.maps.findIndex((map) => map.name.includes("_from_"));
  chooser.value = Math.max(cross, 0);
  fill();
}

function drawMap(canvas, i, bytes, index, head) {
  const map = data.maps[index];
  const area = map.rows * map.columns;
  let start = 0;
  for (const earlier of data.maps.slice(0, index)) start += earlier.heads * earlier.rows * earlier.columns;
  const chosen = head === "mean" ? [...Array(map.heads).keys()] : [Number(head)];
  const queries = stepNames(map.query, map.rows, i);
  const keys = stepNames(map.key, map.columns, i);
  const cell = Math.max(3, Math.min(24, Math.floor(560 / Math.max(map.rows, map.columns))));
  const margin = cell < 9 ? 16 : 90;
  const scale = window.devicePixelRatio || 1;
  const width = margin + map.columns * cell + 4, height = margin + map.rows * cell + 4;
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.style.width = `${width}px`;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  const ink = getComputedStyle(panel).color;
  context.font = `${Math.min(cell - 1, 12)}px sans-serif`;
  const masked = (modality, step) => data.masks[i][modality]?.[step] === "0";
  for (let row = 0; row < map.rows; row++) {
    for (let column = 0; column < map.columns; column++) {
      let sum = 0;
      for (const h of chosen) sum += bytes[start + h * area + row * map.columns + column];
      const weight = sum / chosen.length / 255;
      const padding = masked(map.query, row) || masked(map.key, column);
      context.fillStyle = padding ? "#9993" : `color-mix(in srgb, #1f5fae ${100 * Math.sqrt(weight)}%, transparent)`;
      context.fillRect(margin + column * cell, margin + row * cell, cell - 1, cell - 1);
    }
  }
  if (cell < 9) return;
  context.fillStyle = ink;
  context.textBaseline = "middle";
  queries.forEach((name, row) => {
    context.globalAlpha = masked(map.query, row) ? 0.35 : 1;
    context.textAlign = "right";
    context.fillText(name.slice(0, 14), margin - 4, margin + (row + 0.5) * cell);
  });
  keys.forEach((name, column) => {
    context.globalAlpha = masked(map.key, column) ? 0.35 : 1;
    context.save();
    context.translate(margin + (column + 0.5) * cell, margin - 4);
    context.rotate(-Math.PI / 2);
    context.textAlign = "left";
    context.fillText(name.slice(0, 14), 0, 0);
    context.restore();
  });
}

showTable();
