import type { Installation } from '@holdfast/agents/testing'

/** OpenWorkflow and the driver that it uses for PostgreSQL. */
export const openworkflowPackages: Installation = {
  name: 'bench-openworkflow-0.10.1',
  dependencies: { openworkflow: '0.10.1', postgres: '3.4.9' },
  about: 'openworkflow 0.10.1 (1 MB) for the benchmark',
  proof: 'node_modules/openworkflow/package.json',
}
