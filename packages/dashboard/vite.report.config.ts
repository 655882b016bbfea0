import { defineConfig } from "vite";
import { builtAside } from "./vite.swap.js";

/** The page of reports: one script and one style sheet, which the scheduler writes into one file with the data. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  plugins: [builtAside("dist/report")],
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  build: {
    target: "es2022",
    cssCodeSplit: false,
    reportCompressedSize: false,
    lib: {
      entry: "src/report/main.tsx",
      formats: ["iife"],
      name: "heddleReport",
      fileName: () => "report.js",
      cssFileName: "report",
    },
  },
  clearScreen: false,
  logLevel: "warn",
});
