"use strict";
// Sorts and filters each table of class `sortable`. Without scripts the page is complete.
const FIRST = 200;
for (const table of document.querySelectorAll("table.sortable")) {
  const part = (end) => document.getElementById(table.id + end);
  const [body, rest = table.createTBody()] = table.tBodies;
  rest.className = "rest";
  let rows = [...body.rows, ...rest.rows];
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const heads = [...table.tHead.rows[0].cells];
  const controls = part("-controls");
  const search = controls.querySelector("input");
  const choice = controls.querySelector("select");
  const group = choice ? heads.findIndex((head) => head.textContent === choice.dataset.column) : -1;
  const more = part("-more");
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = choice ? choice.value : "";
    const fits = (row) => words.every((word) => texts.get(row).includes(word))
      && (!wanted || row.cells[group].textContent === wanted);
    const shown = rows.filter(fits);
    body.replaceChildren(...shown.slice(0, FIRST));
    rest.replaceChildren(...shown.slice(FIRST));
    controls.querySelector("output").textContent = shown.length + " of " + rows.length;
    if (more) more.hidden = shown.length <= FIRST || table.classList.contains("all");
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    head.setAttribute("aria-sort", "none");
    const isNumber = head.classList.contains("number");
    const value = (row) => {
      const text = row.cells[column].textContent.trim();
      if (!isNumber) return text.toLowerCase();
      return text === "infinite" ? Infinity : text === "" ? -Infinity : Number(text);
    };
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const keyed = rows.map((row) => [value(row), row]);
      const order = (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);
      keyed.sort((a, b) => (up ? order(a, b) : order(b, a)));
      rows = keyed.map((pair) => pair[1]);
      show();
    });
  });
  search.addEventListener("input", show);
  if (choice) choice.addEventListener("change", show);
  if (more) more.addEventListener("click", () => { table.classList.add("all"); more.hidden = true; });
  controls.hidden = false;
  if (more) more.hidden = rows.length <= FIRST;
  controls.querySelector("output").textContent = rows.length + " of " + rows.length;
}
