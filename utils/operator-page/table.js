// SPDX-License-Identifier: GPL-2.0-or-later
// A table that is brought up to date in place: what has not changed is not
// touched, so that nothing flickers and nobody's focus or selection is lost.
// All is put in as text.

function cell(name, text = '') {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function write(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

export class Table {
  #rows = new Map(); // key → tr

  #data = [];

  #down = false;

  /**
   * columns: [{title, value(row), number, alarm(row)}]; value is a text or a
   * number. key(row): what makes it the same row as before.
   */
  constructor(holder, caption, columns, key, sorted = 0, down = false) {
    this.columns = columns;
    this.key = key;
    this.sorted = sorted;
    this.#down = down;
    this.body = document.createElement('tbody');
    this.empty = cell('p', 'None.');
    const head = document.createElement('thead');
    this.head = document.createElement('tr');
    this.head.append(...columns.map((column, i) => this.#title(column, i)));
    head.append(this.head);
    const table = document.createElement('table');
    table.setAttribute('aria-label', caption);
    table.append(head, this.body);
    holder.replaceChildren(table, this.empty);
    this.#mark();
  }

  show(data) {
    this.#data = data;
    this.empty.hidden = data.length > 0;
    const seen = new Set();
    this.#sort(data).forEach((row, i) => {
      const key = this.key(row);
      if (seen.has(key)) {
        return;
      }
      seen.add(key);
      const tr = this.#rows.get(key) ?? this.#add(key);
      this.columns.forEach((column, n) => this.#fill(tr.cells[n], column, row));
      if (this.body.children[i] !== tr) {
        this.body.insertBefore(tr, this.body.children[i] ?? null);
      }
    });
    for (const [key, tr] of this.#rows) {
      if (!seen.has(key)) {
        tr.remove();
        this.#rows.delete(key);
      }
    }
  }

  #title({ title, number }, i) {
    const th = document.createElement('th');
    th.scope = 'col';
    th.className = number ? 'number' : '';
    const button = cell('button', title);
    button.type = 'button';
    button.addEventListener('click', () => {
      this.#down = this.sorted === i && !this.#down;
      this.sorted = i;
      this.#mark();
      this.show(this.#data);
    });
    th.append(button);
    return th;
  }

  #mark() {
    [...this.head.cells].forEach((th, i) => th.setAttribute('aria-sort',
      i !== this.sorted ? 'none' : this.#down ? 'descending' : 'ascending'));
  }

  #sort(data) {
    const { value, number } = this.columns[this.sorted];
    const compare = number ? (a, b) => a - b
      : (a, b) => String(a).localeCompare(String(b), undefined, { numeric: true });
    const sign = this.#down ? -1 : 1;
    return [...data].sort((a, b) => sign * compare(value(a) ?? '', value(b) ?? ''));
  }

  #add(key) {
    const tr = document.createElement('tr');
    tr.append(...this.columns.map(({ number }) => {
      const td = document.createElement('td');
      td.className = number ? 'number' : '';
      return td;
    }));
    this.#rows.set(key, tr);
    return tr;
  }

  #fill(td, { value, text, alarm }, row) {
    write(td, String((text ?? value)(row) ?? ''));
    td.classList.toggle('alarm', Boolean(alarm?.(row)));
  }
}
