/** Calls the generated functions: sends again what can be sent again, and throws what failed. */
import { hasFile, writeForm } from './forms.js';
import { createClient, type Client, type Config } from './generated/client/index.js';
import { ApiError, ConnectionFailed } from './problems.js';
import { PATIENT, pauseAfter, sleep, type Retries } from './retries.js';

/** A function of `minilab-client`, such as `getImage`. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the types are read from the function.
export type Operation = (options: any) => Promise<Outcome>;

/** What an operation takes: `path`, `query`, `body` and `headers`, and a signal that ends it. */
export type Arguments<F extends Operation> = Pick<Options<F>, keyof Options<F> & Part> & Stop;

/** What an operation returns. */
export type Answer<F extends Operation> = Exclude<Awaited<ReturnType<F>>['data'], undefined>;

type Part = 'body' | 'headers' | 'path' | 'query';
type Stop = { signal?: AbortSignal | undefined };
type Options<F extends Operation> = NonNullable<Parameters<F>[0]>;
type Given<F extends Operation> =
  {} extends Arguments<F> ? [options?: Arguments<F>] : [options: Arguments<F>];
type Outcome = { data?: unknown; error?: unknown; request?: Request; response?: Response };
type Page = { items: readonly unknown[]; next_cursor?: string | null };
type Item<F extends Operation> = Answer<F> extends { items: readonly (infer I)[] } ? I : never;
type Settings = { parseAs?: Config['parseAs']; retries?: Retries; timeoutSeconds?: number };

/** The service, the key and the patience of a client. */
export interface Connection {
  /** Address of the service, such as `https://photos.example.org`. */
  baseUrl: string;
  /** How patient the client is. */
  retries?: Partial<Retries>;
  /** Seconds for one request and its answer, uploads and downloads excepted; more than 30. */
  timeoutSeconds?: number;
  /** Another `fetch`. */
  fetch?: typeof fetch;
}

/** Calls operations of one service with one key. */
export class Calls {
  /** The generated client, for functions that are called without this class. */
  readonly client: Client;
  readonly #retries: Retries;
  readonly #timeoutSeconds: number;

  constructor(connection: Connection, token: string | undefined) {
    const { baseUrl, fetch, retries, timeoutSeconds = 60 } = connection;
    // The errors of `fetch` would show it.
    if (token && !/^[!-~]+$/.test(token)) {
      throw new TypeError('a key or token is one line of printable ASCII, without spaces');
    }
    this.client = createClient({
      baseUrl: baseUrl.replace(/\/+$/, ''),
      ...(token && { auth: token }),
      ...(fetch && { fetch }),
    });
    this.#retries = { ...PATIENT, ...retries };
    this.#timeoutSeconds = timeoutSeconds;
  }

  /**
   * Call an operation, and return its answer.
   *
   * @throws {ApiError} The answer is not a success.
   * @throws {ConnectionFailed} There was no answer.
   */
  async call<F extends Operation>(operation: F, ...[options]: Given<F>): Promise<Answer<F>> {
    return (await this.send(operation, (options ?? {}) as Arguments<F>)).data;
  }

  /** Call a list operation, and yield the items of all its pages. */
  async *iterate<F extends Operation>(
    operation: F,
    ...[options]: Given<F>
  ): AsyncGenerator<Item<F>, void, undefined> {
    const { query, ...rest } = (options ?? {}) as { query?: object };
    let cursor: string | undefined;
    do {
      const asked = { ...rest, query: { ...query, ...(cursor && { cursor }) } };
      const page = (await this.send(operation, asked as unknown as Arguments<F>)).data as Page;
      yield* page.items as Iterable<Item<F>>;
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  }

  /** Call an operation, and return the data with the response. */
  protected async send<F extends Operation>(
    operation: F,
    options: Arguments<F>,
    settings: Settings = {},
  ): Promise<{ data: Answer<F>; response: Response }> {
    const { retries = this.#retries, timeoutSeconds = this.#timeoutSeconds, parseAs } = settings;
    // Such a part of the path would name another route.
    for (const [name, value] of Object.entries((options as { path?: object }).path ?? {})) {
      if (/^\.{0,2}$/.test(String(value))) throw new TypeError(`${name} is empty or a dot`);
    }
    const form = hasFile((options as { body?: unknown }).body) && {
      bodySerializer: (fields: Record<string, unknown>) => writeForm(fields, makeKey()),
    };
    for (let attempt = 0; ; attempt += 1) {
      const given = { ...options, ...form, client: this.client, ...(parseAs && { parseAs }) };
      const called = within(timeoutSeconds, options.signal, (signal) => operation({ ...given, signal }));
      const { data, error, request, response } = await called;
      if (response?.ok && error === undefined) {
        const answer = response.status === 204 ? undefined : data;
        return { data: answer as Answer<F>, response };
      }
      options.signal?.throwIfAborted();
      if (request === undefined) throw error;
      if (response?.ok && error instanceof SyntaxError) {
        throw new ApiError(response, 'the answer is not that of a Minilab service');
      }
      const failure = failureOf(error, request, response);
      const pause = pauseAfter(failure, attempt, request, retries);
      if (pause === undefined) throw failure;
      await sleep(pause, options.signal);
    }
  }
}

function failureOf(
  error: unknown,
  request: Request,
  response: Response | undefined,
): ApiError | ConnectionFailed {
  if (response !== undefined && !response.ok) return new ApiError(response, error);
  return connectionFailed(request.url, error);
}

/** Build the exception for a connection; its text names no path, which may contain a token. */
export function connectionFailed(url: string, cause: unknown): ConnectionFailed {
  return new ConnectionFailed(`no answer from ${new URL(url).host}: ${String(cause)}`, { cause });
}

/**
 * Check the files of an upload.
 *
 * @throws {TypeError} There is none, or something is no `File`.
 */
export function filesOf(files: File | Iterable<File>): File[] {
  const given: readonly unknown[] = files instanceof Blob ? [files] : [...files];
  if (given.length === 0) throw new TypeError('name at least one file to upload');
  return given.map((file) => {
    if (file instanceof File) return file;
    throw new TypeError("a file is a `File`, such as new File([content], 'photo.jpg')");
  });
}

/** Make an idempotency key; `crypto.randomUUID` does not exist on pages without TLS. */
export function makeKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Abort a call that is not answered in time. A stream that it returns may take longer. */
async function within<T>(
  seconds: number,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const stop = () => late.abort(new DOMException(`no answer for ${seconds} s`, 'TimeoutError'));
  const timer = Number.isFinite(seconds) ? setTimeout(stop, seconds * 1000) : undefined;
  try {
    return await call(signal ? AbortSignal.any([signal, late.signal]) : late.signal);
  } finally {
    clearTimeout(timer);
  }
}
