// The open stream and the clock that countdowns follow.
import { defineStore } from "pinia";
import { Stream, type Listener, type StreamState } from "@/api/stream";

let stream: Stream | null = null;
let ticking = 0;
const resets = new Set<() => void>();

export const useLive = defineStore("live", {
  state: () => ({ state: "connecting" as StreamState, now: Date.now() }),
  actions: {
    start(): void {
      stream ??= new Stream(
        (state) => (this.state = state),
        () => resets.forEach((reload) => reload()),
      );
      stream.open();
      ticking ||= window.setInterval(() => (this.now = Date.now()), 1000);
    },
    stop(): void {
      stream?.close();
      window.clearInterval(ticking);
      ticking = 0;
    },
    /** Hears facts until the returned function is called; `reload` when some were missed. */
    on(listener: Listener, reload: () => void): () => void {
      const off = stream?.on(listener) ?? (() => undefined);
      resets.add(reload);
      return () => {
        off();
        resets.delete(reload);
      };
    },
  },
});
