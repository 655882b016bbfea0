import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/**
 * Builds into a fresh folder that takes the old one's place when all of it is there: whoever serves the page, or starts to, never finds
 * half of it.
 *
 * @param folder where the build shall be, below the root
 */
export function builtAside(folder: string): Plugin {
  const fresh = `${folder}.${process.pid}`;
  let root = "";
  let written = false;
  return {
    name: "heddle-built-aside",
    apply: "build",
    config: () => ({ build: { outDir: fresh, emptyOutDir: true } }),
    configResolved: (config) => void (root = config.root),
    writeBundle: () => void (written = true),
    // After all other plugins: workers have bundles of their own, and files of `public` are copied in between.
    closeBundle: {
      order: "post",
      sequential: true,
      handler() {
        const [from, to, old] = [fresh, folder, `${fresh}.old`].map((name) => join(root, name)) as [
          string,
          string,
          string,
        ];
        if (!written) return rmSync(from, { recursive: true, force: true });
        if (existsSync(to)) renameSync(to, old);
        renameSync(from, to);
        rmSync(old, { recursive: true, force: true });
      },
    },
  };
}
