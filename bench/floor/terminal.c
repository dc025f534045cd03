// Works at a terminal as a person does: runs a command in a new pty and types into it. It measures programs that show a
// process through a terminal, and (with cat as the command) a bare pty.
//
//   terminal keys COUNT COMMAND…   types one byte and waits until it shows: prints microseconds, one a line
//   terminal read BYTES COMMAND…   types Return and reads until so many bytes have come, or (0) until the text "THE-END"
//                                  has: prints bytes and seconds
#define _GNU_SOURCE
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define QUIET_MS 500
#define PATIENCE_MS 20000
#define GRACE_S 2

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static char buffer[1 << 16];

/* Reads what there is within the time; 0: nothing has come. */
static ssize_t read_within(int fd, int milliseconds) {
  struct pollfd watched = {fd, POLLIN, 0};
  if (poll(&watched, 1, milliseconds) <= 0) return 0;
  return read(fd, buffer, sizeof buffer);
}

static int keys(int fd, int count) {
  for (int i = -20; i < count; i++) {
    char typed = 'a' + (i + 26) % 26;
    double begun = now();
    if (write(fd, &typed, 1) != 1) return 1;
    for (;;) {
      ssize_t got = read_within(fd, PATIENCE_MS);
      if (got <= 0) return fprintf(stderr, "key %d did not show\n", i), 1;
      if (memchr(buffer, typed, got) != NULL) break;
    }
    if (i >= 0) printf("%.1f\n", (now() - begun) * 1e6);
  }
  return 0;
}

static int read_all(int fd, long long bytes) {
  static char window[sizeof buffer + 8];
  long long total = 0;
  size_t kept = 0;
  double begun = now();
  if (write(fd, "\r", 1) != 1) return 1;
  while (bytes == 0 || total < bytes) {
    ssize_t got = read_within(fd, PATIENCE_MS);
    if (got <= 0) break;
    total += got;
    if (bytes > 0) continue;
    memcpy(window + kept, buffer, got);
    if (memmem(window, kept + got, "THE-END", 7) != NULL) break;
    size_t all = kept + got, keep = all < 6 ? all : 6;
    memmove(window, window + all - keep, keep);
    kept = keep;
  }
  printf("%lld %.6f\n", total, now() - begun);
  return 0;
}

/* dtach locks itself up now and then: its handler of SIGTERM prints and exits, which no handler may. */
static void end(pid_t child, int fd) {
  kill(child, SIGTERM);
  close(fd);
  for (double begun = now(); waitpid(child, NULL, WNOHANG) == 0; usleep(1000))
    if (now() - begun > GRACE_S) kill(child, SIGKILL);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  struct winsize size = {.ws_row = 24, .ws_col = 80};
  struct termios raw;
  memset(&raw, 0, sizeof raw);
  cfmakeraw(&raw);
  raw.c_cflag |= CREAD | CS8;
  raw.c_cc[VMIN] = 1;
  int fd;
  pid_t child = forkpty(&fd, NULL, &raw, &size);
  if (child < 0) return perror("forkpty"), 1;
  if (child == 0) {
    execvp(argv[3], argv + 3);
    perror(argv[3]);
    _exit(127);
  }
  /* What the command shows at first does not count. */
  while (read_within(fd, QUIET_MS) > 0)
    ;
  int status = strcmp(argv[1], "keys") == 0 ? keys(fd, atoi(argv[2])) : read_all(fd, atoll(argv[2]));
  end(child, fd);
  return status;
}
