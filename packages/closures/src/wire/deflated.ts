import { deflateRawSync, inflateRawSync } from "node:zlib";

/**
 * What source texts and their surroundings are full of, the most frequent last, where references to it are shortest: a function is
 * too short to say anything twice. Both sides must have the same; who changes it changes the protocol.
 */
const DICTIONARY = Buffer.from(
  "console.log(Number(String(Array.from(Promise.all(JSON.stringify(JSON.parse(Math.floor(Math.round(Math.max(Object.entries(Object.keys(" +
    ".forEach(.reduce(.filter(.push(.map(.lengthtypeofinstanceof undefined false true null switch(case while(finally{}catch(error){try{" +
    "else if (for (const of let var static get set super(async function await return new throw new Error(`${this.constructor(=> " +
    '{"kind":"files","files":[{"name":"","format":"esm","text":"import { } from \\"node:export const \\n","links":[]}],"units":[]}' +
    '{"paths":["/home/"],"maps":[null],"packages":{}}' +
    '{"kind":"code","text":"class extends ","form":"class-member","form":"object-member","functionKind":"method","functionKind":"class",' +
    '"functionKind":"function","params":[],"strict":false}"form":"expression","functionKind":"arrow","params":["","strict":true}' +
    '{"url":"file:///home/.js.mjs.ts","line":0,"column":,"map":{"sources":["/home/"],"mappings":"',
);

/** @returns `prefix`, and after it the deflated bytes, in memory of their own */
export function deflateText(bytes: Uint8Array, prefix: Uint8Array): Uint8Array {
  const deflated = deflateRawSync(bytes, { dictionary: DICTIONARY });
  const whole = Buffer.allocUnsafeSlow(prefix.byteLength + deflated.byteLength);
  whole.set(prefix);
  whole.set(deflated, prefix.byteLength);
  return whole;
}

/** @throws when the bytes are damaged */
export function inflateText(bytes: Uint8Array): Buffer {
  return inflateRawSync(bytes, { dictionary: DICTIONARY });
}
