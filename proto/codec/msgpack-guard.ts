// Walks a MessagePack value without building it, so that hostile bytes are refused before the decoder allocates for
// them: too deep, too many elements for the bytes there are, types that the protocol does not use.
// Format: the MessagePack specification, "Formats".

import { NetdaemonError } from '../errors.ts'
import { DEPTH_MAX, ELEMENTS_MAX } from '../limits.ts'

/** Pairs of a map, above which each of them counts more (see ELEMENTS_MAX). */
const SMALL_MAP = 64
const LARGE_MAP_PAIR = 8

const bad = (why: string) => new NetdaemonError('BAD_PACKET', `bad packet: ${why}`)

/** What a value is made of. */
export interface Contents {
  /** There is binary in it, which the decoder makes views of. */
  readonly binary: boolean
  /** How many elements it has, as ELEMENTS_MAX counts them. If they are too many, how many were counted until then. */
  readonly elements: number
}

/**
 * Checks that `bytes` hold exactly one MessagePack value of the kinds the protocol uses. One with more elements than
 * `elementsMax` is looked at only so far; what to do about it is for the caller to say.
 *
 * @throws NetdaemonError BAD_PACKET
 */
export function guardMsgpack(bytes: Buffer, elementsMax = ELEMENTS_MAX): Contents {
  // Elements still to come at each level; the walk ends when level 0 has had its one value.
  const pending = [1]
  let elementsSoFar = 0
  let binary = false
  let at = 0
  const length = (width: 1 | 2 | 4) => {
    if (at + width > bytes.length) throw bad('it ends too early')
    const value = bytes.readUIntBE(at, width)
    at += width
    return value
  }
  const skip = (count: number) => {
    at += count
  }
  const enter = (elements: number, weight = elements) => {
    if (elements > bytes.length - at) throw bad('it ends too early')
    if (elements === 0) return
    elementsSoFar += weight
    if (pending.length > DEPTH_MAX) throw bad(`nested deeper than ${DEPTH_MAX}`)
    pending.push(elements)
  }
  const enterMap = (pairs: number) => enter(pairs * 2, pairs * (pairs > SMALL_MAP ? LARGE_MAP_PAIR : 2))
  while (pending.length > 0) {
    if (elementsSoFar > elementsMax) return { binary, elements: elementsSoFar }
    const top = pending.length - 1
    const left = pending[top] ?? 0
    if (left === 0) {
      pending.pop()
      continue
    }
    pending[top] = left - 1
    if (at >= bytes.length) throw bad('it ends too early')
    const head = bytes[at++] ?? 0
    if (head <= 0x7f || head >= 0xe0) continue // fixint
    if (head <= 0x8f) enterMap(head & 0x0f)
    else if (head <= 0x9f) enter(head & 0x0f)
    else if (head <= 0xbf) at += head & 0x1f
    else {
      switch (head) {
        case 0xc0: // nil
        case 0xc2: // false
        case 0xc3: // true
          break
        case 0xc4: // bin 8, 16, 32
          binary = true
          skip(length(1))
          break
        case 0xc5:
          binary = true
          skip(length(2))
          break
        case 0xc6:
          binary = true
          skip(length(4))
          break
        case 0xd9: // str 8, 16, 32
          skip(length(1))
          break
        case 0xda:
          skip(length(2))
          break
        case 0xdb:
          skip(length(4))
          break
        case 0xca: // float 32
        case 0xce: // uint 32
        case 0xd2: // int 32
          at += 4
          break
        case 0xcb:
        case 0xcf:
        case 0xd3:
          at += 8
          break
        case 0xcc:
        case 0xd0:
          at += 1
          break
        case 0xcd:
        case 0xd1:
          at += 2
          break
        case 0xdc: // array 16
          enter(length(2))
          break
        case 0xdd:
          enter(length(4))
          break
        case 0xde: // map 16
          enterMap(length(2))
          break
        case 0xdf:
          enterMap(length(4))
          break
        default: // 0xc1 is never used; the rest are extension types
          throw bad(`type 0x${head.toString(16)} has no place in this protocol`)
      }
    }
    if (at > bytes.length) throw bad('it ends too early')
  }
  if (at !== bytes.length) throw bad(`${bytes.length - at} bytes follow its end`)
  return { binary, elements: elementsSoFar }
}
