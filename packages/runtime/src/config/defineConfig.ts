import type { ModelsConfig } from '@holdfast/agents'
import type { Duration } from '@holdfast/workflow-sdk'

/** US dollars per million tokens of one model; input is what did not come from the cache. */
export interface ModelPrice {
  readonly input: number
  readonly output: number
  /** Without it a call that read from the cache has no known price; so with `cacheWrite`. */
  readonly cacheRead?: number
  readonly cacheWrite?: number
}

/** Limits of a budget that runs share; what is not given has no limit. */
export interface SharedBudget {
  /** US dollars; calls whose price is unknown count nothing. */
  readonly usd?: number
  /** Input and output. */
  readonly tokens?: number
  /** Model calls. */
  readonly turns?: number
}

/** What `holdfast.config.ts` may set. */
export interface HoldfastConfig {
  /**
   * Where runs are kept: `sqlite:PATH` or `file:DIR`, relative to the project's root, or
   * `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME`. `HOLDFAST_STORE` goes before
   * it; without both it is `sqlite:.agent/holdfast.db`.
   */
  readonly store?: string
  /**
   * What opening does with a store whose tables are not up to date: brings them there (`auto`, the default), or
   * refuses it with `STORE_OLDER` (`check`), until somebody runs `holdfast migrate up`.
   */
  readonly migrate?: 'auto' | 'check'
  readonly worker?: {
    /** Runs that one worker executes at the same time; default 4. */
    readonly concurrency?: number
    /**
     * Name of a group of hosts that see the project under the same path on a disk that they share: a run whose
     * workspace lies there goes on at any of them. Default: only where its workspace was made.
     */
    readonly workspaceGroup?: string
  }
  /** Providers of models for `ctx.prompt`, and the model that is meant where nothing else is said. */
  readonly models?: ModelsConfig
  /** Prices by model, as agents name it; they go before what agents state and before the list prices. */
  readonly pricing?: Readonly<Record<string, ModelPrice>>
  readonly checkpoints?: {
    /**
     * Days for which the kept trees of a run stay after it has ended; default 30. Afterwards it can be forked only
     * from where its files are still known. What a fork needs is its own.
     */
    readonly keepDays?: number
  }
  /** Budgets that runs of the project share. An agent that passes one is stopped, and a person is asked. */
  readonly budgets?: {
    /** What a run and everything that it starts may spend together. */
    readonly tree?: SharedBudget
    /** What all runs of the project may spend in a day. */
    readonly day?: SharedBudget & {
      /** IANA name of the zone whose days they are; default `UTC`. */
      readonly timeZone?: string
    }
  }
  /**
   * The same failure of an agent so often in a row, in all runs of the project, makes one question of it instead of
   * further attempts; `false`: never.
   */
  readonly breaker?:
    | false
    | {
        /** Default 3. */
        readonly failures?: number
        /** Failures that lie further back do not count; default 6 hours. */
        readonly window?: Duration
      }
  readonly artifacts?: {
    /** Largest size of one artifact in bytes; default 1 GiB. */
    readonly maxBytes?: number
  }
}

/** Gives the configuration of `holdfast.config.ts` its type. It is checked when a command loads it. */
export function defineConfig(config: HoldfastConfig): HoldfastConfig {
  return config
}
