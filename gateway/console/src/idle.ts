// A browser left alone is logged out: here by the clock, and by the platform on its own.
const SAY_EVERY = 60_000;
const EVENTS = ["pointerdown", "keydown", "wheel", "touchstart"] as const;
const SHARED = "fengqiao.active";

/** Watches for somebody acting, in any tab of the console; returns how to stop watching. */
export function watchIdle(minutes: number, say: () => void, leave: () => void): () => void {
  if (!minutes) return () => undefined;
  let said = 0;
  const note = () => {
    const now = Date.now();
    localStorage.setItem(SHARED, String(now));
    if (now - said > SAY_EVERY) {
      said = now;
      say();
    }
  };
  note();
  for (const name of EVENTS) window.addEventListener(name, note, { passive: true });
  const timer = window.setInterval(() => {
    if (Date.now() - Number(localStorage.getItem(SHARED) ?? 0) > minutes * 60_000) leave();
  }, 5000);
  return () => {
    window.clearInterval(timer);
    for (const name of EVENTS) window.removeEventListener(name, note);
  };
}
