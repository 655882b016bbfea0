/** What the value codec learns beyond plain data, on the client's side. */
import type { CodecExtension } from "@heddle/protocol";

export const codecExtensions: readonly CodecExtension[] = [];
