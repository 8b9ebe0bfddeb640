/** US dollars as people say them: nobody reads $0.000009. */
export function moneyText(dollars: number): string {
  if (dollars > 0 && dollars < 0.01) return 'under a cent'
  return `$${dollars.toFixed(2)}`
}
