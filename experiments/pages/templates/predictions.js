const data = JSON.parse(document.getElementById("page-data").textContent);
const columns = data.columns;
const PAGE = 25;
const SHOWN_LETTERS = 240; // of a text, in the table
const table = document.getElementById("predictions");
const panel = document.getElementById("sample");
const view = { sort: "error", descending: true, page: 0, opened: null };

// The table of predictions

const names = Object.keys(columns);
const turns = Object.fromEntries(["before", "after"].map((name) => [name, document.getElementById(name)]));
const filters = Object.fromEntries(
  ["words", "group", "error"].map((name) => [name, document.getElementById(`filter-${name}`)]));

function chosenRows() {
  const words = filters.words.value.toLowerCase();
  const least = Number(filters.error.value);
  const wanted = filters.group.value;
  const rows = columns.id.map((_, i) => i).filter((i) =>
    (!words || `${columns.id[i]} ${columns.text?.[i] ?? ""}`.toLowerCase().includes(words)) &&
    (wanted === "" || data.groups[i].includes(Number(wanted))) &&
    columns.error[i] >= least);
  const values = columns[view.sort];
  const order = (a, b) => (values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : a - b);
  return rows.sort((a, b) => (view.descending ? order(b, a) : order(a, b)));
}

const whole = Object.fromEntries(names.map((name) => [name, columns[name].every(Number.isInteger)]));
const inTable = (name, value) =>
  typeof value !== "number" ? value : (whole[name] ? String(value) : value.toFixed(3)).replace("-", "−");
const shortened = (text) =>
  text.length > SHOWN_LETTERS ? `${text.slice(0, SHOWN_LETTERS)} …` : text;

const numeric = (name) => typeof columns[name][0] === "number";
const classOf = (name) =>
  `${name.endsWith(" share") ? "share" : name}${numeric(name) ? " number" : ""}`;

function showTable() {
  const rows = chosenRows();
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  view.page = Math.min(view.page, pages - 1);
  table.replaceChildren();
  const head = table.createTHead().insertRow();
  for (const name of names) {
    const arrow = name === view.sort ? (view.descending ? " ↓" : " ↑") : "";
    const cell = element("th", "", { scope: "col", class: classOf(name) });
    const button = element("button", name + arrow, { type: "button" });
    button.addEventListener("click", () => {
      view.descending = name === view.sort ? !view.descending : numeric(name);
      view.sort = name;
      showTable();
    });
    // Browsers leave buttons out where they repeat a heading on paper.
    cell.append(button, element("span", name, { class: "printed" }));
    head.append(cell);
  }
  const body = table.createTBody();
  for (const i of rows.slice(view.page * PAGE, (view.page + 1) * PAGE)) {
    const row = body.insertRow();
    row.dataset.sample = i;
    row.tabIndex = 0;
    for (const name of names) {
      const cell = element("td", "", { class: classOf(name) });
      cell.append(element("div", shortened(inTable(name, columns[name][i]))));
      row.append(cell);
    }
    row.addEventListener("click", () => openSample(i));
    row.addEventListener("keydown", (event) => event.key === "Enter" && openSample(i));
  }
  document.getElementById("count").textContent = `${rows.length} of ${columns.id.length} samples` +
    (rows.length ? `, page ${view.page + 1} of ${pages}` : "");
  turns.before.disabled = view.page === 0;
  turns.after.disabled = view.page === pages - 1;
  if (!rows.includes(view.opened)) panel.hidden = true;
}

for (const filter of Object.values(filters)) {
  filter.addEventListener("input", () => { view.page = 0; showTable(); });
}
turns.before.addEventListener("click", () => { view.page -= 1; showTable(); });
turns.after.addEventListener("click", () => { view.page += 1; showTable(); });
offerDownload(document.getElementById("controls"), "CSV", () => {
  const lines = [names, ...chosenRows().map((i) => names.map((name) => String(columns[name][i])))];
  download("predictions.csv", "text/csv", lines.map((line) => line.map(quoted).join(",")).join("\n") + "\n");
});

const leftOut = document.getElementById("left-out");
if (columns.id.length < data.samples) {
  leftOut.textContent = `This page has room for ${columns.id.length} of ${data.samples} samples: those with the ` +
    `largest and the smallest errors, and others at random. All are in ${leftOut.dataset.file} of the run's folder.`;
  leftOut.hidden = false;
}

// One sample

const valuesOf = (lists, i) => Object.entries(lists).map(([name, values]) => [name, values[i]]);

function pairs(title, rows) {
  const part = element("div");
  const made = element("table", undefined, { id: `sample-${title.toLowerCase()}` });
  for (const [name, value] of rows) {
    const row = made.insertRow();
    row.append(element("th", name, { scope: "row" }), element("td", value, { class: "number" }));
  }
  part.append(element("h4", title), made);
  return part;
}

function openSample(i) {
  panel.replaceChildren(element("h3", `Sample ${columns.id[i]}`));
  if (columns.text) panel.append(element("blockquote", columns.text[i]));
  const facts = names.filter((name) => name !== "id" && name !== "text")
    .map((name) => `${name} ${inTable(name, columns[name][i])}`);
  panel.append(element("p", facts.join(" · ")));
  const tables = element("div", undefined, { class: "cards" });
  if (Object.keys(data.outputs).length) tables.append(pairs("Outputs", valuesOf(data.outputs, i)));
  panel.append(tables);
  showDetails(i, tables);
  view.opened = i;
  panel.hidden = false;
  panel.scrollIntoView({ behavior: "smooth", block: "nearest" });
}

showTable();
