import { readFileSync } from 'node:fs'
import type { ModelScript } from '@holdfast/agents/testing'

/** Tokens of one call of the model. */
export interface Turn {
  readonly input: number
  readonly output: number
}

/** The calls of the model in each step of {@link sdlcScript}, in order. */
export const TURNS = {
  'generate-plan': [{ input: 210, output: 90 }],
  implement: [
    { input: 520, output: 340 },
    { input: 44, output: 400 },
    { input: 61, output: 12 },
  ],
  repair: [
    { input: 70, output: 20 },
    { input: 33, output: 180 },
    { input: 25, output: 9 },
  ],
  review: [{ input: 300, output: 55 }],
} as const satisfies Readonly<Record<string, readonly Turn[]>>

/** What the model says at the end of the review. */
export const REVIEW = 'The change fits the specification. No objections.'

/**
 * What a model answers in `simple-sdlc`: the edits of the example's recording, as tools of the agent that asks. With
 * `hold`, its second answer in the implementation waits at the gate of this name; the first file is written then.
 */
export function sdlcScript({ hold }: { readonly hold?: string } = {}): ModelScript {
  const { code, tests, repair } = recordedEdits()
  const { 'generate-plan': plan, implement, repair: fix, review } = TURNS
  return {
    rules: [
      {
        when: 'Read the repository and plan',
        steps: [{ text: 'One function, one test file.', usage: plan[0] }],
      },
      {
        when: 'Implement this specification',
        steps: [
          { text: 'The function.', tools: [{ write: code }], usage: implement[0] },
          { tools: [{ write: tests }], usage: implement[1], ...(hold === undefined ? {} : { hold }) },
          { text: 'Both are there.', usage: implement[2] },
        ],
      },
      {
        when: 'The tests fail',
        steps: [
          { tools: [{ read: { path: repair.path } }], usage: fix[0] },
          { tools: [{ edit: repair }], usage: fix[1] },
          { text: 'Accents are removed first now.', usage: fix[2] },
        ],
      },
      { when: 'Review the uncommitted changes', steps: [{ text: REVIEW, usage: review[0] }] },
    ],
  }
}

interface Write {
  readonly path: string
  readonly content: string
}

interface Edit {
  readonly path: string
  readonly old: string
  readonly new: string
}

function recordedEdits(): { readonly code: Write; readonly tests: Write; readonly repair: Edit } {
  const file = new URL('../02-simple-sdlc/project/.agent/recordings/simple-sdlc.json', import.meta.url)
  const { rules } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly rules: readonly {
      readonly events: readonly { readonly write?: Write; readonly edit?: Edit }[]
    }[]
  }
  const events = rules.flatMap((rule) => rule.events)
  const [code, tests] = events.flatMap(({ write }) => (write === undefined ? [] : [write]))
  const repair = events.find(({ edit }) => edit !== undefined)?.edit
  if (code === undefined || tests === undefined || repair === undefined)
    throw new Error('The recording of simple-sdlc does not hold two writes and an edit.')
  return { code, tests, repair }
}
