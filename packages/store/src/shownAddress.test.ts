import { expect, test } from 'vitest'
import { refusal } from './conformance/suite.ts'
import { openStore } from './openStore.ts'
import { parseAddress } from './postgres/address.ts'
import { shownAddress } from './shownAddress.ts'

/** What people type who do not escape their password, and who take another form for ours. */
const WRONG = [
  'postgres://ada:s3/cret@host/db',
  'postgres://ada:12/s3cret@host/db',
  'postgres://ada:s3#cret@host:1/db',
  'postgres://ada:12#s3cret@host/db',
  'postgres://ada:12/x#s3cret@host/db',
  'postgres://ada:s3?cret@host:1/db',
  'postgres://ada:12?s3cret=a@host:1/db',
  'postgres://ada:12/x?s3cret@host/db',
  'postgres://ada:12/x?schema=s3cret@host/db',
  'postgres://ada:s3%cret@host/db',
  'postgres://ada@host/db?password=s3@cret',
  'postgres://ada@host/db?passwor%64=s3cret',
  'postgres:ada:s3cret@host/db',
  'postgres:/ada:s3cret@host/db',
  'mysql://ada:s3/cret@host/db',
  'mysql://ada:s3@cret@host/db',
  'file://ada:s3/cret@host',
  'ada:s3cret@host/db',
]

test.each(WRONG)('[PG2] [SQ7] %s is refused, and no part of its password is repeated', async (address) => {
  const error = await refusal(openStore(address), 'STORE_URL_INVALID')
  expect(JSON.stringify([error.message, error.details, String(error.cause)])).not.toMatch(/s3|cret/)
})

test('[PG2] what is shown of an address still says which one it is', () => {
  expect(shownAddress('postgres://ada:s3/cret@host:1/db?schema=x')).toBe('postgres://ada:…@host:1/db?…')
  expect(shownAddress('postgres://ada@host')).toBe('postgres://ada@host')
  expect(shownAddress('postgres://ada:s3?cret@host')).toBe('postgres://ada:…')
  expect(shownAddress('ada:s3cret@host')).toBe('ada:…@host')
  expect(shownAddress('/just/a/path')).toBe('/just/a/path')
  expect(parseAddress('postgres://ada%40shop:s3%2Fcret@host/db').description).toBe(
    'postgres://ada%40shop@host/db?schema=holdfast',
  )
})
