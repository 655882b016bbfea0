import fs from "node:fs";
import { DefinitionCorruptError, DefinitionMissingError } from "../errors.js";
import type { Unit } from "../modules/placed-files.js";
import { unpackDefinition } from "../wire/definition.js";
import type {
  CallHead,
  CodeHead,
  CodeOrigin,
  FilesHead,
  FilesOrigin,
  FunctionHead,
  Head,
  PackagesHead,
} from "../wire/heads.js";

export interface StoredFunction {
  readonly head: FunctionHead;
  readonly buffers: Uint8Array;
  readonly needs: readonly string[];
}

export interface StoredCode {
  readonly identity: string;
  readonly hash: string;
  readonly head: CodeHead;
  readonly origin: CodeOrigin;
}

export interface StoredFiles {
  readonly identity: string;
  readonly head: FilesHead;
  readonly origin: FilesOrigin;
  readonly definition: { readonly hash: string; readonly bytes: Uint8Array };
}

/** Packages that came along: their files, or where the definition was put when they lie on disk. */
export interface StoredPackages {
  readonly identity: string;
  readonly head: PackagesHead;
  readonly needs: readonly string[];
  readonly hash: string;
  /** Undefined when it has been written to disk. */
  bytes: Uint8Array | undefined;
  buffers: Uint8Array | undefined;
  /** Where its bytes are on disk. */
  file: string | undefined;
}

/** Definitions that arrived, by hash and by identity. */
export class DefinitionStore {
  private readonly hashes = new Set<string>();
  private readonly functions = new Map<string, StoredFunction>();
  /** Token of the function, by token of the call. */
  private readonly calls = new Map<string, string>();
  /** One text may come from several places. */
  private readonly codes = new Map<string, StoredCode[]>();
  private readonly codeIdentities = new Map<string, string>();
  private readonly files = new Map<string, StoredFiles>();
  private readonly packages = new Map<string, StoredPackages>();
  private readonly units = new Map<string, Unit>();

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
      case "call":
        this.calls.set(identity, (head as CallHead).function);
        break;
      case "code":
        this.codeIdentities.set(hash, identity);
        this.codes.set(identity, [
          ...(this.codes.get(identity) ?? []),
          { identity, hash, head: head as CodeHead, origin: origin as CodeOrigin },
        ]);
        break;
      case "files":
        this.files.set(identity, {
          identity,
          head: head as FilesHead,
          origin: origin as FilesOrigin,
          definition: { hash, bytes },
        });
        break;
      case "packages":
        this.packages.set(identity, {
          ...{ identity, head: head as PackagesHead, needs, hash, bytes, buffers },
          file: undefined,
        });
        break;
      default:
        throw new DefinitionCorruptError(hash, "it is of no kind that this version knows");
    }
    this.hashes.add(hash);
  }

  /** Removes the definition of a function or of code. @returns the code, if it was that */
  remove(hash: string): StoredCode | undefined {
    if (this.functions.delete(hash) || this.calls.delete(hash)) {
      this.hashes.delete(hash);
      return undefined;
    }
    const identity = this.codeIdentities.get(hash);
    if (identity === undefined) return undefined;
    this.codeIdentities.delete(hash);
    this.hashes.delete(hash);
    const alike = this.codes.get(identity)!;
    const left = alike.filter((code) => code.hash !== hash);
    if (left.length > 0) this.codes.set(identity, left);
    else this.codes.delete(identity);
    return alike.find((code) => code.hash === hash);
  }

  /** The function that is called; undefined when the token is no call's. */
  calleeOf(token: string): string | undefined {
    return this.calls.get(token);
  }

  functionOf(token: string): StoredFunction {
    return found(this.functions, token);
  }

  codeOf(identity: string): StoredCode {
    return found(this.codes, identity).at(-1)!;
  }

  filesOf(identity: string): StoredFiles {
    return found(this.files, identity);
  }

  packagesOf(identity: string): StoredPackages {
    return found(this.packages, identity);
  }

  /** The unit as the capturing side knows units, so that a function captured in this process can refer to it. */
  unitOf(identity: string): Unit {
    let unit = this.units.get(identity);
    if (unit === undefined) {
      const packages = this.packages.get(identity);
      unit = packages === undefined ? this.filesUnit(identity) : this.packagesUnit(packages);
      this.units.set(identity, unit);
    }
    return unit;
  }

  private filesUnit(identity: string): Unit {
    const { head, definition } = this.filesOf(identity);
    const packages = new Set((head.shipped ?? []).map(([, place]) => place));
    const needs = [...head.units, ...packages].map((need) => this.unitOf(need));
    return { definition: { ...definition, identity, needs: needs.map((need) => need.definition.hash) }, needs };
  }

  private packagesUnit(stored: StoredPackages): Unit {
    const { identity, hash, head } = stored;
    const others = new Set(head.packages.flatMap(({ links }) => links.map(([, unit]) => unit)));
    others.delete("");
    const needs = [...others].map((need) => this.unitOf(need));
    const definition = {
      ...{ identity, hash, needs: needs.map((need) => need.definition.hash) },
      /** Read when a function that needs the packages goes on to another worker, which is rare, and they are large. */
      get bytes(): Uint8Array {
        return stored.bytes ?? fs.readFileSync(stored.file!);
      },
    };
    return { definition, needs };
  }
}

function found<T>(table: ReadonlyMap<string, T>, identity: string): T {
  const stored = table.get(identity);
  if (stored === undefined) throw new DefinitionMissingError(identity);
  return stored;
}
