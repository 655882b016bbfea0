/** The files of a store's directory: which are results, and taking one away without taking anything else. */
import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { link, lstat, open, readdir, rename, rm, rmdir, type FileHandle } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { storageKeyProblem } from "@heddle/protocol";
import { peekBlob } from "../../blob.js";
import { isCacheRecord } from "../../caching/cache-record.js";
import type { KeptFile } from "./surplus.js";

/** Drafts that nobody has written to for so many milliseconds belong to nobody: their process was killed. */
const STALE_DRAFT = 86_400_000;
/** Files looked at together: enough not to wait for each, few enough not to keep writes waiting. */
const TOGETHER = 16;
/** Longer headers are possible, where a name is; they are read a second time. */
const HEAD = 4096;
const LONGEST_HEAD = 1024 * 1024;

/** A name that no key can have, beside that of a result: for what is not complete, or on its way out. */
export function draftBeside(file: string): string {
  return join(dirname(file), `.${randomBytes(9).toString("base64url")}.draft`);
}
const DRAFT = /^\.[\w-]{12}\.draft$/;

/**
 * What lies under names that are keys; drafts that were left behind are removed on the way. Links are not followed, and what cannot be
 * looked into is somebody else's.
 *
 * @param pause - is waited for now and then
 * @throws when the directory itself cannot be read
 */
export async function findFiles(directory: string, now: number, pause: () => Promise<void>): Promise<KeptFile[]> {
  const found: KeptFile[] = [];
  const look = async (key: string, name: string): Promise<void> => {
    const file = join(directory, key);
    const { size, mtimeMs, atimeMs } = await lstat(file);
    if (!DRAFT.test(name)) found.push({ key, size, written: mtimeMs, used: Math.max(mtimeMs, atimeMs) });
    else if (now - mtimeMs > STALE_DRAFT) await rm(file, { force: true });
  };
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await readdir(join(directory, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (folder === "" && (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return [];
    });
    const files: [key: string, name: string][] = [];
    for (const entry of entries) {
      const { name } = entry;
      const key = folder === "" ? name : `${folder}/${name}`;
      const isKey = storageKeyProblem(key) === undefined;
      if (entry.isDirectory() && isKey) folders.push(key);
      if (entry.isFile() && (isKey || DRAFT.test(name))) files.push([key, name]);
    }
    for (let i = 0; i < files.length; i += TOGETHER) {
      // What is gone meanwhile, or may not be looked at, is not there.
      await Promise.allSettled(files.slice(i, i + TOGETHER).map(([key, name]) => look(key, name)));
      await pause();
    }
  }
  return found;
}

const READING = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

/** Reading it to judge it is not using it. Where that cannot be said, or not by one who does not own it, it is. */
async function openUnnoticed(file: string): Promise<FileHandle> {
  try {
    return await open(file, READING | (constants.O_NOATIME ?? 0));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
    return open(file, READING);
  }
}

/** What a file is, by how it begins. `flowRun`: whose result it says it is. undefined: it is no result, or not ours to read. */
export async function judgeFile(directory: string, key: string): Promise<{ readonly flowRun?: string } | undefined> {
  let file;
  try {
    file = await openUnnoticed(join(directory, key));
  } catch {
    return undefined;
  }
  try {
    let head = await beginning(file, HEAD);
    if (isCacheRecord(key, head)) return {};
    let blob = peekBlob(head);
    if (blob !== undefined && blob.start > head.length) {
      head = await beginning(file, Math.min(blob.start, LONGEST_HEAD));
      blob = peekBlob(head);
    }
    return blob;
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

async function beginning(file: FileHandle, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
  return buffer.subarray(0, bytesRead);
}

/**
 * Removes a file if it is still the one that was found. Somebody may write another under its name at any moment, so it is first moved
 * aside, looked at, and put back if it is not the one: to one who reads just then it is not there, which nobody can do without.
 *
 * @returns false: there is another one under its name
 */
export async function removeFile(directory: string, found: KeptFile): Promise<boolean> {
  const file = join(directory, found.key);
  const aside = draftBeside(file);
  try {
    if (!isStill(found, await lstat(file))) return false;
    await rename(file, aside);
    if (!isStill(found, await lstat(aside))) {
      await putBack(aside, file);
      return false;
    }
    await rm(aside, { force: true });
  } catch (error) {
    // Aside, it is as old as it was: another process may have removed it as a draft that was left behind.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return true;
}

function isStill({ size, written }: KeptFile, now: Stats): boolean {
  return now.size === size && now.mtimeMs === written;
}

/** Unless somebody has written a newer one meanwhile. */
export async function putBack(aside: string, file: string): Promise<void> {
  try {
    await link(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      // A file system on which a file has one name only.
      await rename(aside, file);
      return;
    }
  }
  await rm(aside, { force: true });
}

/** Files that this thread is about to make. What they are to be in stays, however empty it is. */
const coming = new Set<string>();

/** @param file - nobody else makes one of that name */
export async function whileComing<T>(file: string, act: () => Promise<T>): Promise<T> {
  coming.add(file);
  try {
    return await act();
  } finally {
    coming.delete(file);
  }
}

/**
 * Removes folders of keys that have become empty, and those that they were the last in; never the directory itself. To another process
 * that is about to make a file there, its folder vanishes: it makes it again.
 */
export async function removeEmptyFolders(directory: string, keys: Iterable<string>): Promise<void> {
  const folders = new Set<string>();
  for (const key of keys) for (let folder = dirname(key); folder !== "."; folder = dirname(folder)) folders.add(folder);
  /** Those that have something in them. */
  const full = new Set<string>();
  // What is inside comes first.
  for (const folder of [...folders].sort((a, b) => b.length - a.length))
    if (full.has(folder) || !(await hasGone(join(directory, folder)))) full.add(dirname(folder));
}

/** @returns false: it stays */
async function hasGone(folder: string): Promise<boolean> {
  if (isAwaited(folder)) return false;
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

function isAwaited(folder: string): boolean {
  const inside = folder + sep;
  for (const file of coming) if (file.startsWith(inside)) return true;
  return false;
}
