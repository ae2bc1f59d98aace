import { userInfo } from 'node:os'
import type { Io } from '../io.ts'

/** Who acts: `--by`, else the name that the system knows, as audit trails show it. */
export function actor(io: Io, by: string | undefined): string | null {
  if (by !== undefined && by !== '') return by
  const named = io.env.USER ?? io.env.USERNAME
  if (named) return named
  try {
    return userInfo().username
  } catch {
    return null
  }
}
