/** The client for an upload link: upload, wait and follow. */
import { filesOf, makeKey, type Connection } from './calls.js';
import { createLinkUpload, getLinkJob } from './generated/sdk.gen.js';
import type { CreateLinkUploadData, LinkJob } from './generated/types.gen.js';
import { JobCalls } from './jobs.js';
import type { Upload } from './minilab.js';

type LinkFields = Omit<CreateLinkUploadData['body'], 'files' | 'operations'>;

/** An upload link, for people without an API key; its token begins with `mll_`. */
export class MinilabLink extends JobCalls<LinkJob> {
  protected readonly eventsUrl = '/v1/uploads/jobs/{job_id}/events';

  constructor(connection: Connection & { token: string }) {
    super(connection, connection.token);
  }

  /** Upload files, as `Minilab.upload` does. */
  async upload(files: File | Iterable<File>, options: LinkFields & Upload = {}): Promise<LinkJob> {
    const { operations, wait, idempotencyKey = makeKey(), signal, ...fields } = options;
    const { data } = await this.send(
      createLinkUpload,
      {
        body: {
          ...fields,
          files: filesOf(files),
          ...(operations && { operations: operations.join(',') }),
        },
        headers: { 'Idempotency-Key': idempotencyKey, ...this.prefer(wait) },
        signal,
      },
      { timeoutSeconds: Infinity },
    );
    return this.waitIf(data, wait, signal);
  }

  protected async readJob(jobId: string, waitSeconds: number, signal?: AbortSignal): Promise<LinkJob> {
    const headers = { Prefer: `wait=${waitSeconds}` };
    return this.call(getLinkJob, { path: { job_id: jobId }, headers, signal });
  }
}
