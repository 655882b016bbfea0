/** The words of a text, in small letters: three letters and more, of any alphabet. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/\p{L}{3,}/gu) ?? [];
}
