import fs from "node:fs";
import { PackageNotShippableError } from "../errors.js";
import { showWarning } from "../warnings.js";
import { packDefinition } from "../wire/definition.js";
import type { BufferRange, PackageHead, PackagePlace, PackagesHead } from "../wire/heads.js";
import { components } from "./components.js";
import { MOST_BYTES, contentOf, megabytes, readInstalled, tooLarge, type InstalledPackage } from "./package-content.js";
import { installedPackage, packageNameOf } from "./packages.js";
import type { Unit } from "./placed-files.js";
import { receivedPackage, registerOwnPackages, type PackageInUnit } from "./received-packages.js";
import { SELF } from "./resolve.js";
import { currentShipping } from "./shipping.js";

/** Packages of this size or more are worth a word: they are read here, and sent to each worker. */
const LARGE_BYTES = 8 * 2 ** 20;

/** What was read once stays: the code that runs here was loaded once as well. */
const packed = new Map<string, PackageInUnit>();

/**
 * What goes along with a function that imports a package, if the package is to travel.
 *
 * @param specifier - as imported, with or without a path in the package
 * @param directory - where it is installed; undefined: nowhere
 * @throws PackageNotShippableError
 */
export function shippedPackage(specifier: string, directory: string | undefined): PackageInUnit | undefined {
  if (directory === undefined) return undefined;
  const real = fs.realpathSync(directory);
  const received = receivedPackage(real);
  if (received !== undefined) return received;
  return currentShipping().includes(packageNameOf(specifier)) ? pack(real) : undefined;
}

/** As references to it are written. */
export function placeOfPackage({ unit, index }: PackageInUnit): PackagePlace {
  return [unit.definition.identity, index];
}

function pack(root: string): PackageInUnit {
  const known = packed.get(root);
  if (known !== undefined) return known;
  const installed = new Map<string, InstalledPackage>();
  const read = (directory: string): InstalledPackage => {
    let found = installed.get(directory);
    if (found === undefined) installed.set(directory, (found = readInstalled(directory)));
    return found;
  };
  const { name: rootName } = read(root);
  const linksOf = (directory: string): [name: string, directory: string][] =>
    read(directory).dependencies.flatMap((name): [string, string][] => {
      const found = installedPackage(name, `${directory}/package.json`);
      if (found === undefined) return [];
      const target = fs.realpathSync(found.directory);
      // Without it, the package does what it does where nobody has installed it.
      return read(directory).optional.has(name) && read(target).native !== undefined ? [] : [[name, target]];
    });
  components(
    root,
    (directory) => {
      const { name, native } = read(directory);
      const from = directory === root ? undefined : rootName;
      if (native !== undefined) throw new PackageNotShippableError(name, native, from);
      const heddle = read(directory).dependencies.find((dependency) => SELF.test(dependency));
      if (heddle !== undefined) throw new PackageNotShippableError(name, `it uses ${heddle}`, from);
      return linksOf(directory).flatMap(([, target]) => (packed.has(target) ? [] : [target]));
    },
    (members) => packUnit([...members].sort(), read, linksOf),
  );
  const unit = packed.get(root)!;
  checkSize(rootName, unit.unit);
  return unit;
}

function packUnit(
  members: readonly string[],
  read: (directory: string) => InstalledPackage,
  linksOf: (directory: string) => [string, string][],
): void {
  const buffers: Uint8Array[] = [];
  const needs = new Set<Unit>();
  let at = 0;
  const packages = members.map((directory): PackageHead => {
    const { name, version } = read(directory);
    const files = contentOf(read(directory)).map(({ path, bytes, executable }) => {
      const range: BufferRange = [at, bytes.byteLength];
      buffers.push(bytes);
      at += bytes.byteLength;
      return executable ? ([path, ...range, 1] as const) : ([path, ...range] as const);
    });
    const links = linksOf(directory).map(([dependency, target]): PackageHead["links"][number] => {
      const own = members.indexOf(target);
      if (own >= 0) return [dependency, "", own];
      const place = packed.get(target)!;
      needs.add(place.unit);
      return [dependency, ...placeOfPackage(place)];
    });
    return { name, version, files, links };
  });
  const head: PackagesHead = { kind: "packages", packages };
  const hashes = [...needs].map(({ definition }) => definition.hash);
  const unit: Unit = { definition: packDefinition(head, buffers, undefined, hashes), needs: [...needs] };
  registerOwnPackages(unit);
  members.forEach((directory, index) => packed.set(directory, { unit, index }));
}

function checkSize(name: string, root: Unit): void {
  let bytes = 0;
  const seen = new Set<Unit>();
  const add = (unit: Unit): void => {
    if (seen.has(unit)) return;
    seen.add(unit);
    bytes += unit.definition.bytes.byteLength;
    unit.needs.forEach(add);
  };
  add(root);
  if (bytes > MOST_BYTES) throw new PackageNotShippableError(name, `with its dependencies ${tooLarge(bytes)}`);
  if (bytes >= LARGE_BYTES)
    showWarning(`package:${root.definition.identity}`, {
      kind: "package",
      name,
      message: `package '${name}' is sent to each worker with its dependencies, ${megabytes(bytes)}; install it on the workers, if you can`,
    });
}
