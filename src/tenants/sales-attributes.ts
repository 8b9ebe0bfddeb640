/** The attributes that belong to sales: a change of the contract’s row. All others are the platform team’s. */
export const salesAttributes = ['crmId', 'owner', 'contract', 'renewal'] as const

export function isSalesAttribute(name: string): boolean {
  return (salesAttributes as readonly string[]).includes(name)
}
