// What can be seen wrong while one types; the platform checks everything again.

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK = "10X98765432";

/** Whether a resident id number has 18 characters, a real birthday and the right check character (GB 11643). */
export function residentId(text: string): boolean {
  const id = text.toUpperCase();
  if (!/^\d{17}[\dX]$/.test(id)) return false;
  const [y, m, d] = [id.slice(6, 10), id.slice(10, 12), id.slice(12, 14)].map(Number) as [number, number, number];
  const date = new Date(Date.UTC(y, m - 1, d));
  if (date.getUTCFullYear() !== y || date.getUTCMonth() !== m - 1 || date.getUTCDate() !== d) return false;
  const sum = WEIGHTS.reduce((all, weight, at) => all + weight * Number(id[at]), 0);
  return CHECK[sum % 11] === id[17];
}

/** A mobile number, or a landline with its area code. */
export function phone(text: string): boolean {
  return /^1[3-9]\d{9}$/.test(text) || /^0\d{2,3}-?\d{7,8}$/.test(text);
}

/** A sum in yuan with at most two decimals, without separators. */
export function amount(text: string): boolean {
  return /^\d{1,13}(\.\d{1,2})?$/.test(text);
}
