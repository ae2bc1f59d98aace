/**
 * Which steps write to the workspace now (W4): a tree is exact only while nobody else writes.
 */
export class WriterLedger {
  readonly #writing = new Set<string>()

  /** Names of the steps that write beside `key`. */
  others(key: string): string[] {
    return [...this.#writing].filter((writer) => writer !== key && !isInside(key, writer))
  }

  begin(key: string): void {
    this.#writing.add(key)
  }

  end(key: string): void {
    this.#writing.delete(key)
  }
}

/** A step inside another's callback is part of it, not a second writer. */
function isInside(inner: string, outer: string): boolean {
  return inner.startsWith(`${outer}@`)
}
