// From the address of the cases page to the two calls that answer it.
import type { paths } from "@/api/schema";

export type RegisterQuery = NonNullable<paths["/v1/cases"]["get"]["parameters"]["query"]>;
export type NumberQuery = NonNullable<paths["/v1/stats/cases"]["get"]["parameters"]["query"]>;
export type Filters = Partial<Record<string, string>>;

const REGISTER = ["status", "risk", "type", "channel", "area", "unit", "q"] as const;
const NUMBER = ["area", "bucket", "status", "type", "risk", "channel", "unit", "first", "last", "flow", "day"] as const;

function some(filters: Filters, names: readonly string[], flags: readonly string[]): Record<string, string | boolean> {
  const query: Record<string, string | boolean> = {};
  for (const name of names) if (filters[name]) query[name] = filters[name];
  for (const name of flags) if (filters[name] !== undefined) query[name] = filters[name] === "true";
  return query;
}

/** The register's query; what it does not know is left out. */
export function registerQuery(filters: Filters, page: number, size: number): RegisterQuery {
  return { ...some(filters, REGISTER, ["overdue", "parked"]), page, size } as RegisterQuery;
}

/** The query of the list behind a number: every filter of the number, so the same count. */
export function numberQuery(filters: Filters, page: number, size: number): NumberQuery {
  return { ...some(filters, NUMBER, ["direct", "overdue"]), page, size } as NumberQuery;
}
