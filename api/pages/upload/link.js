// Shows what an upload link still takes, until when, and what its sender wrote.

import { explain, linkInWords } from "./explain.js";

export class LinkInfo {
  #part;
  #client;

  constructor(part, client) {
    this.#part = part;
    this.#client = client;
  }

  // The limits of a link change with every upload, including those of other people.
  async refresh() {
    const client = this.#client();
    if (!client.link) return;
    try {
      await client.refresh();
      this.draw();
    } catch (refusal) {
      if (refusal.isEndOfLink) this.#show(explain(refusal), false);
    }
  }

  // The photos that the link has room for, the first of them first.
  fitting(rows) {
    const { left_files: places, left_bytes: room } = this.#client().link ?? {};
    let bytes = 0;
    return rows.slice(0, places ?? undefined).filter(({ size }) => {
      bytes += size;
      return bytes <= (room ?? Infinity);
    });
  }

  draw() {
    const { link } = this.#client();
    this.#show(link ? linkInWords(link) : "", !link || link.status === "open");
  }

  #show(words, isOpen) {
    const { note = null } = this.#client().link ?? {};
    this.#part("link-note").textContent = note ?? "";
    this.#part("link-note").hidden = !note;
    this.#part("link-left").textContent = words;
    this.#part("link-left").hidden = !words;
    for (const id of ["how", "choices", "limits"]) this.#part(id).hidden = !isOpen;
  }
}
