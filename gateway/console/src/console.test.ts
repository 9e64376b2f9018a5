import { expect, test, vi } from "vitest";
import { behind } from "./api/lists";
import { Seen } from "./api/stream";
import { Pace } from "./board/pace";
import { shade, TILES } from "./board/tiles";
import { en } from "./i18n/en";
import { zh } from "./i18n/zh";
import { numberQuery, registerQuery } from "./pages/cases-query";

test("the list behind a number keeps every filter of the number", () => {
  const place = behind("/v1/stats/cases?area=510104&direct=true&bucket=waiting");
  expect(place).toEqual({ path: "/cases", query: { of: "number", area: "510104", direct: "true", bucket: "waiting" } });
  expect(numberQuery(place.query, 2, 50)).toEqual({ area: "510104", direct: true, bucket: "waiting", page: 2, size: 50 });
});

test("the register is asked only for what it knows", () => {
  expect(registerQuery({ status: "waiting", bucket: "waiting", q: "漏水", overdue: "true" }, 1, 20)).toEqual({ status: "waiting", q: "漏水", overdue: true, page: 1, size: 20 });
});

test("a fact that comes again is told once", () => {
  const seen = new Seen(2);
  expect(["a", "b", "a", "c", "a"].map((id) => seen.take(id))).toEqual([true, true, false, true, true]);
});

test("the map has each of the 23 areas at a place of its own", () => {
  const places = Object.values(TILES).map(String);
  expect(places).toHaveLength(23);
  expect(new Set(places).size).toBe(23);
});

test("the largest number is darkest and zero is lightest", () => {
  expect([0, 40, 60, 70, 100].map((n) => shade(n, 40, 100))).toEqual([0, 0, 1, 2, 4]);
  expect([shade(0, 0, 0), shade(7, 7, 7)]).toEqual([0, 2]);
});

test("many nudges are one question soon and one more afterwards", async () => {
  vi.useFakeTimers();
  const work = vi.fn(() => Promise.resolve());
  const pace = new Pace(100, 1000, work);
  for (let n = 0; n < 50; n += 1) pace.nudge();
  await vi.advanceTimersByTimeAsync(150);
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(work).toHaveBeenCalledTimes(2);
  pace.nudge();
  pace.stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(work).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
});

test("no word is empty, in either language, and both fill in the same values", () => {
  const values = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
  const walk = (a: object, b: object): void => {
    for (const [key, one] of Object.entries(a)) {
      const other = (b as Record<string, unknown>)[key];
      if (typeof one === "object") walk(one as object, other as object);
      else {
        expect(String(one).length, key).toBeGreaterThan(0);
        expect(values(String(other)), key).toEqual(values(String(one)));
      }
    }
  };
  walk(zh, en);
});
