// A text cut at the evidence in it. Places are counted in characters, as the platform counts them.

/** A piece of evidence: [start, end) in a part of what was said; part 0 is the narrative. */
export interface Span {
  start: number;
  end: number;
  part: number;
  code: string;
}

/** A stretch of text and the codes that it is evidence of. */
export interface Piece {
  text: string;
  codes: string[];
}

/** Cuts one part of the text at every begin and end; pieces without evidence have no codes. */
export function pieces(text: string, spans: readonly Span[], part = 0): Piece[] {
  const letters = Array.from(text);
  const mine = spans
    .filter((s) => s.part === part)
    .map((s) => ({ ...s, start: Math.max(0, s.start), end: Math.min(letters.length, s.end) }))
    .filter((s) => s.start < s.end);
  const cuts = [...new Set([0, letters.length, ...mine.flatMap((s) => [s.start, s.end])])].sort((a, b) => a - b);
  const found: Piece[] = [];
  cuts.slice(0, -1).forEach((from, at) => {
    const to = cuts[at + 1] as number;
    const codes = [...new Set(mine.filter((s) => s.start <= from && s.end >= to).map((s) => s.code))];
    found.push({ text: letters.slice(from, to).join(""), codes });
  });
  return found;
}
