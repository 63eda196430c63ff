// The photos on the page: chosen now, or left over from a page that was closed.

import { newId } from "./tab.js";
import { Row } from "./row.js";
import { TEXTS } from "./texts.js";

const NO_PHOTO = /^(video|audio)\//;

export class Photos {
  #list;
  #template;
  #keeper;
  #on;
  #keeping = Promise.resolve();

  rows = [];

  // on.change(row), on.act(row): as with a row.
  constructor({ list, template, keeper, on }) {
    this.#list = list;
    this.#template = template;
    this.#keeper = keeper;
    this.#on = on;
  }

  // Takes files in. Returns the rows that can be sent.
  takeIn(files, { owner, tab, maxBytes }) {
    const known = files.map((file) => this.#rowThatLacks(file));
    const found = known.filter(Boolean);
    const order = Date.now();
    const added = files.filter((_, index) => !known[index]).map((file, index) => {
      const { name, size, type, lastModified, webkitRelativePath: path } = file;
      const photo = { id: newId(), owner, tab, order: order + index / files.length, at: order };
      return this.#add({ ...photo, name, size, type, lastModified, path: path || name, file });
    });
    for (const row of added) {
      if (NO_PHOTO.test(row.type)) row.showRefused(TEXTS.noVideo);
      else if (row.size > maxBytes) row.showRefused(TEXTS.tooLarge(maxBytes));
    }
    this.#show(added);
    const fresh = added.filter((row) => !row.hasEnded);
    this.#keeper.add(fresh.map(recordOf));
    this.#keep([...fresh, ...found]);
    return [...fresh, ...found];
  }

  // Shows the photos of an earlier page again, with their files where the browser has them.
  async restore(photos) {
    const known = new Set(this.rows.map(({ id }) => id));
    const added = [];
    for (const photo of photos.filter(({ id }) => !known.has(id))) {
      const file = photo.jobId ? null : await this.#keeper.file(photo.id);
      const row = this.#add({ ...photo, file: file ?? null, isKept: Boolean(file) });
      if (photo.uploadId) row.showSent();
      else if (!file) row.showLost();
      added.push(row);
    }
    this.#show(added);
    return added;
  }

  #add(photo) {
    const row = new Row(this.#template, photo, this.#on);
    this.rows.push(row);
    return row;
  }

  #show(rows) {
    this.#list.append(...rows.map(({ element }) => element));
    for (const row of rows) this.#on.change(row);
  }

  // The photo whose file the browser no longer had, if this is the same file.
  #rowThatLacks(file) {
    const lacking = this.rows.find((row) => row.state === "lost" && row.size === file.size &&
      row.name === file.name && row.lastModified === file.lastModified);
    if (lacking) {
      lacking.file = file;
      lacking.showWaiting();
    }
    return lacking;
  }

  // One after another: a phone has little room and one disk. What has been sent is not kept.
  #keep(rows) {
    this.#keeping = this.#keeping.then(async () => {
      for (const row of rows.filter(({ isUnsettled }) => isUnsettled)) {
        row.isKept = await this.#keeper.keepFile(row.id, row.file);
        row.isTooMuch = !row.isKept;
        if (!row.isUnsettled) await this.#keeper.dropFiles([row.id]);
        this.#on.change(row);
      }
    });
  }
}

const KEPT = ["id", "owner", "tab", "order", "at", "name", "size", "type", "lastModified", "path", "address"];
const recordOf = (row) => Object.fromEntries(KEPT.map((name) => [name, row[name]]));
