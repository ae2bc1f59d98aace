import type { Installation } from '@holdfast/agents/testing'

/** DBOS Transact. */
export const dbosPackages: Installation = {
  name: 'bench-dbos-5.3.0',
  dependencies: { '@dbos-inc/dbos-sdk': '5.3.0' },
  about: 'DBOS Transact 5.3.0 (some 12 MB) for the benchmark',
  proof: 'node_modules/@dbos-inc/dbos-sdk/package.json',
}
