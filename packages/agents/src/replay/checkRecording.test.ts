import { expect, test } from 'vitest'
import { recordingIssues } from './checkRecording.ts'

const rule = (parts: object): unknown => ({
  holdfastRecording: 1,
  rules: [{ when: {}, answer: { text: 'ok' }, ...parts }],
})

const PATCH = '--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n'

test('[AG16] a good recording has no issues', () => {
  const events = [
    { text: 'a', delayMs: 5 },
    { tool: 't' },
    { write: { path: 'a/b', content: '' } },
    { shell: { command: 'true', allowFailure: true } },
    { usage: { inputTokens: 1, costUsd: 0.5 } },
  ]
  expect(recordingIssues(rule({ events, model: 'm', when: { step: 's', prompt: 'a|b', call: 2 } }))).toEqual(
    [],
  )
  expect(recordingIssues(rule({ answer: { fail: { code: 'AGENT_FAILED', message: 'no' } } }))).toEqual([])
})

test.each([
  [[], ''],
  [{ rules: [] }, 'holdfastRecording'],
  [{ holdfastRecording: 1, rules: {} }, 'rules'],
  [{ holdfastRecording: 1, rules: [], more: 1 }, 'more'],
  [{ holdfastRecording: 1, rules: [7] }, 'rules[0]'],
  [rule({ when: null }), 'rules[0].when'],
  [rule({ when: { prompt: '(' } }), 'rules[0].when.prompt'],
  [rule({ when: { call: 0 } }), 'rules[0].when.call'],
  [rule({ model: 1 }), 'rules[0].model'],
  [rule({ events: 1 }), 'rules[0].events'],
  [rule({ events: [1] }), 'rules[0].events[0]'],
  [rule({ events: [{}] }), 'rules[0].events[0]'],
  [rule({ events: [{ text: 'a', tool: 'b' }] }), 'rules[0].events[0]'],
  [rule({ events: [{ text: 1 }] }), 'rules[0].events[0].text'],
  [rule({ events: [{ text: 'a', delayMs: -1 }] }), 'rules[0].events[0].delayMs'],
  [rule({ events: [{ write: { path: '../a', content: '' } }] }), 'rules[0].events[0].write.path'],
  [rule({ events: [{ write: { path: '/a', content: '' } }] }), 'rules[0].events[0].write.path'],
  [rule({ events: [{ write: { path: 'a', text: '' } }] }), 'rules[0].events[0].write.text'],
  [rule({ events: [{ edit: 1 }] }), 'rules[0].events[0].edit'],
  [rule({ events: [{ patch: 1 }] }), 'rules[0].events[0].patch'],
  [rule({ events: [{ patch: 'x' }] }), 'rules[0].events[0].patch'],
  [rule({ events: [{ patch: PATCH }] }), 'rules[0].events[0].patch'],
  [rule({ events: [{ shell: 'ls' }] }), 'rules[0].events[0].shell'],
  [rule({ events: [{ usage: 1 }] }), 'rules[0].events[0].usage'],
  [rule({ events: [{ usage: { inputTokens: 1.5 } }] }), 'rules[0].events[0].usage.inputTokens'],
  [rule({ answer: undefined }), 'rules[0].answer'],
  [rule({ answer: {} }), 'rules[0].answer.text'],
  [rule({ answer: { fail: 1 } }), 'rules[0].answer.fail'],
  [rule({ answer: { fail: { code: 'STEP_FAILED', message: '' } } }), 'rules[0].answer.fail.code'],
])('[AG16] %j is wrong at %j', (recording, at) => {
  expect(recordingIssues(recording).map((issue) => issue.at)).toContain(at)
})
