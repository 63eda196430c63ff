// @hey-api/openapi-ts: the TypeScript client, on the fetch of browsers, Node, Deno and Bun.
export default {
  input: process.env.INPUT,
  // Node finds modules by their whole names.
  output: { path: process.env.OUTPUT, module: { extension: '.js' } },
  plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
};
