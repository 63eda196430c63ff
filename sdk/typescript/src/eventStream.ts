/**
 * A decoder of server-sent events.
 *
 * Source: HTML Living Standard, section 9.2 (server-sent events).
 */
export interface ServerEvent {
  /** Its type, such as `job.changed`. */
  name: string;
  /** Its data; JSON for events of this service. */
  data: string;
}

/** Turns the chunks of a stream into events. */
export class EventDecoder {
  /** How long the service asks clients to wait before they reconnect. */
  retrySeconds: number | undefined;
  readonly #text = new TextDecoder();
  #rest = '';
  #fields = new Map<string, string>();

  /** Take a chunk, and yield the events that it completes. */
  *feed(chunk: Uint8Array): Generator<ServerEvent> {
    const text = this.#rest + this.#text.decode(chunk, { stream: true });
    // A carriage return at the end may be half of a line end.
    const held = text.endsWith('\r') ? 1 : 0;
    const lines = text.slice(0, text.length - held).split(/\r\n|\r|\n/);
    this.#rest = (lines.pop() ?? '') + text.slice(text.length - held);
    for (const line of lines) {
      if (line) this.#take(line);
      else yield* this.#finish();
    }
  }

  #take(line: string): void {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    const before = this.#fields.get(name);
    if (name === 'retry' && /^\d+$/.test(value)) this.retrySeconds = Number(value) / 1000;
    this.#fields.set(name, name === 'data' && before !== undefined ? `${before}\n${value}` : value);
  }

  *#finish(): Generator<ServerEvent> {
    const fields = this.#fields;
    this.#fields = new Map();
    const data = fields.get('data');
    if (data !== undefined) yield { name: fields.get('event') ?? 'message', data };
  }
}
