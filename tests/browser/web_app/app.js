// Uses the service as docs/browsers.md describes.

async function draw(width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.fillStyle = "teal";
  context.fillRect(0, 0, width, height);
  return canvas.convertToBlob({ type: "image/png" });
}

function follow(url) {
  return new Promise((resolve) => {
    const events = [];
    const source = new EventSource(url);
    for (const name of ["job.changed", "job.finished", "job.gone"]) {
      source.addEventListener(name, () => {
        events.push(name);
        if (name !== "job.changed") {
          source.close();
          resolve(events);
        }
      });
    }
    source.onerror = () => source.readyState === EventSource.CLOSED && resolve([...events, "closed"]);
  });
}

async function show(url) {
  const image = document.createElement("img");
  image.src = url;
  document.body.append(image);
  await image.decode();
  return image.naturalWidth;
}

async function use(service, secret, uploads) {
  const headers = { Authorization: `Bearer ${secret}` };
  const form = new FormData();
  form.append("file", await draw(120, 60), "drawn.png");
  let upload;
  try {
    const more = { "Idempotency-Key": crypto.randomUUID(), Prefer: "respond-async" };
    upload = await fetch(service + uploads, { method: "POST", headers: { ...headers, ...more }, body: form });
  } catch (error) {
    return { refused: String(error) };
  }
  const job = await upload.json();
  const names = ["Location", "Retry-After", "X-Request-ID"];
  const saw = {
    status: upload.status,
    job_id: job.id,
    headers: Object.fromEntries(names.map((name) => [name, upload.headers.get(name)])),
  };
  const stream = await fetch(`${service}${saw.headers.Location}/events-url`, { headers });
  saw.events = await follow((await stream.json()).url);
  return uploads === "/v1/jobs" ? { ...saw, ...(await look(service, headers)) } : saw;
}

async function look(service, headers) {
  const list = `${service}/v1/images?content_urls=thumbnail`;
  const { items } = await (await fetch(list, { headers })).json();
  const { url } = items[0].content_urls.thumbnail;
  const natural_width = await show(url);
  const part = await fetch(url, { headers: { Range: "bytes=0-9" } });
  const missing = await fetch(`${service}/v1/content/none`);
  return {
    listed: items.length,
    natural_width,
    url,
    read: {
      ETag: part.headers.get("ETag") !== null,
      "Content-Range": part.headers.get("Content-Range").replace(/\d+$/, ""),
      "Accept-Ranges": part.headers.get("Accept-Ranges"),
    },
    problem: [missing.status, (await missing.json()).code],
  };
}
