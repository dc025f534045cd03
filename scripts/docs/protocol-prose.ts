// The part of docs/protocol.md that no table can say: how packets, windows, places and events work together. Numbers come
// from the code.

import {
  DATA_MAX,
  DEPTH_MAX,
  ELEMENTS_MAX,
  INPUT_WINDOW,
  MESSAGE_MAX,
  PACKET_MAX,
  REQUEST_ELEMENTS_MAX,
} from '../../proto/limits.ts'

const kib = (bytes: number) => `${bytes / 1024} KiB`

export const prose = `\
This page is enough to write a client in any language. The same table that it is written from checks every message on
both sides; [protocol.schema.json](protocol.schema.json) has the bodies as JSON Schema.

## How it works

### Packets

The daemon listens on a UNIX socket of type SOCK_SEQPACKET: the kernel keeps the boundaries of messages, so one send is
one packet. File descriptors cannot be passed along (SCM_RIGHTS): a send with some fails with EPERM, or ends the connection where the kernel
is older than Linux 6.16. A packet is one [MessagePack](https://msgpack.org) array of three:

    [cmd, id, body]

\`cmd\` is a code from the tables below. \`id\` is a whole number below 2³²: a client counts its requests from 1, an answer
carries the id of its request, and everything else carries 0. \`body\` is a map with strings as keys; only the messages of
the attached stream (DATA, ACK, GAP) and PART have an array instead, because they are as frequent as the bytes.

A packet has at most ${kib(PACKET_MAX)}, and the payload of one DATA at most ${kib(DATA_MAX)}. A longer message is sent in
PARTs: the packet that it would have been is cut into pieces, each in a \`[0x0002, id, [more, bytes]]\` with the id of the
message, in order; \`more\` is false on the last. Other packets may come between the PARTs, pieces of another split message
may not. Put together, a message has at most ${MESSAGE_MAX / 1024 ** 2} MiB. Before HELLO has succeeded nothing may be split.

MessagePack's extension types are not used, nothing is nested deeper than ${DEPTH_MAX}, and whole numbers above 2⁵³ do not occur. What
doesn't keep to this is a bad packet: it ends the connection with ABORT. All lists and maps of a request together have at most
${REQUEST_ELEMENTS_MAX.toLocaleString('en-US')} elements, and those of an answer ${ELEMENTS_MAX.toLocaleString('en-US')}, where a pair of a map counts two, or eight if the map has more than
64; a request with more is answered by ERROR \`BAD_REQUEST\`. No key is \`__proto__\`, \`constructor\` or \`prototype\`, at any depth: a request with one is answered by ERROR
\`BAD_REQUEST\`.

### Older and newer versions

Messages grow. Both sides ignore keys that they do not know, and the daemon answers a request that it does not know with ERROR
\`NOT_SUPPORTED\`. A client must be ready for what a newer daemon sends: it ignores messages with a code that it does not know, takes
an error code that it does not know for \`INTERNAL\`, and does not fail at a \`kind\` of state or event that it does not know. Every event
has \`kind\`, and, unless it is a \`gap\`, \`seq\` and \`at\`. A state of an unknown kind does not tell whether the process runs.

### Failures

ERROR is about one request; nothing else is affected. ABORT is about the connection, which is then closed. A process that
ends badly is neither: that is its state, and comes in STATUS. Programs match on \`code\` (and on \`errno\`, where a system
call failed), never on \`message\`, which is a sentence for people.

OK means that it has happened, not that it has been noted down.

### The first request

HELLO, and nothing is answered before it. Each side says which versions it speaks; the daemon chooses the newest
that both know; if there is none, it says so in ABORT \`VERSION\`. Its answer states the limits below, and in \`instance\` which run of the daemon this
is: if it is different after a reconnect, the daemon was restarted, and handles and event numbers mean something else.

### Output

Every process has one output stream: each byte has an **offset**, counted over stdout and stderr together, so that how they
were interleaved is kept as far as two pipes can tell (with \`stderr: stdout\` in the spec they are one pipe). The daemon keeps the newest part of it, \`outputLimit\` bytes.

After ATTACH (or START with \`attach\`), ATTACHED says in \`stream.from\` where the stream begins, and DATA
\`[handle, channel, offset, bytes]\` follows without holes: each begins where the one before ended. A DATA without bytes is
the end of that channel. Where bytes are not kept any more, GAP \`[handle, from, to]\` stands in their place. STATUS with
\`final\` is the last message about the process, after all of its output, and ends the attachment. If descendants of the
process still hold its pipes after its death, the output counts as complete after a silence.

**The window.** The daemon sends no more than \`window\` bytes that the client has not ACKed. ACK \`[handle, 1, offset]\` says
that everything below the offset has been consumed; it is absolute, so repeating it does no harm, and one ACK may stand for
many DATA. ACK a GAP by ACKing past it. A client ACKs when its reader has taken the bytes, not when they arrive: that is
what makes a slow reader slow the stream, and nothing else.

**Lossless or viewer.** A viewer never holds the process back: when it falls behind what is kept, it gets a GAP. A
\`lossless\` attachment is like a pipe: what it has not been sent is not let go, and when the daemon is full the process
waits. Output for which nobody is attached lossless, and no place is kept, is read with pauses, at some 400 MB/s at most, so
that a flood leaves processors to the others.

**Kept places.** A lossless attachment with \`keep: {as, ms}\` has a place under the name \`as\`. If its connection breaks,
everything from the last ACK on is kept for \`ms\` milliseconds, the process waiting if need be. The next ATTACH to that process with the
same \`keep.as\` takes the place over, and so does one that comes while the old connection seems alive: that one gets DETACHED. A
client that stores the offset it has dealt with, and attaches again \`from: {offset}\`, gets every byte exactly once, even
if it was killed: the final STATUS waits until all is ACKed. DETACH gives the place up.

### Input

A client writes to the process's standard input with DATA on channel 0; \`offset\` counts the bytes that this attachment has
sent, from 0. The daemon ACKs (channel 0) as the process's pipe takes them, and at most ${kib(INPUT_WINDOW)}
(\`stream.inputWindow\`) may be un-ACKed: a client that sends more is ABORTed with \`WINDOW\`. Several clients may write; each DATA
is written whole, in the order of arrival. A DATA without bytes ends the input, for all. A client that leaves ends nothing.

### Terminals

A process with \`terminal\` in its spec runs on a pty, its controlling terminal: all that it writes is channel 1, and the end of its
input is a Ctrl-D. ATTACH \`from: screen\` is answered with \`stream.screen\`, what a terminal that has just been reset must be sent to
show what the process's terminal shows; DATA goes on from there. The terminal has the smallest width and height of all clients that state
a \`size\` and are not \`readOnly\`, and STATUS tells all of a change. Such clients also answer what the program asks its terminal
(DA, DSR); while none is attached, the daemon does.

When the daemon ends, or is killed, a process on a terminal gets SIGHUP, as when any terminal goes. Those with pipes can outlive it:
what they write waits in the pipes until these are full.

### What happens to processes

EVENTS begins a stream of EVENT for this connection: what happens to processes, numbered by \`seq\` from 1. Asked with
\`since: {instance, seq}\` it continues where the client left off, as far back as the daemon keeps events; an EVENT of kind
\`gap\` says which are missing. If the daemon was restarted since, the \`gap\` has \`to\` 0.`
