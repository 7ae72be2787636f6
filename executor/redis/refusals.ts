// What Redis answers to commands that it may well take later: it is full, its disk is, it reads what it had, or another is
// its master by now.
const FOR_NOW = /^(OOM|MISCONF|LOADING|READONLY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|BUSY)\b/

export function refusesForNow(error: Error): boolean {
  return FOR_NOW.test(error.message)
}
