import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { AppError } from '../src/errors.ts'
import { createLogger } from '../src/log.ts'

function logged(write: (log: ReturnType<typeof createLogger>) => void, level = 'info'): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = []
  const destination = new Writable({
    write(chunk, _, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  write(createLogger({ level }, destination))
  return lines
}

describe('a log line', () => {
  it('is JSON with the level in words, an ISO time and the service', () => {
    const [line] = logged((log) => log.info({ requestId: 'r' }, 'hello'))
    expect(line).toMatchObject({ level: 'info', service: 'tenant-router', requestId: 'r', msg: 'hello' })
    expect(new Date(String(line?.time)).toISOString()).toBe(line?.time)
  })

  it('is written at the chosen level and above', () => {
    const write = (log: ReturnType<typeof createLogger>) => {
      log.debug('d')
      log.info('i')
      log.error('e')
    }
    expect(logged(write, 'error').map(({ msg }) => msg)).toEqual(['e'])
    expect(logged(write, 'silent')).toEqual([])
  })

  it.each(['authorization', 'token', 'apiKey', 'password', 'text', 'query', 'values', 'vector', 'filter'])(
    'hides %s, also one step down',
    (name) => {
      const lines = logged((log) =>
        log.info({ [name]: 'sealed', body: { [name]: 'sealed' }, headers: { [name]: 'sealed' } }),
      )
      expect(JSON.stringify(lines)).not.toContain('sealed')
      expect(lines[0]?.[name]).toBe('[hidden]')
    },
  )
})

describe('an error in the log', () => {
  const describe1 = (err: unknown) => logged((log) => log.error({ err }))[0]?.err

  it('has its type, code, words, place and causes', () => {
    const cause = Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' })
    expect(describe1(new AppError('registry_unavailable', 'Postgres is away.', { cause }))).toMatchObject({
      type: 'AppError',
      code: 'registry_unavailable',
      message: 'Postgres is away.',
      stack: expect.stringMatching(/^\s+at /),
      cause: { message: 'connection refused', code: 'ECONNREFUSED' },
    })
  })

  it('has nothing that the error carries besides: no query parameters, no request, no headers', () => {
    const drizzle = Object.assign(new Error('Failed query: insert …\nparams: sealed words'), {
      query: 'insert …',
      params: ['sealed words'],
      request: { headers: { authorization: 'sealed' } },
      cause: Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (text)=(sealed) exists' }),
    })
    const described = describe1(drizzle)
    expect(JSON.stringify(described)).not.toContain('sealed')
    expect(described).toMatchObject({ message: 'a query failed', cause: { message: 'duplicate key', code: '23505' } })
  })

  it('may be no Error, or its own cause, and is bounded', () => {
    expect(describe1('sealed text')).toEqual({ type: 'string', message: 'not an Error was thrown' })
    const circle = new Error('a'.repeat(10_000))
    circle.cause = circle
    expect(JSON.stringify(describe1(circle)).length).toBeLessThan(50_000)
  })
})
