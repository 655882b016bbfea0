export const MODULUS = 1_000_003;

export function mix(a, b) {
  return (a * 31 + b) % MODULUS;
}
