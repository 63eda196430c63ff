/** Waiting for jobs and following them, of a key and of an upload link. */
import { Calls } from './calls.js';
import { follow, type JobChange } from './following.js';
import type { Job, LinkJob } from './generated/types.gen.js';
import { WaitTimedOut } from './problems.js';
import { ONCE, sleep } from './retries.js';

const MAX_WAIT_SECONDS = 30;

/** How long something may take. */
export interface Patience {
  /** Seconds to wait at most; by default until the end. */
  timeoutSeconds?: number;
  /** Ends the waiting. */
  signal?: AbortSignal | undefined;
}

/** Calls about jobs, at one of the two places where jobs are. */
export abstract class JobCalls<J extends Job | LinkJob> extends Calls {
  protected abstract readonly eventsUrl: string;

  protected abstract readJob(jobId: string, waitSeconds: number, signal?: AbortSignal): Promise<J>;

  /**
   * Wait for the end of a job.
   *
   * @throws {WaitTimedOut} The job has not ended in time.
   */
  async waitForJob(job: J | string, options: Patience = {}): Promise<J> {
    if (typeof job !== 'string' && job.finished_at) return job;
    const jobId = typeof job === 'string' ? job : job.id;
    const { timeoutSeconds = Infinity, signal } = options;
    const until = Date.now() / 1000 + timeoutSeconds;
    for (;;) {
      const asked = Date.now() / 1000;
      const seconds = Math.ceil(Math.max(0, Math.min(MAX_WAIT_SECONDS, until - asked)));
      const found = await this.readJob(jobId, seconds, signal);
      if (found.finished_at) return found;
      const now = Date.now() / 1000;
      if (now >= until) throw new WaitTimedOut(`job ${jobId} is ${found.status} after ${timeoutSeconds} s`);
      // A proxy may drop the wish to wait.
      await sleep(Math.min(until - now, Math.max(0, asked + 1 - now)), signal);
    }
  }

  /**
   * Yield each change of a job as it happens, the last one at its end.
   *
   * The changes come from the event stream of the job, which is continued after a broken
   * connection. If no stream gets through, the job is polled: each request waits for `pollSeconds`.
   *
   * @throws {ApiError} The job was deleted or has expired.
   */
  followJob(
    job: J | string,
    options: { pollSeconds?: number; signal?: AbortSignal } = {},
  ): AsyncGenerator<JobChange, void, undefined> {
    const { pollSeconds = 5, signal } = options;
    const jobId = typeof job === 'string' ? job : job.id;
    return follow({
      pollSeconds,
      signal,
      read: (seconds) => this.readJob(jobId, seconds, signal),
      open: (version) => this.#openEvents(jobId, version, signal),
    });
  }

  async #openEvents(
    jobId: string,
    version: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ReadableStream<Uint8Array> | null> {
    const headers: Record<string, string> = { Accept: 'text/event-stream' };
    if (version !== undefined) headers['Last-Event-ID'] = String(version);
    const { data, response } = await this.send(
      (options: Stream) =>
        this.client.get<{ 200: ReadableStream<Uint8Array> }>({
          security: [{ scheme: 'bearer', type: 'http' }],
          ...options,
          url: this.eventsUrl,
        }),
      { path: { job_id: jobId }, headers, signal },
      { parseAs: 'stream', retries: ONCE },
    );
    return response.status === 204 ? null : data;
  }

  /** Give the header that asks for a held answer. */
  protected prefer(wait: boolean | number | undefined): { Prefer?: string } {
    if (wait === undefined || wait === false) return {};
    const seconds = wait === true ? MAX_WAIT_SECONDS : Math.min(MAX_WAIT_SECONDS, Math.ceil(wait));
    return { Prefer: `wait=${seconds}` };
  }

  /** Wait for the end of a job that was just made, if that is wanted. */
  protected async waitIf(
    job: J,
    wait: boolean | number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<J> {
    if (wait === undefined || wait === false) return job;
    return this.waitForJob(job, { signal, ...(wait !== true && { timeoutSeconds: wait }) });
  }
}

type Stream = { path: { job_id: string }; headers: Record<string, string> };
