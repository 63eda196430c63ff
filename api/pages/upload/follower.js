// Follows jobs until they end, two at a time and in turn.

import { Lanes } from "./lanes.js";

const TERMINAL = new Set(["succeeded", "partial", "failed", "canceled"]);
// Reading a job costs more the more rows it has.
const PAUSE_MS_PER_ROW = 10;

export class Follower {
  #lanes = new Lanes(2);
  #client;
  #onTrouble;

  // onTrouble(rows, refusal): a job cannot be read; refusal is null when it can be read again.
  constructor({ client, onTrouble }) {
    this.#client = client;
    this.#onTrouble = onTrouble;
  }

  follow(rows, job) {
    show(rows, job);
    if (!TERMINAL.has(job.status)) this.#begin(rows, job.id, job.version);
  }

  // Follows the job of rows of an earlier page.
  followAgain(rows) {
    this.#begin(rows, rows[0].jobId, null);
  }

  tryNow() {
    this.#lanes.resume();
  }

  #begin(rows, id, version) {
    const followed = { rows, id, version, etag: null, failures: 0 };
    this.#lanes.add(() => this.#poll(followed));
  }

  async #poll(followed) {
    const { id, rows, version } = followed;
    try {
      const listened = version === null || (await this.#client().changed(id, version));
      const { job, etag } = await this.#client().job(id, followed.etag, !listened);
      if (followed.failures) this.#onTrouble(rows, null);
      Object.assign(followed, { etag, failures: 0, version: job?.version ?? version });
      if (job) show(rows, job);
      if (job && TERMINAL.has(job.status)) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS_PER_ROW * rows.length));
    } catch (refusal) {
      this.#onTrouble(rows, refusal);
      if (!refusal.mayPass && !refusal.isOfKey) return;
      followed.failures += 1;
      this.#lanes.pause(refusal.pauseSeconds(followed.failures));
    }
    this.#lanes.add(() => this.#poll(followed));
  }
}

function show(rows, job) {
  rows.forEach((row) => {
    const item = job.items[row.batch.place];
    if (item) row.showItem(item, job.queue);
  });
}
