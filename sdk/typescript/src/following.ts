/** The changes of a job: from its event stream, or by polling where no stream gets through. */
import { EventDecoder } from './eventStream.js';
import type { Job, LinkJob } from './generated/types.gen.js';
import { ApiError, ConnectionFailed } from './problems.js';
import { sleep, stretch } from './retries.js';

/** A job without its items. */
export type JobChange = Pick<Job, 'id' | 'status' | 'version' | 'progress' | 'finished_at'>;

const MAX_FAILURES = 2;
const RECONNECT_SECONDS = 2;
// The service sends a comment every 15 seconds.
const STALL_SECONDS = 60;
const BUSY = new Set([429, 503]);

/** How a follower reaches its job. */
export interface Source {
  /** Open the event stream, from a version; null if the job has ended at that version. */
  open(version: number | undefined): Promise<ReadableStream<Uint8Array> | null>;
  /** Read the job, and wait for its end for some seconds. */
  read(waitSeconds: number): Promise<Job | LinkJob>;
  pollSeconds: number;
  signal?: AbortSignal | undefined;
}

/** Yield each change of a job once, the last one at its end. */
export async function* follow(source: Source): AsyncGenerator<JobChange, void, undefined> {
  let version: number | undefined;
  let failures = 0;
  while (failures < MAX_FAILURES) {
    const decoder = new EventDecoder();
    failures += 1;
    try {
      const stream = await source.open(version);
      if (stream === null) return;
      for await (const change of changesOf(stream, decoder, source)) {
        failures = 0;
        if (version === undefined || change.version > version) yield change;
        version = change.version;
        if (change.finished_at) return;
      }
    } catch (error) {
      source.signal?.throwIfAborted();
      if (error instanceof ApiError && BUSY.has(error.status)) break;
      if (!(error instanceof ConnectionFailed)) throw error;
    }
    await sleep((decoder.retrySeconds ?? RECONNECT_SECONDS) * stretch(0.75, 1.25), source.signal);
  }
  yield* poll(source, version);
}

async function* changesOf(
  stream: ReadableStream<Uint8Array>,
  decoder: EventDecoder,
  source: Source,
): AsyncGenerator<JobChange, void, undefined> {
  for await (const chunk of chunksOf(stream)) {
    for (const { name, data } of decoder.feed(chunk)) {
      if (name === 'job.gone') await source.read(0); // Throws: the answer says why.
      if (name === 'job.changed' || name === 'job.finished') yield JSON.parse(data) as JobChange;
    }
  }
}

async function* poll(
  source: Source,
  known: number | undefined,
): AsyncGenerator<JobChange, void, undefined> {
  for (let version = known; ; ) {
    const started = Date.now();
    const { id, status, version: current, progress, finished_at } = await source.read(source.pollSeconds);
    if (version === undefined || current > version) {
      version = current;
      yield { id, status, version, progress, finished_at };
    }
    if (finished_at) return;
    // A proxy may drop the wish to wait.
    await sleep(Math.max(0, 1 - (Date.now() - started) / 1000), source.signal);
  }
}

/**
 * Yield the chunks of a stream, and cancel it if the reader stops; Safari cannot iterate streams.
 *
 * @throws {ConnectionFailed} The stream broke, or brought nothing for a minute.
 */
export async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  try {
    for (;;) {
      let part;
      try {
        part = await inTime(reader.read());
      } catch (cause) {
        throw new ConnectionFailed(`the connection was interrupted: ${String(cause)}`, { cause });
      }
      if (part.done) return;
      yield part.value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function inTime<T>(reading: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing for ${STALL_SECONDS} s`)), STALL_SECONDS * 1000);
  });
  try {
    return await Promise.race([reading, late]);
  } finally {
    clearTimeout(timer);
  }
}
