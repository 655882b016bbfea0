import { defineConfig } from "vite";

/** The page of reports: one script and one style sheet, which the scheduler writes into one file with the data. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  build: {
    outDir: "dist/report",
    emptyOutDir: true,
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
