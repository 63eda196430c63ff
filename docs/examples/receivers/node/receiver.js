// A receiver of Minilab's webhooks: npm install standardwebhooks.
// Run it with MINILAB_WEBHOOK_SECRET=whsec_… node receiver.js [PORT].

import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const MAX_BYTES = 64 * 1024;
const webhook = new Webhook(process.env.MINILAB_WEBHOOK_SECRET);
// Every event arrives at least once: keep these IDs where a restart does not lose them.
const handledIds = new Set();

createServer(async (request, response) => {
  const answer = (status) => response.writeHead(status).end();
  const parts = [];
  let sizeBytes = 0;
  for await (const part of request) {
    sizeBytes += part.length;
    if (sizeBytes > MAX_BYTES) return answer(413);
    parts.push(part);
  }
  let event;
  try {
    // The bytes as they arrived: JSON that was parsed and encoded again has another signature.
    event = webhook.verify(Buffer.concat(parts), request.headers);
  } catch {
    return answer(400);
  }
  const messageId = request.headers["webhook-id"];
  if (!handledIds.has(messageId)) {
    console.log(event.type, messageId, event.data.url);
    handledIds.add(messageId);
  }
  // Answer at once; put longer work into a queue first.
  answer(204);
}).listen(Number(process.argv[2] ?? 9000), "127.0.0.1");
