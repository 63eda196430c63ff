/** The exceptions of this client. */
import type { Problem } from './generated/types.gen.js';

const SHOWN_CHARS = 200;

/** Every exception that this client throws on its own. */
export class MinilabError extends Error {
  override name = 'MinilabError';
}

/** The service cannot be reached, or a connection was interrupted; `cause` says why. */
export class ConnectionFailed extends MinilabError {
  override name = 'ConnectionFailed';
}

/** A job has not ended in the time that was given. It is still being processed. */
export class WaitTimedOut extends MinilabError {
  override name = 'WaitTimedOut';
}

/** The service, or a proxy before it, gave an answer that is not a success. */
export class ApiError extends MinilabError {
  override name = 'ApiError';
  /** HTTP status code. */
  readonly status: number;
  /** Stable identifier of the problem, such as `not_found`; `http_502` without a problem document. */
  readonly code: string;
  /** What happened, for people. */
  readonly detail: string;
  /** The problem document (RFC 9457); undefined if the answer has none. */
  readonly problem: Problem | undefined;
  /** Seconds after which the same request may succeed; undefined if the answer does not tell. */
  readonly retryAfter: number | undefined;
  /** ID of the request in the log of the service; empty if the answer has none. */
  readonly requestId: string;

  /** Build it from an answer and its body, which was parsed if it is JSON. */
  constructor(response: Response, body: unknown) {
    const problem = isProblem(body) ? body : undefined;
    const code = problem?.code ?? `http_${response.status}`;
    const text = typeof body === 'string' ? body.slice(0, SHOWN_CHARS) : response.statusText;
    const detail = problem?.detail ?? text;
    const requestId = problem?.request_id ?? response.headers.get('X-Request-ID') ?? '';
    super(`${response.status} ${code}: ${detail}${requestId && ` (request ${requestId})`}`);
    this.status = response.status;
    this.code = code;
    this.detail = detail;
    this.problem = problem;
    this.retryAfter = readRetryAfter(response.headers.get('Retry-After'));
    this.requestId = requestId;
  }
}

/** Read a `Retry-After` header, in seconds or as a date. */
export function readRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value);
  const until = Date.parse(value);
  return Number.isNaN(until) ? undefined : Math.max(0, (until - Date.now()) / 1000);
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
}
