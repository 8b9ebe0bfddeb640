import { expect, test } from 'vitest'
import { readEvents, type ServerEvent } from '../../src/cli/kit/event-source.ts'

const sent = [
  { id: '7', event: 'progress', data: '{"rows":1}\n{"rows":2}' },
  { event: 'message', data: 'grüße' },
]
const lines = [
  'id: 7',
  'event: progress',
  'data: {"rows":1}',
  'data:{"rows":2}',
  '',
  ': sign',
  '',
  'data: grüße',
  '',
  '',
]

async function eventsOf(chunks: readonly Uint8Array[]): Promise<readonly ServerEvent[]> {
  const body = ReadableStream.from(chunks) as ReadableStream<Uint8Array>
  const events: ServerEvent[] = []
  for await (const event of readEvents(body, new AbortController().signal)) events.push(event)
  return events
}

test.each([
  ['LF', '\n'],
  ['CR LF', '\r\n'],
])('events whose lines end with %s are read, wherever the network cuts them', async (_, end) => {
  const bytes = new TextEncoder().encode(lines.join(end))
  for (let at = 0; at <= bytes.length; at += 1) {
    const found = await eventsOf([bytes.subarray(0, at), bytes.subarray(at)])
    expect([at, found]).toEqual([at, sent])
  }
})

test('what is not ended by a blank line is no event', async () => {
  expect(await eventsOf([new TextEncoder().encode('data: a\n\ndata: b\n')])).toEqual([{ event: 'message', data: 'a' }])
})
