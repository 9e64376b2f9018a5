// The live facts by server-sent events: one connection for the whole console, resumed where it broke.

/** A fact as the stream tells it (CloudEvents), without any personal data. */
export interface Fact {
  id: string;
  type: string;
  time: string;
  subject: string;
  area: string;
  data: Record<string, unknown>;
}

export type Listener = (fact: Fact) => void;
export type StreamState = "connecting" | "live" | "lost";

/** The name of a fact without its version: `case.registered`. */
export function nameOf(fact: Fact): string {
  return fact.type.replace(/\.v\d+$/, "");
}

/** Facts that were seen, so that one that comes again after a resumption is told once. */
export class Seen {
  private readonly order: string[] = [];
  private readonly ids = new Set<string>();

  constructor(private readonly keep = 2000) {}

  /** Whether the fact is new; remembers it. */
  take(id: string): boolean {
    if (this.ids.has(id)) return false;
    this.ids.add(id);
    this.order.push(id);
    if (this.order.length > this.keep) this.ids.delete(this.order.shift() as string);
    return true;
  }
}

/** Opens the stream; `reset` is called when facts were missed and all must be loaded anew. */
export class Stream {
  private source: EventSource | null = null;
  private readonly listeners = new Set<Listener>();
  private readonly seen = new Seen();

  constructor(
    private readonly tell: (state: StreamState) => void,
    private readonly reset: () => void,
  ) {}

  open(): void {
    if (this.source) return;
    this.tell("connecting");
    const source = new EventSource("/v1/stream");
    source.onopen = () => this.tell("live");
    source.onmessage = (event: MessageEvent<string>) => this.hand(event.data);
    source.addEventListener("reset", () => this.reset());
    source.onerror = () => this.failed(source);
    this.source = source;
  }

  close(): void {
    this.source?.close();
    this.source = null;
  }

  on(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private hand(text: string): void {
    if (!text) return;
    const fact = JSON.parse(text) as Fact;
    if (!this.seen.take(fact.id)) return;
    for (const listener of this.listeners) listener(fact);
  }

  /** The browser connects again by itself, but not after a refusal: then we ask anew, later. */
  private failed(source: EventSource): void {
    this.tell("lost");
    if (source.readyState !== EventSource.CLOSED || source !== this.source) return;
    this.close();
    window.setTimeout(() => this.open(), 3000);
  }
}
