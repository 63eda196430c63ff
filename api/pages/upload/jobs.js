// Makes jobs of uploads that are complete: the first soon, so that results appear early, later ones
// of more photos. The last is made as soon as nothing more is being sent.

import { Lanes } from "./lanes.js";
import { newId } from "./tab.js";

const MAX_PHOTOS = 50;
const FIRST_PAUSE_MS = 2000;
const MAX_PAUSE_MS = 30_000;

export class JobMaker {
  #lanes = new Lanes(1);
  #ready = [];
  #timer = null;
  #pauseMs = FIRST_PAUSE_MS;
  #client;
  #keeper;
  #isSending;
  #on;

  // on.made(rows, job). on.lost(rows): the service no longer has their uploads.
  // on.unsent(row, refusal), on.trouble(refusal): as with the uploader.
  constructor({ client, keeper, isSending, on }) {
    this.#client = client;
    this.#keeper = keeper;
    this.#isSending = isSending;
    this.#on = on;
  }

  add(row) {
    this.#ready.push(row);
    if (this.#ready.length >= this.#mostPhotos || !this.#isSending()) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#pauseMs);
  }

  // Makes a job of what is complete now.
  flush() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#ready.length) return;
    this.#pauseMs = Math.min(MAX_PAUSE_MS, 2 * this.#pauseMs);
    while (this.#ready.length) this.#begin(this.#ready.splice(0, this.#mostPhotos));
  }

  // Goes on with photos that a job was asked for, but whose answer did not arrive.
  repeat(rows) {
    for (const batch of groupBy(rows, ({ batch }) => batch.key)) {
      batch.sort((one, other) => one.batch.place - other.batch.place);
      this.#lanes.add(() => this.#make(batch));
    }
  }

  tryNow() {
    this.#lanes.resume();
  }

  get #mostPhotos() {
    return Math.min(MAX_PHOTOS, this.#client().capabilities.limits?.max_files ?? MAX_PHOTOS);
  }

  #begin(rows) {
    const key = newId();
    rows.forEach((row, place) => { row.batch = { key, place }; });
    this.#lanes.add(async () => {
      // A page that is opened again repeats the request with the same key: never two jobs.
      await this.#keeper.change(rows.map(({ id, batch }) => ({ id, batch })));
      await this.#make(rows);
    });
  }

  async #make(rows) {
    try {
      const job = await this.#client().makeJob(rows.map(({ uploadId }) => uploadId), rows[0].batch.key);
      const made = { jobId: job.id, resultsUrl: job.results_url ?? null };
      for (const row of rows) Object.assign(row, made, { failures: 0 });
      this.#on.trouble(null);
      this.#on.made(rows, job);
      await this.#keeper.change(rows.map(({ id }) => ({ id, ...made })));
      await this.#keeper.dropFiles(rows.map(({ id }) => id));
    } catch (refusal) {
      this.#recover(rows, refusal);
    }
  }

  #recover(rows, refusal) {
    if (refusal.mayPass) {
      this.#lanes.pause(refusal.pauseSeconds(rows[0].failures));
      rows[0].failures += 1;
      this.#lanes.addFirst(() => this.#make(rows));
      this.#on.trouble(refusal);
    } else if (refusal.isOfLostUpload) {
      for (const row of rows) Object.assign(row, { uploadId: null, batch: null });
      this.#keeper.change(rows.map(({ id }) => ({ id, uploadId: null, batch: null })));
      this.#on.lost(rows);
    } else {
      for (const row of rows) this.#on.unsent(row, refusal);
    }
  }
}

// Map.groupBy, which phones of some years ago do not have.
export function groupBy(rows, keyOf) {
  const groups = new Map();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return [...groups.values()];
}
