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
  const canvas = element("canvas", undefined, { id: "gate" });
  canvas.width = bytes.length;
  canvas.height = 1;
  const context = canvas.getContext("2d");
  bytes.forEach((byte, place) => {
    context.fillStyle = gateColour(byte / 255);
    context.fillRect(place, 0, 1, 1);
  });
  panel.append(canvas, element("p",
    "The gate in each dimension, in the order of the figure above: blue takes the text, red the table."));
}

// From the table's red at 0 by white to the text's blue at 1.
function gateColour(share) {
  const [from, to] = share < 0.5 ? [RED, WHITE] : [WHITE, BLUE];
  const way = share < 0.5 ? 2 * share : 2 * share - 1;
  return `rgb(${from.map((start, i) => Math.round(start + way * (to[i] - start))).join(" ")})`;
}
