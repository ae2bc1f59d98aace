import { hash } from 'node:crypto'

/**
 * A version 8 UUID (RFC 9562 §5.8) from SHA-256 of the parts: the same parts, the same id (S5).
 */
export function derivedUuid(...parts: readonly string[]): string {
  const bytes = Buffer.from(hash('sha256', parts.join('\u0000'), 'hex').slice(0, 32), 'hex')
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** A number in [0, 1) from SHA-256 of the parts, with 48 bits. */
export function derivedRandom(...parts: readonly string[]): number {
  return Number.parseInt(hash('sha256', parts.join('\u0000'), 'hex').slice(0, 12), 16) / 2 ** 48
}
