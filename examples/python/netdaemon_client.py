"""A client of netdaemon in nothing but Python's standard library (Python 3.8 or newer, Linux).

What is sent is described in docs/protocol.md, and this file in docs/protocol-from-another-language.md.
"""

import os
import socket
import struct
from collections import deque

REQUESTS = {"HELLO": 0x0001, "START": 0x0101, "LIST": 0x0103, "SHOW": 0x0104, "REMOVE": 0x0105, "WAIT": 0x0106,
            "ATTACH": 0x0102, "KILL": 0x0203, "DETACH": 0x0206, "RESIZE": 0x0208, "INFO": 0x0303}
PART, ATTACHED, DATA, STATUS, ACK, GAP, DETACHED = 0x0002, 0x0110, 0x0201, 0x0202, 0x0204, 0x0205, 0x0207
ERROR, ABORT = 0xFFF0, 0xFFFF
PACKET_MAX, DATA_MAX = 65 * 1024, 64 * 1024


class NetdaemonError(Exception):
    """A refusal, or the end of the connection. Programs match on `code`, and never on the message."""

    def __init__(self, code, message, errno=None, **_):
        super().__init__(message)
        self.code, self.errno = code, errno


def pack(value):
    """A value in MessagePack, in the longest form of its kind."""
    if value is None or value is False or value is True:
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        return struct.pack(">BQ", 0xCF, value) if value >= 0 else struct.pack(">Bq", 0xD3, value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xCB, value)
    if isinstance(value, str):
        value = value.encode()
        return struct.pack(">BI", 0xDB, len(value)) + value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return struct.pack(">BI", 0xC6, len(value)) + value
    if isinstance(value, dict):
        return struct.pack(">BI", 0xDF, len(value)) + b"".join(pack(k) + pack(v) for k, v in value.items())
    return struct.pack(">BI", 0xDD, len(value)) + b"".join(map(pack, value))


NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
           0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
LENGTHS = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I", 0xD9: ">B", 0xDA: ">H", 0xDB: ">I",
           0xDC: ">H", 0xDD: ">I", 0xDE: ">H", 0xDF: ">I"}


def unpack(data, at=0):
    """The value that begins at `at`, and where the next one does."""
    head, at = data[at], at + 1
    if head <= 0x7F or head >= 0xE0:
        return head if head <= 0x7F else head - 256, at
    if head in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[head], at
    if head in NUMBERS:
        return struct.unpack_from(NUMBERS[head], data, at)[0], at + struct.calcsize(NUMBERS[head])
    if head in LENGTHS:
        size, at = struct.unpack_from(LENGTHS[head], data, at)[0], at + struct.calcsize(LENGTHS[head])
    else:  # short maps, lists and strings have their length in the head
        size = head & (0x0F if head <= 0x9F else 0x1F)
    if 0xC4 <= head <= 0xC6:
        return bytes(data[at:at + size]), at + size
    if 0xA0 <= head <= 0xBF or 0xD9 <= head <= 0xDB:
        return str(data[at:at + size], "utf-8"), at + size
    is_map, values = head <= 0x8F or head >= 0xDE, []
    for _ in range(2 * size if is_map else size):
        value, at = unpack(data, at)
        values.append(value)
    return dict(zip(values[::2], values[1::2])) if is_map else values, at


class Client:
    def __init__(self, path=None):
        self.attachments, self._id, self._parts = {}, 0, b""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.connect(path or default_socket())
        self.hello = self.call("HELLO", version=3, min=3, software="python-example 1.0")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def call(self, name, **body):
        """Sends a request and returns its result; of START with `attach`, and of ATTACH, an Attachment.

        A field that is a word of Python has a "_" behind it: call("ATTACH", process="web", from_="start").
        """
        self._id += 1
        self.send(REQUESTS[name], self._id, {key.rstrip("_"): value for key, value in body.items()})
        while True:
            command, number, answer = self.receive()
            if number == self._id and command == ERROR:
                raise NetdaemonError(**answer)
            if number == self._id:
                return self.attachments[answer["stream"]["attachment"]] if command == ATTACHED else answer

    def send(self, command, number, body):
        packet = pack([command, number, body])
        if len(packet) <= PACKET_MAX:
            self._socket.sendall(packet)
            return
        size = PACKET_MAX - 64  # what a PART has around its piece is smaller
        for at in range(0, len(packet), size):
            self._socket.sendall(pack([PART, number, [at + size < len(packet), packet[at:at + size]]]))

    def receive(self):
        """The next message. What belongs to an attachment is put where that one finds it."""
        packet = self._socket.recv(PACKET_MAX)
        if not packet:
            raise NetdaemonError("DISCONNECTED", "the daemon has closed the connection")
        (command, number, body), _ = unpack(packet)
        if command == PART:
            more, piece = body
            self._parts += piece
            if more:
                return self.receive()
            packet, self._parts = self._parts, b""
            (command, number, body), _ = unpack(packet)
        if command == ABORT:
            raise NetdaemonError(**body)
        if command == ATTACHED:
            self.attachments[body["stream"]["attachment"]] = Attachment(self, **body)
        elif number == 0:
            attachment = body[0] if isinstance(body, list) else body.get("attachment")
            if attachment in self.attachments:
                self.attachments[attachment].take(command, body)
        return command, number, body


class Attachment:
    def __init__(self, client, process, stream):
        self.client, self.id, self.state = client, process["id"], process["state"]
        self.attachment, self.offset, self.input_open = stream["attachment"], stream["from"], stream["inputOpen"]
        self._window, self._sent, self._taken, self._arrived = stream["inputWindow"], 0, 0, deque()

    def take(self, command, body):
        if command == ACK:
            self._taken = body[2]
        else:
            self._arrived.append((command, body))
        if command == STATUS:
            self.state, self.input_open = body["state"], body["inputOpen"]

    def output(self):
        """What it writes, as (channel, bytes), to its end; then `state` says how it ended. Channel 1 is stdout, 2 is stderr.

        Channel None: bytes that the daemon does not keep any more; their number stands in place of the bytes.
        """
        while True:
            while not self._arrived:
                self.client.receive()
            command, body = self._arrived.popleft()
            if command == DATA and body[3]:
                yield body[1], body[3]
                self._consumed(body[2] + len(body[3]))
            elif command == GAP:
                yield None, body[2] - body[1]
                self._consumed(body[2])
            elif command == DETACHED or command == STATUS and body["final"]:
                del self.client.attachments[self.attachment]
                return

    def _consumed(self, offset):
        """Only what has been ACKed lets more come: so a slow reader slows the stream, and `offset` is where to go on."""
        self.offset = offset
        self.client.send(ACK, 0, [self.attachment, 1, offset])

    def write(self, data):
        """Writes to its input; no bytes end it. Waits while the process takes none, as a pipe does."""
        for at in range(0, max(len(data), 1), DATA_MAX):
            piece = data[at:at + DATA_MAX]
            while self.input_open and self._sent + len(piece) - self._taken > self._window:
                self.client.receive()
            if not self.input_open:
                raise NetdaemonError("INPUT_CLOSED", f'"{self.id}" takes no more input')
            self.client.send(DATA, 0, [self.attachment, 0, self._sent, piece])
            self._sent += len(piece)


def default_socket():
    if os.environ.get("NETDAEMON_SOCKET"):
        return os.environ["NETDAEMON_SOCKET"]
    runtime = "/run" if os.getuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "")
    return (f"{runtime}/netdaemon" if runtime else f"/tmp/netdaemon-{os.getuid()}") + "/netdaemon.sock"
