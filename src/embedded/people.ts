import type { Role } from '../auth/principal.ts'

/** Somebody of the made-up company of `npm start`. */
export interface DevelopmentPerson {
  readonly id: string
  readonly name: string
  readonly role: Role
}

/** Two are of the platform team, so that one can approve what the other asks for. */
export const developmentPeople: readonly DevelopmentPerson[] = [
  { id: 'platform', name: 'Pat', role: 'platform' },
  { id: 'platform-2', name: 'Robin', role: 'platform' },
  { id: 'sales', name: 'Sam', role: 'sales' },
  { id: 'auditor', name: 'Ada', role: 'auditor' },
]
