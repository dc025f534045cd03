// The nursery of the daemon's heap, where V8 puts what is new.

import { setFlagsFromString } from 'node:v8'

/**
 * It stays at its first size. It would grow with a burst of starts and never shrink again, which is more than a thousand processes
 * need themselves; what the daemon makes and throws away at a time is little.
 */
export function keepNurserySmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
