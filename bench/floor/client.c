// A client of the daemon in C, as small as the protocol allows: SOCK_SEQPACKET, the fixed layout of DATA and ACK
// (docs/protocol.md), and MessagePack by hand for the rest. It measures what the daemon does, without a client library.
//
//   client SOCKET bulk FILE          START "cat FILE", read it all: prints bytes and seconds
//   client SOCKET bytes FILE         the same, and writes the bytes to stdout
//   client SOCKET start COUNT        START of "/bin/echo x" to its first byte: prints microseconds, one a line
//   client SOCKET keys COUNT         one byte to cat and back: prints microseconds, one a line
//   client SOCKET list COUNT         LIST to its last packet: prints microseconds and bytes, one a line
//   client SOCKET rate COUNT DEPTH   START of /bin/true, DEPTH of them in flight: prints the seconds for all
//   client SOCKET watch HANDLE READING STOPPED LOSSLESS
//                                    attaches so many connections, prints "ready", reads until the process has ended: prints
//                                    the bytes that all have got together, the smallest and largest share, bytes named by
//                                    GAPs, and the seconds from the first DATA to the end
//
// Whatever comes in another order than it must is an error.
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PACKET_MAX (65 * 1024)
#define WINDOW (1024 * 1024)
#define HELLO 0x0001
#define START 0x0101
#define ATTACH 0x0102
#define LIST 0x0103

static unsigned char packet[PACKET_MAX];

static void die(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fprintf(stderr, " (%s)\n", strerror(errno));
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

// --- writing

struct message {
  unsigned char bytes[8192];
  size_t length;
};

static void put(struct message *m, unsigned byte) { m->bytes[m->length++] = byte; }
static void put32(struct message *m, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) put(m, value >> shift & 0xff);
}
static void map(struct message *m, int entries) { put(m, 0x80 | entries); }
static void number(struct message *m, uint32_t value) { put(m, 0xce), put32(m, value); }
static void text(struct message *m, const char *value) {
  size_t length = strlen(value);
  if (length > 255) die("too long: %s", value);
  put(m, 0xd9), put(m, length);
  memcpy(m->bytes + m->length, value, length);
  m->length += length;
}
static void begin(struct message *m, unsigned code, uint32_t id) {
  m->length = 0;
  put(m, 0x93), put(m, 0xcd), put(m, code >> 8), put(m, code & 0xff), number(m, id);
}
static void transmit(int fd, const void *bytes, size_t length) {
  if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) die("send");
}

/* The common beginning of DATA and ACK. */
static size_t fixed(unsigned char *p, unsigned code, unsigned array, uint32_t handle, unsigned channel, uint64_t offset) {
  unsigned char head[] = {0x93, 0xcd, code >> 8, code & 0xff, 0x00, array, 0xce};
  memcpy(p, head, 7);
  for (int i = 0; i < 4; i++) p[7 + i] = handle >> (24 - 8 * i);
  p[11] = channel;
  p[12] = 0xcf;
  for (int i = 0; i < 8; i++) p[13 + i] = offset >> (56 - 8 * i);
  return 21;
}
static void ack(int fd, uint32_t handle, uint64_t offset) {
  unsigned char bytes[21];
  transmit(fd, bytes, fixed(bytes, 0x0204, 0x93, handle, 1, offset));
}

// --- reading

static size_t receive(int fd) {
  ssize_t got = recv(fd, packet, sizeof packet, 0);
  if (got <= 0) die("recv");
  return got;
}
/* The code of a packet: all that are of interest here are written with the marker of a u16, but PART. */
static unsigned code(void) {
  if (packet[1] == 0xcd) return packet[2] << 8 | packet[3];
  return packet[1];
}
static uint64_t big_endian(const unsigned char *p, int bytes) {
  uint64_t value = 0;
  while (bytes-- > 0) value = value << 8 | *p++;
  return value;
}
static const unsigned char *find(size_t length, const char *key) {
  const unsigned char *at = memmem(packet, length, key, strlen(key));
  return at == NULL ? NULL : at + strlen(key);
}
static uint32_t unsigned_at(const unsigned char *p) {
  switch (p[0]) {
    case 0xcc: return p[1];
    case 0xcd: return big_endian(p + 1, 2);
    case 0xce: return big_endian(p + 1, 4);
    default: return p[0];
  }
}
static void refuse(size_t length, const char *what) {
  errno = 0;
  die("%s: %.*s", what, (int)length, (char *)packet);
}
static size_t answered(int fd, unsigned expected, const char *what) {
  size_t length = receive(fd);
  if (code() != expected) refuse(length, what);
  return length;
}
static int is_final(size_t length) {
  const unsigned char *value = find(length, "\xa5" "final");
  return code() == 0x0202 && value != NULL && *value == 0xc3;
}

static int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) die("connect to %s", path);
  struct message m;
  begin(&m, HELLO, 1);
  map(&m, 3);
  text(&m, "version"), put(&m, 3), text(&m, "min"), put(&m, 3), text(&m, "software"), text(&m, "bench-c");
  transmit(fd, m.bytes, m.length);
  answered(fd, 0xff00, "HELLO");
  return fd;
}

