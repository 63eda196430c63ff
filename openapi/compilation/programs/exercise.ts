// Run by `make clients`; prints a word for each thing that it has seen to work.
import { readFile } from 'node:fs/promises';
import { ApiError, Minilab, getImage, type Job } from './client/index.js';

function check(holds: boolean, found: unknown): void {
  if (!holds) throw new Error(JSON.stringify(found));
}

const [baseUrl = '', apiKey = '', picture = '', document = ''] = process.argv.slice(2);
const minilab = new Minilab({ baseUrl, apiKey });
const bytes = await readFile(picture);

const ticket = await minilab.upload(new File([bytes], 'gradient.jpg'), { user_id: 'typescript' });
console.log('uploads');

const statuses: string[] = [];
for await (const change of minilab.followJob(ticket)) statuses.push(change.status);
check(statuses.at(-1) === 'succeeded', statuses);
console.log('follows');

const job = await minilab.waitForJob(ticket);
check(job.status === 'succeeded', job);
console.log('polls');

const imageId = job.items[0]?.image_id ?? '';
const content = await minilab.readPicture(imageId);
check(Buffer.from(await content.arrayBuffer()).equals(bytes), content.size);
console.log('fetches');

const unknown: Job = JSON.parse(await readFile(document, 'utf8'));
const isKnown = unknown.status === 'succeeded' || unknown.status === 'failed';
check(!isKnown && unknown.status === 'resting', unknown);
console.log('unknown');

try {
  await minilab.call(getImage, { path: { image_id: 'none' } });
  check(false, 'an image that does not exist was found');
} catch (missing) {
  if (!(missing instanceof ApiError)) throw missing;
  check(missing.status === 404 && missing.code === 'not_found', missing);
  console.log('problems');
}
