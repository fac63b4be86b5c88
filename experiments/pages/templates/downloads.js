"use strict";
const element = (name, text, attributes = {}) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

const SVG = "http://www.w3.org/2000/svg";
const shape = (name, attributes, text) => {
  const made = document.createElementNS(SVG, name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

function download(name, type, text) {
  const link = element("a", "", { download: name });
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const quoted = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

// Programs read a hyphen as the sign of a number, and a cell as one line.
const plain = (text) => text.trim().replaceAll(/\s+/g, " ").replaceAll(/−(?=[\d.])/g, "-");

function offerDownload(place, label, save, help = "") {
  const button = element("button", label, { type: "button", class: "download", title: help });
  button.addEventListener("click", save);
  place.append(button);
}

function headingOf(card) {
  const own = card.querySelector("h3");
  let one = card;
  while (one && !own && one.tagName !== "H2") one = one.previousElementSibling ?? one.parentElement;
  return (own ?? one ?? document.querySelector("h1")).textContent;
}

const fileName = (text) => text.trim().toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
const asText = (svg) => new XMLSerializer().serializeToString(svg);

// The browser's own printer makes the PDF: a page as large as the figure, with letters as text.
function printFigure(svg, name) {
  const frame = element("iframe", undefined, { class: "printed", title: name });
  frame.addEventListener("load", () => {
    frame.contentWindow.addEventListener("afterprint", () => frame.remove());
    frame.contentWindow.print();
  });
  const [width, height] = ["width", "height"].map((side) => svg.getAttribute(side));
  frame.srcdoc = `<!doctype html><title>${name}</title><style>@page { size: ${width} ${height}; margin: 0 }
    body { margin: 0 } svg { display: block }</style>${asText(svg)}`;
  document.body.append(frame);
}

// Offers a figure for a paper; `figure` finds the SVG that is shown at the moment, if there is one.
function offerFigure(place, figure, name) {
  const offer = (label, save, help) => offerDownload(place, label, () => figure() && save(figure()), help);
  offer("SVG", (svg) => download(`${name}.svg`, "image/svg+xml", asText(svg)));
  // Within a frame, as in the web page for clips, browsers may forbid to print.
  if (window === top) offer("PDF", (svg) => printFigure(svg, name), "prints only the figure: choose “Save as PDF”");
}

for (const svg of document.querySelectorAll(".card svg:not(.plain)")) {
  const card = svg.closest(".card");
  offerFigure(card, () => svg, fileName(headingOf(card)));
}
for (const one of document.querySelectorAll("table[data-csv]")) {
  offerDownload(one.closest(".card") ?? one.parentElement, "CSV", () => {
    const lines = [...one.rows].map((row) => [...row.cells].map((c) => quoted(plain(c.innerText))).join(","));
    download(`${one.dataset.csv}.csv`, "text/csv", lines.join("\n") + "\n");
  });
}

// What is folded on the screen is printed.
addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll("details:not([open])")) {
    one.open = true;
    addEventListener("afterprint", () => { one.open = false; }, { once: true });
  }
});
