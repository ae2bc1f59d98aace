import type { OpenRequest } from '../adapter.ts'

/** The folder of a peer's packages. @throws Error when they were not installed before it was opened. */
export function packagesOf({ surroundings }: OpenRequest): string {
  if (surroundings.packages === null) throw new Error('The packages of this peer are not installed.')
  return surroundings.packages
}
