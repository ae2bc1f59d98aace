/**
 * Which steps write to the workspace now (W4): a tree is exact only while nobody else writes.
 */
export class WriterLedger {
  readonly #writing = new Set<string>()
  readonly #watches = new Set<string[]>()

  /** Names of the steps that write beside `key`. */
  others(key: string): string[] {
    return [...this.#writing].filter((writer) => isOther(writer, key))
  }

  /** Does `work` and answers with its result the steps that wrote beside `key` meanwhile, however shortly. */
  async during<T>(
    key: string,
    work: () => Promise<T>,
  ): Promise<{ readonly value: T; readonly others: string[] }> {
    const seen = this.others(key)
    this.#watches.add(seen)
    try {
      return { value: await work(), others: seen.filter((writer) => isOther(writer, key)) }
    } finally {
      this.#watches.delete(seen)
    }
  }

  begin(key: string): void {
    this.#writing.add(key)
    for (const seen of this.#watches) seen.push(key)
  }

  end(key: string): void {
    this.#writing.delete(key)
  }
}

/** A step inside another's callback is part of it, not a second writer. */
function isOther(writer: string, key: string): boolean {
  return writer !== key && !key.startsWith(`${writer}@`)
}
