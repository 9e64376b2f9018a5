// Words of the codes that an assessment is made of.
import type { useCodes } from "@/stores/codes";

/** A factor's word: a flag of the code table, or one of the measures (people, amount, age) by its step. */
export function factorWord(
  code: string,
  codes: ReturnType<typeof useCodes>,
  t: (key: string, values?: Record<string, unknown>) => string,
  te: (key: string) => boolean,
): string {
  if (codes.row("flags", code)) return codes.word("flags", code);
  return te(`factor.${code}`) ? t(`factor.${code}`) : code;
}
