"use strict";
const element = (name, text, attributes = {}) => {
  const made = document.createElement(name);
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

function offerDownload(place, label, save) {
  const button = element("button", label, { type: "button", class: "download" });
  button.addEventListener("click", save);
  place.append(button);
}

function headingOf(card) {
  const own = card.querySelector("h3");
  let one = card;
  while (one && !own && one.tagName !== "H2") one = one.previousElementSibling ?? one.parentElement;
  return (own ?? one ?? document.querySelector("h1")).textContent;
}

const fileName = (card) => headingOf(card).trim().toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

for (const svg of document.querySelectorAll(".card svg:not(.plain)")) {
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
