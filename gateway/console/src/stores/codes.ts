// The code tables of the platform, read once: every code on screen is a word of these.
import { defineStore } from "pinia";
import { api, body } from "@/api/client";
import { useLanguage } from "./language";

export interface Row {
  code: string;
  zh: string;
  en: string;
  parent?: string;
  path?: string;
  level?: string;
  word?: string;
  glyph?: string;
}

interface Table {
  name: string;
  rows: Row[];
}

const TABLES = [
  "areas", "channels", "statuses", "grades", "types", "suitability", "outlets", "party_roles",
  "party_kinds", "id_kinds", "waiting_reasons", "flags", "factors", "clocks", "buckets", "roles",
  "refusal_reasons", "termination_reasons", "breach_reasons", "outcomes", "agreement_forms", "committee_kinds",
] as const;
export type TableName = (typeof TABLES)[number];

export const useCodes = defineStore("codes", {
  state: () => ({ tables: {} as Record<string, Row[]>, ready: false }),
  actions: {
    async load(): Promise<void> {
      if (this.ready) return;
      const found = await Promise.all(
        TABLES.map((table) => body(api.GET("/v1/codes/{table}", { params: { path: { table } } }))),
      );
      for (const table of found as unknown as Table[]) this.tables[table.name] = Object.freeze(table.rows) as Row[];
      this.ready = true;
    },
    rows(table: TableName): Row[] {
      return this.tables[table] ?? [];
    },
    row(table: TableName, code: string | null | undefined): Row | undefined {
      return code ? this.rows(table).find((r) => r.code === code) : undefined;
    },
    /** The word of a code in the language of the screen; the code itself where it is unknown. */
    word(table: TableName, code: string | null | undefined): string {
      const row = this.row(table, code);
      return row ? row[useLanguage().lang] : (code ?? "–");
    },
    /** An area by its place in the tree: `锦江区 · 督院街街道`; the city itself is left out. */
    area(code: string | null | undefined): string {
      const names: string[] = [];
      let row = this.row("areas", code);
      while (row && row.level !== "city") {
        names.unshift(row.zh);
        row = this.row("areas", row.parent);
      }
      return names.length ? names.join(" · ") : this.word("areas", code);
    },
  },
});
