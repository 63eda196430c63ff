// Sends photos, a few at a time, until each is complete, canceled or refused.

import { Lanes } from "./lanes.js";
import { Stopped, Transfer, Unreadable, remove } from "./transfer.js";

const WIDTH = 3;
const CHUNK_BYTES = 8 * 1024 * 1024;
const MIN_CHUNK_BYTES = 256 * 1024;

export class Uploader {
  #lanes = new Lanes(WIDTH);
  #running = new Map();
  #chunkBytes = CHUNK_BYTES;
  #client;
  #keeper;
  #on;

  isPaused = false;

  // on.sent(row): all bytes have arrived. on.unsent(row, refusal): the service refuses the photo.
  // on.trouble(refusal): it is tried again later; null when it goes on.
  constructor({ client, keeper, on }) {
    this.#client = client;
    this.#keeper = keeper;
    this.#on = on;
  }

  add(rows) {
    for (const row of rows) this.#lanes.add(() => this.#send(row));
  }

  pause() {
    this.isPaused = true;
    this.#lanes.pause();
    const stopped = [...this.#running];
    for (const [row, transfer] of stopped) {
      transfer.stop();
      row.showWaiting();
    }
    this.#lanes.addFirst(...stopped.map(([row]) => () => this.#send(row)));
  }

  goOn() {
    this.isPaused = false;
    this.tryNow();
  }

  // Ends a wait for a better time.
  tryNow() {
    if (!this.isPaused) this.#lanes.resume();
  }

  async cancel(row) {
    row.showCanceled();
    this.#keeper.remove([row.id]);
    const transfer = this.#running.get(row);
    if (transfer) await transfer.stop({ forGood: true });
    else if (row.address) await remove(row.address, this.#client().headers);
  }

  async #send(row) {
    if (row.hasEnded) return;
    const transfer = new Transfer({
      id: row.id,
      file: row.file,
      name: row.name,
      address: row.address,
      headers: this.#client().headers,
      chunkBytes: this.#chunkBytes,
      onAddress: (address) => {
        if (row.address === address) return;
        row.address = address;
        this.#keeper.change([{ id: row.id, address }]);
      },
      onProgress: (share) => {
        if (share > 0 && row.failures) this.#on.trouble(null);
        row.failures = 0;
        row.showSending(share);
      },
    });
    this.#running.set(row, transfer);
    try {
      row.uploadId = await transfer.run();
      this.#keeper.change([{ id: row.id, uploadId: row.uploadId }]);
      row.showSent();
      this.#running.delete(row);
      this.#on.sent(row);
    } catch (reason) {
      this.#running.delete(row);
      this.#recover(row, reason);
    }
  }

  #recover(row, reason) {
    if (reason instanceof Stopped) return;
    if (reason instanceof Unreadable) {
      row.showLost();
    } else if (reason.isOfLostUpload && row.address) {
      row.address = null;
      this.#again(row);
    } else if (reason.status === 413 && !reason.code && this.#chunkBytes > MIN_CHUNK_BYTES) {
      this.#chunkBytes /= 2; // A proxy allows less than the service.
      this.#again(row);
    } else if (reason.mayPass) {
      this.#later(row, reason);
    } else {
      this.#on.unsent(row, reason);
    }
  }

  #later(row, refusal) {
    const seconds = refusal.pauseSeconds(row.failures);
    row.failures += 1;
    row.showTryingAgain(refusal, seconds);
    if (!this.isPaused) this.#lanes.pause(seconds);
    this.#again(row);
    this.#on.trouble(refusal);
  }

  #again(row) {
    this.#lanes.addFirst(() => this.#send(row));
  }
}
