// What each worker has beside its slots, or a driver that is its own.
export const OWN_RESOURCES = { only: 1, seat: 1 }

/** As the command takes them. */
export function resourcesText(): string {
  return Object.entries(OWN_RESOURCES)
    .map(([name, amount]) => `${name}=${amount}`)
    .join(',')
}
