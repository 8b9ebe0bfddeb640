import { expect } from 'vitest'
import type { FaultProxy, ProxyFault } from '../support/fault-proxy.ts'
import type { Answer } from '../support/service-world.ts'
import { behaviour, type FaultName } from './behaviour.ts'

type Behaviour = typeof behaviour

/** The requests of a dependency's rows, by name; `round` makes each one another. */
export type Asks<D extends keyof Behaviour> = Readonly<
  Record<keyof Behaviour[D]['asks'], (round: string) => Promise<Answer>>
>

/** How a proxy is sick in each column; `wrong` differs by what is spoken. */
const sickness = {
  slow: { kind: 'slow', ms: 200 },
  down: { kind: 'down' },
  flapping: { kind: 'flapping', everyMs: 150 },
  hung: { kind: 'hung' },
} as const satisfies Readonly<Record<Exclude<FaultName, 'wrong'>, ProxyFault>>

/** Enough that a circuit opens on the way: callers are to see the same before and after. */
const rounds = 4

/**
 * Asks everything of a cell again and again while the dependency is sick. Each answer has to be one that the table
 * names; each outcome that stands alone in a row is then seen. Afterwards all is served again.
 */
export async function meet<D extends keyof Behaviour>(
  dependency: D,
  fault: FaultName,
  asks: Asks<D>,
  sicken: () => Promise<void>,
  heal: () => Promise<void>,
): Promise<void> {
  const { sees } = behaviour[dependency].cells[fault] as { readonly sees: Readonly<Record<string, readonly string[]>> }
  const all = Object.entries(asks) as [string, (round: string) => Promise<Answer>][]
  await sicken()
  try {
    for (let round = 0; round < rounds; round += 1) {
      const answers = await Promise.all(all.map(async ([name, ask]) => [name, await ask(`${fault}-${round}`)] as const))
      for (const [name, answer] of answers) expect(sees[name], `${name}: ${answer.text}`).toContain(outcomeOf(answer))
      for (const [name, { status, headers }] of answers) {
        if (status === 503) expect(Number(headers.get('retry-after')), name).toBeGreaterThan(0)
      }
    }
  } finally {
    await heal()
  }
  for (const [name, ask] of all) {
    let last = 'nothing'
    let tries = 0
    await expect
      .poll(
        async () => {
          const answer = await ask(`after-${fault}-${tries++}`)
          last = answer.text
          return answer.status < 300
        },
        { interval: 200 },
      )
      .toBe(true)
      .catch(() => {
        throw new Error(`${name} is not served again after ${fault}: ${last}`)
      })
  }
}

export function outcomeOf({ status, json }: Answer): string {
  return status < 400 ? String(status) : `${status} ${json?.code}`
}

/** The two ends of a sickness that a proxy stands for. */
export function byProxy(proxy: FaultProxy, fault: FaultName, wrong: ProxyFault) {
  return [() => proxy.be(fault === 'wrong' ? wrong : sickness[fault]), () => proxy.be({ kind: 'none' })] as const
}
