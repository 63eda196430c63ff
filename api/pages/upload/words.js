// Numbers, times, states and problems in words.

const number = new Intl.NumberFormat();
const FAMILIAR = { jpeg: "JPEG", png: "PNG", webp: "WebP", gif: "GIF", tiff: "TIFF", bmp: "BMP", heic: "HEIC", avif: "AVIF" };

export const formatName = (format) => FAMILIAR[format] ?? format.toUpperCase();

export const plural = (count, one, many = `${one}s`) => `${number.format(count)} ${count === 1 ? one : many}`;

export const facesInWords = (count, name) => `${plural(count, "face")} in ${name}`;

export function bytesInWords(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  let power = 0;
  let value = bytes;
  for (; value >= 1000 && power < units.length - 1; power += 1) value /= 1024;
  const digits = power === 0 || value >= 100 ? 0 : 1;
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: digits }).format(value)} ${units[power]}`;
}

export function secondsInWords(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s`;
  return `${Math.ceil(seconds / 60)} min`;
}

export function tryingAgainInWords(refusal, seconds) {
  const reason = refusal.isOfConnection ? "No connection" : "The service is busy";
  return `${reason}: again in ${secondsInWords(seconds)}`;
}

export function queueInWords({ position, eta_seconds: seconds }) {
  const place = position ? `, ${plural(position, "photo")} ahead` : "";
  return `In the queue${place}${seconds >= 1 ? `, about ${secondsInWords(seconds)}` : ""}`;
}

// Shows the time of the camera's clock, independent of the time zone of the browser.
export function takenInWords(takenAt) {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(takenAt ?? "");
  if (!parts) return takenAt;
  const [, year, month, day, hour, minute] = parts.map(Number);
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute));
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).format(date);
}

export function cameraInWords({ camera_make: make, camera_model: model }) {
  if (!make || !model) return model ?? make;
  const [brand] = make.split(" ");
  return model.toLowerCase().startsWith(brand.toLowerCase()) ? model : `${make} ${model}`;
}

export function limitsInWords({ formats, limits }) {
  const names = formats?.map(({ format }) => formatName(format)).join(", ");
  const most = limits?.max_file_bytes ? `up to ${bytesInWords(limits.max_file_bytes)} each` : "";
  return [names, most].filter(Boolean).join(" · ");
}

// Problems whose details add nothing to the title: the page lists the formats anyway.
const TITLE_IS_ENOUGH = new Set(["unsupported_format", "link_used_up"]);

export function problemInWords({ code, title, detail }) {
  if (TITLE_IS_ENOUGH.has(code)) return title;
  const same = !detail || detail.replace(/\.$/, "") === title.replace(/\.$/, "");
  return same ? title : `${title}: ${detail}`;
}

export function problemsInWords(item) {
  if (item.error) return [problemInWords(item.error)];
  return Object.entries(item.operations)
    .filter(([, cell]) => cell.error)
    .map(([name, cell]) => `${name}: ${problemInWords(cell.error)}`);
}

// Only what people can see in the picture.
export function warningsInWords({ warnings = [] }) {
  return warnings.includes("truncated") ? ["The file is cut off: the missing part is gray."] : [];
}
