// Sends rows in batches, two at a time: progress is visible, and a failure affects few files.

import { Lanes } from "./lanes.js";

const MAX_BATCH_FILES = 20;
const MAX_BATCH_BYTES = 50 * 1024 * 1024;
// The rest of a request is the framing between the files.
const SHARE_FOR_FILES = 0.9;
const MAX_BUSY_ANSWERS = 6;
const BUSY_SECONDS = 5;

export class Sender {
  #lanes = new Lanes(2);
  #client;
  #onAccepted;
  #onUnsent;

  // onAccepted(rows, job): the service accepted a batch. onUnsent(batch, refusal): it did not.
  constructor({ client, onAccepted, onUnsent }) {
    this.#client = client;
    this.#onAccepted = onAccepted;
    this.#onUnsent = onUnsent;
  }

  send(rows) {
    for (const batch of batches(rows, this.#client().capabilities.limits)) this.sendBatch(batch);
  }

  // A retried batch keeps its idempotency key, so that it is never uploaded twice.
  sendBatch(batch) {
    batch.busyAnswers = 0;
    this.#lanes.add(() => this.#send(batch));
  }

  async #send(batch) {
    const { rows } = batch;
    const files = rows.map((row) => row.file);
    try {
      const job = await this.#client().upload(files, batch.idempotencyKey, (share) => showProgress(rows, share));
      this.#onAccepted(rows, job);
    } catch (refusal) {
      this.#recover(batch, refusal);
    }
  }

  #recover(batch, refusal) {
    const { rows } = batch;
    if (refusal.status === 413 && rows.length > 1) {
      // A proxy may allow less than the service: try smaller batches.
      const middle = Math.ceil(rows.length / 2);
      const halves = [rows.slice(0, middle), rows.slice(middle)].map(newBatch);
      this.#lanes.addFirst(...halves.map((half) => () => this.#send(half)));
    } else if (refusal.isBusy && batch.busyAnswers < MAX_BUSY_ANSWERS) {
      batch.busyAnswers += 1;
      const seconds = refusal.retryAfterSeconds ?? BUSY_SECONDS * batch.busyAnswers;
      for (const row of rows) row.showBusy(seconds);
      this.#lanes.pause(seconds);
      this.#lanes.addFirst(() => this.#send(batch));
    } else {
      this.#onUnsent(batch, refusal);
    }
  }
}

function batches(rows, { max_files: maxFiles = Infinity, max_request_bytes: maxBytes = Infinity } = {}) {
  const mostFiles = Math.min(MAX_BATCH_FILES, maxFiles);
  const mostBytes = Math.min(MAX_BATCH_BYTES, maxBytes * SHARE_FOR_FILES);
  const cut = [];
  let current = [];
  let bytes = 0;
  for (const row of rows) {
    if (current.length && (current.length === mostFiles || bytes + row.file.size > mostBytes)) {
      cut.push(newBatch(current));
      current = [];
      bytes = 0;
    }
    current.push(row);
    bytes += row.file.size;
  }
  return current.length ? [...cut, newBatch(current)] : cut;
}

function newBatch(rows) {
  const random = crypto.getRandomValues(new Uint8Array(16));
  const idempotencyKey = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { rows, idempotencyKey, busyAnswers: 0 };
}

// Files are sent one after another: distribute the sent bytes in order.
function showProgress(rows, share) {
  const total = rows.reduce((sum, row) => sum + row.file.size, 0);
  let sent = share * total;
  for (const row of rows) {
    row.showSending(row.file.size ? Math.min(1, Math.max(0, sent / row.file.size)) : share);
    sent -= row.file.size;
  }
}
