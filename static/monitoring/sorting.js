// Tables sorted by their heads; the address remembers by which, so that a refresh and a colleague see the same.

const PARAMETER = "sort";

export function startSorting() {
  dress();
  sortAgain();
}

// Makes buttons of the heads of tables that have none yet.
export function dress() {
  for (const table of document.querySelectorAll("table[data-sorts]")) {
    for (const head of table.tHead.rows[0].cells) if (!head.querySelector(".sort")) head.append(button(table, head));
  }
}

// Sorts as the address says.
export function sortAgain() {
  const [name, column, direction] = (new URLSearchParams(location.search).get(PARAMETER) ?? "").split(".");
  const table = name ? document.querySelector(`table[data-sorts="${CSS.escape(name)}"]`) : null;
  const head = table?.tHead.rows[0].cells[Number(column)];
  if (head) sort(table, head, direction === "up" ? "ascending" : "descending");
}

function button(table, head) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "sort";
  made.append(...head.childNodes);
  made.addEventListener("click", () => turn(table, head));
  return made;
}

function turn(table, head) {
  const first = head.classList.contains("number") ? "descending" : "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  const direction = head.getAttribute("aria-sort") === first ? other : first;
  sort(table, head, direction);
  const address = new URL(location.href);
  address.searchParams.set(PARAMETER, `${table.dataset.sorts}.${head.cellIndex}.${direction === "ascending" ? "up" : "down"}`);
  history.replaceState(null, "", address);
}

function sort(table, head, direction) {
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", direction);
  const sign = direction === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows].map((row) => ({ row, value: row.cells[head.cellIndex].dataset.value }));
  rows.sort((one, other) => sign * compared(one.value, other.value));
  table.tBodies[0].append(...rows.map(({ row }) => row));
}

function compared(one, other) {
  const [left, right] = [Number(one), Number(other)];
  if (one !== "" && other !== "" && !Number.isNaN(left) && !Number.isNaN(right)) return left - right;
  return one.localeCompare(other);
}
