import { DefinitionCorruptError, DefinitionMissingError } from "../errors.js";
import type { FileUnit } from "../modules/placed-files.js";
import { unpackDefinition } from "../wire/definition.js";
import type { CodeHead, CodeOrigin, FilesHead, FilesOrigin, FunctionHead, Head } from "../wire/heads.js";

export interface StoredFunction {
  readonly head: FunctionHead;
  readonly buffers: Uint8Array;
  readonly needs: readonly string[];
}

export interface StoredCode {
  readonly identity: string;
  readonly head: CodeHead;
  readonly origin: CodeOrigin;
}

export interface StoredFiles {
  readonly identity: string;
  readonly head: FilesHead;
  readonly origin: FilesOrigin;
  readonly definition: { readonly hash: string; readonly bytes: Uint8Array };
}

/** Definitions that arrived, by hash and by identity. */
export class DefinitionStore {
  private readonly hashes = new Set<string>();
  private readonly functions = new Map<string, StoredFunction>();
  private readonly codes = new Map<string, StoredCode>();
  private readonly files = new Map<string, StoredFiles>();
  private readonly units = new Map<string, FileUnit>();

  has(hash: string): boolean {
    return this.hashes.has(hash);
  }

  /** @throws DefinitionCorruptError */
  add(hash: string, bytes: Uint8Array, needs: readonly string[]): void {
    if (this.hashes.has(hash)) return;
    const { identity, head, origin, buffers } = unpackDefinition(hash, bytes);
    switch ((head as Partial<Head> | null)?.kind) {
      case "function":
        this.functions.set(identity, { head: head as FunctionHead, buffers, needs });
        break;
      case "code":
        this.codes.set(identity, { identity, head: head as CodeHead, origin: origin as CodeOrigin });
        break;
      case "files":
        this.files.set(identity, {
          identity,
          head: head as FilesHead,
          origin: origin as FilesOrigin,
          definition: { hash, bytes },
        });
        break;
      default:
        throw new DefinitionCorruptError(hash, "it is of no kind that this version knows");
    }
    this.hashes.add(hash);
  }

  functionOf(token: string): StoredFunction {
    return found(this.functions, token);
  }

  codeOf(identity: string): StoredCode {
    return found(this.codes, identity);
  }

  filesOf(identity: string): StoredFiles {
    return found(this.files, identity);
  }

  /** The unit as the capturing side knows units, so that a function captured in this process can refer to it. */
  unitOf(identity: string): FileUnit {
    let unit = this.units.get(identity);
    if (unit === undefined) {
      const { head, definition } = this.filesOf(identity);
      const needs = head.units.map((need) => this.unitOf(need));
      unit = { definition: { ...definition, identity, needs: needs.map((need) => need.definition.hash) }, needs };
      this.units.set(identity, unit);
    }
    return unit;
  }
}

function found<T>(table: ReadonlyMap<string, T>, identity: string): T {
  const stored = table.get(identity);
  if (stored === undefined) throw new DefinitionMissingError(identity);
  return stored;
}
