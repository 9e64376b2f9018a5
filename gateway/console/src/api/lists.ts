// The list behind a number, as a place in the console: the same filters, so the same length.

/** `/v1/stats/cases?area=510100&bucket=waiting` → the console's list with these filters. */
export function behind(list: string): { path: string; query: Record<string, string> } {
  const at = list.indexOf("?");
  const query = Object.fromEntries(new URLSearchParams(at < 0 ? "" : list.slice(at + 1)));
  return { path: "/cases", query: { of: "number", ...query } };
}
