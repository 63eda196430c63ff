/** Writes the form of an upload as one `Blob`, which `fetch` reads while it sends. */

type Fields = Readonly<Record<string, unknown>>;

/** Whether a body has a file, and is therefore sent as a form. */
export function hasFile(body: unknown): body is Fields {
  const values: unknown[] = typeof body === 'object' && body !== null ? Object.values(body).flat() : [];
  return values.some((value) => value instanceof Blob);
}

/**
 * Write fields and files as `multipart/form-data`.
 *
 * Node reads all files of a `FormData` to memory as soon as the request is made, and ends the whole
 * process with "ReadableStream is already closed" if the request is aborted meanwhile. A `Blob` is
 * read in chunks, as they are sent.
 */
export function writeForm(fields: Fields, boundary: string): Blob {
  const parts: BlobPart[] = [];
  for (const [name, given] of Object.entries(fields)) {
    for (const value of Array.isArray(given) ? given : [given]) {
      if (value === undefined || value === null) continue;
      const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"`;
      if (value instanceof Blob) {
        const file = escaped(value instanceof File ? value.name : 'blob');
        const type = value.type || 'application/octet-stream';
        parts.push(`${head}; filename="${file}"\r\nContent-Type: ${type}\r\n\r\n`, value, '\r\n');
      } else {
        parts.push(`${head}\r\n\r\n${typeof value === 'string' ? value : JSON.stringify(value)}\r\n`);
      }
    }
  }
  parts.push(`--${boundary}--\r\n`);
  return new Blob(parts, { type: `multipart/form-data; boundary=${boundary}` });
}

/** Escape a name as browsers do. */
function escaped(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}
