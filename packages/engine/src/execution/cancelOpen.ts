import type { Scope } from '../scopes/Scope.ts'

/** Ends every open call in the scopes and below (S5); resolves when each end is in the journal. */
export async function cancelOpen(scopes: Iterable<Scope>, reason: string): Promise<void> {
  const calls = [...scopes].flatMap((scope) => [...scope.openCalls()])
  await Promise.all(calls.map((call) => call.cancel(reason)))
}
