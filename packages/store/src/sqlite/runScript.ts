import type { Script, ScriptRunner } from '../sql/Script.ts'
import type { Connection } from './Connection.ts'
import type { StoreParts } from './StoreParts.ts'

/** Runs a script on a connection in one go, inside a transaction where there is one. */
export function runScript<T>(connection: Connection, script: Script<T>): T {
  let step = script.next()
  while (step.done !== true) {
    const statement = step.value
    step = script.next(
      connection.all<object>(
        statement.text(() => '?'),
        ...statement.values,
      ),
    )
  }
  return step.value
}

/** Runs scripts on a SQLite store; those that write share transactions with the other writes. */
export function scriptRunner(parts: StoreParts): ScriptRunner {
  return {
    dialect: 'sqlite',
    read: async (script) => await parts.read(() => runScript(parts.connection, script())),
    write: async (script, removed) =>
      await parts.commit.write((tx) => {
        tx.flush()
        const answer = whole(tx.connection, () => runScript(tx.connection, script(tx.timestamp)))
        for (const runId of removed?.(answer) ?? []) tx.drop(runId)
        return answer
      }),
  }
}

/** Undoes what a script did before it was refused; the other writes of the transaction stay. */
function whole<T>(connection: Connection, run: () => T): T {
  connection.prepare('savepoint script').run()
  try {
    const answer = run()
    connection.prepare('release script').run()
    return answer
  } catch (error) {
    // Trouble such as a full disk may have ended the transaction already.
    if (connection.database.isTransaction) connection.exec('rollback to script; release script')
    throw error
  }
}
