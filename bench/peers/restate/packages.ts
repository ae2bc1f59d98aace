import type { Installation } from '@holdfast/agents/testing'

/** Restate's SDK, and its server for this platform. */
export const restatePackages: Installation = {
  name: 'bench-restate-1.7.12',
  dependencies: { '@restatedev/restate-sdk': '1.17.2', '@restatedev/restate-server': '1.7.12' },
  about: 'Restate 1.7.12 with its server (some 225 MB) for the benchmark',
  proof: `node_modules/@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`,
}
