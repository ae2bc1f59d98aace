import { randomUUID } from 'node:crypto'

/** What every step returns: about 200 bytes of JSON, different each time. */
export function payload(index: number): Readonly<Record<string, unknown>> {
  return {
    ok: true,
    index,
    id: randomUUID(),
    note: 'what a small step of a workflow might well return to its caller',
    labels: ['red', 'green', 'blue'],
    amount: 1234.5,
    at: '2026-01-01T00:00:00.000Z',
  }
}
