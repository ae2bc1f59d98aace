import { extname } from 'node:path'

/** Longest file name in bytes; file systems take 255, and suffixes are added. */
const MAX_BYTES = 180

/**
 * A file name made of any text: letters, digits, `.`, `_` and `-` stay, everything else becomes `-`
 * (mapping 12). Never empty, never hidden, never a path.
 */
export function safeName(text: string): string {
  const plain = text
    .normalize('NFC')
    .toWellFormed()
    .replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '-')
    .replace(/^[.-]+/, '')
    .replace(/[.-]+$/, '')
  return plain === '' ? 'unnamed' : shorten(plain)
}

/** The name with a number before its extension: `report.xml` is `report-2.xml` for 2; 1 leaves it as it is. */
export function numberedName(name: string, number: number): string {
  if (number === 1) return name
  const extension = extname(name)
  return `${name.slice(0, name.length - extension.length)}-${number}${extension}`
}

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name
  const extension = extname(name).slice(0, 20)
  let stem = name.slice(0, name.length - extname(name).length)
  while (Buffer.byteLength(stem + extension) > MAX_BYTES) stem = Array.from(stem).slice(0, -1).join('')
  return stem + extension
}
