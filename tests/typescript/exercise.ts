// Run by tests/integration/test_typescript_client.py; the last line that it prints is what it found, as JSON.
import { readFileSync } from 'node:fs';
import {
  ApiError,
  ConnectionFailed,
  Minilab,
  MinilabLink,
  WaitTimedOut,
  createUploadLink,
  deleteImage,
  getCapabilities,
  getImage,
  getStatistics,
  listImages,
  listJobs,
  retryJob,
  type Job,
  type JobChange,
  type Status,
} from 'minilab-client';

const { MINILAB_URL, LOSING_URL, CUTTING_URL, SILENT_URL, SERVICE_KEY, MINILAB_API_KEY: apiKey } = process.env;
const retries = { firstPause: 0.01 };
const to = (baseUrl = '', fetcher?: typeof fetch) =>
  new Minilab({ baseUrl, retries, ...(apiKey && { apiKey }), ...(fetcher && { fetch: fetcher }) });
const minilab = to(MINILAB_URL);
const text = (name: string) => new File(['no picture'], name);
const portrait = readFileSync('portrait.jpg');
const picture = (name: string) => new File([portrait], name);
const codeOf = async (failing: Promise<unknown>) => {
  const error: unknown = await failing.then(() => undefined, (reason: unknown) => reason);
  if (error instanceof ApiError) return [error.status, error.code, error.problem?.code];
  return error instanceof Error ? error.name : error;
};

// Types are read from the functions.
// @ts-expect-error -- the path is missing
const untyped = () => minilab.call(getImage);
// @ts-expect-error -- there is no such filter
const unknownFilter = () => minilab.iterate(listImages, { query: { colour: 'red' } });
const laterStatus: Status = 'resting';

// A stream that is cut by the test is continued; the answer to the upload is lost and asked for again.
const ticket = await to(LOSING_URL).upload([picture('portrait.jpg'), text('notes.txt')], {
  gps: 'strip',
  user_id: 'u1',
  tags: ['beach', 'family'],
  attributes: { room: 'kitchen' },
});
const timedOut = await codeOf(minilab.waitForJob(ticket, { timeoutSeconds: 0.1 }));
const changes: JobChange[] = [];
for await (const change of to(CUTTING_URL).followJob(ticket)) {
  if (changes.push(change) === 1) console.log('cut');
}
const job: Job = await minilab.waitForJob(ticket);
const polled: JobChange[] = [];
for await (const change of to(SILENT_URL).followJob(job.id)) polled.push(change);

// Node must survive an upload that ends while its files are read.
const many = Array.from({ length: 20 }, (_, n) => picture(`${n}.jpg`));
const aborted: unknown[] = [];
for (const signal of [AbortSignal.abort(), ...Array.from({ length: 10 }, (_, ms) => AbortSignal.timeout(ms))]) {
  aborted.push(await codeOf(to('http://127.0.0.1:9').upload(many, { signal })));
}

const image_id = job.items[0]?.image_id ?? '';
const image = await minilab.call(getImage, { path: { image_id } });
const large = new File([portrait, new Uint8Array(600_000)], 'large.jpg');
const stored = await minilab.upload(large, { wait: true, operations: ['metadata'] });
const whole = await to(process.env.BREAKING_URL).readPicture(stored.items[0]?.image_id ?? '');
const thumbnail = await minilab.readPicture(image_id, { variant: 'thumbnail' });

// A key that is over its limit is refused once, and waits.
const answers: number[] = [];
const seen: typeof fetch = async (...request) => {
  const response = await fetch(...request);
  answers.push(response.status);
  return response;
};
const limited = new Minilab({ baseUrl: MINILAB_URL ?? '', apiKey: SERVICE_KEY ?? '', fetch: seen });
await limited.upload(text('a.txt'), { user_id: 'u2' });
await limited.upload(text('b.txt'), { user_id: 'u2' });
const once = new Minilab({ baseUrl: MINILAB_URL ?? '', apiKey: SERVICE_KEY ?? '', retries: { limit: 0 } });
const refused = await codeOf(once.upload(text('c.txt'), { user_id: 'u2' }));

const ids = new Set<string>();
for await (const { id } of minilab.iterate(listJobs, { query: { user_id: 'u2', limit: 1 } })) ids.add(id);
let listed = 0;
for await (const _ of minilab.iterate(listImages)) listed += 1;

const made = await minilab.call(createUploadLink, { body: { expires_in: 60, max_files: 1 } });
const link = new MinilabLink({ baseUrl: MINILAB_URL ?? '', token: made.token });
const linkJob = await link.upload(text('d.txt'));
const linkChanges: JobChange[] = [];
for await (const change of link.followJob(linkJob)) linkChanges.push(change);

const capabilities = await minilab.call(getCapabilities);
const statistics = await minilab.call(getStatistics, { query: { tz: 'Europe/Vienna' } });
const unsafe = await codeOf(to(process.env.LOST_URL).call(retryJob, { path: { job_id: job.id } }));
const deleted = await minilab.call(deleteImage, { path: { image_id } });
const gone = await codeOf(minilab.call(getImage, { path: { image_id } }));
const hasty = new Minilab({ baseUrl: MINILAB_URL ?? '', retries: { limit: 0 }, timeoutSeconds: 0.001 });
const late = await codeOf(hasty.call(getCapabilities));
const nobody = await codeOf(to('http://127.0.0.1:9').upload(text('e.txt'), { signal: AbortSignal.timeout(100) }));

// Mistakes of a caller, as programs without types make them, are told before anything is sent.
const mistaken = [
  await codeOf(minilab.upload([])),
  await codeOf(link.upload([])),
  await codeOf(minilab.upload(new Blob([portrait]) as File)),
  await codeOf(minilab.upload(portrait as unknown as File[])),
  await codeOf(minilab.call(getImage, { path: { image_id: '' } })),
  await codeOf(minilab.waitForJob('..')),
  ...['schlüssel', '€', 'two lines\n'].map((key) => {
    try {
      return [new Minilab({ baseUrl: '', apiKey: key }), new MinilabLink({ baseUrl: '', token: key })];
    } catch (error) {
      return error instanceof TypeError && !error.message.includes(key) && error.name;
    }
  }),
];

const versions = changes.map((change) => change.version);
console.log(
  JSON.stringify({
    status: job.status,
    errors: job.items.map((item) => item.error?.code ?? null),
    faces: image.faces?.map((face) => face.box),
    gps: image.gps,
    marks: [image.tags, image.attributes],
    timedOut: timedOut === WaitTimedOut.name,
    followed: versions.at(-1) === job.version && new Set(versions).size === versions.length,
    polled: polled.map((change) => change.version === job.version),
    same: Buffer.from(await whole.arrayBuffer()).equals(Buffer.from(await large.arrayBuffer())),
    thumbnail: (await thumbnail.text()).startsWith('RIFF'),
    answers,
    refused,
    pages: ids.size,
    listed,
    link: [linkJob.status, linkChanges.at(-1)?.status],
    formats: capabilities.formats.some(({ format }) => format === 'jpeg'),
    days: statistics.uploads_per_day.length,
    unsafe: unsafe === ConnectionFailed.name,
    deleted: deleted === undefined,
    gone,
    nobody,
    aborted,
    late,
    mistaken,
    open: [typeof untyped, typeof unknownFilter, laterStatus],
  }),
);
