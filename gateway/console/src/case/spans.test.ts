import { expect, test } from "vitest";
import { pieces } from "./spans";

test("a text is cut at the evidence, and its pieces are the text again", () => {
  const text = "甲打了乙，要赔五千元";
  const found = pieces(text, [
    { start: 1, end: 3, part: 0, code: "violence" },
    { start: 2, end: 7, part: 0, code: "minor" },
    { start: 0, end: 2, part: 1, code: "other-part" },
  ]);
  expect(found.map((p) => p.text).join("")).toBe(text);
  expect(found.map((p) => [p.text, p.codes])).toEqual([
    ["甲", []], ["打", ["violence"]], ["了", ["violence", "minor"]], ["乙，要赔", ["minor"]], ["五千元", []],
  ]);
});

test("places count characters, also those outside the basic plane", () => {
  expect(pieces("𬺓𬺓扬言", [{ start: 2, end: 4, part: 0, code: "threat" }]).at(-1)).toEqual({ text: "扬言", codes: ["threat"] });
});

test("evidence past the end of the text marks nothing that is not there", () => {
  expect(pieces("短", [{ start: 0, end: 9, part: 0, code: "a" }, { start: 5, end: 7, part: 0, code: "b" }])).toEqual([{ text: "短", codes: ["a"] }]);
});
