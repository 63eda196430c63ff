// Uploads a file with tus-js-client; prints the offset after each chunk, and the URL at the end.
const { createReadStream, statSync } = require('node:fs');
const { createRequire } = require('node:module');

const [modules, endpoint, token, path, chunkSize] = process.argv.slice(2);
const tus = createRequire(modules)('tus-js-client');

const upload = new tus.Upload(createReadStream(path), {
  endpoint,
  chunkSize: Number(chunkSize),
  uploadSize: statSync(path).size,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: 'js.bin', filetype: 'image/jpeg' },
  retryDelays: Array(60).fill(300),
  onChunkComplete: (_, accepted) => console.log(accepted),
  onSuccess: () => console.log(upload.url),
  onError: (error) => {
    console.error(error);
    process.exit(1);
  },
});
upload.start();
