// Run by tests/integration/test_typescript_client.py; prints what it found as JSON.
import { readFileSync } from 'node:fs';
import {
  createJob,
  createUploadLink,
  deleteImage,
  getImage,
  getImageContent,
  getJob,
  getStatistics,
  listImages,
  streamJobEvents,
  type Job,
  type Problem,
} from 'minilab-client';
import { client } from 'minilab-client/client';

client.setConfig({ baseUrl: process.env.MINILAB_URL, auth: process.env.MINILAB_API_KEY });
const throwOnError = true as const;

const portrait = readFileSync('portrait.jpg');
const { data: ticket } = await createJob({
  body: {
    files: [new File([portrait], 'portrait.jpg'), new File(['no picture'], 'notes.txt')],
    gps: 'strip',
    user_id: 'u1',
  },
  throwOnError,
});

const versions: number[] = [];
const path = { job_id: ticket.id };
const { stream } = await streamJobEvents({ path, onSseEvent: ({ id }) => versions.push(Number(id)) });
for await (const _ of stream) {
  // Each is counted as it comes; the stream ends with the job.
}
const { data: job }: { data: Job } = await getJob({ path, throwOnError });
const image_id = job.items[0]?.image_id ?? '';

const { data: image } = await getImage({ path: { image_id }, throwOnError });
const { data: content } = await getImageContent({ path: { image_id }, parseAs: 'blob', throwOnError });
const { data: listed } = await listImages({ query: { user_id: 'u1' }, throwOnError });
const { data: statistics } = await getStatistics({ query: { tz: 'Europe/Vienna' }, throwOnError });
const { data: link } = await createUploadLink({ body: { expires_in: 60, max_files: 1 }, throwOnError });
const { response: deleted } = await deleteImage({ path: { image_id } });
const { error } = await getImage({ path: { image_id } });
const problem: Problem | undefined = error;

console.log(
  JSON.stringify({
    status: job.status,
    errors: job.items.map((item) => item.error?.code ?? null),
    faces: image.faces?.map((face) => face.box),
    gps: image.gps,
    same: Buffer.from(await content.arrayBuffer()).equals(portrait),
    listed: listed.items.length,
    days: statistics.uploads_per_day.length,
    link: link.max_files,
    deleted: deleted?.status,
    code: problem?.code,
    last: versions.at(-1) === job.version,
  }),
);
