import { toMilliseconds, WorkflowError } from '@holdfast/workflow-sdk'
import type { ModelApi } from '@holdfast/agents'
import { z } from 'zod'
import type { HoldfastConfig } from './defineConfig.ts'

const MODEL_APIS = ['anthropic', 'openai', 'google', 'chat'] as const satisfies readonly ModelApi[]
const dollars = z.number().min(0)

const limits = {
  usd: z.number().positive().optional(),
  tokens: z.int().min(1).optional(),
  turns: z.int().min(1).optional(),
}

const timeZone = z.string().refine(isTimeZone, 'use a name such as Europe/Berlin')

const schema = z.strictObject({
  store: z.string().min(1).optional(),
  worker: z
    .strictObject({
      concurrency: z.int().min(1).max(1000).optional(),
      workspaceGroup: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'use lower-case letters, digits and dashes')
        .optional(),
    })
    .optional(),
  models: z
    .strictObject({
      default: z
        .string()
        .regex(/^[^/\s]+\/\S+$/, 'write it as provider/model')
        .optional(),
      providers: z
        .record(
          z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'use lower-case letters, digits and dashes'),
          z.strictObject({
            api: z.enum(MODEL_APIS).optional(),
            baseUrl: z.url({ protocol: /^https?$/ }).optional(),
            keyVariable: z.string().min(1).optional(),
            apiKey: z.string().min(1).optional(),
            headers: z.record(z.string(), z.string()).optional(),
          }),
        )
        .optional(),
    })
    .optional(),
  pricing: z
    .record(
      z.string().min(1),
      z.strictObject({
        input: dollars,
        output: dollars,
        cacheRead: dollars.optional(),
        cacheWrite: dollars.optional(),
      }),
    )
    .optional(),
  checkpoints: z.strictObject({ keepDays: z.number().min(0).max(36_500).optional() }).optional(),
  budgets: z
    .strictObject({
      tree: z.strictObject(limits).optional(),
      day: z.strictObject({ ...limits, timeZone: timeZone.optional() }).optional(),
    })
    .optional(),
  breaker: z
    .union([
      z.literal(false),
      z.strictObject({
        failures: z.int().min(2).max(50).optional(),
        window: z
          .union([z.number().positive(), z.string()])
          .refine(isDuration, 'use a duration such as 6h')
          .optional(),
      }),
    ])
    .optional(),
  artifacts: z.strictObject({ maxBytes: z.int().min(1).optional() }).optional(),
  migrate: z.enum(['auto', 'check']).optional(),
})

/**
 * Checks what a config file exports.
 * @throws WorkflowError `OPTION_UNKNOWN` naming the keys this version does not know, `CONFIG_INVALID`
 *   naming every field with a wrong value.
 */
export function checkConfig(value: unknown, file: string): HoldfastConfig {
  const result = schema.safeParse(value)
  if (result.success) return result.data as HoldfastConfig
  const unknown = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
  )
  if (unknown.length > 0) {
    throw new WorkflowError(
      'OPTION_UNKNOWN',
      `${file} sets ${unknown.map((key) => `"${key}"`).join(', ')}, which this version does not know. ` +
        `Known options: ${knownOptions().join(', ')}.`,
      { details: { file, options: unknown } },
    )
  }
  const issues = result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
  const list = issues.map((issue) => `${issue.path || 'the default export'}: ${issue.message}`).join('; ')
  throw new WorkflowError('CONFIG_INVALID', `${file} does not fit: ${list}.`, { details: { file, issues } })
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function isDuration(given: number | string): boolean {
  try {
    return toMilliseconds(given, 'window') > 0
  } catch {
    return false
  }
}

function knownOptions(): string[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const inner = field.unwrap()
    return inner instanceof z.ZodObject ? Object.keys(inner.shape).map((key) => `${name}.${key}`) : [name]
  })
}
