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

function stepNames(modality, count, i) {
  if (modality === "modalities") return ["text", "audio", "video"];
  const mask = data.masks[i][modality];
  const words = modality === "text" ? (data.words[i] ?? []) : [];
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
  const present = (modality) => (data.masks[i][modality] ?? "1").includes("1");
  const cross = data.maps.findIndex((map) =>
    map.name.includes("_from_") && present(map.query) && present(map.key));
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
