/// <reference types="vitest/config" />
import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { ElementPlusResolver } from "unplugin-vue-components/resolvers";
import Components from "unplugin-vue-components/vite";
import { defineConfig } from "vite";

const platform = process.env.FENGQIAO_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [vue(), Components({ dirs: [], resolvers: [ElementPlusResolver({ directives: true })], dts: false })],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // the policy of our pages has no inline scripts and no data: fonts; maps of the sources stay at home
  build: { assetsInlineLimit: 0, sourcemap: false, chunkSizeWarningLimit: 800, reportCompressedSize: false },
  server: { proxy: { "/v1": platform } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
