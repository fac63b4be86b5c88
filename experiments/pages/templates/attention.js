const RAMP = [[235, 243, 251], [66, 133, 196], [8, 29, 73]]; // from no attention to the most
const LETTERS = 22; // of the name of a step
const CROWDED = 7; // points: smaller cells have no names

function showDetails(i) {
  const packed = data.attention[i];
  if (packed === undefined) {
    panel.append(element("p", data.maps.length
      ? "The page holds attention for the largest and smallest errors and some others, not for this sample."
      : "The page holds no attention: the model has none, or its data was not at hand."));
  } else {
    showAttention(i, Uint8Array.from(atob(packed), (c) => c.charCodeAt(0)));
  }
}

// Returns the valid steps of a modality, each with its place and its name.
function stepsOf(modality, count, i) {
  const mask = data.masks[i][modality];
  const places = [...Array(count).keys()].filter((step) => !mask || mask[step] === "1");
  const words = modality === "text" ? (data.words[i] ?? []) : [];
  const named = modality === "modalities" ? ["text", "audio", "video"]
    : words.length === places.length ? words : places.map((step) => String(step + 1));
  return places.map((place, k) => ({ place, name: named[k] }));
}

function showAttention(i, bytes) {
  const chooser = element("select", undefined, { id: "map", "aria-label": "attention map" });
  data.maps.forEach((map, index) => chooser.append(element("option", map.name, { value: index })));
  const heads = element("select", undefined, { id: "head", "aria-label": "head" });
  const place = element("div", undefined, { class: "map" });
  const readout = element("p", undefined, { id: "weight", "aria-live": "polite" });
  const line = element("p");
  const draw = () => {
    place.replaceChildren(mapFigure(i, bytes, Number(chooser.value), heads.value));
    readout.textContent = "Point at a cell, or touch it, to read its weight.";
  };
  const fill = () => {
    const count = data.maps[Number(chooser.value)].heads;
    heads.replaceChildren(element("option", "mean of heads", { value: "mean" }));
    for (let head = 0; head < count; head++) heads.append(element("option", `head ${head + 1}`, { value: head }));
    draw();
  };
  chooser.addEventListener("change", fill);
  heads.addEventListener("change", draw);
  place.addEventListener("pointerover", (event) => {
    const title = event.target.querySelector("title");
    if (title) readout.textContent = title.textContent;
  });
  line.append(chooser, " ", heads);
  panel.append(line, place, readout, element("p",
    "Each row is a query and shows how its attention is spread over the keys. Padding is left out."));
  offerFigure(panel, () => place.querySelector("svg"), "attention");
  const present = (modality) => (data.masks[i][modality] ?? "1").includes("1");
  const valid = data.maps.filter((map) => present(map.query) && present(map.key));
  const first = valid.find((map) => map.name.includes("_from_")) ?? valid[0];
  chooser.value = Math.max(data.maps.indexOf(first), 0);
  fill();
}

// Returns the weight of a query and a key in a map, of one head or as the mean of all.
function weightsOf(i, bytes, index, head) {
  const map = data.maps[index];
  const area = map.rows * map.columns;
  let start = 0;
  for (const earlier of data.maps.slice(0, index)) start += earlier.heads * earlier.rows * earlier.columns;
  const chosen = head === "mean" ? [...Array(map.heads).keys()] : [Number(head)];
  const scale = data.largest[i][index] / 255 / chosen.length;
  return (row, column) =>
    scale * chosen.reduce((sum, h) => sum + bytes[start + h * area + row * map.columns + column], 0);
}

