import { expect, test } from 'vitest'
import type { AnswerRecord, QuestionRecord } from '../journal/records.ts'
import { approvalBody } from './approvalBody.ts'
import { coversOf } from './covers.ts'
import { decisionOf } from './decision.ts'

const answerAt = (sequence: number, revision: number, approved: boolean): AnswerRecord => ({
  sequence,
  revision,
  approved,
  timestamp: '',
  answer: null,
  comment: '',
  by: null,
  how: 'person',
})

const shown = { covers: 'tree', fingerprint: 'f', treeId: 't', commit: 'c', ref: 'r', head: null } as const

function question(answers: AnswerRecord[], more: Partial<QuestionRecord> = {}): QuestionRecord {
  return {
    is: 'question',
    key: 'k',
    hash: '',
    revision: Math.max(1, ...answers.map((one) => one.revision)),
    until: null,
    since: '',
    answers: new Map(answers.map((one) => [one.revision, one])),
    shown: new Map([
      [1, shown],
      [2, shown],
    ]),
    reopened: 0,
    confirmed: null,
    withdrawn: null,
    ...more,
  }
}

test('[EW9] a bound yes is no decision before it is confirmed, a no is one, and the first one counts', () => {
  const yes = answerAt(5, 1, true)
  expect(decisionOf(question([yes]))).toBeNull()
  expect(decisionOf(question([yes], { shown: new Map() }))?.place).toBe(yes)
  const confirmed = { sequence: 7, timestamp: '', revision: 1 }
  expect(decisionOf(question([yes], { confirmed }))).toEqual({ answer: yes, place: confirmed })
  const no = answerAt(6, 2, false)
  expect(decisionOf(question([yes, no]))?.answer).toBe(no)
  expect(decisionOf(question([yes, no], { confirmed }))?.answer).toBe(no)
  expect(decisionOf(question([answerAt(8, 2, false), yes], { confirmed }))?.answer).toBe(yes)
})

test('[EW9] what a yes is about', () => {
  const title = 'Ship?'
  expect(coversOf({ title })).toBeNull()
  expect(coversOf({ title, showDiff: true })).toBe('tree')
  expect(coversOf({ title, covers: 'none' })).toBeNull()
  expect(coversOf({ title, covers: ['b', 'a'] })).toEqual(['a', 'b'])
  for (const wrong of [[], ['a', 1], 'everything', null, ['']])
    expect(() => coversOf({ title, covers: wrong as never }), String(wrong)).toThrow(/covers of ctx\.approve/)
  expect(() => coversOf({ title, covers: 'none', showDiff: true })).toThrow(/leave out showDiff or covers/)
})

test('[EW9] the text of a question names files and shows the patch, neither of them without end', () => {
  const file = (path: string) => ({ path, added: 1, removed: 0, binary: false, renamedFrom: null })
  const many = Array.from({ length: 60 }, (_, number) => file(`f${number}`))
  const text = approvalBody('Body', {
    since: { files: many, patch: null },
    diff: {
      files: [{ ...file('new\u001B[2J'), renamedFrom: 'old', added: null, removed: null, binary: true }],
      patch: '+````\n\u001B[31m' + 'x'.repeat(40_000),
    },
  })
  expect(text).toContain('- f49 (+1 −0)\n- and 10 more')
  expect(text).toContain('- old → new\\x1b[2J (binary)')
  expect(text).toContain('`````diff\n+````\n\\x1b[31m')
  expect(text).toMatch(/The last 100\d\d characters are left out\.$/)
  expect(text.length).toBeLessThan(33_000)
  expect(approvalBody('', { since: 'unknown', diff: { files: [], patch: '' } })).toBe(
    'Asked again: what it covers has changed since it was shown.\n\nChanges of the run:\n\nnone',
  )
})
