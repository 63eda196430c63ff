// Sends one file by tus (https://tus.io), from where an earlier attempt stopped.

import { ownPath } from "./client.js";
import { Refusal, parse } from "./refusal.js";

const ENDPOINT = "/v1/uploads/tus";
// Smaller files go along with the request that announces them.
const SMALL_BYTES = 256 * 1024;
// The upload is no longer there: only then is the file sent anew.
const GONE = new Set([404, 410]);

export class Stopped extends Error {}
export class Unreadable extends Error {}

export class Transfer {
  #file;
  #upload;
  #settle = null;

  // address: where an earlier attempt sends to, or null. onAddress(address): where this one does.
  // id: the same for each attempt with the same photo, so that none takes a second place of a link.
  constructor({ id, file, name, address, headers, chunkBytes, onAddress, onProgress }) {
    this.#file = file;
    this.#upload = new globalThis.tus.Upload(file, {
      endpoint: location.origin + ENDPOINT,
      uploadUrl: address && location.origin + address,
      headers,
      metadata: { filename: name, ...(file.type && { filetype: file.type }) },
      chunkSize: chunkBytes,
      uploadDataDuringCreation: file.size <= SMALL_BYTES,
      retryDelays: null, // The uploader tries again: it knows when the connection is back.
      storeFingerprintForResuming: false,
      onBeforeRequest: (request) => {
        if (request.getMethod() === "POST") request.setHeader("Idempotency-Key", id);
      },
      onAfterResponse: refuseOnDoubt,
      onProgress: (sent, all) => onProgress(all ? sent / all : 1),
      onUploadUrlAvailable: () => {
        const path = ownPath(this.#upload.url);
        this.#upload.url = location.origin + path;
        onAddress(path);
      },
      onSuccess: () => this.#settle?.resolve(this.#upload.url.split("/").pop()),
      onError: (error) => this.#settle?.reject(reasonOf(error)),
    });
  }

  // Returns the ID of the complete upload. Throws a Refusal, Stopped or Unreadable.
  async run() {
    try {
      return await new Promise((resolve, reject) => {
        this.#settle = { resolve, reject };
        this.#upload.start();
      });
    } catch (reason) {
      throw reason.isOfConnection && !(await isReadable(this.#file)) ? new Unreadable() : reason;
    }
  }

  // Keeps what was sent for later, or removes it from the service.
  async stop({ forGood = false } = {}) {
    this.#settle?.reject(new Stopped());
    this.#settle = null;
    try {
      await this.#upload.abort(forGood);
    } catch {
      // The service removes an upload that nobody goes on with after a day.
    }
  }
}

// Removes an upload from the service that no transfer runs for.
export async function remove(address, headers) {
  try {
    await globalThis.tus.Upload.terminate(location.origin + address, { headers });
  } catch {
    // As above.
  }
}

// tus-js-client begins anew if the service does not know how far the upload is, whatever the
// reason. A service that is busy or restarting still has it.
function refuseOnDoubt(request, response) {
  const status = response.getStatus();
  const isKnown = (status >= 200 && status < 300) || GONE.has(status);
  if (request.getMethod() === "HEAD" && !isKnown) throw refusalOf(response);
}

function reasonOf(error) {
  if (error.causingError instanceof Refusal) return error.causingError;
  if (error.originalResponse) return refusalOf(error.originalResponse);
  return new Refusal(0);
}

// To the browser, a file that was moved or changed is a request that failed.
async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

function refusalOf(response) {
  return new Refusal(response.getStatus(), parse(response.getBody()) ?? {}, response.getHeader("Retry-After"));
}
