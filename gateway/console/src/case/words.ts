// Words of the codes that an assessment is made of.
import type { useCodes } from "@/stores/codes";

/** A factor's or a flag's word; a bureau's own policy may have factors that no table knows. */
export function factorWord(code: string, codes: ReturnType<typeof useCodes>): string {
  return codes.word(codes.row("factors", code) ? "factors" : "flags", code);
}
