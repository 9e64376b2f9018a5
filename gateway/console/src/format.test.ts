import { expect, test } from "vitest";
import { countdown, day, moment, waited, yuan } from "./format";

const NOW = Date.parse("2026-11-30T16:30:00Z");

test("days are those of Chengdu", () => {
  expect(moment("2026-11-30T16:30:00Z")).toBe("2026-12-01 00:30");
  expect(day("2026-11-30T15:59:59Z")).toBe("2026-11-30");
  expect(moment(null)).toBe("–");
});

test("a countdown names the two largest units, and says when it is late", () => {
  expect(countdown("2026-12-02T19:30:00Z", NOW, "zh")).toEqual({ text: "剩 2 天 3 小时", late: false, soon: false });
  expect(countdown("2026-11-30T17:10:00Z", NOW, "zh")).toEqual({ text: "剩 40 分钟", late: false, soon: true });
  expect(countdown("2026-11-30T15:50:00Z", NOW, "en")).toEqual({ text: "40m over", late: true, soon: false });
});

test("who waits is told how long", () => {
  expect(waited("2026-11-30T15:25:00Z", NOW, "zh")).toBe("已等 1 小时 5 分钟");
  expect(waited("2026-11-30T16:31:00Z", NOW, "en")).toBe("0m so far");
});

test("sums are grouped by thousands", () => {
  expect(yuan("1234567.50")).toBe("¥1,234,567.50");
  expect(yuan("0")).toBe("¥0");
  expect(yuan(null)).toBe("–");
});