static void start(int fd, uint32_t id, const char *command, const char *argument, int attached) {
  struct message m;
  begin(&m, START, id);
  map(&m, attached ? 2 : 1);
  text(&m, "spec");
  map(&m, argument == NULL ? 2 : 3);
  text(&m, "command"), text(&m, command);
  text(&m, "autoRemove"), put(&m, 0xc3);
  if (argument != NULL) text(&m, "args"), put(&m, 0x91), text(&m, argument);
  if (attached) {
    text(&m, "attach"), map(&m, 3);
    text(&m, "from"), text(&m, "start");
    text(&m, "lossless"), put(&m, 0xc3);
    text(&m, "window"), number(&m, WINDOW);
  }
  transmit(fd, m.bytes, m.length);
}

static uint32_t handle_of_answer(size_t length) {
  const unsigned char *at = find(length, "\xa6" "handle");
  if (code() != 0x0110 || at == NULL) refuse(length, "not ATTACHED");
  return unsigned_at(at);
}

/* One attached connection. */
struct stream {
  int fd;
  uint32_t handle;
  uint64_t begin, next, acked, gaps;
  int over;
};

/* Takes the packet that has come; answers its payload's length. */
static size_t take(struct stream *s, size_t length) {
  switch (code()) {
    case 0x0201: {
      uint64_t offset = big_endian(packet + 13, 8);
      size_t bytes = length - 26;
      if (packet[11] == 0) refuse(length, "DATA on channel 0");
      if (bytes > 0 && offset != s->next) refuse(26, "DATA out of order");
      s->next += bytes;
      if (s->next - s->acked >= WINDOW / 4) ack(s->fd, s->handle, s->acked = s->next);
      return bytes;
    }
    case 0x0205: {
      /* [handle, from, to]: only "to" matters, and it comes last. */
      const unsigned char *to = packet + length;
      for (int width = 8; width >= 1; width /= 2) {
        unsigned char marker = width == 8 ? 0xcf : width == 4 ? 0xce : width == 2 ? 0xcd : 0xcc;
        if (to[-width - 1] != marker) continue;
        uint64_t value = big_endian(to - width, width);
        if (value <= s->next) continue;
        s->gaps += value - s->next;
        s->next = value;
        ack(s->fd, s->handle, s->acked = s->next);
        return 0;
      }
      refuse(length, "GAP");
      return 0;
    }
    case 0x0202:
      s->over = is_final(length);
      return 0;
    case 0x0204:
      return 0;
    default:
      refuse(length, "unexpected");
      return 0;
  }
}

// --- what is measured

static void bulk(int fd, const char *file, int show) {
  double begun = now();
  start(fd, 2, "cat", file, 1);
  struct stream s = {.fd = fd, .handle = handle_of_answer(receive(fd))};
  while (!s.over) {
    size_t bytes = take(&s, receive(fd));
    if (show && bytes > 0 && fwrite(packet + 26, 1, bytes, stdout) != bytes) die("write");
  }
  if (!show) printf("%llu %.6f\n", (unsigned long long)s.next, now() - begun);
}

static void starts(int fd, int count) {
  for (int i = 0; i < count; i++) {
    double begun = now(), first = 0;
    start(fd, i + 2, "/bin/echo", "x", 1);
    struct stream s = {.fd = fd, .handle = handle_of_answer(receive(fd))};
    while (!s.over)
      if (take(&s, receive(fd)) > 0 && first == 0) first = now();
    if (s.next != 2) die("echo wrote %d bytes", (int)s.next);
    printf("%.1f\n", (first - begun) * 1e6);
  }
}

static void keys(int fd, int count) {
  start(fd, 2, "cat", NULL, 1);
  struct stream s = {.fd = fd, .handle = handle_of_answer(receive(fd))};
  unsigned char typed[27];
  for (int i = 0; i < count; i++) {
    double begun = now();
    size_t at = fixed(typed, 0x0201, 0x94, s.handle, 0, i);
    typed[at] = 0xc6;
    for (int k = 1; k <= 4; k++) typed[at + k] = k == 4;
    typed[26] = 'a' + i % 26;
    transmit(fd, typed, 27);
    while (take(&s, receive(fd)) == 0)
      ;
    double took = now() - begun;
    if (packet[26] != 'a' + i % 26 || s.next != (uint64_t)i + 1) die("another byte came back");
    printf("%.1f\n", took * 1e6);
  }
  for (int k = 22; k < 26; k++) typed[k] = 0;
  fixed(typed, 0x0201, 0x94, s.handle, 0, count);
  transmit(fd, typed, 26);
  while (!s.over) take(&s, receive(fd));
}

