// Where the twenty districts and three functional zones stand on a map of equal tiles.

/** Column and row of each area, roughly as they lie around the centre. */
export const TILES: Readonly<Record<string, readonly [number, number]>> = {
  "510182": [1, 0], "510114": [3, 0], "510113": [4, 0], "510121": [5, 0],
  "510181": [0, 1], "510117": [1, 1], "510106": [2, 1], "510108": [3, 1], "510112": [4, 1],
  "510184": [0, 2], "510115": [1, 2], "510105": [2, 2], "510104": [3, 2], "510185": [5, 2],
  "510129": [0, 3], "510116": [1, 3], "510107": [2, 3], gaoxin: [3, 3], tianfu: [4, 3], dongbu: [5, 3],
  "510183": [0, 4], "510131": [1, 4], "510118": [2, 4],
};

/** The short name of a tile: without 区, 县, 市, and a zone without its long title. */
export function shortName(code: string, name: string): string {
  const zones: Record<string, string> = { gaoxin: "高新区", tianfu: "天府新区", dongbu: "东部新区" };
  return zones[code] ?? (name.length > 2 ? name.replace(/[区县市]$/, "") : name);
}

export const STEPS = 5;

/** Which of five shades a number has, by equal steps from the least to the largest; zero is the lightest. */
export function shade(n: number, least: number, largest: number): number {
  if (n <= 0) return 0;
  if (largest <= least) return 2;
  return Math.min(STEPS - 1, Math.floor(((n - least) / (largest - least)) * STEPS));
}
