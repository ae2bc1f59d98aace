import type { StandardSchemaV1 } from '@standard-schema/spec'
import {
  toMilliseconds,
  validateWith,
  WorkflowError,
  type ApproveOptions,
  type AskOptions,
  type CallOptions,
  type ReceivedEvent,
  type WaitForEventOptions,
  type WorkflowContext,
} from '@holdfast/workflow-sdk'
import type { Json } from '@holdfast/workflow-sdk/journal'
import { tryJsonSchema } from '../effects/jsonSchema.ts'
import type { Execution } from '../execution/Execution.ts'
import type { Scope } from '../scopes/Scope.ts'
import { toPlain } from '../values/plain.ts'
import { EventWait, type WaitSpec } from '../waits/EventWait.ts'
import { matchRule } from '../waits/matchRule.ts'
import { ApprovalCall } from '../approvals/ApprovalCall.ts'
import { coversOf } from '../approvals/covers.ts'
import { QuestionCall } from '../waits/QuestionCall.ts'
import { checkOptions, knownOptions, requireObject, requireText, requireWords } from './arguments.ts'
import { durable, refuseInStep, type CallNaming } from './calls.ts'

type WaitMethods = Pick<WorkflowContext, 'sleep' | 'sleepUntil' | 'waitForEvent' | 'approve' | 'ask'>

/** The durable waits. */
export function waitCalls(x: Execution, own: Scope): WaitMethods {
  const wait = (
    call: string,
    nameIt: () => CallNaming,
    spec: () => WaitSpec,
  ): Promise<ReceivedEvent | null> =>
    durable(x, own, nameIt, (scope, key) => {
      refuseInStep(scope, call)
      return new EventWait(x, scope, key, spec())
    })
  return {
    sleep: (duration, options = {}) =>
      nothing(
        wait(
          'ctx.sleep',
          () => named('sleep', options),
          () => {
            const durationMs = toMilliseconds(duration, 'The duration of ctx.sleep')
            return { kind: 'timer', detail: options.name ?? `sleep ${duration}`, durationMs }
          },
        ),
      ),
    sleepUntil: (date, options = {}) =>
      nothing(
        wait(
          'ctx.sleepUntil',
          () => named('sleepUntil', options),
          () => {
            const until = isoOf(date)
            return { kind: 'timer', detail: options.name ?? `until ${until}`, durationMs: null, until }
          },
        ),
      ),
    waitForEvent: <T>(name: string, options: WaitForEventOptions & { readonly key?: string } = {}) =>
      wait(
        'ctx.waitForEvent',
        () => {
          requireWords('ctx.waitForEvent', 'event', name)
          checkOptions(`ctx.waitForEvent("${name}")`, options)
          return { kind: 'waitForEvent', name, key: options.key }
        },
        () => eventSpec(name, options),
      ) as Promise<ReceivedEvent<T> | null>,
    approve: (options) =>
      durable(
        x,
        own,
        () => asked('approve', options),
        (scope, key) => {
          refuseInStep(scope, 'ctx.approve')
          knownOptions('ctx.approve', options, [
            'name',
            'title',
            'body',
            'timeoutMs',
            'onTimeout',
            'covers',
            'showDiff',
          ])
          return approval(x, scope, key, options)
        },
      ),
    ask: <S extends StandardSchemaV1>(options: AskOptions<S>) =>
      durable(
        x,
        own,
        () => asked('ask', options),
        (scope, key) => {
          refuseInStep(scope, 'ctx.ask')
          knownOptions('ctx.ask', options, ['name', 'title', 'body', 'schema', 'timeoutMs'])
          return question(x, scope, key, options)
        },
      ),
  }
}

function named(kind: 'sleep' | 'sleepUntil', options: CallOptions): CallNaming {
  checkOptions(`ctx.${kind}`, options, ['name'])
  return { kind, name: options.name }
}

function asked(kind: 'approve' | 'ask', options: CallOptions): CallNaming {
  requireObject(`ctx.${kind}`, 'options', options)
  checkOptions(`ctx.${kind}`, options)
  return { kind, name: options.name }
}

/** Without the value; like every promise of a call it may be dropped without ending the process (S5). */
function nothing(wait: Promise<unknown>): Promise<void> {
  const done = wait.then(() => {})
  done.catch(() => {})
  return done
}

function eventSpec(name: string, options: WaitForEventOptions): WaitSpec {
  knownOptions(`ctx.waitForEvent("${name}")`, options, ['match', 'timeoutMs', 'key'])
  const match =
    options.match === undefined ? undefined : (toPlain(options.match, 'match holds a value').value as Json)
  return {
    kind: 'event',
    detail: name,
    durationMs:
      options.timeoutMs === undefined
        ? null
        : toMilliseconds(options.timeoutMs, `timeoutMs of ctx.waitForEvent("${name}")`),
    accepts: matchRule(options.match),
    ...(match === undefined ? {} : { match }),
  }
}

function approval(x: Execution, scope: Scope, key: string, options: ApproveOptions): ApprovalCall {
  return new ApprovalCall(x, scope, key, {
    ...words(options, 'ctx.approve'),
    timeoutMs:
      options.timeoutMs === undefined
        ? null
        : toMilliseconds(options.timeoutMs, `timeoutMs of ctx.approve("${options.title}")`),
    onTimeout: options.onTimeout ?? 'reject',
    covers: coversOf(options),
    showDiff: options.showDiff ?? false,
    stepKey: scope.step?.key ?? null,
  })
}

function question<S extends StandardSchemaV1>(
  x: Execution,
  scope: Scope,
  key: string,
  options: AskOptions<S>,
): QuestionCall<StandardSchemaV1.InferOutput<S>> {
  const { schema } = options
  return new QuestionCall<StandardSchemaV1.InferOutput<S>>(x, scope, key, {
    kind: 'question',
    ...words(options, 'ctx.ask'),
    timeoutMs:
      options.timeoutMs === undefined
        ? null
        : toMilliseconds(options.timeoutMs, `timeoutMs of ctx.ask("${options.title}")`),
    onTimeout: 'fail',
    answerSchema: schema === undefined ? { type: 'string' } : tryJsonSchema(schema),
    choices: [],
    stepKey: scope.step?.key ?? null,
    accept: async ({ answer }) => {
      if (schema !== undefined)
        return validateWith(
          schema as StandardSchemaV1<unknown, StandardSchemaV1.InferOutput<S>>,
          answer,
          `The answer to "${options.title}"`,
          'ANSWER_INVALID',
        )
      if (typeof answer !== 'string')
        throw new WorkflowError('ANSWER_INVALID', `The answer to "${options.title}" is no text.`)
      return answer
    },
  })
}

function words(
  options: ApproveOptions | AskOptions<StandardSchemaV1>,
  call: string,
): { readonly name: string; readonly title: string; readonly body: string } {
  if (typeof options.title !== 'string' || options.title.trim() === '')
    throw new WorkflowError('OPTION_INVALID', `${call} needs a title: the question as a person reads it.`, {
      details: { call },
    })
  if (options.body !== undefined) requireText(call, 'body', options.body)
  return { name: options.name ?? options.title, title: options.title, body: options.body ?? '' }
}

function isoOf(date: Date | number | string): string {
  const time = new Date(date).getTime()
  if (Number.isNaN(time))
    throw new WorkflowError(
      'DURATION_INVALID',
      `ctx.sleepUntil was given ${JSON.stringify(date)}, which is no date. Give a Date, milliseconds since 1970, or an ISO text.`,
    )
  return new Date(time).toISOString()
}
