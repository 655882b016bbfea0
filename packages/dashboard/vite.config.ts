import { defineConfig } from "vite";
import { builtAside } from "./vite.swap.js";

/**
 * The page is served under a strict content policy (`script-src 'self'`, Trusted Types) and perhaps under a path of a reverse
 * proxy, which decides these options: nothing inline, no polyfill script, every address relative.
 */
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  plugins: [builtAside("dist/app")],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The budget of first load is tested on the output: no need to compress it here as well.
    reportCompressedSize: false,
  },
  worker: { format: "es" },
  clearScreen: false,
  logLevel: "warn",
});
