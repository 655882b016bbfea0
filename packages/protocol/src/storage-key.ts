/** File systems end at 255 bytes a part; drafts have names somewhat longer than what they become. */
const MAX_PART = 200;
/** S3 ends at 1,024 bytes, prefix included. */
const MAX_KEY = 800;

/**
 * What is wrong with a key of a result store; undefined when nothing is. Keys name files on the scheduler's and other machines' disks:
 * a part that begins with a dot would be `..`, a hidden file, or a store's own.
 */
export function storageKeyProblem(key: string): string | undefined {
  if (key === "") return "it is empty";
  if (key.length > MAX_KEY) return `it is longer than ${MAX_KEY} characters`;
  for (const part of key.split("/")) {
    if (part === "") return "it begins or ends with a slash, or has two in a row";
    if (!/^[\w=@-][\w.=@-]*$/.test(part)) return `${JSON.stringify(part.slice(0, 50))} is not a part of a key`;
    if (part.length > MAX_PART) return `it has a part longer than ${MAX_PART} characters`;
  }
  return undefined;
}
