import { createPinia } from "pinia";
import { createApp } from "vue";
import App from "./App.vue";
import { i18n } from "./i18n";
import { router } from "./router";
import { useLanguage } from "./stores/language";
import "element-plus/theme-chalk/base.css";
import "./style.css";

const app = createApp(App);
app.use(createPinia());
app.use(i18n);
useLanguage().apply();
app.use(router);
app.mount("#app");
