// Which line is which, and what each is worth now.

import { written } from "./units.js";

export class Legend {
  constructor(figure, unit) {
    this.list = figure.querySelector(".chart-legend");
    this.empty = figure.querySelector(".chart-empty");
    this.unit = unit;
  }

  add(label, index) {
    const item = document.createElement("li");
    const key = document.createElement("i");
    key.className = `key key-${index + 1}`;
    item.append(key, `${label} `, document.createElement("b"));
    this.list.append(item);
  }

  show(datasets) {
    let isEmpty = true;
    const latest = datasets.map(({ data }) => data.at(-1)?.y ?? null);
    const most = Math.max(...latest);
    datasets.forEach(({ data }, index) => {
      this.list.children[index].querySelector("b").textContent = written(latest[index], this.unit, most);
      isEmpty &&= data.every((point) => point.y === null);
    });
    if (this.empty) this.empty.hidden = !isEmpty;
  }
}
