// The peers, and which of them this machine has.

import type { Peer } from './peer.ts'
import { pm2 } from './pm2.ts'
import { runit, s6 } from './scandirs.ts'
import { supervisord } from './supervisord.ts'
import { dtach, tmux } from './terminals.ts'

const all: readonly Peer[] = [supervisord, pm2, s6, runit, dtach, tmux]

export interface Peers {
  readonly present: readonly Peer[]
  /** Names and versions of those present. */
  readonly versions: readonly string[]
  /** Names of the others. */
  readonly absent: readonly string[]
}

export async function findPeers(): Promise<Peers> {
  const found = await Promise.all(all.map(async (peer) => ({ peer, version: await peer.version() })))
  return {
    present: found.filter(({ version }) => version !== undefined).map(({ peer }) => peer),
    versions: found.map(({ version }) => version).filter((version) => version !== undefined),
    absent: found.filter(({ version }) => version === undefined).map(({ peer }) => peer.name),
  }
}

/**
 * What each peer that can do it gives; one that fails is named on stderr, and left out.
 */
export async function eachPeer(
  peers: readonly Peer[],
  measure: (peer: Peer) => Promise<readonly number[]> | undefined,
): Promise<Record<string, readonly number[]>> {
  const results: Record<string, readonly number[]> = {}
  for (const peer of peers) {
    try {
      const values = await measure(peer)
      if (values !== undefined) results[peer.name] = values
    } catch (error) {
      console.error(`${peer.name} could not be measured: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return results
}
