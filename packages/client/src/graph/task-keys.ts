/**
 * Keys, written as bytes: no string is made for a task unless somebody reads its key. Both kinds have the form
 * `<name>-<32 hexadecimal digits>`, so the keys of one map have one length.
 */
import { randomBytes } from "node:crypto";
import type { ByteSink } from "@heddle/protocol";
import { hashBytes, writeHex, type Hash } from "./hash128.js";

/** Hexadecimal digits of a key. */
export const DIGITS = 32;

/** Tells the unique keys of this process from those of every other: 20 digits, and 12 for the serial number. */
const PROCESS_TAG = Buffer.from(randomBytes(10).toString("hex"), "latin1");
const SERIAL_DIGITS = 12;

const HEX = Buffer.from("0123456789abcdef");
let serials = 0;

/** Drawn once for everything whose key is not a hash of what it is. */
export function nextSerial(): number {
  return serials++;
}

/** How many serial numbers have been drawn. */
export function serialsDrawn(): number {
  return serials;
}

/** Appends `<prefix><hash>`; `prefix` ends with the dash. */
export function writeHashKey(sink: ByteSink, prefix: Uint8Array, hash: Hash): void {
  sink.ensure(prefix.length + DIGITS);
  sink.append(prefix);
  writeHex(hash, sink.bytes, sink.length);
  sink.length += DIGITS;
}

/** How unique keys of a name begin: all but the serial number. */
export function uniquePrefix(prefix: Uint8Array): Uint8Array {
  return Buffer.concat([prefix, PROCESS_TAG]);
}

/** Appends `<prefix><process><serial>`; `beginning` is all but the serial number. */
export function writeUniqueKey(sink: ByteSink, beginning: Uint8Array, serial: number): void {
  sink.ensure(beginning.length + SERIAL_DIGITS);
  sink.append(beginning);
  writeDigits(sink.bytes, sink.length, Math.floor(serial / HALF));
  writeDigits(sink.bytes, sink.length + SERIAL_DIGITS / 2, serial % HALF);
  sink.length += SERIAL_DIGITS;
}

/** Half of a serial number's digits: integers of 24 bits can be shifted. */
const HALF = 2 ** 24;

function writeDigits(bytes: Uint8Array, start: number, value: number): void {
  for (let shift = 20, at = start; shift >= 0; shift -= 4) bytes[at++] = HEX[(value >>> shift) & 15]!;
}

/** The same key as a string. */
export function uniqueKey(name: string, serial: number): string {
  return `${name}-${PROCESS_TAG.toString("latin1")}${serial.toString(16).padStart(SERIAL_DIGITS, "0")}`;
}

/** The state that hashes of a function's arguments begin with. */
export function seedOf(token: string): Hash {
  const hash = new Int32Array(4);
  const bytes = Buffer.from(token);
  hashBytes(hash, bytes, 0, bytes.length);
  return hash;
}
