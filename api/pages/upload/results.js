// Fetches results only for rows that come into view.

import { Lanes } from "./lanes.js";
import { explain, plural } from "./words.js";

export class Results {
  #lanes = new Lanes(2);
  #client;
  #viewer;
  #rows = new Map();
  #observer = new IntersectionObserver((entries) => this.#onIntersect(entries), { rootMargin: "400px" });

  constructor({ client, viewer }) {
    this.#client = client;
    this.#viewer = viewer;
  }

  // Call this when the row has ended.
  watch(row) {
    if (!row.imageId || this.#rows.has(row.element)) return;
    this.#rows.set(row.element, row);
    this.#observer.observe(row.element);
  }

  #onIntersect(entries) {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      this.#observer.unobserve(target);
      this.#lanes.add(() => this.#load(this.#rows.get(target)));
    }
  }

  async #load(row) {
    const client = this.#client();
    if (!client.seesImages) {
      row.showThumbnail(URL.createObjectURL(row.file));
      return;
    }
    try {
      const image = await client.image(row.imageId);
      row.showResults(image, (...found) => this.#showFaces(...found));
      if (row.state === "failed") return;
      row.showThumbnail(URL.createObjectURL(await client.picture(row.imageId, "thumbnail")));
    } catch (refusal) {
      if (!refusal.mayPass && refusal.status !== 401) return; // There is no thumbnail; the row already shows why.
      this.#lanes.pause(refusal.retryAfterSeconds ?? 5);
      this.#observer.observe(row.element);
    }
  }

  #showFaces(row, count) {
    const title = `${plural(count, "face")} in ${row.file.name}`;
    this.#viewer.open(title, () => this.#client().picture(row.imageId, "faces"));
  }
}

export class Viewer {
  #dialog;
  #title;
  #text;
  #image;
  #opened = 0;

  constructor(dialog) {
    this.#dialog = dialog;
    this.#title = dialog.querySelector("h2");
    this.#text = dialog.querySelector("p");
    this.#image = dialog.querySelector("img");
    dialog.querySelector("button").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
    dialog.addEventListener("close", () => this.#clear());
  }

  async open(title, fetchPicture) {
    this.#clear();
    const opened = this.#opened;
    this.#title.textContent = title;
    this.#text.textContent = "Loading the picture…";
    this.#dialog.showModal();
    try {
      const picture = await fetchPicture();
      if (opened !== this.#opened) return; // Closed in the meantime.
      this.#image.src = URL.createObjectURL(picture);
      this.#image.alt = `${title}, each in a box`;
      this.#image.hidden = false;
      this.#text.textContent = "";
    } catch (refusal) {
      if (opened === this.#opened) this.#text.textContent = explain(refusal);
    }
  }

  #clear() {
    this.#opened += 1;
    if (this.#image.src) URL.revokeObjectURL(this.#image.src);
    this.#image.removeAttribute("src");
    this.#image.hidden = true;
  }
}
