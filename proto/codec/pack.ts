// Values as MessagePack. The encoder is made once: making one costs as much as encoding a small message. It keeps nothing of a
// value but the memory that it was written into, so one that has grown is given away with what it has written.

import { Encoder } from '@msgpack/msgpack'

/** As much memory an encoder may keep. */
const KEPT_BYTES = 16 * 1024

class Packer {
  #encoder = newEncoder()

  /** The value, encoded, in memory of its own. */
  pack(value: unknown): Buffer {
    let written: Uint8Array | undefined
    try {
      written = this.#encoder.encodeSharedRef(value)
    } finally {
      if (written === undefined || written.length > KEPT_BYTES) this.#encoder = newEncoder()
    }
    // Not a small Buffer of Node's, which keeps a larger one: some of these are kept for long.
    const own = written.length > KEPT_BYTES ? written : written.slice()
    return Buffer.from(own.buffer, own.byteOffset, own.byteLength)
  }
}

function newEncoder(): Encoder {
  return new Encoder({ ignoreUndefined: true })
}

const packer = new Packer()

/** One value, encoded, in memory that nobody else writes into. */
export function pack(value: unknown): Buffer {
  return packer.pack(value)
}
