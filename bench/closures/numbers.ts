export const MODULUS = 1_000_003;

export function mix(a: number, b: number): number {
  return (a * 31 + b) % MODULUS;
}
