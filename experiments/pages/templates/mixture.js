const RED = [178, 24, 43], WHITE = [247, 247, 247], BLUE = [33, 102, 172];

function showDetails(i, tables) {
  const shares = columns["text share"];
  if (shares) showShares(shares[i]);
  if (data.gates) showGate(data.gates[i]);
  if (data.fields) {
    const fields = valuesOf(data.fields, i);
    tables.append(pairs("Fields", fields.map(([name, value]) => [name, value === "" ? "missing" : value])));
  }
}

function showShares(text) {
  const bar = element("div", undefined, { id: "shares" });
  for (const [name, share] of [["text", text], ["table", 1 - text]]) {
    const label = share < 0.12 ? "" : `${name} ${share.toFixed(2)}`;
    bar.append(element("span", label, { class: name, style: `width: ${100 * share}%` }));
  }
  panel.append(bar);
}

function showGate(packed) {
  if (packed === undefined) {
    panel.append(element("p",
      "The page holds the gate of the largest and smallest errors and some others, not of this sample."));
    return;
  }
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const svg = shape("svg", { id: "gate", class: "figure", width: "245pt", height: "18pt",
    viewBox: `0 0 ${bytes.length} 1`, preserveAspectRatio: "none" });
  bytes.forEach((byte, place) =>
    svg.append(shape("rect", { x: place, y: 0, width: 1.02, height: 1, fill: gateColour(byte / 255) })));
  panel.append(svg, element("p",
    "The gate in each dimension, in the order of the figure above: blue takes the text, red the table."));
  offerFigure(panel, () => svg, "gate");
}

// From the table's red at 0 by white to the text's blue at 1.
function gateColour(share) {
  const [from, to] = share < 0.5 ? [RED, WHITE] : [WHITE, BLUE];
  const way = share < 0.5 ? 2 * share : 2 * share - 1;
  return `rgb(${from.map((start, i) => Math.round(start + way * (to[i] - start))).join(" ")})`;
}
