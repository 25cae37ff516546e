// Tables: sorting by any column, folding and searching of long ones.

const SHEETS = [];

function sortKey(row, column) {
  const cell = row.cells[column];
  if (cell.classList.contains("absent")) return null;
  return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent;
}

function compare(first, second) {
  if (typeof first === "number" && typeof second === "number") return first - second;
  return String(first).localeCompare(String(second), "en", { numeric: true });
}

function sortRows(table, column, direction) {
  const body = table.tBodies[0];
  const rows = [...body.rows].filter((row) => !row.classList.contains("total"));
  const keyed = rows.map((row) => [sortKey(row, column), row]);
  keyed.sort(([first], [second]) => {
    if (first === null || second === null) return (first === null) - (second === null);
    return direction * compare(first, second);
  });
  body.prepend(...keyed.map(([, row]) => row));
}

function sortable(table, changed) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const falling = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      sortRows(table, column, falling ? -1 : 1);
      changed();
    });
  });
}

// Whether a row is of what the page's filters choose; rows that name nothing there are of everything.
function chosen(row, choice) {
  return Object.entries(choice).every(([column, value]) => {
    const cell = row.cells[column];
    return cell.classList.contains("absent") || cell.textContent === value;
  });
}

function filterTables(dimension, value) {
  for (const sheet of SHEETS) {
    const column = [...sheet.table.tHead.rows[0].cells].findIndex((head) => head.dataset.dimension === dimension);
    if (column < 0) continue;
    const rows = [...sheet.table.tBodies[0].rows].filter((row) => !row.classList.contains("total"));
    const offered = rows.some((row) => row.cells[column].textContent === value);
    if (offered && value !== EVERYTHING) sheet.choice[column] = value;
    else delete sheet.choice[column];
    sheet.refresh();
  }
}

function addSearch(box) {
  const search = document.createElement("input");
  search.type = "search";
  search.placeholder = "Search";
  search.setAttribute("aria-label", "Search in: " + box.querySelector("h3").textContent);
  box.querySelector(".tools").append(search);
  return search;
}

function addMore(table) {
  const more = document.createElement("button");
  more.type = "button";
  more.className = "more";
  table.parentNode.after(more);
  return more;
}

// Show the rows that are chosen and searched for; of those, the first ones until all are wanted.
function startSheet(table) {
  const long = "shown" in table.dataset;
  const shown = long ? Number(table.dataset.shown) : Infinity;
  const search = long && addSearch(table.closest(".table"));
  const more = long && addMore(table);
  const sheet = { table, choice: {} };
  let open = false;
  sheet.refresh = () => {
    const wanted = search ? search.value.trim().toLowerCase() : "";
    const rows = [...table.tBodies[0].rows].filter((row) => !row.classList.contains("total"));
    const of = rows.filter((row) => chosen(row, sheet.choice));
    const found = of.filter((row) => !wanted || row.textContent.toLowerCase().includes(wanted));
    const kept = new Set(open || wanted ? found : found.slice(0, shown));
    rows.forEach((row) => { row.hidden = !kept.has(row); });
    table.querySelectorAll("tr.total").forEach((row) => { row.hidden = of.length < rows.length; });
    if (!more) return;
    more.hidden = !wanted && of.length <= shown;
    more.disabled = Boolean(wanted);
    more.setAttribute("aria-expanded", String(open));
    more.textContent = wanted ? found.length + " of " + of.length + " rows found"
      : open ? "Show " + shown + " of " + of.length + " rows" : "Show all " + of.length + " rows";
  };
  if (search) search.addEventListener("input", sheet.refresh);
  if (more) more.addEventListener("click", () => { open = !open; sheet.refresh(); });
  sheet.refresh();
  return sheet;
}

function startTables() {
  for (const table of document.querySelectorAll(".table table")) {
    const sheet = startSheet(table);
    sortable(table, sheet.refresh);
    SHEETS.push(sheet);
  }
}
