// The language of the screen: Chinese first, kept on the device.
import { defineStore } from "pinia";
import { i18n } from "@/i18n";
import type { Lang } from "@/format";

const KEY = "fengqiao.lang";

export const useLanguage = defineStore("language", {
  state: () => ({ lang: (localStorage.getItem(KEY) === "en" ? "en" : "zh") as Lang }),
  actions: {
    use(lang: Lang): void {
      this.lang = lang;
      localStorage.setItem(KEY, lang);
      this.apply();
    },
    apply(): void {
      i18n.global.locale.value = this.lang;
      document.documentElement.lang = this.lang === "zh" ? "zh-CN" : "en";
    },
  },
});
