/** An amount for a person: `$12.30`, and `under a cent` where more digits would only look exact. */
export function dollars(amount: number): string {
  if (amount === 0) return '$0'
  return amount < 0.01 ? 'under a cent' : `$${amount.toFixed(2)}`
}
