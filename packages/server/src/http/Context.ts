import type { Holdfast } from '@holdfast/runtime'
import type { FastifyBaseLogger } from 'fastify'

/** What handlers work with. */
export interface Context {
  readonly holdfast: Holdfast
  readonly log: FastifyBaseLogger
  readonly version: string
  /** Whether somebody has asked the server to stop. */
  isStopping(): boolean
}
