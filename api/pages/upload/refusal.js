// A request that failed, or was answered with an error: what it means for what is to be sent.

const MAX_PAUSE_SECONDS = 60;
const BUSY_STATUSES = new Set([408, 423, 425, 429, 503]);
// An earlier request for the same thing is still running, or was overtaken: ask again.
const IN_FLIGHT = new Set([
  "idempotency_key_in_use", "idempotency_key_taken_over", "upload_offset_conflict", "upload_interrupted",
]);
const GONE = new Set(["not_found", "upload_unfinished", "resumable_expired"]);

export class Refusal extends Error {
  constructor(status, problem = {}, retryAfter = null) {
    super(problem.title ?? `The service answered with ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.title = this.message;
    this.detail = problem.detail ?? "";
    this.retryAfterSeconds = secondsOf(retryAfter);
  }

  // No answer has arrived.
  get isOfConnection() {
    return this.status === 0;
  }

  get isBusy() {
    return BUSY_STATUSES.has(this.status) || IN_FLIGHT.has(this.code);
  }

  // Trying again later may help.
  get mayPass() {
    return this.isOfConnection || this.status >= 500 || this.isBusy;
  }

  // The link takes no more files; retrying does not help.
  get isEndOfLink() {
    return this.code.startsWith("link_");
  }

  // All places of the link are taken or reserved now.
  get isOfFullLink() {
    return this.code === "link_used_up";
  }

  // How long to wait before the next attempt: longer each time.
  pauseSeconds(failures) {
    return this.retryAfterSeconds ?? Math.min(MAX_PAUSE_SECONDS, 2 ** failures);
  }

  get isOfKey() {
    return this.status === 401;
  }

  // The service no longer has what was uploaded.
  get isOfLostUpload() {
    return GONE.has(this.code);
  }
}

export function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function secondsOf(retryAfter) {
  if (!retryAfter) return null;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : null;
}
