// The words of the screen. Chinese is the measure: English has exactly its keys, or the types fail.
import { createI18n } from "vue-i18n";
import { en } from "./en";
import { zh } from "./zh";

export const i18n = createI18n({
  legacy: false,
  locale: "zh",
  fallbackLocale: "zh",
  messages: { zh, en },
  missingWarn: true,
});
