// How times, sums and durations are written. All days are those of Chengdu.
export type Lang = "zh" | "en";

const ZONE = "Asia/Shanghai";
const MINUTE = 60_000;

function parts(at: string | Date): Record<string, string> {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  return Object.fromEntries(format.formatToParts(new Date(at)).map((p) => [p.type, p.value]));
}

/** `2026-11-30 22:21` */
export function moment(at: string | Date | null | undefined): string {
  if (!at) return "–";
  const p = parts(at);
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}`;
}

/** `22:21:40` */
export function clock(at: string | Date): string {
  const p = parts(at);
  return `${p.hour}:${p.minute}:${p.second}`;
}

/** `2026-11-30` */
export function day(at: string | Date | null | undefined): string {
  if (!at) return "–";
  const p = parts(at);
  return `${p.year}-${p.month}-${p.day}`;
}

/** `¥56,000.00` */
export function yuan(amount: string | null | undefined): string {
  if (amount === null || amount === undefined) return "–";
  const [whole = "0", cents] = amount.split(".");
  return `¥${whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",")}${cents ? `.${cents}` : ""}`;
}

/** How long until `due`, in the two largest units: `剩 2 天 3 小时`, `超 40 分钟`. */
export function countdown(due: string, now: number, lang: Lang): { text: string; late: boolean; soon: boolean } {
  const left = new Date(due).getTime() - now;
  const late = left < 0;
  const minutes = Math.floor(Math.abs(left) / MINUTE);
  const text = span(minutes, lang);
  const soon = !late && left < 24 * 60 * MINUTE;
  if (lang === "zh") return { text: late ? `超 ${text}` : `剩 ${text}`, late, soon };
  return { text: late ? `${text} over` : `${text} left`, late, soon };
}

/** How long ago something began, in the two largest units: `已等 1 小时 5 分钟`. */
export function waited(since: string, now: number, lang: Lang): string {
  const text = span(Math.max(0, Math.floor((now - new Date(since).getTime()) / MINUTE)), lang);
  return lang === "zh" ? `已等 ${text}` : `${text} so far`;
}

function span(minutes: number, lang: Lang): string {
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const rest = minutes % 60;
  const [d, h, m] = lang === "zh" ? [" 天", " 小时", " 分钟"] : ["d", "h", "m"];
  if (days >= 10) return `${days}${d}`;
  if (days) return hours ? `${days}${d} ${hours}${h}` : `${days}${d}`;
  if (hours) return rest ? `${hours}${h} ${rest}${m}` : `${hours}${h}`;
  return `${rest}${m}`;
}
