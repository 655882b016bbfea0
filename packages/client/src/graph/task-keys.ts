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

const HEX = "0123456789abcdef";
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

/** Appends `<prefix><process><serial>`. */
export function writeUniqueKey(sink: ByteSink, prefix: Uint8Array, serial: number): void {
  sink.ensure(prefix.length + DIGITS);
  sink.append(prefix);
  sink.append(PROCESS_TAG);
  let rest = serial;
  for (let digit = SERIAL_DIGITS - 1; digit >= 0; digit--) {
    sink.bytes[sink.length + digit] = HEX.charCodeAt(rest % 16);
    rest = Math.floor(rest / 16);
  }
  sink.length += SERIAL_DIGITS;
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
