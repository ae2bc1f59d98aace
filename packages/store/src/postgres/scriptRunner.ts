import type { Script, ScriptRunner } from '../sql/Script.ts'
import type { SqlValue } from '../sql/statement.ts'
import { sqlState } from './errors.ts'
import { toJsonb } from './jsonb.ts'
import type { Rows } from './line.ts'
import type { StoreParts } from './StoreParts.ts'

/** Runs a script; each statement waits for the one before. */
export async function runScript<T>(from: Rows, script: Script<T>, escaping = false): Promise<T> {
  let step = script.next()
  while (step.done !== true) {
    const statement = step.value
    const values = escaping ? statement.values.map(escaped) : statement.values
    step = script.next(
      await from.rows(
        statement.text((number) => `$${number}`),
        ...values,
      ),
    )
  }
  return step.value
}

/** Runs scripts on a PostgreSQL store; those that write have a transaction of their own. */
export function scriptRunner(parts: StoreParts): ScriptRunner {
  return {
    dialect: 'postgres',
    read: async (script) => await runScript(parts, script()),
    write: async (script, removed) => {
      const run = async (escaping: boolean) =>
        await parts.transaction(
          async ({ session, timestamp }) => await runScript(session, script(timestamp), escaping),
        )
      let answer
      try {
        answer = await run(false)
      } catch (error) {
        // What jsonb refuses is written as only this backend reads it; scripts do not know which text is jsonb.
        if (sqlState((error as Error).cause) !== '22P05') throw error
        answer = await run(true)
      }
      for (const runId of removed?.(answer) ?? []) parts.commit.forget(runId)
      return answer
    },
  }
}

function escaped(value: SqlValue): SqlValue {
  return typeof value === 'string' && isJson(value) ? toJsonb(value) : value
}

function isJson(text: string): boolean {
  if (!/^[{["]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
