/** The client for people: upload, wait, follow, download, and every operation by its function. */
import { connectionFailed, filesOf, makeKey, type Connection } from './calls.js';
import { chunksOf } from './following.js';
import { createJob, getImageContent, getJob } from './generated/sdk.gen.js';
import type { CreateJobData, GetImageContentData, Job } from './generated/types.gen.js';
import { JobCalls } from './jobs.js';
import { ConnectionFailed } from './problems.js';
import { sleep, stretch } from './retries.js';

const MAX_FAILURES = 5;
const PAUSE_SECONDS = 0.5;

/** What an upload can say beside its files. */
export interface Upload {
  /** Names of operations; all by default. */
  operations?: readonly string[];
  /** Whether to wait for the end of the job; a number of seconds limits the time. */
  wait?: boolean | number;
  /** A value of your choice; by default each call has its own. */
  idempotencyKey?: string;
  /** Ends the upload, and the waiting. */
  signal?: AbortSignal;
}

type JobFields = Omit<CreateJobData['body'], 'attributes' | 'files' | 'operations' | 'tags'> & {
  /** Names and values for the job and its images. */
  attributes?: Readonly<Record<string, string>>;
  /** Tags of the job and its images. */
  tags?: readonly string[];
};
type Picture = Omit<NonNullable<GetImageContentData['query']>, 'user_id'> & { signal?: AbortSignal };

/** A Minilab service. Every method throws `ApiError` or `ConnectionFailed`, after its retries. */
export class Minilab extends JobCalls<Job> {
  protected readonly eventsUrl = '/v1/jobs/{job_id}/events';

  constructor(connection: Connection & { apiKey?: string }) {
    super(connection, connection.apiKey);
  }

  /**
   * Upload files in one request, which is accepted once, however often it has to be sent.
   *
   * @returns The job. A file that was refused is an item with an error.
   * @throws {WaitTimedOut} The job has not ended in `wait` seconds.
   * @throws {TypeError} There is no file, or something is no `File`.
   */
  async upload(files: File | Iterable<File>, options: JobFields & Upload = {}): Promise<Job> {
    const { wait, idempotencyKey = makeKey(), signal, ...described } = options;
    const { attributes, operations, tags, ...fields } = described;
    const { data } = await this.send(
      createJob,
      {
        body: {
          ...fields,
          files: filesOf(files),
          ...(attributes && { attributes: JSON.stringify(attributes) }),
          ...(operations && { operations: operations.join(',') }),
          ...(tags && { tags: tags.join(',') }),
        },
        headers: { 'Idempotency-Key': idempotencyKey, ...this.prefer(wait) },
        signal,
      },
      { timeoutSeconds: Infinity },
    );
    return this.waitIf(data, wait, signal);
  }

  /** Download a picture to memory; after a broken connection the download continues. */
  async readPicture(imageId: string, options: Picture = {}): Promise<Blob> {
    const parts: BlobPart[] = [];
    for await (const chunk of this.streamPicture(imageId, options)) parts.push(chunk as BlobPart);
    return new Blob(parts);
  }

  /** Download a picture in chunks; after a broken connection the download continues. */
  async *streamPicture(
    imageId: string,
    options: Picture = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { signal, ...query } = options;
    let received = 0;
    let etag: string | null = null;
    for (let failures = 0; ; ) {
      const rest: { Range?: string; 'If-Range'?: string } = {
        ...(received && { Range: `bytes=${received}-` }),
        ...(etag && { 'If-Range': etag }),
      };
      const { data, response } = await this.send(
        getImageContent,
        { path: { image_id: imageId }, query, headers: rest, signal },
        { parseAs: 'stream' },
      );
      if (received && response.status !== 206) {
        throw new ConnectionFailed('the picture changed while it was downloaded');
      }
      // What comes from elsewhere is an original, which never changes.
      const isOriginal = response.redirected;
      etag = isOriginal ? null : response.headers.get('ETag');
      try {
        for await (const chunk of chunksOf(data as unknown as ReadableStream<Uint8Array>)) {
          received += chunk.byteLength;
          failures = 0;
          yield chunk;
        }
        return;
      } catch (error) {
        signal?.throwIfAborted();
        failures += 1;
        if (!(error instanceof ConnectionFailed)) throw error;
        if (failures > MAX_FAILURES || !(etag || isOriginal)) throw connectionFailed(response.url, error);
        await sleep(PAUSE_SECONDS * failures * stretch(0.75, 1.25), signal);
      }
    }
  }

  protected async readJob(jobId: string, waitSeconds: number, signal?: AbortSignal): Promise<Job> {
    const headers = { Prefer: `wait=${waitSeconds}` };
    return this.call(getJob, { path: { job_id: jobId }, headers, signal });
  }
}