function mapFigure(i, bytes, index, head) {
  const map = data.maps[index];
  const queries = stepsOf(map.query, map.rows, i), keys = stepsOf(map.key, map.columns, i);
  if (!queries.length || !keys.length) return element("p", "This sample has no valid step here.");
  const weight = weightsOf(i, bytes, index, head);
  const weights = queries.map((query) => keys.map((key) => weight(query.place, key.place)));
  const most = Math.max(...weights.flat()) || 1;
  const cell = Math.max(2.5, Math.min(20, 200 / Math.max(queries.length, keys.length)));
  const names = { query: axisNames(queries, cell), key: axisNames(keys, cell) };
  const titles = [axisTitle("query", map.query), axisTitle("key", map.key)];
  const width = keys.length * cell, height = queries.length * cell;
  // Room for the titles, where the map is smaller than they are.
  const [beyond, top] = [titles[1], titles[0]].map((title, k) =>
    Math.max(8, 2.2 * title.length - (k ? height : width) / 2));
  const left = 16 + names.query.room;
  const svg = shape("svg", { class: "figure", "font-family": "sans-serif", "font-size": 7 });
  queries.forEach((query, row) => keys.forEach((key, column) => {
    const rect = shape("rect", { x: left + column * cell, y: top + row * cell, width: cell, height: cell,
      fill: ramp(weights[row][column] / most), stroke: "#fff", "stroke-width": cell < CROWDED ? 0 : 0.5 });
    rect.append(shape("title", {}, `query “${query.name}”, key “${key.name}”: ${weights[row][column].toFixed(3)}`));
    svg.append(rect);
  }));
  drawNames(svg, names, { left, top, cell, height });
  const bottom = top + height + names.key.room + 10;
  drawTitle(svg, titles[0], `translate(9 ${top + height / 2}) rotate(-90)`);
  drawTitle(svg, titles[1], `translate(${left + width / 2} ${bottom})`);
  colourBar(svg, left + width + beyond, top, Math.max(height, 60), most);
  const size = [left + width + beyond + 48, Math.max(bottom + 4, top + Math.max(height, 60) + 6)];
  svg.setAttribute("width", `${size[0]}pt`);
  svg.setAttribute("height", `${size[1]}pt`);
  svg.setAttribute("viewBox", `0 0 ${size.join(" ")}`);
  return svg;
}

const axisTitle = (role, kind) =>
  `${role}: ${kind === "modalities" ? kind : kind === "step" ? "steps" : `steps of ${kind}`}`;

function drawTitle(svg, title, transform) {
  svg.append(shape("text", { "font-size": 8, "text-anchor": "middle", transform }, title));
}

// Returns the names beside an axis, "" where there is no room, and the room that they take in points.
function axisNames(steps, cell) {
  const every = Math.ceil(CROWDED / cell);
  const short = (name) => (name.length > LETTERS ? `${name.slice(0, LETTERS - 1)}…` : name);
  const shown = steps.map((step, k) => (k % every ? "" : short(step.name)));
  return { shown, room: 6 + 4.4 * Math.max(...shown.map((name) => name.length)) };
}

function drawNames(svg, names, { left, top, cell, height }) {
  names.query.shown.forEach((name, row) => svg.append(shape("text",
    { x: left - 4, y: top + (row + 0.5) * cell + 2.5, "text-anchor": "end" }, name)));
  const flat = Math.max(...names.key.shown.map((name) => name.length)) * 4.4 < cell;
  if (flat) names.key.room = 12;
  names.key.shown.forEach((name, column) => {
    const x = left + (column + 0.5) * cell, y = top + height;
    svg.append(shape("text", flat ? { x, y: y + 9, "text-anchor": "middle" }
      : { transform: `translate(${x + 2.5} ${y + 4}) rotate(-90)`, "text-anchor": "end" }, name));
  });
}

function colourBar(svg, x, y, height, most) {
  const parts = 50, digits = most < 0.1 ? 3 : 2;
  for (let k = 0; k < parts; k++) {
    svg.append(shape("rect", { x, y: y + height * (1 - (k + 1) / parts), width: 8,
      height: height / parts + 0.2, fill: ramp((k + 0.5) / parts) }));
  }
  for (const share of [0, 0.5, 1]) {
    svg.append(shape("text", { x: x + 11, y: y + 2.5 + height * (1 - share) }, (share * most).toFixed(digits)));
  }
  drawTitle(svg, "attention", `translate(${x + 42} ${y + height / 2}) rotate(-90)`);
}

function ramp(share) {
  const place = 2 * share, k = Math.min(1, Math.floor(place));
  const mixed = RAMP[k].map((from, c) => Math.round(from + (place - k) * (RAMP[k + 1][c] - from)));
  return `rgb(${mixed.join(",")})`;
}
