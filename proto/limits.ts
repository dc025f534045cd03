// The limits of the wire. Both sides enforce them, and HELLO announces them, so that a client in another language need
// not guess.

/** The newest protocol version that this code speaks. */
export const PROTOCOL_VERSION = 3
/** The oldest protocol version that this code speaks. */
export const PROTOCOL_VERSION_MIN = 3

/** Payload bytes in one DATA packet, at most. */
export const DATA_MAX = 64 * 1024
/** Bytes of one packet, at most: a full DATA and its header, with room to spare. */
export const PACKET_MAX = 65 * 1024
/** Bytes of one message reassembled from PART packets, at most. */
export const MESSAGE_MAX = 4 * 1024 * 1024
/** Memory of messages whose PARTs have begun to come to a daemon, in bytes, of all its clients together. */
export const UNFINISHED_MAX = 32 * 1024 * 1024
/** Milliseconds from the first PART of a message to its last, at most. */
export const UNFINISHED_MS = 30_000
/** Nesting that any message of the protocol needs is below 8. */
export const DEPTH_MAX = 16
/**
 * Elements of all lists and maps of a message together. 4 MiB could hold millions, which would take seconds to build and
 * check. A map's pair counts two, and eight if the map has more than 64: a large one costs so much more to build.
 */
export const ELEMENTS_MAX = 256 * 1024
/** The same of a message that a client sends: it takes the daemon 10 ms at most to build and check. */
export const REQUEST_ELEMENTS_MAX = 64 * 1024
/** Arguments of a program, and variables that are set for it: so many that a START with all of them is no longer than that. */
export const ARGUMENTS_MAX = 30_000
export const VARIABLES_MAX = 4_000
/** Bytes of input that a client may have sent and the daemon not ACKed, for each attachment. */
export const INPUT_WINDOW = 256 * 1024
/** The smallest output window that ATTACH may state, in bytes. */
export const WINDOW_MIN = 1
/** The largest output window, in bytes. */
export const WINDOW_MAX = 16 * 1024 * 1024
/** The output window of an ATTACH that states none, in bytes. */
export const WINDOW_DEFAULT = 1024 * 1024
/** Bytes of input of all clients together that may wait for a process. */
export const WAITING_INPUT_MAX = 4 * 1024 * 1024
/** Bytes of it that one client may always have waiting, whatever others wrote. */
export const WAITING_INPUT_SHARE = 16 * 1024
/** Packets of input of all clients together that may wait for a process. */
export const WAITING_PACKETS_MAX = 64 * 1024
/** Attachments of one connection, at most. */
export const ATTACHMENTS_MAX = 1024
