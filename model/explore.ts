// Breadth-first over every state within a size, so that the first counterexample is a shortest one.
import { Endings } from './endings.ts'
import { Frontier } from './frontier.ts'
import { type GuardName, guardsWithout } from './guards.ts'
import { violation } from './invariants.ts'
import { Monitor } from './monitor.ts'
import { everyTransition } from './protocol.ts'
import type { Size } from './size.ts'
import { State } from './state.ts'
import { Visited } from './visited.ts'
import { Ways } from './ways.ts'
import { World } from './world.ts'

export interface RunOptions {
  readonly size: Size
  /** The guard to remove. */
  readonly mutant?: GuardName
  /** Also checks that every state can still reach an end of the move (L2); for sizes up to some million states. */
  readonly endings?: boolean
  /** Stops there without a verdict. */
  readonly maxStates?: number
  readonly onProgress?: (progress: { readonly states: number; readonly transitions: number }) => void
}

export interface RunResult {
  readonly states: number
  readonly transitions: number
  readonly seconds: number
  /** False when the run stopped at `maxStates` or at a counterexample. */
  readonly isExhaustive: boolean
  readonly counterexample?: { readonly wrong: string; readonly steps: readonly string[] }
}

const progressEvery = 1 << 20

export function explore({ size, mutant, endings, maxStates = 2 ** 31 - 1, onProgress }: RunOptions): RunResult {
  const startedAtMs = performance.now()
  const visited = new Visited(endings)
  const frontier = new Frontier()
  const ways = new Ways()
  const graph = endings ? new Endings(size) : undefined
  const rules = { guards: guardsWithout(mutant), size, monitor: new Monitor() }
  let transitions = 0
  let from = -1
  let ordinal = 0
  let wrong: string | undefined
  let last = 0

  const world = new World(rules, (next) => {
    ordinal++
    transitions++
    if (wrong !== undefined) return
    const known = visited.add(next.words)
    const number = known === -1 ? visited.count - 1 : known
    graph?.edge(from, number)
    if (known !== -1) return
    meet(next)
    wrong = violation(world, next)
    if (wrong !== undefined) last = number
  })

  const start = State.atRest(size.replicas)
  start.history = rules.monitor.start
  visited.add(start.words)
  meet(start)
  while (wrong === undefined && visited.count <= maxStates && frontier.shift(world.now.bytes)) {
    from++
    ordinal = 0
    everyTransition(world)
  }
  const isExhaustive = wrong === undefined && from + 1 === visited.count
  if (isExhaustive && graph !== undefined) {
    const stuck = graph.firstStuck()
    if (stuck !== undefined) {
      wrong = 'L2: the move can never end from here'
      last = stuck
    }
  }
  const seconds = (performance.now() - startedAtMs) / 1000
  const result = { states: visited.count, transitions, seconds, isExhaustive }
  return wrong === undefined ? result : { ...result, counterexample: { wrong, steps: tell(rules, ways.to(last)) } }

  function meet(state: State): void {
    ways.push(from, ordinal)
    frontier.push(state.bytes)
    graph?.state(state)
    if (visited.count % progressEvery === 0) onProgress?.({ states: visited.count, transitions })
  }
}

/** Describes the path in words by repeating its transitions. */
function tell(rules: Pick<World, 'guards' | 'size' | 'monitor'>, way: readonly number[]): string[] {
  const steps: string[] = []
  const after = new State()
  let ordinal = 0
  let wanted = 0
  const world = new World(rules, (next, words) => {
    ordinal++
    if (ordinal !== wanted) return
    after.bytes.set(next.bytes)
    steps.push(words())
  })
  world.now.bytes.set(State.atRest(rules.size.replicas).bytes)
  world.now.history = rules.monitor.start
  for (wanted of way) {
    ordinal = 0
    everyTransition(world)
    world.now.bytes.set(after.bytes)
  }
  return steps
}
