/**
 * A fast hash of 128 bits for keys of pure tasks. Not cryptographic: it tells apart what programs happen to compute, not what an
 * enemy constructs; whoever may submit tasks may run any code anyway.
 *
 * @remarks
 * MurmurHash3_x86_128 by Austin Appleby (public domain, https://github.com/aappleby/smhasher), with one change: the state begins
 * as any 128 bits instead of one 32-bit seed in four copies, so that a hash can go on where another ended. For a given length
 * the function from state and up to 16 bytes to the result is a bijection in either, hence short arguments never collide.
 */

/** Four 32-bit words. */
export type Hash = Int32Array;

const C1 = 0x239b961b;
const C2 = 0xab0e9789 | 0;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93 | 0;

/** Continues `hash` over `bytes[start .. end)`, in place. */
export function hashBytes(hash: Hash, bytes: Uint8Array, start: number, end: number): void {
  let h1 = hash[0]!;
  let h2 = hash[1]!;
  let h3 = hash[2]!;
  let h4 = hash[3]!;
  let at = start;

  for (; at + 16 <= end; at += 16) {
    h1 ^= Math.imul(rotate(Math.imul(word(bytes, at), C1), 15), C2);
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(word(bytes, at + 4), C2), 16), C3);
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotate(Math.imul(word(bytes, at + 8), C3), 17), C4);
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotate(Math.imul(word(bytes, at + 12), C4), 18), C1);
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }

  const rest = end - at;
  if (rest > 12) h4 ^= Math.imul(rotate(Math.imul(partial(bytes, at + 12, end), C4), 18), C1);
  if (rest > 8) h3 ^= Math.imul(rotate(Math.imul(partial(bytes, at + 8, end), C3), 17), C4);
  if (rest > 4) h2 ^= Math.imul(rotate(Math.imul(partial(bytes, at + 4, end), C2), 16), C3);
  if (rest > 0) h1 ^= Math.imul(rotate(Math.imul(partial(bytes, at, end), C1), 15), C2);

  const length = end - start;
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = mix(h1);
  h2 = mix(h2);
  h3 = mix(h3);
  h4 = mix(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  hash[0] = h1;
  hash[1] = (h2 + h1) | 0;
  hash[2] = (h3 + h1) | 0;
  hash[3] = (h4 + h1) | 0;
}

/** Writes the 32 lower-case hexadecimal digits of a hash. */
export function writeHex(hash: Hash, target: Uint8Array, start: number): void {
  let at = start;
  for (let index = 0; index < 4; index++) {
    const value = hash[index]!;
    // The bytes in memory order, as other implementations print them.
    for (let shift = 0; shift < 32; shift += 8) {
      target[at++] = HEX[(value >>> (shift + 4)) & 15]!;
      target[at++] = HEX[(value >>> shift) & 15]!;
    }
  }
}

const HEX = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The up to four bytes from `at` that come before `end`. */
function partial(bytes: Uint8Array, at: number, end: number): number {
  let value = bytes[at]!;
  if (at + 1 < end) value |= bytes[at + 1]! << 8;
  if (at + 2 < end) value |= bytes[at + 2]! << 16;
  if (at + 3 < end) value |= bytes[at + 3]! << 24;
  return value;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
