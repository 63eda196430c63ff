// Follows tickets to their end, two at a time and in turns.

import { Lanes } from "./lanes.js";

const TERMINAL = new Set(["succeeded", "partial", "failed", "canceled"]);
const MAX_PAUSE_SECONDS = 30;
// The more rows a job has, the more each look at it costs.
const PAUSE_MS_PER_ROW = 10;

export class Follower {
  #lanes = new Lanes(2);
  #client;
  #onTrouble;

  // onTrouble(rows, refusal): the state cannot be read; with null: it can again.
  constructor({ client, onTrouble }) {
    this.#client = client;
    this.#onTrouble = onTrouble;
  }

  follow(rows, job) {
    show(rows, job);
    if (TERMINAL.has(job.status)) return;
    const ticket = { rows, id: job.id, version: job.version, etag: null, failures: 0 };
    this.#lanes.add(() => this.#look(ticket));
  }

  resume() {
    this.#lanes.resume();
  }

  async #look(ticket) {
    try {
      const listened = await this.#client().changed(ticket.id, ticket.version);
      const { job, etag } = await this.#client().job(ticket.id, ticket.etag, !listened);
      if (ticket.failures) this.#onTrouble(ticket.rows, null);
      Object.assign(ticket, { etag, failures: 0 });
      if (job) show(ticket.rows, job);
      if (job && TERMINAL.has(job.status)) return;
      ticket.version = job?.version ?? ticket.version;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS_PER_ROW * ticket.rows.length));
    } catch (refusal) {
      this.#onTrouble(ticket.rows, refusal);
      if (!refusal.mayPass && refusal.status !== 401) return;
      ticket.failures += 1;
      this.#lanes.pause(refusal.retryAfterSeconds ?? Math.min(MAX_PAUSE_SECONDS, 2 ** ticket.failures));
    }
    this.#lanes.add(() => this.#look(ticket));
  }
}

function show(rows, job) {
  rows.forEach((row, index) => row.showItem(job.items[index], job.queue));
}
