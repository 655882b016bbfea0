import { readFileSync, writeFileSync } from "node:fs";

const INTRODUCTION = `# Benchmarks

Each section is written by \`npm run bench -- <name> --write\` and replaced by the next run of the same name. Ratios between sides
of one run travel between machines; absolute numbers do not.
`;

/**
 * Puts a section into the report: in the place of the one with the same name when there is one, else at the end. Whatever stands
 * outside the markers of that section is kept.
 */
export function replaceSection(report: string, name: string, section: string): string {
  const [opening, closing] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const marked = `${opening}\n\n${section}\n\n${closing}`;
  const start = report.indexOf(opening);
  const end = report.indexOf(closing);
  if (start < 0 || end < start) return `${report.trimEnd()}\n\n${marked}\n`;
  return report.slice(0, start) + marked + report.slice(end + closing.length);
}

/** Writes a section into the report file, which is begun when it is not there. */
export function writeSection(path: string, name: string, section: string): void {
  writeFileSync(path, replaceSection(readOrBegin(path), name, section));
}

function readOrBegin(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return INTRODUCTION;
    throw error;
  }
}
