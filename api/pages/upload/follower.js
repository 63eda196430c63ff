// Follows jobs until they end, two at a time and in turn.

import { Lanes } from "./lanes.js";

const TERMINAL = new Set(["succeeded", "partial", "failed", "canceled"]);
const MAX_PAUSE_SECONDS = 30;
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
    if (TERMINAL.has(job.status)) return;
    const followed = { rows, id: job.id, version: job.version, etag: null, failures: 0 };
    this.#lanes.add(() => this.#poll(followed));
  }

  resume() {
    this.#lanes.resume();
  }

  async #poll(followed) {
    try {
      const listened = await this.#client().changed(followed.id, followed.version);
      const { job, etag } = await this.#client().job(followed.id, followed.etag, !listened);
      if (followed.failures) this.#onTrouble(followed.rows, null);
      Object.assign(followed, { etag, failures: 0 });
      if (job) show(followed.rows, job);
      if (job && TERMINAL.has(job.status)) return;
      followed.version = job?.version ?? followed.version;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS_PER_ROW * followed.rows.length));
    } catch (refusal) {
      this.#onTrouble(followed.rows, refusal);
      if (!refusal.mayPass && refusal.status !== 401) return;
      followed.failures += 1;
      this.#lanes.pause(refusal.retryAfterSeconds ?? Math.min(MAX_PAUSE_SECONDS, 2 ** followed.failures));
    }
    this.#lanes.add(() => this.#poll(followed));
  }
}

function show(rows, job) {
  rows.forEach((row, index) => row.showItem(job.items[index], job.queue));
}
