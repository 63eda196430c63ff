/** Which requests are sent again, how often, and after which pause. */
import { ApiError, type ConnectionFailed } from './problems.js';

/**
 * How patient a client is.
 *
 * A request is sent again after 408, 429, 502, 503 and 504, and after a broken connection, if that
 * cannot do its work twice: if it has an idempotent method or an `Idempotency-Key`. Others are sent
 * again only after 429.
 */
export interface Retries {
  /** How often a request is sent again at most; 0 to send it once. */
  limit: number;
  /** Seconds before the first retry without `Retry-After`. Each further pause is twice as long. */
  firstPause: number;
  /** Longest pause in seconds. If the service asks for a longer one, the error is thrown at once. */
  maxPause: number;
}

export const PATIENT: Retries = { limit: 5, firstPause: 0.5, maxPause: 60 };
export const ONCE: Retries = { ...PATIENT, limit: 0 };

const IDEMPOTENT = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PUT']);
const LATER = new Set([408, 429, 502, 503, 504]);
// These stay until an administrator changes the service.
const LASTING_CODES = new Set(['webhooks_not_set_up']);
const MAX_STRETCH = 1.25;

/** Choose the pause in seconds before a request is sent again; undefined if it is not. */
export function pauseAfter(
  error: ApiError | ConnectionFailed,
  attempt: number,
  request: Request,
  retries: Retries,
): number | undefined {
  if (attempt >= retries.limit || !mayRepeat(error, request)) return undefined;
  const asked = error instanceof ApiError ? error.retryAfter : undefined;
  if (asked === undefined) {
    const pause = Math.min(retries.firstPause * 2 ** attempt, retries.maxPause);
    return stretch(pause / 2, pause);
  }
  // Clients that were refused together do not return together.
  return asked > retries.maxPause ? undefined : stretch(asked, asked * MAX_STRETCH);
}

/** Choose a number between two numbers. */
export function stretch(least: number, most: number): number {
  return least + Math.random() * (most - least);
}

/** Wait for some seconds, or until the signal. */
export async function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

function mayRepeat(error: ApiError | ConnectionFailed, request: Request): boolean {
  const repeatable = IDEMPOTENT.has(request.method) || request.headers.has('Idempotency-Key');
  if (!(error instanceof ApiError)) return repeatable;
  if (LASTING_CODES.has(error.code)) return false;
  if (error.code === 'idempotency_key_in_use') return true;
  return repeatable ? LATER.has(error.status) : error.status === 429;
}
