/**
 * Text as every backend can keep it in a text column: NUL becomes its visible sign (U+2400), a lone
 * surrogate the replacement character. JSON columns need none of this: JSON escapes both.
 */
export function columnText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed()
  return whole.includes('\0') ? whole.replaceAll('\0', '\u2400') : whole
}

/** {@link columnText} of a text that may be missing. */
export function columnTextOrNull(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : columnText(text)
}
