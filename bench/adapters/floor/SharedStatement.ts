import type { Pool } from 'pg'
import { OPEN } from './FloorStore.ts'

/** What is written: `[id, program, input]`, `[run, number, result]` or `[run, status]`. */
export type Kind = 'run' | 'step' | 'status'

interface Write {
  readonly kind: Kind
  readonly values: readonly (string | number)[]
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

const MOST_AT_ONCE = 2
const MOST_WRITES = 1000

/** A single statement is a transaction by itself: one round trip and one `fsync` for all of these writes. */
const STATEMENT = `
  with new_runs as (
    insert into runs select id, program, input, ${OPEN}
    from unnest($1::text[], $2::text[], $3::text[]) as new(id, program, input)
  ), new_steps as (
    insert into steps select * from unnest($4::text[], $5::int[], $6::text[])
  )
  update runs set status = new.status
  from unnest($7::text[], $8::int[]) as new(id, status) where runs.id = new.id`

/** Number of values of each kind, in the order of the statement's parameters. */
const KINDS: readonly (readonly [Kind, number])[] = [
  ['run', 3],
  ['step', 3],
  ['status', 2],
]

/** Writes that come while two statements are under way share the next. */
export class SharedStatement {
  readonly #pool: Pool
  readonly #waiting: Write[] = []
  #scheduled = false
  #underWay = 0

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Resolves when the write is durable. */
  write(kind: Kind, values: readonly (string | number)[]): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ kind, values, done, failed })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay >= MOST_AT_ONCE || this.#waiting.length === 0) return
    this.#scheduled = true
    setImmediate(() => void this.#flush())
  }

  async #flush(): Promise<void> {
    this.#scheduled = false
    const writes = this.#waiting.splice(0, MOST_WRITES)
    this.#underWay++
    try {
      await this.#pool.query({ name: 'writes', text: STATEMENT, values: columnsOf(writes) })
      for (const { done } of writes) done()
    } catch (error) {
      for (const { failed } of writes) failed(error)
    } finally {
      this.#underWay--
      this.#schedule()
    }
  }
}

function columnsOf(writes: readonly Write[]): unknown[][] {
  return KINDS.flatMap(([kind, width]) => {
    const rows = writes.filter((write) => write.kind === kind)
    return Array.from({ length: width }, (_, column) => rows.map(({ values }) => values[column]))
  })
}
