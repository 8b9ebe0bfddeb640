import { LRUCache } from 'lru-cache'
import { Guard, type GuardSettings, usualGuard } from './guard.ts'

/** Far more than a project has indexes; one that was not asked for longest is forgotten. */
const guardsMax = 1_000

/** A guard for each dependency of a kind, made when it is first asked for: one that is sick holds up no other. */
export class Guards {
  readonly #made = new LRUCache<string, Guard>({ max: guardsMax })
  readonly #settings: GuardSettings
  readonly #onChange: (name: string, isOpen: boolean) => void

  constructor(
    settings: GuardSettings = usualGuard,
    onChange: (name: string, isOpen: boolean) => void = () => undefined,
  ) {
    this.#settings = settings
    this.#onChange = onChange
  }

  of(name: string): Guard {
    const known = this.#made.get(name)
    if (known !== undefined) return known
    const made = new Guard(this.#settings, (isOpen) => this.#onChange(name, isOpen))
    this.#made.set(name, made)
    return made
  }

  get size(): number {
    return this.#made.size
  }

  /** Names of those that are refused at the moment. */
  open(): readonly string[] {
    return [...this.#made.entries()].filter(([, guard]) => guard.isOpen).map(([name]) => name)
  }
}
