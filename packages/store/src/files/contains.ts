/** Whether a text contains another, whatever the case of its letters A to Z, as SQLite compares them. */
export function contains(text: string, part: string): boolean {
  return lower(text).includes(lower(part))
}

function lower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}
