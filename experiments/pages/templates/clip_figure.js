// Offers the words and curves of each clip as a figure as wide as a page of a paper.

function clipFigure(tracks) {
  const width = 504, head = 11, gap = 7, heights = { spoken: 15, curve: 40 }; // points
  const svg = shape("svg", { width: `${width}pt`, "font-family": "sans-serif", "font-size": 7, fill: "#222" });
  const across = (one, side) => (parseFloat(one.style[side]) / 100) * width;
  let top = 0;
  for (const track of tracks.querySelectorAll(".track")) {
    const content = track.querySelector(".spoken, .curve");
    const height = heights[content.classList[0]];
    top += head;
    svg.append(...titleOf(track, width, top - 3),
      shape("rect", { x: 0, y: top, width, height, fill: "#222", "fill-opacity": 0.04 }));
    for (const word of track.querySelectorAll(".spoken span")) {
      const [x, length] = [across(word, "left"), across(word, "width")];
      svg.append(...wordShapes(word, x, top, length, height));
    }
    [...track.querySelectorAll(".curve path")].forEach((path, i) =>
      svg.append(lineShape(scaled(path.getAttribute("d"), width / 1000, height / 100, top), i)));
    top += height + gap;
  }
  for (const mark of tracks.querySelectorAll(".axis span")) {
    const x = across(mark, "left");
    const anchor = mark.className === "first" ? "start" : mark.className === "last" ? "end" : "middle";
    svg.append(shape("path", { d: `M${x} ${top - gap}v3`, stroke: "#222", "stroke-width": 0.6 }),
      shape("text", { x, y: top + 4, "text-anchor": anchor }, mark.textContent));
  }
  const height = top + gap;
  svg.setAttribute("height", `${height}pt`);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  return svg;
}

// Returns the heading of a track: its name, the names of its lines, and the ends of its axis.
function titleOf(track, width, y) {
  const title = track.querySelector("b").textContent;
  const ends = track.querySelector("header > span:last-child")?.textContent ?? "";
  const shapes = [shape("text", { x: 0, y, "font-size": 8, "font-weight": "bold" }, title),
    shape("text", { x: width, y, "text-anchor": "end" }, ends)];
  [...track.querySelectorAll(".key")].forEach((key, i) => {
    const x = 110 + 75 * i;
    shapes.push(lineShape(`M${x} ${y - 2.5}h18`, i), shape("text", { x: x + 22, y }, key.textContent.trim()));
  });
  return shapes;
}

const lineShape = (d, i) => shape("path", { d, fill: "none", stroke: "#222", "stroke-width": 0.9,
  "stroke-linecap": "round", "stroke-linejoin": "round", "stroke-dasharray": ["none", "4 3", "1 2.5"][i] });

function wordShapes(word, x, y, width, height) {
  const side = ["more", "less"].find((name) => word.classList.contains(name));
  const [fill, opacity] = side ? [{ more: "#2f74d0", less: "#cf5a12" }[side],
    0.65 * Number(word.style.getPropertyValue("--strength"))] : ["#222", 0.08];
  const shapes = [shape("rect", { x, y, width: Math.max(width - 0.8, 0.4), height, fill, "fill-opacity": opacity }),
    shape("text", { x: x + 1.5, y: y + 10, "font-size": 6.5 }, word.textContent)];
  if (side) {
    const dashes = side === "less" ? "3 2" : "none";
    shapes.push(shape("path", { d: `M${x} ${y + height - 0.6}h${Math.max(width - 0.8, 0.4)}`, stroke: fill,
      "stroke-width": 1.2, "stroke-dasharray": dashes }));
  }
  return shapes;
}

// Scales the points of a path; without a `transform`, every program draws its lines equally wide.
const scaled = (d, across, down, top) => d.replaceAll(/([ML])([\d.]+) ([\d.]+)/g, (_, command, x, y) =>
  `${command}${(x * across).toFixed(2)} ${(top + y * down).toFixed(2)}`);

for (const tracks of document.querySelectorAll(".tracks")) {
  const card = tracks.closest(".card");
  offerFigure(card, () => clipFigure(tracks), fileName(`${headingOf(card)} voice and face`));
}
