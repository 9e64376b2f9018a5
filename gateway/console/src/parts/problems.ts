// What the platform refused, in the language of the screen.
import { ElMessage } from "element-plus/es/components/message/index";
import "element-plus/es/components/message/style/css";
import { ApiError } from "@/api/client";
import { useLanguage } from "@/stores/language";

/** The words of an error for a person. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof ApiError)) throw error;
  return useLanguage().lang === "zh" ? error.zh : error.en;
}

/** Says what was refused, and stays until it is read. */
export function tellProblem(error: unknown): void {
  ElMessage({ type: "error", message: wordsOf(error), duration: 8000, showClose: true });
}

/** The refusals by their field: `parties.0.phone` → words. */
export function byField(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) throw error;
  const zh = useLanguage().lang === "zh";
  const found: Record<string, string> = {};
  for (const one of error.fields) found[one.field] ??= zh ? one.zh : one.en;
  if (error.field && !found[error.field]) found[error.field] = zh ? error.zh : error.en;
  return found;
}
