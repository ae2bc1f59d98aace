import { describe, expect, it } from 'vitest'
import { DeliveryLoop } from '../src/delivery/DeliveryLoop.ts'
import { Heap } from '../src/delivery/Heap.ts'
import * as fc from 'fast-check'
import { turns } from '../src/testing/TestClock.ts'

const at = (sequence: number, deliver: () => void | Promise<void>) => ({
  sequence,
  timestamp: '2026-01-01T00:00:00.000Z',
  deliver,
})

describe('[ED1] [ED3] the delivery loop', () => {
  it('delivers the lowest sequence first, and lets the code come to rest in between', async () => {
    const seen: string[] = []
    const loop = new DeliveryLoop('', () => seen.push('quiescent'))
    loop.begin(() => {
      loop.offer(at(3, () => void seen.push('3')))
      loop.offer(
        at(1, () => {
          seen.push('1')
          void Promise.resolve().then(() => loop.offer(at(2, () => void seen.push('2'))))
        }),
      )
    })
    await turns()
    expect(seen).toEqual(['1', '2', '3', 'quiescent'])
  })

  it('starts live work only when nothing is left to deliver', async () => {
    const seen: string[] = []
    const loop = new DeliveryLoop('', () => {})
    loop.begin(() => {
      loop.stage(() => seen.push('live'))
      loop.offer(at(9, () => void seen.push('9')))
    })
    await turns()
    expect(seen).toEqual(['9', 'live'])
  })

  it('holds while a value is being loaded', async () => {
    const seen: string[] = []
    const loop = new DeliveryLoop('', () => {})
    let loaded!: () => void
    const loading = new Promise<void>((resolve) => (loaded = resolve))
    loop.begin(() => {
      loop.offer(at(1, () => loading.then(() => void seen.push('1'))))
      loop.offer(at(2, () => void seen.push('2')))
    })
    await turns()
    expect(seen).toEqual([])
    loaded()
    await turns()
    expect(seen).toEqual(['1', '2'])
  })

  it('drops withdrawn work, and everything once closed', async () => {
    const seen: string[] = []
    const loop = new DeliveryLoop('', () => {})
    loop.begin(() => {
      loop.stage(() => seen.push('a')).dropped = true
      loop.stage(() => seen.push('b'))
    })
    await turns()
    loop.offer(at(1, () => void seen.push('late')))
    loop.close()
    loop.stage(() => seen.push('later'))
    await turns()
    expect(seen).toEqual(['b'])
  })

  it('knows what runs in a turn and what comes from outside', async () => {
    const loop = new DeliveryLoop('', () => {})
    loop.begin(() => expect(loop.inTurn).toBe(true))
    await turns()
    expect(loop.inTurn).toBe(false)
    let inside = false
    loop.offer(at(1, () => void (inside = loop.inTurn)))
    await turns()
    expect(inside).toBe(true)
  })
})

describe('Heap', () => {
  it('gives everything in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        const heap = new Heap<number>((a, b) => a - b)
        for (const number of numbers) heap.push(number)
        expect(numbers.map(() => heap.pop())).toEqual(numbers.toSorted((a, b) => a - b))
        expect(heap.pop()).toBeUndefined()
      }),
    )
  })
})
