import { expect, test } from "vitest";
import { amount, phone, residentId } from "./checks";

test("an id number needs its birthday and its check character", () => {
  expect(residentId("11010519491231002X")).toBe(true);
  expect(residentId("11010519491231002x")).toBe(true);
  expect(residentId("110105194912310021")).toBe(false);
  expect(residentId("11010519490231002X")).toBe(false);
  expect(residentId("1101051949123100")).toBe(false);
});

test("a phone is a mobile number or a landline with its area code", () => {
  for (const right of ["13800000000", "02886000000", "028-86000000"]) expect(phone(right), right).toBe(true);
  for (const wrong of ["12800000000", "1380000000", "86000000", "138 0000 0000"]) expect(phone(wrong), wrong).toBe(false);
});

test("a sum has at most two decimals", () => {
  for (const right of ["0", "3000", "3000.5", "3000.50"]) expect(amount(right), right).toBe(true);
  for (const wrong of ["", "3,000", "-1", "1.234", "三千"]) expect(amount(wrong), wrong).toBe(false);
});
