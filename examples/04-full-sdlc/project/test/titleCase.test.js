import assert from 'node:assert/strict'
import { test } from 'node:test'
import { titleCase } from '../src/titleCase.js'

test('each word begins with a capital', () => {
  assert.equal(titleCase('hello world'), 'Hello World')
})
