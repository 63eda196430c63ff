// Fetches results only for rows that come into view.

import { Lanes } from "./lanes.js";
import { facesInWords } from "./words.js";

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
    if (client.isOfLink && !row.resultsUrl) {
      // The link hides results; what was chosen can be shown all the same.
      if (row.file) row.showThumbnail(URL.createObjectURL(row.file));
      return;
    }
    try {
      const image = await client.image(row.imageId, row.resultsUrl);
      row.showResults(image, (count) => this.#showFaces(row, count));
      if (row.state === "failed") return;
      row.showThumbnail(URL.createObjectURL(await client.picture(image.content_urls.thumbnail)));
    } catch (refusal) {
      if (!refusal.mayPass && !refusal.isOfKey) return; // There is no thumbnail; the row already shows why.
      this.#lanes.pause(refusal.pauseSeconds(2));
      this.#observer.observe(row.element);
    }
  }

  #showFaces(row, count) {
    const client = this.#client();
    this.#viewer.open(facesInWords(count, row.name), async () => {
      // The URLs of pictures end after some time: ask for new ones.
      const { content_urls: urls } = await client.image(row.imageId, row.resultsUrl);
      return client.picture(urls.faces);
    });
  }
}
