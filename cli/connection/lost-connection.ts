// Tells a lost connection from other failures, by its code alone.

import { isCoded } from '../complaint.ts'

/** The connection was lost. */
export const isLost = (error: unknown): error is Error => isCoded(error) && error.code === 'DISCONNECTED'