/* One packet of a LIST's answer; 1 when its message goes on in another. */
static int is_part_with_more(size_t length) {
  if (code() == 0xff00) return 0;
  if (code() != 0x02) refuse(length, "LIST");
  size_t at = 2 + (packet[2] == 0xcc ? 2 : packet[2] == 0xcd ? 3 : packet[2] == 0xce ? 5 : 1);
  return packet[at + 1] == 0xc3;
}

static void list(int fd, int count) {
  uint32_t id = 2;
  for (int i = 0; i < count; i++) {
    uint32_t after = 0;
    size_t bytes = 0;
    double begun = now();
    do {
      struct message m;
      begin(&m, LIST, id++);
      map(&m, after > 0);
      if (after > 0) text(&m, "after"), number(&m, after);
      transmit(fd, m.bytes, m.length);
      size_t length;
      do bytes += length = receive(fd);
      while (is_part_with_more(length));
      /* "next" is the last entry of the answer: null, or where the next page begins. */
      const unsigned char *next = NULL;
      for (size_t back = 6; back <= 10 && next == NULL; back++)
        if (memcmp(packet + length - back, "\xa4" "next", 5) == 0) next = packet + length - back + 5;
      if (next == NULL) refuse(length, "LIST without next");
      after = *next == 0xc0 ? 0 : unsigned_at(next);
    } while (after > 0);
    printf("%.1f %zu\n", (now() - begun) * 1e6, bytes);
  }
}

static void rate(int fd, int count, int depth) {
  double begun = now();
  int sent = 0;
  while (sent < depth && sent < count) start(fd, 2 + sent++, "/bin/true", NULL, 0);
  for (int done = 0; done < count; done++) {
    answered(fd, 0xff00, "START");
    if (sent < count) start(fd, 2 + sent++, "/bin/true", NULL, 0);
  }
  printf("%.6f\n", now() - begun);
}

static void watch(const char *path, uint32_t handle, int reading, int stopped, int lossless) {
  int events = epoll_create1(EPOLL_CLOEXEC), left = reading;
  struct stream *streams = calloc(reading + stopped, sizeof *streams);
  for (int i = 0; i < reading + stopped; i++) {
    struct stream *s = &streams[i];
    s->fd = connect_to(path);
    struct message m;
    begin(&m, ATTACH, 2);
    map(&m, 4);
    text(&m, "process"), number(&m, handle);
    text(&m, "from"), text(&m, lossless ? "start" : "now");
    text(&m, "lossless"), put(&m, lossless ? 0xc3 : 0xc2);
    text(&m, "window"), number(&m, WINDOW);
    transmit(s->fd, m.bytes, m.length);
    size_t length = receive(s->fd);
    s->handle = handle_of_answer(length);
    const unsigned char *from = find(length, "\xa6" "stream");
    from = from == NULL ? NULL : (const unsigned char *)memmem(from, packet + length - from, "\xa4" "from", 5);
    if (from == NULL) refuse(length, "ATTACHED");
    from += 5;
    s->begin = s->next = s->acked = *from == 0xcf ? big_endian(from + 1, 8) : unsigned_at(from);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
    if (i < reading && epoll_ctl(events, EPOLL_CTL_ADD, s->fd, &event) != 0) die("epoll_ctl");
  }
  printf("ready\n");
  fflush(stdout);
  double begun = 0;
  while (left > 0) {
    struct epoll_event ready[64];
    int count = epoll_wait(events, ready, 64, -1);
    for (int i = 0; i < count; i++) {
      struct stream *s = ready[i].data.ptr;
      if (begun == 0) begun = now();
      take(s, receive(s->fd));
      if (!s->over) continue;
      left--;
      epoll_ctl(events, EPOLL_CTL_DEL, s->fd, NULL);
    }
  }
  uint64_t sum = 0, gaps = 0, least = UINT64_MAX, most = 0;
  for (int i = 0; i < reading; i++) {
    uint64_t got = streams[i].next - streams[i].begin - streams[i].gaps;
    sum += got, gaps += streams[i].gaps;
    if (got < least) least = got;
    if (got > most) most = got;
  }
  printf("%llu %llu %llu %llu %.6f\n", (unsigned long long)sum, (unsigned long long)least, (unsigned long long)most,
         (unsigned long long)gaps, now() - begun);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  const char *path = argv[1], *what = argv[2];
  int value = atoi(argv[3]);
  if (strcmp(what, "watch") == 0) {
    if (argc != 7) return 2;
    watch(path, value, atoi(argv[4]), atoi(argv[5]), atoi(argv[6]));
    return 0;
  }
  int fd = connect_to(path);
  if (strcmp(what, "bulk") == 0) bulk(fd, argv[3], 0);
  else if (strcmp(what, "bytes") == 0) bulk(fd, argv[3], 1);
  else if (strcmp(what, "start") == 0) starts(fd, value);
  else if (strcmp(what, "keys") == 0) keys(fd, value);
  else if (strcmp(what, "list") == 0) list(fd, value);
  else if (strcmp(what, "rate") == 0) rate(fd, value, argc > 4 ? atoi(argv[4]) : 1);
  else return 2;
  return 0;
}
